"""Cleaning facts of other people's: whatever a source says, what comes out fits the database and a line of a page."""

import hashlib
import re
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.folding import fold
from ingest.sources.venues import SuggestedVenue, venue_in

_LONGEST_TITLE = 1000
_MOST_NAMES = 3000
_LONGEST_NAME = 600  # bytes of an identifier: an index takes no more than 2,704
_MOST_COUNTED = 2**31 - 1
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WEB = URLValidator(schemes=["http", "https"])


def clean_text(value: Any, most: int = _LONGEST_TITLE) -> str:
    """Return a text as one line that every database takes; empty when it is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join(_UNFIT.sub("", value[: 4 * most]).split())[:most].rstrip()


def clean_year(value: Any) -> int | None:
    return value if type(value) is int and 1800 <= value <= 2200 else None


def clean_day(value: Any) -> date | None:
    """Read a day as services write it, 2024-02-12; None when it is none."""
    text = clean_text(value, 10)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1800 <= day.year <= 2200 else None


def clean_names(values: Any) -> list[str]:
    """Names of authors in order, as a list of texts."""
    if not isinstance(values, list):
        return []
    return [name for value in values[:_MOST_NAMES] if (name := clean_text(value, 200))]


def clean_count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_COUNTED else None


def clean_url(value: Any) -> str:
    """Return an address of the web; empty when it is none."""
    url = clean_text(value, 1000)
    try:
        _WEB(url)
    except ValidationError:
        return ""
    return url


def clean_venue(value: Any, year: Any) -> SuggestedVenue | None:
    """Read where a work appeared; the year is the record's where the name bears none."""
    text = clean_text(value, 300)
    venue = venue_in(text, must_be_known=False) if text else None
    return replace(venue, year=venue.year or clean_year(year)) if venue else None


def fits(name: str) -> bool:
    """Whether an identifier is short enough to be looked up by."""
    return len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME


def key_of_title(title: str) -> str:
    """Name a work that its source has no id for."""
    return "title:" + hashlib.sha256((fold(title) or title).encode()).hexdigest()[:40]
