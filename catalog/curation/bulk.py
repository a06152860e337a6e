"""One edit of many papers: planned, shown, and carried out exactly as it was shown."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.recording import recorded
from catalog.curation.refusal import Refused
from catalog.curation.rows import choose_primaries
from catalog.curation.saying import say
from catalog.curation.venues import rows_of_facts
from catalog.keys import read_keys
from catalog.models import (
    Act,
    Paper,
    Placement,
    Source,
    Topic,
    Venue,
)
from catalog.signals import announce_changed_papers

MOST = 5000  # papers at once


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of each paper. `values` has the fields that are set, None or "" to empty them."""

    values: Mapping[str, Any] = field(
        default_factory=dict
    )  # venue, year, distinction, withdrawn (a bool)
    put_under: Sequence[Topic] = ()
    take_out_of: Sequence[Topic] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.put_under or self.take_out_of)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the edit changes of one paper: each column with its old and new value in words."""

    paper: Any
    changes: Sequence[tuple[str, str, str]]
    mark: str  # of the state it was planned from

    @property
    def seen(self) -> str:
        return f"{self.paper.pk}:{self.mark}"


def plan_edit(papers: Collection[int], edit: Edit) -> list[Planned]:
    """Say for each paper what would change; papers that were merged into another are left out."""
    places = Placement.objects.current().select_related("topic").order_by("topic__path")
    rows = (
        Paper.objects.public()
        .filter(pk__in=papers)
        .select_related("venue")
        .prefetch_related(Prefetch("placements", queryset=places, to_attr="placed"))
        .defer("abstract", "comment", "journal_ref")
        .order_by("pk")
    )
    return [Planned(paper, list(_changes(paper, edit)), _mark(paper)) for paper in rows]


def _mark(paper: Any) -> str:
    state = (
        paper.title,
        paper.venue_id,
        paper.year,
        paper.distinction,
        bool(paper.withdrawn_at),
        [(row.topic_id, row.is_primary) for row in paper.placed],
    )
    return f"{zlib.crc32(repr(state).encode()):08x}"


def _changes(paper: Any, edit: Edit) -> Iterable[tuple[str, str, str]]:
    shown = {
        "venue": paper.venue,
        "year": paper.year,
        "distinction": paper.distinction,
        "withdrawn": bool(paper.withdrawn_at),
    }
    for name, new in edit.values.items():
        if (shown[name] or None) != (new or None):
            yield name, _words(shown[name]), _words(new)
    under = {row.topic_id for row in paper.placed}
    out = {topic.pk for topic in edit.take_out_of} & under
    fresh = [topic for topic in edit.put_under if topic.pk not in under]
    if out or fresh:
        before = [row.topic.name for row in paper.placed]
        stay = [row.topic.name for row in paper.placed if row.topic_id not in out]
        yield (
            "topics",
            _words(", ".join(before)),
            _words(", ".join([*stay, *(t.name for t in fresh)])),
        )


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in (None, "") else "–"


@transaction.atomic
def apply_edit(
    seen: Collection[str], edit: Edit, user: AbstractBaseUser
) -> tuple[Act | None, list[Planned]]:
    """Carry out an edit on the papers as they were shown; return the act, and the papers that were changed meanwhile.

    Those are left as they are. A field that is set is the curator's word, and locked.
    """
    hold_off_imports()
    keys = read_keys(one.partition(":")[0] for one in seen)
    if len(keys) > MOST:
        raise Refused(f"At most {MOST:,} papers can be edited at once.")
    list(Paper.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    plan = plan_edit(keys, edit)
    agreed = set(seen)
    stale = [one for one in plan if one.seen not in agreed]
    todo = [one for one in plan if one.seen in agreed and one.changes]
    if not todo:
        return None, stale
    papers = {one.paper.pk: one.paper for one in todo}

    def reached() -> Mapping[type[models.Model], Q]:
        return {**rows_of_facts(papers), Placement: Q(paper__in=list(papers))}

    with recorded(Act.Kind.EDIT_PAPERS, _title(todo, edit), sorted(papers), reached, user) as act:
        for name in edit.values:
            changed = [one.paper.pk for one in todo if any(c[0] == name for c in one.changes)]
            _set(changed, name, edit.values[name], user)
        moved = [one.paper for one in todo if any(c[0] == "topics" for c in one.changes)]
        _place(moved, edit)
    announce_changed_papers(papers)
    return act, stale


def _title(todo: Sequence[Planned], edit: Edit) -> str:
    parts = [f"{name} {_words(value)}" for name, value in edit.values.items()]
    if edit.put_under:
        parts.append("put under " + ", ".join(topic.name for topic in edit.put_under))
    if edit.take_out_of:
        parts.append("taken out of " + ", ".join(topic.name for topic in edit.take_out_of))
    number = f"{len(todo):,} papers" if len(todo) > 1 else f"“{todo[0].paper.title}”"
    return f"{number} edited: {'; '.join(parts)}"


def _set(papers: list[int], name: str, value: Any, user: AbstractBaseUser) -> None:
    """Give papers one value of a field, in as many statements however many they are."""
    if not papers:
        return
    now = timezone.now()
    columns: dict[str, Any] = {
        "venue": {"venue": value},
        "year": {"year": value},
        "distinction": {"distinction": value or ""},
        "withdrawn": {"withdrawn_at": now if value else None},
    }[name]
    Paper.objects.filter(pk__in=papers).update(**columns, updated_at=now)
    stated = (
        value.name
        if isinstance(value, Venue)
        else now.date().isoformat()
        if value is True
        else value
    )
    say("withdrawn_at" if name == "withdrawn" else name, dict.fromkeys(papers, stated), user)


def _place(papers: Sequence[Any], edit: Edit) -> None:
    """Retire and add placements in the curator's name; what was primary and goes hands that on to the first that comes."""
    if not papers:
        return
    keys, now = [paper.pk for paper in papers], timezone.now()
    out = [topic.pk for topic in edit.take_out_of]
    stated = {"source": Source.CURATOR, "stated_at": now}
    placements = Placement.objects.filter(paper__in=keys)
    headless = set(
        placements.filter(topic__in=out, is_primary=True).values_list("paper_id", flat=True)
    )
    placements.filter(topic__in=out, retired_at=None).update(
        **stated, retired_at=now, is_primary=False
    )
    fresh = []
    for topic in edit.put_under:
        had = dict(placements.filter(topic=topic).values_list("paper_id", "retired_at"))
        back = [pk for pk, retired_at in had.items() if retired_at]
        placements.filter(topic=topic, paper__in=back).update(**stated, retired_at=None)
        fresh += [Placement(paper_id=pk, topic=topic, **stated) for pk in keys if pk not in had]
    Placement.objects.bulk_create(fresh, batch_size=1000)
    first = edit.put_under[0].pk if edit.put_under else None
    choose_primaries(
        [
            paper.pk
            for paper in papers
            if paper.pk in headless or not any(row.is_primary for row in paper.placed)
        ],
        first,
    )
