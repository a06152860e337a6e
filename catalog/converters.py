"""Parts of addresses: text that can be asked of the database, without NUL characters."""

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


@cache
def register() -> None:
    register_converter(TextConverter, "text")
    register_converter(TreeConverter, "tree")
    register_converter(EndingConverter, "ending")
