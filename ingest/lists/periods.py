"""What was new in a catalogue in its latest weeks or months, as the pages about new papers count it."""

from dataclasses import dataclass
from datetime import date, timedelta

from catalog import news
from catalog.models import Announcement, Catalogue, Placement
from catalog.news import Period

_FARTHEST = 400  # periods back, in a catalogue among others that has hardly anything new


@dataclass(frozen=True, slots=True)
class Latest:
    """A week or a month, and the titles with their links that were new in it."""

    label: str
    papers: list[tuple[str, str]]


def latest(catalogue: Catalogue, kind: str, number: int) -> list[Latest]:
    """The latest weeks or months in which the catalogue had anything new, at most `number`."""
    listed = set(
        Placement.objects.current()
        .filter(topic__catalogue=catalogue, paper__merged_into=None)
        .values_list("paper", flat=True)
    )
    own = set(catalogue.announcements.values_list("pk", flat=True))
    found: list[Latest] = []
    period = news.neighbour(Period.of(kind, date.max - timedelta(days=40)), before=True)
    for _ in range(_FARTHEST):
        if period is None or len(found) == number:
            break
        lines = [
            line
            for line in news.lines_of(period)
            if (line.announcement_id in own if line.announcement_id else line.paper_id in listed)
        ]
        if lines:
            found.append(Latest(period.label, _titles(lines)))
        period = news.neighbour(period, before=True)
    return found


def _titles(lines: list[news.Line]) -> list[tuple[str, str]]:
    news.load(lines)
    announced = Announcement.objects.in_bulk(
        [line.announcement_id for line in lines if line.announcement_id]
    )
    titles = []
    for line in lines:
        said = announced.get(line.announcement_id or 0)
        if said:
            titles.append((said.title, said.url))
        elif line.paper:
            first = min(line.paper.identifiers.all(), key=lambda row: row.pk, default=None)
            titles.append((line.paper.title, first.url if first else ""))
    return titles
