"""Who may take what back: one rule for single acts, changes of trees, and whole groups of changes."""

from collections.abc import Iterable
from typing import Any

from catalog.history.plan import TablePlan, UndoPlan
from catalog.history.tables import Model, events_of
from catalog.models import Act, Author, Paper, Placement, Repository, Topic, TreeChange, Venue
from catalog.roles import (
    catalogues_of,
    is_narrowed,
    is_shared,
    may_edit,
    may_merge,
    reachable,
    reaches_past,
)

# What whoever takes an act back must be allowed to change.
_NEEDED = {
    Act.Kind.MERGE_PAPERS: "catalog.change_paper",
    Act.Kind.EDIT_PAPERS: "catalog.change_paper",
    Act.Kind.ACCEPT_VENUES: "catalog.change_venuesuggestion",
    Act.Kind.MERGE_AUTHORS: "catalog.change_author",
    Act.Kind.SPLIT_AUTHOR: "catalog.change_author",
}
OF_AUTHORS = {Act.Kind.MERGE_AUTHORS, Act.Kind.SPLIT_AUTHOR}
# What is added around papers, like their authors, goes and comes with them, whoever may change it by itself.
_COME_WITH_PAPERS = (Author, Venue, Repository)
_ELSEWHERE = (
    "Some of it is not in your catalogues: ask somebody who edits all of them to take this back."
)


def may_undo(user: Any, act: Act) -> bool:
    """Whether the user may take back all that one click did."""
    acts: Iterable[Act] = [act]
    if act.together:
        acts = list(Act.objects.standing().filter(together=act.together))
    return all(_has_right(user, one) and _is_within(user, one) for one in acts)


def may_undo_tree(user: Any, change: TreeChange) -> bool:
    return user.has_perm("catalog.change_topic") and may_edit(user, change.catalogue)


def why_not(user: Any, plan: UndoPlan) -> str:
    """Why the user may not take this back, in a sentence; empty if they may."""
    for act in plan.acts:
        if not _has_right(user, act):
            return f"“{act}” is part of it, which you may not take back: ask somebody who may."
        if not may_undo(user, act):
            return _ELSEWHERE
    for change in plan.trees:
        if not may_undo_tree(user, change):
            return _ELSEWHERE
    for model, *pair in (*plan.merged, *plan.parted):
        if not may_merge(user, model._default_manager.filter(pk__in=pair)):
            return _ELSEWHERE
    for table in plan.tables:
        if not table or (table.model in _COME_WITH_PAPERS and not table.restores):
            continue
        if not may_change(user, table.model):
            return f"You may not change {table.noun}: ask somebody who may to take this back."
        if not _reaches_all(user, table):
            return _ELSEWHERE
    return ""


def may_change(user: Any, model: Model) -> bool:
    """Whether the user may change some rows of a table."""
    options = model._meta
    if is_shared(model) and is_narrowed(user):
        return False
    return bool(user.has_perm(f"{options.app_label}.change_{options.model_name}"))


def _has_right(user: Any, act: Act) -> bool:
    return bool(user.has_perm(_NEEDED[Act.Kind(act.kind)]))


def _is_within(user: Any, act: Act) -> bool:
    """Whether an act touches nothing beyond the reach of an editor of certain catalogues."""
    if not is_narrowed(user):
        return True
    if act.kind in OF_AUTHORS:
        return False
    papers = Paper.objects.filter(pk__in=act.subjects)
    if reachable(user, papers).count() < papers.count():
        return False
    if act.kind == Act.Kind.MERGE_PAPERS and not may_merge(user, papers):
        return False
    touched = Topic.objects.filter(pk__in=_topics_of(act))
    return not touched.exclude(catalogue__in=catalogues_of(user)).exists()


def _topics_of(act: Act) -> set[int]:
    """The topics whose papers the act changed. A place that was retired before and after is nobody's concern."""
    parts = act.rows.get(Placement._meta.label, {})
    whole = [*parts.get("added", ()), *parts.get("deleted", ())]
    found = {row["topic_id"] for row in whole if row["retired_at"] is None}
    changed = {key: (old, new) for key, old, new in parts.get("changed", ())}
    for row in Placement.objects.filter(pk__in=changed):
        old, new = changed[row.pk]
        if row.retired_at is None or "retired_at" in old:
            found |= {
                row.topic_id,
                *(side["topic_id"] for side in (old, new) if "topic_id" in side),
            }
    return found


def _reaches_all(user: Any, table: TablePlan) -> bool:
    if not is_narrowed(user):
        return True
    keys = [*table.removals, *table.retires, *table.restores]
    rows = table.model._default_manager.filter(pk__in=keys)
    if rows.exclude(
        pk__in=reachable(user, table.model._default_manager.all()).values("pk")
    ).exists():
        return False
    past = events_of(table.model).objects.filter(pk__in=table.events)
    return reaches_past(user, table.model, past)
