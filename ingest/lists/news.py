"""What becomes of a catalogue's announcements: lines joined to rows, day by day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from catalog.folding import fold
from catalog.models import Announcement, Catalogue, Source
from ingest.lists.conflicts import Conflict, Says
from ingest.lists.identity import Known
from ingest.lists.plan import AnnouncementPlan
from ingest.lists.records import AnnouncementLine, ListProblem


def plan_announcements(
    catalogue: Catalogue | None,
    announced: list[tuple[AnnouncementLine, Known | None]],
    said: Mapping[int, Says],
) -> AnnouncementPlan:
    """Compare the list's lines with the rows; `said` holds what the list said of each row before."""
    plan = AnnouncementPlan()
    left: dict[date, list[Announcement]] = defaultdict(list)
    for stored in _announcement_rows(catalogue):
        left[stored.date].append(stored)
    counts: dict[date, int] = defaultdict(int)
    joined = _join(announced, left, said)
    ordered = _days_in_order(announced, joined)
    for (line, known), row in zip(announced, joined, strict=True):
        if row is not None:
            plan.joined.append((line, row))
        counts[line.date] += 1
        values = {
            "position": counts[line.date],
            "title": line.title,
            "url": line.url,
            "venue_text": line.venue_text,
        }
        if row is None:
            plan.create.append({"date": line.date, **values, "known": known, "line": line})
        elif row.source == Source.LIST:
            changed: dict[str, Any] = {n: v for n, v in values.items() if getattr(row, n) != v}
            if line.date in ordered:
                changed.pop("position", None)
            if (known.pk if known else None) != row.paper_id or _is_unstored(known):
                changed["known"] = known
            if changed:
                plan.change.append((row, changed))
        elif conflict := _contested(row, line, said.get(row.pk, {})):
            plan.conflicts.append(conflict)
    # Lists drop old weeks; only days that the list still covers can lose a line.
    first = min(counts, default=date.max)
    plan.delete = [
        stored
        for day, rows in left.items()
        for stored in rows
        if day >= first and stored.source == Source.LIST
    ]
    return plan


def _days_in_order(
    announced: list[tuple[AnnouncementLine, Known | None]], joined: list[Announcement | None]
) -> set[date]:
    """Days whose lines stand as they are stored: a gap in their numbers, where one was taken out, is no other order."""
    places: dict[date, list[int]] = defaultdict(list)
    for (line, _), row in zip(announced, joined, strict=True):
        places[line.date].append(row.position if row else 0)
    return {day for day, found in places.items() if 0 not in found and _rises(found)}


def _rises(numbers: list[int]) -> bool:
    return all(one < other for one, other in pairwise(numbers))


_STATED = ("title", "url", "venue_text")


def _contested(row: Announcement, line: AnnouncementLine, base: Says) -> Conflict | None:
    """Whether the list has changed a line that a curator has edited, and differently."""
    theirs = {name: getattr(line, name) for name in _STATED}
    ours = {name: getattr(row, name) for name in _STATED}
    if not base or theirs in (base, ours) or ours == base:
        return None
    before, own, new = (" ".join(filter(None, said.values())) for said in (base, ours, theirs))
    return Conflict(row, "text", row.title, line.line, before, own, new, theirs)


def _join(
    announced: list[tuple[AnnouncementLine, Known | None]],
    left: dict[date, list[Announcement]],
    said: Mapping[int, Says],
) -> list[Announcement | None]:
    """Give each line its row of the same day; what stays in `left` has no line.

    A row is known by its title, else by its address, else by what the list said of it before a curator edited it.
    """

    def same_as_before(line: AnnouncementLine, row: Announcement) -> bool:
        base = said.get(row.pk)
        if base is None:
            return False
        return fold(line.title) == fold(base["title"]) or line.url == base["url"]

    joined: list[Announcement | None] = [None] * len(announced)
    for same in (_same_title, _same_address, same_as_before):
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
