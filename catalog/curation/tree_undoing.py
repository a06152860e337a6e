"""A change of a tree is taken back, as far as nobody has changed the same since."""

import json
from collections import defaultdict
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.curation.topic_moves import check_place, clean_name, in_order, spread_hue
from catalog.curation.tree_changes import (
    Recorder,
    Values,
    set_positions,
    stored,
    take_turn,
    tree_change,
)
from catalog.models import Candidate, Paper, Placement, Topic, TreeChange
from catalog.topics import move_topic

Pair = tuple[Values | None, Values | None]
# Two changes of these do not contradict each other.
_YIELDING = {"position", "hue", "curated"}


@transaction.atomic
def undo_tree_change(change: TreeChange, user: AbstractBaseUser | None = None) -> TreeChange | None:
    """Put back what a change of the tree did; the undoing is a change itself, and can be undone.

    Papers that somebody has placed elsewhere since stay there. A topic that was renamed, moved or filled since is refused.
    """
    take_turn(change.catalogue_id)
    current = TreeChange.objects.select_for_update().get(pk=change.pk)
    if current.undone_at:
        raise Refused("That was undone already.")
    with tree_change(change.catalogue_id, user) as recorder:
        recorder.words = f"Undid: {current.words}"
        recorder.undoes = current
        _Undoing(current, recorder).run()
    current.undone_at = timezone.now()
    current.save(update_fields=["undone_at"])
    return recorder.change


class _Undoing:
    def __init__(self, change: TreeChange, recorder: Recorder) -> None:
        self.recorder = recorder
        self.catalogue = recorder.catalogue
        self.topics: dict[int, Pair] = _pairs(change.rows["topics"])
        self.placements: dict[int, Pair] = _pairs(change.rows["placements"])
        self.candidates: list[int] = change.rows["candidates"]
        self.order: list[int] = change.rows["order"]
        self.subjects: list[int] = change.rows["subjects"]

    def run(self) -> None:
        rows = {topic.pk: topic for topic in self.catalogue.topics.filter(pk__in=self.topics)}
        made = [pk for pk, (old, _) in self.topics.items() if old is None]
        removed = {pk: old for pk, (old, new) in self.topics.items() if old and new is None}
        for pk, (old, new) in self.topics.items():
            if old is not None and new is not None:
                _refuse_if_changed(rows.get(pk), new)
        self.recorder.about(*self.subjects)
        self.recorder.resuggested(self.candidates)
        self._bring_back(removed)
        self._put_topics_back(rows)
        self._put_placements_back()
        self._put_candidates_back()
        self._remove([rows[pk] for pk in made if pk in rows])
        self._refuse_to_hide()
        self._put_in_order()

    def _bring_back(self, removed: dict[int, Values]) -> None:
        for pk, values in removed.items():
            topic = Topic(pk=pk, catalogue=self.catalogue, **stored(Topic, values))
            parent = Topic.objects.filter(pk=values["parent_id"] or 0).first()
            topic._state.adding = True
            move_topic(topic, parent)
            self.recorder.about(pk)

    def _put_topics_back(self, rows: dict[int, Topic]) -> None:
        """Those above first, since the addresses of those below begin with theirs."""
        changed = []
        for pk, (old, new) in self.topics.items():
            if old is not None and new is not None and set(old) - {"position"}:
                topic = rows[pk]
                for name, value in stored(Topic, old).items():
                    if name != "position":
                        setattr(topic, name, value)
                changed.append((topic, old))
        for topic, old in changed:
            names = [name.removesuffix("_id") for name in old if name != "position"]
            topic.save(update_fields=names)
        for topic, old in sorted(changed, key=lambda pair: _depth(pair[0])):
            if {"name", "parent_id"} & set(old):
                topic.refresh_from_db()
                parent = topic.parent
                if parent and parent.retired_at and not topic.retired_at:
                    raise Refused(
                        f"“{parent.name}”, where “{topic.name}” lay, was retired since: restore it first."
                    )
                check_place(topic, parent)
                if "name" in old and not topic.retired_at:
                    clean_name(self.catalogue, topic.name, parent, topic)
                move_topic(topic, parent)
                if parent is None and "hue" in old:
                    Topic.objects.filter(pk=topic.pk).update(hue=old["hue"])
                    topic.hue = old["hue"]
                spread_hue(topic)

    def _put_placements_back(self) -> None:
        now = Placement.objects.in_bulk(list(self.placements))
        papers = self._papers(now)
        self.recorder.watch(papers)
        there = Placement.objects.filter(paper__in=papers)
        taken = set(there.values_list("paper", "topic"))
        mixed = {
            self._paper_of(pk, now)
            for pk, pair in self.placements.items()
            if not _is_as_left(now.get(pk), pair, taken)
        } | ({self._paper_of(pk, now) for pk in self.placements} - papers)
        papers -= mixed  # placed anew since: theirs stay
        fit = {pk: pair for pk, pair in self.placements.items() if self._paper_of(pk, now) in papers}  # fmt: skip
        primary = Placement.objects.filter(paper__in=papers, is_primary=True)
        was = set(primary.values_list("pk", flat=True))
        primary.filter(pk__in=[pk for pk, (old, _) in fit.items() if (old or {}).get("retired_at")]).update(is_primary=False)  # fmt: skip
        Placement.objects.filter(
            pk__in=[pk for pk, (old, _) in fit.items() if old is None]
        ).delete()
        Placement.objects.bulk_create(
            [
                Placement(pk=pk, **stored(Placement, {**old, "is_primary": False}))
                for pk, (old, new) in fit.items()
                if old is not None and new is None
            ],
            batch_size=1000,
        )
        _update({pk: old for pk, (old, new) in fit.items() if old and new is not None})
        self._choose_primaries(papers, fit, was)
        if left := len(mixed):
            self.recorder.words += (
                f"; {left} {'paper' if left == 1 else 'papers'} placed elsewhere since left there"
            )

    @staticmethod
    def _choose_primaries(papers: set[int], fit: dict[int, Pair], was: set[int]) -> None:
        """The primary places of before the change; where it did not touch them, those of now; else the first."""
        before = {pk for pk, (old, _) in fit.items() if old and old.get("is_primary")}
        rows = list(Placement.objects.current().filter(paper__in=papers).select_related("topic"))
        rows.sort(
            key=lambda row: (row.pk not in before, row.pk not in was, row.topic.position, row.pk)
        )
        first: dict[int, Placement] = {}
        for row in rows:
            first.setdefault(row.paper_id, row)
        wrong = [row.pk for row in rows if row.is_primary and first[row.paper_id].pk != row.pk]
        Placement.objects.filter(pk__in=wrong).update(is_primary=False)
        right = [row.pk for row in first.values() if not row.is_primary]
        Placement.objects.filter(pk__in=right).update(is_primary=True)

    def _paper_of(self, pk: int, now: dict[int, Placement]) -> int:
        if pk in now:
            return now[pk].paper_id
        old, new = self.placements[pk]
        paper: int = (old or {}).get("paper_id") or (new or {}).get("paper_id") or 0
        return paper

    def _papers(self, now: dict[int, Placement]) -> set[int]:
        papers = {self._paper_of(pk, now) for pk in self.placements}
        return set(Paper.objects.filter(pk__in=papers).values_list("pk", flat=True))

    def _put_candidates_back(self) -> None:
        """What was suggested a topic that is there again, or gone again, is suggested that one or its heir."""
        waiting = Candidate.objects.filter(pk__in=self.candidates, status=Candidate.Status.OPEN)
        for pk, (old, _) in self.topics.items():
            if old and pk in self.subjects and "merged_into_id" in old:
                waiting.update(suggested_topic=old["merged_into_id"] or pk)

    def _remove(self, topics: list[Topic]) -> None:
        """What the change made goes, if nothing has come to lie there since."""
        for topic in topics:
            papers = topic.placements.filter(retired_at=None)
            if papers.exists() or topic.children.exists() or topic.absorbed.exists():
                raise Refused(
                    f"“{topic.name}” holds something else by now: move that elsewhere first."
                )
            topic.placements.all().delete()
            topic.delete()

    def _refuse_to_hide(self) -> None:
        """What came to lie meanwhile under a topic that goes again would be seen no more."""
        gone = Topic.objects.filter(pk__in=self.topics, retired_at__isnull=False)
        held = gone.filter(
            Q(placements__retired_at=None, placements__isnull=False)
            | Q(children__isnull=False, children__retired_at=None)
        ).first()
        if held:
            raise Refused(f"“{held.name}” holds something else by now: move that elsewhere first.")

    def _put_in_order(self) -> None:
        """The topics that moved stand again behind those they stood behind."""
        places = {pk: place for place, pk in enumerate(self.order)}
        subjects = Topic.objects.filter(pk__in=self.subjects, retired_at=None)
        for topic in sorted(subjects, key=lambda one: places.get(one.pk, len(places))):
            siblings = [
                one
                for one in self.catalogue.topics.filter(
                    parent=topic.parent_id, retired_at=None
                ).order_by("position", "pk")
                if one.pk != topic.pk
            ]
            own = places.get(topic.pk, len(places))
            at = 0
            for index, one in enumerate(siblings, 1):
                if places.get(one.pk, -1) != -1 and places[one.pk] < own:
                    at = index
            in_order([*siblings[:at], topic, *siblings[at:]])


def _pairs(rows: dict[str, Any]) -> dict[int, Pair]:
    return {int(pk): (old, new) for pk, (old, new) in rows.items()}


def _refuse_if_changed(topic: Topic | None, new: Values) -> None:
    if topic is None:
        raise Refused("A topic of that change is there no more.")
    left = stored(Topic, new)
    if any(getattr(topic, name) != left[name] for name in set(left) - _YIELDING):
        raise Refused(
            f"“{topic.name}” was changed again since: undo the later change first, or move it by hand."
        )


def _depth(topic: Topic) -> int:
    here, depth = topic, 0
    while here.parent_id and depth < 50:
        above = Topic.objects.filter(pk=here.parent_id).first()
        if above is None:
            break
        here, depth = above, depth + 1
    return depth


def _is_as_left(row: Placement | None, pair: Pair, taken: set[tuple[int, int]]) -> bool:
    """Whether a place is as the change left it, and the one it had before is free."""
    old, new = pair
    if new is None:
        return row is None and (old or {}).get("topic_id") is not None and (
            (old or {})["paper_id"], (old or {})["topic_id"]
        ) not in taken  # fmt: skip
    if row is None:
        return False
    left = stored(Placement, new)
    names = {"topic_id", "retired_at", "paper_id"} & set(left)
    if any(getattr(row, name) != left[name] for name in names):
        return False
    return old is None or "topic_id" not in old or (row.paper_id, old["topic_id"]) not in taken


def _update(rows: dict[int, Values]) -> None:
    """Give placements their old values: those that get the same in one statement."""
    alike: dict[str, list[int]] = defaultdict(list)
    for pk, values in rows.items():
        others = {name: values[name] for name in values if name not in ("position", "is_primary")}
        if others:
            alike[json.dumps(others, sort_keys=True)].append(pk)
    for text, keys in alike.items():
        values = stored(Placement, json.loads(text))
        Placement.objects.filter(pk__in=keys).update(**values)
    set_positions({pk: values["position"] for pk, values in rows.items() if "position" in values})
