"""Parts of addresses: text that can be asked of the database, without NUL characters."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class TextConverter(StringConverter):
    """One part of an address."""

    regex = r"[^/\x00]+"


class TreeConverter(StringConverter):
    """Several parts, such as the path of a topic."""

    regex = r"[^\x00]+?"


def register() -> None:
    register_converter(TextConverter, "text")
    register_converter(TreeConverter, "tree")
