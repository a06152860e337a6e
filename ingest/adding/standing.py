"""What the catalogue knows of drafts at this moment: listed, unlisted, waiting, rejected, pasted twice. Queries do not grow with them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Q

from catalog.folding import fold
from catalog.identifiers import Ident, parse_identifier
from catalog.models import Candidate, Catalogue, Paper, Placement, Topic
from catalog.readable import readable
from ingest.models import Draft
from search.asked_papers import find
from search.lookup import look_up
from search.reading_lists import Sought

# What a draft is to the catalogue.
NEW, KNOWN, UNLISTED, NOT_FOUND, DOUBTFUL, REPEATED, WAITING, SAVED = (
    "new",
    "known",
    "unlisted",
    "not found",
    "doubtful",
    "repeated",
    "waiting",
    "saved",
)


@dataclass(slots=True)
class Standing:
    """What one draft is, and why."""

    what: str
    paper: Paper | None = None  # the one that is here already
    how: str = ""  # by what it is known
    topics: list[Topic] = field(default_factory=list)  # where it is listed
    elsewhere: bool = False  # listed by other catalogues only
    is_merged: bool = False  # what was asked for lives on in `paper`
    candidate: Candidate | None = None
    rejected: Candidate | None = None
    first: Draft | None = None  # the draft that this one repeats
    doubts: list[str] = field(default_factory=list)
    near: list[Paper] = field(default_factory=list)

    @property
    def can_be_added(self) -> bool:
        return self.what in {NEW, UNLISTED, DOUBTFUL, NOT_FOUND} or (
            self.what == KNOWN and self.elsewhere
        )

    @property
    def is_sure(self) -> bool:
        """Whether it may be ticked before anybody has looked."""
        return self.what in {NEW, UNLISTED} and not (self.near or self.rejected or self.doubts)


def standings(drafts: Sequence[Draft], catalogue: Catalogue | None) -> dict[int, Standing]:
    """Judge drafts, by their key."""
    open_ones = [draft for draft in drafts if draft.state != Draft.State.SAVED]
    known, merged = _known(open_ones)
    places = _places(paper.pk for paper, _, _ in known.values())
    candidates = _candidates(open_ones)
    near = Paper.objects.in_bulk({pk for draft in open_ones for pk in draft.near})
    seen: dict[object, Draft] = {}
    found: dict[int, Standing] = {}
    for draft in drafts:
        if draft.state == Draft.State.SAVED:
            found[draft.pk] = Standing(SAVED, paper=draft.paper)
            continue
        standing = _standing(draft, known.get(draft.pk), places, catalogue)
        standing.is_merged = draft.pk in merged
        standing.near = [
            near[pk]
            for pk in draft.near
            if pk in near and near[pk].merged_into_id is None and near[pk] != standing.paper
        ]
        _note_candidates(standing, draft, candidates, catalogue)
        for key in _keys(draft, standing):
            first = seen.setdefault(key, draft)
            if first is not draft and standing.what != WAITING:
                standing.what, standing.first = REPEATED, first
        found[draft.pk] = standing
    return found


def _standing(
    draft: Draft,
    known: tuple[Paper, str, str] | None,
    places: dict[int, list[Topic]],
    catalogue: Catalogue | None,
) -> Standing:
    if known:
        paper, how, doubt = known
        topics = places.get(paper.pk, [])
        here = catalogue is None or any(one.catalogue_id == catalogue.pk for one in topics)
        what = KNOWN if topics else UNLISTED
        doubts = [doubt] if doubt else []
        return Standing(
            what, paper, how, topics, elsewhere=bool(topics) and not here, doubts=doubts
        )
    if draft.state == Draft.State.WAITING:
        return Standing(WAITING)
    if draft.choices:
        return Standing(DOUBTFUL)
    return Standing(NEW if draft.facts.get("title") else NOT_FOUND)


def _known(drafts: Sequence[Draft]) -> tuple[dict[int, tuple[Paper, str, str]], set[int]]:
    """The paper of each draft that is here, by what it is known, what is doubtful of that; and those that were merged.

    A repository names its paper only where nothing else does: many papers may share one.
    """
    entries: dict[Sought, int] = {}
    for draft in drafts:
        names = [*draft.names, *(one for one in idents(draft) if one not in draft.names)]
        title = draft.title if len(fold(draft.title)) > 3 else ""
        if names or title:
            entry = Sought(draft.pk, "", tuple(names), title, draft.asked.get("year"))
            entries[entry] = draft.pk
    listed = look_up(list(entries)).listed
    others = {draft.pk for draft in drafts if draft.asked.get("is_another")}
    rows = {
        entries[row.entry]: (row.paper, row.how, row.doubt)
        for row in listed
        if entries[row.entry] not in others
        or not (row.how == "title" or row.how.startswith("code "))
    }
    numbers = find(name for entry in entries for name in entry.names)
    into = dict(
        Paper.objects.filter(
            pk__in={pk for keys in numbers.values() for pk in keys}, merged_into__isnull=False
        ).values_list("pk", "merged_into")
    )
    merged = {
        entries[entry]
        for entry in entries
        if (row := rows.get(entries[entry]))
        and any(
            into.get(pk) == row[0].pk
            for name in entry.names
            if isinstance(name, int | Ident)
            for pk in numbers.get(name, ())
        )
    }
    return rows, merged


def _places(papers: Iterable[int]) -> dict[int, list[Topic]]:
    found: dict[int, list[Topic]] = defaultdict(list)
    rows = Placement.objects.current().filter(paper__in=set(papers), topic__retired_at=None)
    for row in rows.select_related("topic__catalogue", "topic__parent").order_by(
        "-is_primary", "pk"
    ):
        found[row.paper_id].append(row.topic)
    return found


def idents(draft: Draft) -> list[Ident]:
    """The identifiers that were pasted and those that sources gave."""
    asked = [name for name in draft.names if isinstance(name, Ident)]
    rows = draft.facts.get("identifiers", {}).get("value", [])
    said = [ident for row in rows if (ident := parsed(row["key"]))]
    return list(dict.fromkeys([*asked, *said]))


def parsed(key: str) -> Ident | None:
    """Read scheme:value, as drafts keep it."""
    scheme, _, value = key.partition(":")
    ident = parse_identifier(value if scheme == "url" else key)
    return ident if ident and ident.scheme == scheme else Ident(scheme, value)


Candidates = dict[tuple[str, str], list[Candidate]]


def _candidates(drafts: Sequence[Draft]) -> Candidates:
    wanted = {(one.scheme, one.value) for draft in drafts for one in idents(draft)}
    if not wanted:
        return {}
    by_scheme: dict[str, set[str]] = defaultdict(set)
    for scheme, value in wanted:
        by_scheme[scheme].add(value)
    named = reduce(
        or_, (Q(scheme=scheme, value__in=values) for scheme, values in by_scheme.items())
    )
    rows = Candidate.objects.filter(named).select_related("catalogue", "suggested_topic")
    found: Candidates = defaultdict(list)
    for row in rows:
        found[row.scheme, row.value].append(row)
    return found


def _note_candidates(
    standing: Standing, draft: Draft, candidates: Candidates, catalogue: Catalogue | None
) -> None:
    for ident in idents(draft):
        for row in candidates.get((ident.scheme, ident.value), ()):
            if catalogue is not None and row.catalogue_id != catalogue.pk:
                continue
            if row.status == Candidate.Status.OPEN:
                standing.candidate = row
            elif row.status == Candidate.Status.REJECTED:
                standing.rejected = row


def _keys(draft: Draft, standing: Standing) -> list[object]:
    """What tells that two drafts are about one paper."""
    keys: list[object] = [one for one in idents(draft) if one.scheme != "url"]
    keys += [one for one in idents(draft) if one.scheme == "url"]
    if standing.paper:
        keys.append(standing.paper.pk)
    title = fold(readable(draft.title))
    return [*keys, title] if len(title) > 10 else keys
