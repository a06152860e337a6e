"""What becomes of a catalogue's announcements: lines joined to rows, day by day."""

from collections import defaultdict
from datetime import date
from typing import Any

from catalog.folding import fold
from catalog.models import Announcement, Catalogue, Source
from ingest.lists.identity import Known
from ingest.lists.plan import AnnouncementPlan
from ingest.lists.records import AnnouncementLine, ListProblem


def plan_announcements(
    catalogue: Catalogue | None, announced: list[tuple[AnnouncementLine, Known | None]]
) -> AnnouncementPlan:
    plan = AnnouncementPlan()
    left: dict[date, list[Announcement]] = defaultdict(list)
    for stored in _announcement_rows(catalogue):
        left[stored.date].append(stored)
    counts: dict[date, int] = defaultdict(int)
    for (line, known), row in zip(announced, _join(announced, left), strict=True):
        counts[line.date] += 1
        values = {
            "position": counts[line.date],
            "title": line.title,
            "url": line.url,
            "venue_text": line.venue_text,
        }
        if row is None:
            plan.create.append({"date": line.date, **values, "known": known})
        elif row.source == Source.LIST:
            changed: dict[str, Any] = {n: v for n, v in values.items() if getattr(row, n) != v}
            if (known.pk if known else None) != row.paper_id or _is_unstored(known):
                changed["known"] = known
            if changed:
                plan.change.append((row, changed))
    # Lists drop old weeks; only days that the list still covers can lose a line.
    first = min(counts, default=date.max)
    plan.delete = [
        stored
        for day, rows in left.items()
        for stored in rows
        if day >= first and stored.source == Source.LIST
    ]
    return plan


def _join(
    announced: list[tuple[AnnouncementLine, Known | None]], left: dict[date, list[Announcement]]
) -> list[Announcement | None]:
    """Give each line its row of the same day, by title, else by address; what stays in `left` has no line."""
    joined: list[Announcement | None] = [None] * len(announced)
    for same in (_same_title, _same_address):
        for index, (line, _) in enumerate(announced):
            if joined[index] is None:
                joined[index] = next((r for r in left[line.date] if same(line, r)), None)
                if found := joined[index]:
                    left[line.date].remove(found)
    return joined


def _same_title(line: AnnouncementLine, row: Announcement) -> bool:
    return fold(line.title) == fold(row.title)


def _same_address(line: AnnouncementLine, row: Announcement) -> bool:
    return bool(row.url) and line.url == row.url


def _is_unstored(known: Known | None) -> bool:
    return known is not None and known.pk is None


def _announcement_rows(catalogue: Catalogue | None) -> list[Announcement]:
    return list(Announcement.objects.filter(catalogue=catalogue)) if catalogue else []


def announcement_problems(
    announced: list[tuple[AnnouncementLine, Known | None]],
) -> list[ListProblem]:
    problems = []
    met: set[tuple[date, Known]] = set()
    for line, known in announced:
        when = f"{line.date:%Y-%m-%d}"
        if known is None:
            message = f"The announcement of {when}, “{line.title}”, matches no entry of the list."
            problems.append(
                ListProblem(line.line, "announcement-unmatched", message, fold(message))
            )
        elif (line.date, known) in met:
            message = f"“{line.title}” is announced twice on {when}."
            problems.append(ListProblem(line.line, "announced-twice", message, fold(message)))
        else:
            met.add((line.date, known))
    return problems
