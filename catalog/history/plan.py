"""What taking a group of changes back would do: nothing is written here.

For each row that the group touched, its past tells the state before the group. What nobody has touched since goes back
to that state whole. Of the others, only those columns that still are as the group left them; what somebody has changed
since stays as it is, and is named.
"""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from catalog.history.past import Past, settle_row
from catalog.history.tables import (
    Model,
    columns_of,
    events_of,
    foreign_keys,
    pointing_to,
    tracked_models,
)
from catalog.history.words import Names, hands_of
from catalog.models import (
    Act,
    Author,
    Authorship,
    AuthorSuspect,
    Candidate,
    Citation,
    CitationCount,
    CitingWork,
    CodeSuggestion,
    Evidence,
    FieldStatement,
    GlossaryMention,
    Link,
    Paper,
    PaperMeasure,
    PaperRepository,
    PaperSuspect,
    Placement,
    Problem,
    Readme,
    Reference,
    Run,
    SimilarPaper,
    StarCount,
    Topic,
    TreeChange,
    VenueSuggestion,
)

# What is computed or stated of a row by services goes with it: it is no work of anybody's.
_FOLLOWS = {
    AuthorSuspect, CitationCount, CitingWork, CodeSuggestion, Evidence, FieldStatement, GlossaryMention, PaperMeasure, PaperSuspect, Problem,
    Readme, Run, SimilarPaper, StarCount, VenueSuggestion,
}  # fmt: skip
_FOLLOWS_APPS = {"search", "ingest", "pghistory", "admin"}
# A paper's own bibliography goes with it; that another paper cites it is something that points to it.
_FOLLOWS_FIELDS = {(Citation, "citing"), (Reference, "citing"), (Candidate, "suggested_topic")}
# By what a row belongs to a paper: with a paper that stays stay its facts, but not its places.
_BELONGS_BY = {"paper", "introduced_by", "citing"}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a row, or some of its columns, stays as it is."""

    model: Model
    key: int
    about: str
    why: str
    who: str = ""

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name)


@dataclass(slots=True)
class TablePlan:
    """What becomes of the rows of one table, by their keys."""

    model: Model
    removals: set[int] = field(default_factory=set)  # they were added
    returns: dict[int, int] = field(default_factory=dict)  # they were deleted; from this event
    # They were changed; from these events, with the columns: None is all.
    restores: dict[int, list[tuple[int, tuple[str, ...] | None]]] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)  # they were added, and stay for a reason
    # They were added; for good, they are taken away by a curator.
    retires: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.removals or self.returns or self.restores or self.retires)

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def events(self) -> list[int]:
        """The events whose snapshots come back."""
        return [*self.returns.values(), *(pk for puts in self.restores.values() for pk, _ in puts)]


@dataclass(slots=True)
class UndoPlan:
    """What taking a group back does, table by table."""

    group: uuid.UUID
    tables: list[TablePlan]
    obstacles: list[Obstacle] = field(default_factory=list)
    merged: list[tuple[Model, int, int]] = field(default_factory=list)  # duplicate, survivor
    parted: list[tuple[Model, int, int]] = field(default_factory=list)
    # What has a record of its own, and is taken back by that: the latest first.
    acts: list[Act] = field(default_factory=list)
    trees: list[TreeChange] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.tables) or bool(self.acts or self.trees)

    def of(self, model: Model) -> TablePlan:
        found = next((one for one in self.tables if one.model is model), None)
        if found is None:
            found = TablePlan(model)
            self.tables.append(found)
        return found

    def digest(self) -> str:
        """Names the plan that somebody looked at."""
        lines = [f"{record._meta.label} {record.pk}" for record in (*self.acts, *self.trees)]
        for one in self.tables:
            name = one.model._meta.label
            lines += [f"{name} - {key}" for key in one.removals]
            lines += [f"{name} ~ {key}" for key in one.retires]
            lines += [f"{name} + {key} {event}" for key, event in one.returns.items()]
            lines += [f"{name} = {key} {puts}" for key, puts in one.restores.items()]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def size(self) -> int:
        return sum(
            len(one.removals) + len(one.returns) + len(one.restores) + len(one.retires)
            for one in self.tables
        )


def plan_undo(
    group: uuid.UUID,
    only: tuple[Model, int] | None = None,
    mine: uuid.UUID | None = None,
    *,
    for_good: bool = False,
) -> UndoPlan:
    """Work out what taking a group back does; `only` one row of it. What the group `mine` changed does not stand in the way.

    With `for_good` what was added to papers is retired, and papers that were added are unlisted: so no import brings them again.
    """
    plan = UndoPlan(group, [])
    for model in tracked_models():
        if only is None or only[0] is model:
            _plan_table(plan, model, only[1] if only else None, mine)
    if only is None:
        plan.acts = list(Act.objects.standing().filter(group=group).order_by("-pk"))
        trees = TreeChange.objects.filter(group=group, undone_at=None)
        plan.trees = list(trees.select_related("catalogue").order_by("-pk"))
    _find_merges(plan)
    if for_good:
        _retire_what_imports_compare_with(plan)
    _keep_what_is_pointed_to(plan)
    _drop_what_has_no_ground(plan)
    _drop_what_goes_along(plan)
    plan.tables = [one for one in plan.tables if one or one.kept]
    return plan


_TOUCHED = """
WITH mine AS (
    SELECT pgh_obj_id AS obj, min(pgh_id) AS first, max(pgh_id) AS last
    FROM {events} WHERE pgh_context_id = %(group)s {only} GROUP BY 1
)
SELECT m.obj, m.first, f.pgh_label, l.pgh_label,
    EXISTS (
        SELECT FROM {events} e WHERE e.pgh_obj_id = m.obj AND e.pgh_id > m.first
        AND e.pgh_context_id IS DISTINCT FROM %(group)s
    ),
    EXISTS (SELECT FROM {table} t WHERE t.id = m.obj)
FROM mine m JOIN {events} f ON f.pgh_id = m.first JOIN {events} l ON l.pgh_id = m.last
ORDER BY m.first
"""


def _plan_table(plan: UndoPlan, model: Model, key: int | None, mine: uuid.UUID | None) -> None:
    statement = _TOUCHED.format(
        events=f'"{events_of(model)._meta.db_table}"',
        table=f'"{model._meta.db_table}"',
        only="AND pgh_obj_id = %(key)s" if key else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"group": plan.group, "key": key})
        rows = cursor.fetchall()
    if not rows:
        return
    table = plan.of(model)
    disputed = []
    for obj, first, first_label, last_label, by_others, exists in rows:
        if by_others or (not exists and last_label != "delete"):
            disputed.append(obj)
        elif first_label == "insert":
            if exists:
                table.removals.add(obj)
        elif last_label == "delete":
            table.returns[obj] = first
        else:
            table.restores[obj] = [(first, None)]
    for chunk in _chunks(disputed, 500):
        _settle(plan, table, chunk, mine)


def _chunks(keys: list[int], size: int) -> Iterable[list[int]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _settle(plan: UndoPlan, table: TablePlan, keys: list[int], mine: uuid.UUID | None) -> None:
    """Decide on rows that others have changed since the group first touched them."""
    model = table.model
    events: dict[int, list[Any]] = defaultdict(list)
    found = events_of(model).objects.filter(pgh_obj_id__in=keys).select_related("pgh_context")
    for event in found.order_by("pgh_id"):
        if events[event.pgh_obj_id] or event.pgh_context_id == plan.group:
            events[event.pgh_obj_id].append(event)
    now = model._default_manager.in_bulk(keys)
    refused: list[tuple[int, Any, str, Any]] = []
    for key in keys:
        past = Past(model, events[key], now.get(key), plan.group, mine)
        why = settle_row(table, key, past)
        if why:
            refused.append((key, past.events[0], *why))
    names = Names(model, [event for _, event, _, _ in refused])
    hands = hands_of(context for *_, context in refused)
    for key, event, why_, context in refused:
        who = hands[context.pk if context else None].who
        plan.obstacles.append(Obstacle(model, key, names.row(event), why_, who))


# Merges


def _find_merges(plan: UndoPlan) -> None:
    """Which papers and authors the group merged or parted: these are taken back by who knows all that a merge moves."""
    for table in list(plan.tables):
        model: Any = table.model
        if model not in (Author, Paper):
            continue
        events = {event.pk: event for event in events_of(model).objects.filter(pk__in=table.events)}
        rows = model._default_manager.in_bulk(list(table.restores))
        pairs: list[tuple[int, Model, int, int, bool]] = []
        for key, puts in table.restores.items():
            for pk, columns in puts:
                if key in rows and (columns is None or "merged_into" in columns):
                    now, then = rows[key].merged_into_id, events[pk].merged_into_id
                    if now and not then:
                        pairs.append((pk, model, key, now, True))
                    elif then and not now:
                        pairs.append((pk, model, key, then, False))
        for _, one, key, other, was_merged in sorted(pairs, reverse=True, key=lambda pair: pair[0]):
            (plan.merged if was_merged else plan.parted).append((one, key, other))


# For good


def _retire_what_imports_compare_with(plan: UndoPlan) -> None:
    papers = plan.of(Paper)
    added = set(papers.removals)
    papers.kept |= added
    papers.removals.clear()
    _keep_facts_of(plan, papers, added)
    for model in (Placement, Link, PaperRepository):
        table = plan.of(model)
        table.retires |= table.removals
        table.removals.clear()
    # What a list said, it has said: else the next import would meet a conflict.
    for table in plan.tables:
        if table.model._meta.app_label in _FOLLOWS_APPS:
            table.removals, table.returns, table.restores = set(), {}, {}
    topics = plan.of(Topic)
    kept = tuple(field.name for field in columns_of(Topic) if field.name != "heading")
    # What the list calls it is how an import knows it again.
    for key, puts in topics.restores.items():
        topics.restores[key] = [
            (pk, kept if columns is None else tuple(name for name in columns if name != "heading"))
            for pk, columns in puts
        ]


# What stays because something points to it


def _keep_what_is_pointed_to(plan: UndoPlan) -> None:
    """Rows that were added stay when others have built upon them since; with a paper stay its facts, but not its places."""
    told: set[tuple[Model, int]] = set()
    for table in plan.tables:
        _keep_facts_of(plan, table, table.kept)
    while True:
        kept_before = sum(len(table.kept) for table in plan.tables)
        for table in reversed(list(plan.tables)):
            if table.removals:
                _keep_pointed_to(plan, table, told)
        if sum(len(table.kept) for table in plan.tables) == kept_before:
            return


def _keep_pointed_to(plan: UndoPlan, table: TablePlan, told: set[tuple[Model, int]]) -> None:
    for other, by in pointing_to(table.model):
        if _goes_along(other, by):
            continue
        theirs = plan.of(other) if hasattr(other, "pgh_event_model") else None
        going = theirs.removals if theirs else set()
        moving = {
            key
            for key, puts in (theirs.restores if theirs else {}).items()
            if any(columns is None or by.name in columns for _, columns in puts)
        }
        rows = other._default_manager.filter(**{f"{by.name}__in": table.removals})
        blocking: dict[int, int] = {}
        for pk, key in rows.values_list("pk", by.attname):
            if pk not in going and pk not in moving:
                blocking.setdefault(key, pk)
        if not blocking:
            continue
        table.removals -= set(blocking)
        table.kept |= set(blocking)
        _keep_facts_of(plan, table, set(blocking))
        own = theirs.kept | theirs.retires if theirs else set()
        news = {
            key: pk
            for key, pk in blocking.items()
            if pk not in own and (table.model, key) not in told
        }
        told |= {(table.model, key) for key in news}
        _tell(plan, table.model, other, by, news)


def _goes_along(model: Model, by: Any) -> bool:
    return (
        model in _FOLLOWS
        or model._meta.app_label in _FOLLOWS_APPS
        or (model, by.name) in _FOLLOWS_FIELDS
        or issubclass(model, _event_base())
    )


def _event_base() -> type[models.Model]:
    from pghistory.models import Event

    return Event


def _keep_facts_of(plan: UndoPlan, table: TablePlan, keys: set[int]) -> None:
    """What was added with a paper that stays, and belongs to it, stays with it. It leaves its topics, though."""
    if not keys or table.model is not Paper:
        return
    for other, by in pointing_to(Paper):
        if other in (Placement, Problem) or by.name not in _BELONGS_BY:
            continue
        if other._meta.app_label in _FOLLOWS_APPS:
            continue
        if by.remote_field.on_delete is not models.CASCADE:
            continue
        theirs = next((one for one in plan.tables if one.model is other), None)
        if theirs is None or not theirs.removals:
            continue
        rows = other._default_manager.filter(**{f"{by.name}__in": keys}, pk__in=theirs.removals)
        facts = set(rows.values_list("pk", flat=True))
        theirs.removals -= facts
        theirs.kept |= facts


def _tell(plan: UndoPlan, model: Model, other: Model, by: Any, blocking: dict[int, int]) -> None:
    """Say what points to the rows that stay, and whose work that is."""
    if not blocking:
        return
    rows = model._default_manager.in_bulk(list(blocking))
    names = Names(model, rows.values())
    pointing = other._default_manager.in_bulk(list(blocking.values()))
    theirs = Names(other, pointing.values())
    makers: dict[int, Any] = {}
    if hasattr(other, "pgh_event_model"):
        events = events_of(other).objects.filter(pgh_obj_id__in=list(blocking.values()))
        for event in events.select_related("pgh_context").order_by("pgh_id"):
            makers[event.pgh_obj_id] = event.pgh_context
    hands = hands_of(makers.values())
    for key, pk in blocking.items():
        maker = makers.get(pk)
        noun = other._meta.verbose_name
        article = "an" if str(noun)[0] in "aeiou" else "a"
        why = f"{article} {noun} points to it: {theirs.row(pointing[pk], owner=other is not Placement)}"
        who = hands[maker.pk].who if maker else ""
        plan.obstacles.append(Obstacle(model, key, names.row(rows[key]), why, who))


def _drop_what_goes_along(plan: UndoPlan) -> None:
    """Nothing stays as it is that goes with a row that was added, whoever has changed it since."""
    told: dict[Model, set[int]] = defaultdict(set)
    for one in plan.obstacles:
        told[one.model].add(one.key)
    for table in plan.tables:
        for other, by in pointing_to(table.model) if table.removals else ():
            if (
                other in told
                and _goes_along(other, by)
                and by.remote_field.on_delete is models.CASCADE
            ):
                rows = other._default_manager.filter(
                    **{f"{by.name}__in": table.removals}, pk__in=told[other]
                )
                told[other] -= set(rows.values_list("pk", flat=True))
    plan.obstacles = [one for one in plan.obstacles if one.key in told[one.model]]


# What cannot come back because what it belonged to is gone


def _drop_what_has_no_ground(plan: UndoPlan) -> None:
    for table in plan.tables:
        for by in foreign_keys(table.model):
            if by.null and by.remote_field.on_delete is models.SET_NULL:
                continue  # it comes back without
            _drop_groundless(plan, table, by)


def _drop_groundless(plan: UndoPlan, table: TablePlan, by: Any) -> None:
    target: Any = by.related_model
    named = dict(
        events_of(table.model)
        .objects.filter(pk__in=table.events)
        .exclude(**{by.attname: None})
        .values_list("pk", by.attname)
    )
    theirs = next((one for one in plan.tables if one.model is target), None)
    there = set(
        target._default_manager.filter(pk__in=set(named.values())).values_list("pk", flat=True)
    )
    there |= set(theirs.returns) if theirs else set()
    there -= theirs.removals if theirs else set()
    groundless = {pk for pk, key in named.items() if key not in there}
    if not groundless:
        return
    lost = {key for key, pk in table.returns.items() if pk in groundless}
    lost |= {
        key
        for key, puts in table.restores.items()
        if any(pk in groundless and (columns is None or by.name in columns) for pk, columns in puts)
    }
    events = events_of(table.model).objects.filter(pk__in=groundless)
    names = Names(table.model, events)
    for event in events:
        if event.pgh_obj_id in lost:
            why = f"the {target._meta.verbose_name} that it belonged to is gone"
            plan.obstacles.append(Obstacle(table.model, event.pgh_obj_id, names.row(event), why))
    for key in lost:
        table.returns.pop(key, None)
        table.restores.pop(key, None)


def papers_of(plan: UndoPlan) -> set[int]:
    """The papers whose text, people or places the plan changes."""
    found: set[int] = set()
    for table in plan.tables:
        keys = table.removals | table.retires | set(table.returns) | set(table.restores)
        if table.model is Paper:
            found |= keys | table.kept
        for by in foreign_keys(table.model):
            if by.related_model is Paper:
                rows = table.model._default_manager.filter(pk__in=keys)
                found |= set(rows.values_list(by.attname, flat=True))
                past = events_of(table.model).objects.filter(pk__in=table.events)
                found |= set(past.values_list(by.attname, flat=True))
        found |= _papers_around(table.model, keys)
    return found - {None}


def _papers_around(model: Model, keys: set[int]) -> set[int]:
    """The papers under topics, by authors, at venues or with repositories that change."""
    found: set[int] = set()
    for other, by in pointing_to(model) if keys else ():
        if other is Paper:
            found |= set(
                Paper.objects.filter(**{f"{by.name}__in": keys}).values_list("pk", flat=True)
            )
        elif other in (Authorship, Placement, PaperRepository):
            rows = other._default_manager.filter(**{f"{by.name}__in": keys})
            found |= set(rows.values_list("paper", flat=True))
    return found
