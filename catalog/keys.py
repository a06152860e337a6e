"""The numbers of rows as requests send them."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
# All that PostgreSQL's bigint holds in any case; Python itself refuses to read thousands.
_MOST_DIGITS = 18


def read_key(text: str) -> int | None:
    """A row's number from a request, or None where the text is no such number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return (int(text) or None) if is_number else None  # no row has the number 0


def read_keys(texts: Iterable[str]) -> list[int]:
    """The numbers of rows among these, in order, each once; what is no number is passed over."""
    keys = (read_key(text) for text in texts)
    return list(dict.fromkeys(key for key in keys if key is not None))


def asked_row(rows: "QuerySet[Row]", text: str) -> Row | None:
    """The row whose number a request says, or None where these rows have no such one."""
    key = read_key(text)
    return None if key is None else rows.filter(pk=key).first()
