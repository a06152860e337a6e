"""Two papers, or two authors, side by side: each fact with what differs marked, and which of the two to keep."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q

from catalog.differences import stretches
from catalog.duplicates.people import can_be_one
from catalog.models import (
    Author,
    Authorship,
    Citation,
    Paper,
    PaperRepository,
    Placement,
    Venue,
)
from catalog.readable import readable

_MOST_WORDS = 600  # of an abstract
_MOST_ITEMS = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a value; marked when the other side lacks it."""

    text: str
    differs: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    left: Sequence[Piece]
    right: Sequence[Piece]
    is_text: bool = False  # pieces are words of one text, not items of a list

    @property
    def differs(self) -> bool:
        return any(piece.differs for piece in (*self.left, *self.right))


@dataclass(frozen=True, slots=True)
class Better:
    """Which of the two to keep, and why."""

    pk: int
    reason: str


def compared_papers(first: int, second: int) -> tuple[list[Any], list[Row], Better]:
    """The two papers, their facts side by side, and the suggestion, in a fixed number of statements."""
    one, other = _papers(first, second)
    counts = _citation_counts(first, second)
    rows = [
        _words("Title", readable(one.title), readable(other.title)),
        _items("Other titles", *([row.title for row in p.aliases.all()] for p in (one, other))),
        _people("Authors", *([row.printed_name for row in p.authorships.all()] for p in (one, other))),
        _value("Venue", one.venue.name if one.venue else "", other.venue.name if other.venue else ""),
        _value("Year", one.year, other.year),
        _value("Distinction", one.distinction, other.distinction),
        _value("Published", _day(one), _day(other)),
        _value("Withdrawn", _yes(one.withdrawn_at), _yes(other.withdrawn_at)),
        _items("Identifiers", *([(str(i), i.url) for i in p.identifiers.all()] for p in (one, other))),
        _items("Topics", *(_topics(p) for p in (one, other))),
        _items("Links", *([(link.url, link.url) for link in p.links.all()] for p in (one, other))),
        _items("Repositories", *(_repositories(p) for p in (one, other))),
        _value("Cited by", counts[first][1], counts[second][1]),
        _value("References", counts[first][0], counts[second][0]),
        _items("Announced", *([f"{a.date:%d %b %Y}" for a in p.announcements.all()] for p in (one, other))),
        _words("Abstract", _abstract(one), _abstract(other)),
    ]  # fmt: skip
    shown = [row for row in rows if row.left or row.right]
    return [one, other], shown, better_paper(one, other, counts)


def _papers(first: int, second: int) -> tuple[Any, Any]:
    places = Placement.objects.current().select_related("topic__catalogue")
    code = PaperRepository.objects.current().select_related("repository")
    papers = (
        Paper.objects.select_related("venue")
        .prefetch_related(
            "aliases",
            "identifiers",
            "links",
            "announcements",
            "provenance",
            Prefetch("authorships", queryset=Authorship.objects.order_by("position")),
            Prefetch("placements", queryset=places),
            Prefetch("repository_links", queryset=code),
        )
        .in_bulk([first, second])
    )
    return papers[first], papers[second]


def _citation_counts(first: int, second: int) -> dict[int, tuple[int, int]]:
    pair = [first, second]
    edges = set(
        Citation.objects.filter(Q(citing__in=pair) | Q(cited__in=pair)).values_list(
            "citing", "cited"
        )
    )
    return {pk: (sum(a == pk for a, _ in edges), sum(b == pk for _, b in edges)) for pk in pair}


def better_paper(one: Any, other: Any, counts: dict[int, tuple[int, int]]) -> Better:
    """The one to keep: whose page readers know, that tells most, and that a curator has worked on."""
    checks: list[tuple[str, Callable[[Any], Any]]] = [
        ("a curator has worked on it", lambda p: any(s.locked for s in p.provenance.all())),
        ("it is listed", lambda p: bool(p.placements.all())),
        ("it says where it appeared", lambda p: bool(p.venue and p.venue.kind != Venue.Kind.PREPRINT)),
        ("it is cited more often", lambda p: counts[p.pk][1]),
        ("it has an abstract", lambda p: bool(p.abstract)),
        ("it has more identifiers", lambda p: len(p.identifiers.all())),
        ("it is under more topics", lambda p: len(p.placements.all())),
    ]  # fmt: skip
    for reason, check in checks:
        left, right = check(one), check(other)
        if left != right:
            return Better((one if left > right else other).pk, reason)
    return Better(min(one.pk, other.pk), "it came first")


def _topics(paper: Any) -> list[str]:
    return [f"{row.topic.name} ({row.topic.catalogue.title})" for row in paper.placements.all()]


def _repositories(paper: Any) -> list[tuple[str, str]]:
    return [
        (
            f"{row.repository.full_name}"
            + (f" ★ {row.repository.stars:,}" if row.repository.stars is not None else ""),
            row.repository.url,
        )
        for row in paper.repository_links.all()
    ]


def _day(paper: Paper) -> str:
    if not paper.published_on:
        return ""
    form = {"day": "%-d %b %Y", "month": "%b %Y", "year": "%Y"}[paper.published_precision]
    return paper.published_on.strftime(form)


def _yes(value: object) -> str:
    return "yes" if value else ""


def _abstract(paper: Paper) -> str:
    return " ".join(readable(paper.abstract).split()[:_MOST_WORDS])


# Authors


def compared_authors(first: int, second: int) -> tuple[list[Any], list[Row], Better]:
    people: Any = Author.objects.in_bulk([first, second])
    one, other = people[first], people[second]
    seen: dict[int, list[Authorship]] = {first: [], second: []}
    rows = Authorship.objects.filter(author__in=[first, second]).select_related("paper__venue")
    for row in rows.order_by("-paper__year", "paper"):
        seen[row.author_id].append(row)
    beside = _co_authors(seen)
    shown = [
        _words("Name", one.name, other.name),
        _value("ORCID", one.orcid, other.orcid),
        _items("Printed as", *(sorted({row.printed_name for row in seen[pk]}) for pk in seen)),
        _items("Co-authors", *(beside[pk] for pk in seen)),
        _items("Papers", *([_cited_as(row.paper) for row in seen[pk]] for pk in seen)),
    ]
    kept = _better_author(one, other, seen)
    return [one, other], [row for row in shown if row.left or row.right], kept


def _cited_as(paper: Paper) -> tuple[str, str]:
    from catalog.admin.base import change_url

    when = paper.venue_label or str(paper.year or "")
    return f"{readable(paper.title)}{f' ({when})' if when else ''}", change_url(paper)


def _co_authors(seen: dict[int, list[Authorship]]) -> dict[int, list[str]]:
    of_paper: dict[int, list[str]] = {}
    papers = [row.paper_id for rows in seen.values() for row in rows]
    rows = Authorship.objects.filter(paper__in=papers).exclude(author__in=list(seen))
    for paper, name in rows.values_list("paper", "author__name"):
        of_paper.setdefault(paper, []).append(name)
    return {
        pk: sorted({name for row in rows for name in of_paper.get(row.paper_id, ())})
        for pk, rows in seen.items()
    }


def _better_author(one: Author, other: Author, seen: dict[int, list[Authorship]]) -> Better:
    checks: list[tuple[str, Callable[[Author], Any]]] = [
        ("it has an ORCID", lambda a: bool(a.orcid)),
        ("the name is written out", lambda a: -sum(len(w.strip(".")) == 1 for w in a.name.split())),
        ("more papers", lambda a: len(seen[a.pk])),
        ("the name tells more", lambda a: len(a.name)),
    ]
    for reason, check in checks:
        left, right = check(one), check(other)
        if left != right:
            return Better((one if left > right else other).pk, reason)
    return Better(min(one.pk, other.pk), "it came first")


# Marking


def _value(label: str, left: Any, right: Any) -> Row:
    differs = left != right
    sides = [
        [Piece(str(side), differs)] if side not in (None, "") else [] for side in (left, right)
    ]
    return Row(label, sides[0], sides[1])


def _items(label: str, left: Iterable[Any], right: Iterable[Any]) -> Row:
    """Lists: what the other side has not is marked."""
    sides = [
        [item if isinstance(item, tuple) else (item, "") for item in side] for side in (left, right)
    ]
    names = [{text for text, _ in side} for side in sides]
    marked = []
    for side, others in zip(sides, reversed(names), strict=True):
        pieces = [Piece(text, text not in others, url) for text, url in side[:_MOST_ITEMS]]
        if len(side) > _MOST_ITEMS:
            pieces.append(Piece(f"and {len(side) - _MOST_ITEMS} more"))
        marked.append(pieces)
    return Row(label, marked[0], marked[1])


def _people(label: str, left: Sequence[str], right: Sequence[str]) -> Row:
    """Lists of names: marked is who cannot be one of the other side."""
    sides = []
    for own, others in ((left, right), (right, left)):
        pieces = [
            Piece(name, not any(can_be_one(name, other) for other in others))
            for name in own[:_MOST_ITEMS]
        ]
        if len(own) > _MOST_ITEMS:
            pieces.append(Piece(f"and {len(own) - _MOST_ITEMS} more"))
        sides.append(pieces)
    return Row(label, sides[0], sides[1])


def _words(label: str, left: str, right: str) -> Row:
    """Texts: runs of words that the other side has not are marked."""
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for one in stretches(left, right, str.lower):
        for side, text in zip(sides, (one.before, one.after), strict=True):
            if text:
                side.append(Piece(text, not one.is_same and bool(left and right)))
    return Row(label, sides[0], sides[1], is_text=True)
