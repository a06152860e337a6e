"""How facts are written on pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog import readable as _readable
from catalog.evidence import in_words
from catalog.folding import fold
from catalog.models import Authorship, Catalogue, EvidenceKind, Paper

register = template.Library()

_FORMATS = {"day": "j\u00a0M\u00a0Y", "month": "M\u00a0Y", "year": "Y"}
_MACHINE = {"day": "Y-m-d", "month": "Y-m", "year": "Y"}


@register.filter
def readable(text: str) -> str:
    """Set simple LaTeX as text; the result is escaped like any other."""
    return _readable.readable(text)


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """The value of a mapping that has a key; nothing where it has none."""
    return values.get(key, "")


@register.filter
def papers(number: int) -> str:
    """A number of papers in words: "1,234 papers"."""
    return f"{intcomma(number)}\u00a0{'paper' if number == 1 else 'papers'}"


@register.filter
def why_linked(link: Any) -> str:
    """Why a repository is a paper's, of a row that has its reasons; nothing when nobody says more than a list."""
    if link.is_doubtful:
        return "only a list says so; its README names other papers"
    return in_words(link.kinds) if set(link.kinds) - {EvidenceKind.LIST} else ""


@register.filter
def is_web(url: str) -> bool:
    """Whether an address from a source may be a link: http and https only."""
    return url.lower().startswith(("https://", "http://"))


@register.filter
def prints_another_name(authorship: Authorship) -> bool:
    """Whether the paper prints more than another accent or full stop."""
    return fold(authorship.printed_name) != fold(authorship.author.name)


@register.filter
def day(value: date | None) -> SafeString | str:
    """A day as "12 Feb 2025"."""
    return _time(value, "day") if value else ""


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A moment as "12 Feb 2025, 14:03" in UTC."""
    if not value:
        return ""
    shown = format_date(value, "j\u00a0M\u00a0Y, H:i")
    return format_html('<time datetime="{}">{}\u00a0UTC</time>', value.isoformat(), shown)


@register.filter
def month(value: date | None) -> SafeString | str:
    """A month as "Feb 2025"."""
    return _time(value, "month") if value else ""


@register.filter
def published(paper: Paper) -> SafeString | str:
    """A paper's date, no more exact than it is known."""
    return _time(paper.published_on, paper.published_precision) if paper.published_on else ""


@register.filter
def row_date(paper: Paper) -> SafeString | str:
    """A paper's date, unless it only repeats the year of its venue."""
    repeats = paper.published_precision == "year" and str(paper.year) in paper.venue_label
    return "" if repeats else published(paper)


def _time(value: date, precision: str) -> SafeString:
    return format_html(
        '<time datetime="{}">{}</time>',
        format_date(value, _MACHINE[precision]),
        format_date(value, _FORMATS[precision]),
    )


@register.inclusion_tag("_origins.html")
def origins() -> dict[str, Any]:
    """The lists that the catalogues came from, with their licences."""
    return {"catalogues": Catalogue.objects.exclude(origin_name="")}


@register.inclusion_tag("_demonstration.html")
def demonstration() -> dict[str, Any]:
    """The words that a demonstration bears on every page."""
    return {"is_demonstration": settings.DEMO}
