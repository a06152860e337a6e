"""Parts of addresses: text that can be asked of the database, without NUL characters."""

from datetime import date
from functools import cache

from django.urls import register_converter
from django.urls.converters import StringConverter


class TextConverter(StringConverter):
    """One part of an address."""

    regex = r"[^/\x00]+"


class TreeConverter(StringConverter):
    """Several parts, such as the path of a topic."""

    regex = r"[^\x00]+?"


class EndingConverter(StringConverter):
    """The form that a page's papers are asked for in; catalog.exports.answers has them."""

    regex = r"bib|ris|csl\.json|csv|atom"


class DayConverter:
    """A day: 2026-11-26."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)  # ValueError: no such page

    def to_url(self, value: date) -> str:
        return value.isoformat()


@cache
def register() -> None:
    register_converter(TextConverter, "text")
    register_converter(TreeConverter, "tree")
    register_converter(EndingConverter, "ending")
    register_converter(DayConverter, "day")
