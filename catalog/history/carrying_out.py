"""Carrying out a plan to take changes back: merges first, then columns, deleted rows and added ones, and what follows."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from catalog import curation
from catalog.history.contexts import current_group
from catalog.history.plan import Obstacle, TablePlan, UndoPlan, papers_of, plan_undo
from catalog.history.tables import SILENT, Model, columns_of, events_of, tracked_models
from catalog.history.words import Names
from catalog.models import (
    Author,
    Authorship,
    GlossaryEntry,
    Identifier,
    Paper,
    Placement,
    RejectedIdentifier,
    Source,
    Topic,
    TopicRedirect,
)
from catalog.signals import announce_changed_papers, glossary_changed

_CHUNK = 1000
_OUT_OF_THE_WAY = 10_000
Progress = Callable[[int, int], None]  # told how many rows of how many are done


class Undoing:
    """One plan on its way into the tables; call it inside a transaction."""

    def __init__(
        self,
        plan: UndoPlan,
        only: tuple[Model, int] | None,
        user: Any,
        for_good: bool,
        progress: Progress | None = None,
    ) -> None:
        self.plan, self.only, self.user, self.for_good = plan, only, user, for_good
        self.progress, self.done, self.total = progress, 0, plan.size()
        self.refused: list[Obstacle] = []
        self.unlisted: set[int] = set()
        self.now = timezone.now()

    def carry_out(self) -> None:
        curation.take_time()
        papers = papers_of(self.plan)
        work = self._merges()
        if work is not self.plan:
            papers |= papers_of(work)
            self.total = work.size()
        abandoned = self._addresses(work)
        self._make_way(work)
        # What was moved to an added row leaves it before that goes; what needs its place comes after.
        later = [(table, put) for table in _in_order(work) for put in self._bring_back(table)]
        later = [(table, put) for table in _in_order(work) for put in self._restore(table)] + later
        for table in reversed(_in_order(work)):
            self._retire(table)
            self._remove(table)
        for table, (statement, event) in later:
            self._write(table, statement, [event])
        self._redirect(abandoned)
        self._settle_papers(papers, work)
        if self.for_good:
            self._remember(work)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        announce_changed_papers(papers)
        if any(table.model is GlossaryEntry for table in self.plan.tables):
            transaction.on_commit(partial(glossary_changed.send, sender=None))

    def _merges(self) -> UndoPlan:
        """Take merges back by who knows all that a merge moves; then see what is left to do."""
        plan = self.plan
        was_recorded = self._recorded()
        for model, duplicate, survivor in plan.merged:
            row = model._default_manager.get(pk=duplicate)
            if getattr(row, "merged_into_id", None) != survivor:
                continue
            if isinstance(row, Author):
                curation.unmerge_author(row, self.user)
            elif isinstance(row, Paper):
                curation.unmerge_paper(row, self.user)
        for model, duplicate, survivor in plan.parted:
            rows: Any = model._default_manager.in_bulk([duplicate, survivor])
            if len(rows) < 2:
                raise curation.Refused("One of what was merged is no longer there.")
            merge: Any = curation.merge_authors if model is Author else curation.merge_papers
            merge(rows[survivor], [rows[duplicate]], self.user)
        if not (plan.merged or plan.parted or was_recorded):
            return plan
        return plan_undo(plan.group, self.only, current_group(), for_good=self.for_good)

    def _recorded(self) -> bool:
        """Take back what has a record of its own by that record, which knows rows that no history keeps."""
        for act in self.plan.acts:
            curation.undo_act(act, self.user)
        for change in self.plan.trees:
            curation.undo_tree_change(change, self.user)
        return bool(self.plan.acts or self.plan.trees)

    def _tell(self, rows: int) -> None:
        self.done += rows
        if self.progress:
            self.progress(min(self.done, self.total), self.total)

    # Rows

    def _make_way(self, plan: UndoPlan) -> None:
        """Values that only one row may have are given up by those that are about to change."""
        for table in plan.tables:
            keys = list(table.restores)
            if not keys:
                continue
            if table.model is Placement:
                rows = Placement.objects.filter(pk__in=keys)
                around = Placement.objects.filter(paper__in=rows.values("paper"), is_primary=True)
                around.update(is_primary=False)
            elif table.model is Authorship:
                self._make_way_for_authors(keys)
            elif table.model is Topic:
                self._make_way_for_topics(table)

    def _make_way_for_authors(self, keys: list[int]) -> None:
        Authorship.objects.filter(pk__in=keys).update(
            position=models.F("position") + _OUT_OF_THE_WAY
        )

    def _make_way_for_topics(self, table: TablePlan) -> None:
        moving = [
            key for key, puts in table.restores.items() if self._changes_path(table, key, puts)
        ]
        for topic in Topic.objects.filter(pk__in=moving):
            Topic.objects.filter(pk=topic.pk).update(path=f"-/{topic.pk}")

    def _changes_path(self, table: TablePlan, key: int, puts: Any) -> bool:
        return any(columns is None or "path" in columns for _, columns in puts)

    def _retire(self, table: TablePlan) -> None:
        """Taken away in a curator's name, so that no import brings it again."""
        values = {"source": Source.CURATOR, "stated_at": self.now, "retired_at": self.now}
        if table.model is Placement:
            values["is_primary"] = False
        for chunk in _chunks(sorted(table.retires)):
            table.model._default_manager.filter(pk__in=chunk).update(**values)

    def _remove(self, table: TablePlan) -> None:
        keys = sorted(table.removals)
        if self.for_good and table.model is Identifier:
            for row in Identifier.objects.filter(pk__in=keys):
                RejectedIdentifier.objects.get_or_create(
                    paper_id=row.paper_id, scheme=row.scheme, value=row.value
                )
        if table.model is Topic:  # those below go first: a topic holds on to what lies under it
            self._remove_topics(keys)
            return
        for chunk in _chunks(keys):
            self._remove_rows(table.model, chunk)
            self._tell(len(chunk))

    def _remove_topics(self, keys: list[int]) -> None:
        rows = list(Topic.objects.filter(pk__in=keys).values_list("pk", "path"))
        for key, _ in sorted(rows, key=lambda row: -row[1].count("/")):
            self._remove_rows(Topic, [key])

    def _remove_rows(self, model: Model, keys: list[int]) -> None:
        try:
            with transaction.atomic():
                model._default_manager.filter(pk__in=keys).delete()
        except (models.ProtectedError, models.RestrictedError, IntegrityError):
            if len(keys) == 1:
                self._refuse(model, keys[0], "something holds on to it")
                return
            for key in keys:
                self._remove_rows(model, [key])

    def _restore(self, table: TablePlan) -> list[tuple[str, int]]:
        """Changed columns go back, many rows in a statement. Return what has to wait for its place."""
        waiting: list[tuple[str, int]] = []
        puts: dict[tuple[str, ...] | None, list[int]] = defaultdict(list)
        for pairs in table.restores.values():
            for event, columns in pairs:
                puts[columns].append(event)
        for columns, events in puts.items():
            fields = columns_of(table.model)
            if columns is not None:
                fields = [one for one in fields if one.name in columns]
            statement = _update(table.model, fields)
            waiting += [(statement, event) for event in self._try(statement, events)]
        return waiting

    def _bring_back(self, table: TablePlan) -> list[tuple[str, int]]:
        """Deleted rows return with their numbers. Return what has to wait for its place."""
        statement = _insert(table.model)
        return [(statement, event) for event in self._try(statement, list(table.returns.values()))]

    def _write(self, table: TablePlan, statement: str, events: list[int]) -> None:
        for event in self._try(statement, events):
            key = events_of(table.model).objects.get(pk=event).pgh_obj_id
            self._refuse(table.model, key, "another row has taken its place", event)

    def _try(self, statement: str, events: list[int]) -> list[int]:
        """Write snapshots; return those that the table does not take, one by one if it must be."""
        refused: list[int] = []
        for chunk in _chunks(events):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement, {"events": chunk})
                self._tell(len(chunk))
            except IntegrityError:
                alone = len(chunk) == 1
                refused += (
                    chunk
                    if alone
                    else [bad for one in chunk for bad in self._try(statement, [one])]
                )
        return refused

    def _refuse(self, model: Model, key: int, why: str, event: int | None = None) -> None:
        row = (
            events_of(model).objects.get(pk=event) if event else model._default_manager.get(pk=key)
        )
        self.refused.append(Obstacle(model, key, Names(model, [row]).row(row), why))

    # What follows

    def _addresses(self, plan: UndoPlan) -> dict[int, tuple[int, str]]:
        """The addresses that topics are about to leave: whoever noted one meanwhile shall still get there."""
        table = next((one for one in plan.tables if one.model is Topic), None)
        moving = [
            key for key, puts in (table.restores if table else {}).items()
            if table and self._changes_path(table, key, puts)
        ]  # fmt: skip
        rows = Topic.objects.filter(pk__in=moving)
        return {row.pk: (row.catalogue_id, row.path) for row in rows}

    def _redirect(self, abandoned: dict[int, tuple[int, str]]) -> None:
        for topic in Topic.objects.filter(pk__in=abandoned):
            catalogue, path = abandoned[topic.pk]
            if topic.path.startswith("-/"):
                # Its old address is another's now: it keeps the present one.
                Topic.objects.filter(pk=topic.pk).update(path=path)
            elif (
                path != topic.path
                and not Topic.objects.filter(catalogue=catalogue, path=path).exists()
            ):
                TopicRedirect.objects.get_or_create(
                    catalogue_id=catalogue, path=path, defaults={"topic": topic}
                )
            TopicRedirect.objects.filter(catalogue=catalogue, path=topic.path).delete()

    def _settle_papers(self, papers: set[int], plan: UndoPlan) -> None:
        """Each listed paper shows one topic first, authors are numbered without a gap, and pages know that something changed."""
        for chunk in _chunks(sorted(papers)):
            current = Placement.objects.current().filter(paper__in=chunk)
            without = current.exclude(paper__in=current.filter(is_primary=True).values("paper"))
            for paper in Paper.objects.public().filter(pk__in=without.values("paper")):
                curation.choose_primary(paper)
            Paper.objects.filter(pk__in=chunk).update(updated_at=self.now)
        self._number_authors(papers)
        kept = next((one.kept for one in plan.tables if one.model is Paper), set())
        listed = Placement.objects.current().filter(paper__in=kept).values_list("paper", flat=True)
        self.unlisted = kept - set(listed)

    def _number_authors(self, papers: set[int]) -> None:
        moved: set[int] = set()
        for chunk in _chunks(sorted(papers)):
            rows = Authorship.objects.filter(paper__in=chunk, position__gte=_OUT_OF_THE_WAY)
            moved |= set(rows.values_list("paper", flat=True))
        for paper in moved:
            in_order = Authorship.objects.filter(paper=paper).order_by("position")
            for position, row in enumerate(in_order, 1):
                Authorship.objects.filter(pk=row.pk).update(position=position)

    # For good

    def _remember(self, plan: UndoPlan) -> None:
        """Make what was put back the curator's word, as if it had been entered: imports leave it."""
        for table in plan.tables:
            keys = [*table.restores, *table.returns]
            if table.model is Topic:
                Topic.objects.filter(pk__in=keys).update(curated=True)
                self._retire_topics(table.kept)
            elif hasattr(table.model, "retired_at") and keys:
                for chunk in _chunks(keys):
                    rows = table.model._default_manager.filter(pk__in=chunk)
                    rows.update(source=Source.CURATOR, stated_at=self.now)
            elif table.model is Paper:
                self._lock(table)

    def _retire_topics(self, keys: set[int]) -> None:
        """Topics that were added, and hold nothing any more, go out of sight; the deepest first."""
        rows = Topic.objects.current().filter(pk__in=keys)
        for topic in sorted(rows, key=lambda one: -one.depth):
            papers = topic.placements.filter(retired_at=None)
            below = topic.children.filter(retired_at=None)
            if not papers.exists() and not below.exists():
                Topic.objects.filter(pk=topic.pk).update(retired_at=self.now, curated=True)

    def _lock(self, table: TablePlan) -> None:
        events = {one.pk: one for one in events_of(Paper).objects.filter(pk__in=table.events)}
        nexts = {one.pgh_obj_id: one for one in _following(events.values())}
        for paper in Paper.objects.filter(pk__in=table.restores):
            names: set[str] = set()
            for pk, columns in table.restores[paper.pk]:
                after = nexts.get(paper.pk)
                names |= set(columns or _differing(events[pk], after))
            if self.user is not None:
                curation.lock_fields(paper, names - SILENT, self.user)


def _following(events: Iterable[Any]) -> list[Any]:
    """The states that the group left: the events behind these, of the same rows."""
    found = []
    for event in events:
        later = events_of(Paper).objects.filter(
            pgh_obj_id=event.pgh_obj_id, pgh_id__gt=event.pgh_id
        )
        if (after := later.order_by("pgh_id").first()) is not None:
            found.append(after)
    return found


def _differing(one: Any, other: Any) -> set[str]:
    if other is None:
        return set()
    return {
        field.name
        for field in columns_of(Paper)
        if getattr(one, field.attname) != getattr(other, field.attname)
    }


def _in_order(plan: UndoPlan) -> list[TablePlan]:
    order = tracked_models()
    return sorted(plan.tables, key=lambda table: order.index(table.model))


def _chunks(keys: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _value(model: Model, one: Any) -> str:
    """A column of the snapshot; what it points to may be gone, where the row can do without."""
    column = f'e."{one.column}"'
    if one.is_relation and one.null and one.remote_field.on_delete is models.SET_NULL:
        target = one.related_model._meta.db_table
        return f'(SELECT r.id FROM "{target}" r WHERE r.id = {column})'  # noqa: S608  # our own names
    return column


def _update(model: Model, fields: list[Any]) -> str:
    own = [one for one in fields if not one.primary_key]
    columns = ", ".join(f'"{one.column}" = {_value(model, one)}' for one in own)
    return (
        f'UPDATE "{model._meta.db_table}" t SET {columns} FROM "{events_of(model)._meta.db_table}" e '  # noqa: S608
        "WHERE e.pgh_id = ANY(%(events)s) AND t.id = e.pgh_obj_id"
    )


def _insert(model: Model) -> str:
    kept = {one.name for one in events_of(model)._meta.concrete_fields}
    fields = [one for one in model._meta.concrete_fields if one.name in kept]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    values = ", ".join(_value(model, one) for one in fields)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {values} '  # noqa: S608
        f'FROM "{events_of(model)._meta.db_table}" e WHERE e.pgh_id = ANY(%(events)s) '
        f'AND NOT EXISTS (SELECT FROM "{model._meta.db_table}" t WHERE t.id = e.pgh_obj_id)'
    )
