"""Changes of a tree of topics: one at a time, each with a record by which it can be undone."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models, transaction

from catalog.curation.locks import hold_off_imports
from catalog.curation.refusal import Refused
from catalog.history.contexts import current_group
from catalog.models import Candidate, Catalogue, Placement, Topic, TreeChange
from catalog.numbering import numbered
from catalog.signals import announce_changed_papers

Values = dict[str, Any]
# Of a topic's row, what is remembered; addresses are made anew.
TOPIC_COLUMNS = (
    "name", "heading", "description", "parent_id", "hue", "curated", "merged_into_id", "retired_at", "position",
)  # fmt: skip
PLACEMENT_COLUMNS = tuple(
    field.attname for field in Placement._meta.concrete_fields if field.name != "id"
)


class Recorder:
    """Sees what a change does: the tree before and after, and the places of the papers it is told of."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.words = ""
        self.undoes: TreeChange | None = None
        self.change: TreeChange | None = None
        self._topics = _topic_values(catalogue)
        self._order = [one.topic.pk for one in numbered(_living(catalogue))]
        self._placements: dict[int, Values] = {}
        self._papers: set[int] = set()
        self._candidates: list[int] = []
        self._subjects: list[int] = []

    def watch(self, papers: Iterable[int]) -> None:
        """Remember where these papers are placed, before that changes."""
        fresh = set(papers) - self._papers
        self._papers |= fresh
        self._placements |= _placement_values(fresh)

    def resuggested(self, candidates: Iterable[int]) -> None:
        """Remember candidates whose suggested topic was another before."""
        self._candidates += candidates

    def about(self, *topics: int) -> None:
        """The topics that move: undone, they take their old places among the others again."""
        self._subjects += topics

    def keep(self, user: AbstractBaseUser | None) -> None:
        """Store the record, unless nothing has changed; number the order of the topics anew."""
        if not self.words:
            return
        renumber(self.catalogue)
        topics = _differences(self._topics, _topic_values(self.catalogue))
        placements = _differences(self._placements, _placement_values(self._papers))
        if not (topics or placements or self._candidates):
            return
        self.change = TreeChange.objects.create(
            catalogue=self.catalogue,
            words=self.words[:500],
            made_by_id=user.pk if user else None,
            undoes=self.undoes,
            group=current_group(),
            rows={
                "topics": topics,
                "placements": placements,
                "candidates": self._candidates,
                "order": self._order,
                "subjects": self._subjects,
            },
        )
        announce_changed_papers({*self._papers, *_papers_under(topics)})


@contextmanager
def tree_change(catalogue: int, user: AbstractBaseUser | None) -> Iterator[Recorder]:
    """Change one catalogue's tree in a transaction of its own turn: curators after one another, no import meanwhile."""
    with transaction.atomic():
        recorder = Recorder(take_turn(catalogue))
        yield recorder
        recorder.keep(user)


def take_turn(catalogue: int) -> Catalogue:
    """Let nobody else change the tree of the catalogue until this transaction ends."""
    hold_off_imports()
    return Catalogue.objects.select_for_update(no_key=True).get(pk=catalogue)


def set_positions(positions: dict[int, int]) -> None:
    """Give placements their positions, in one statement however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_placement p SET position = v.position "
            "FROM unnest(%s::bigint[], %s::int[]) v (id, position) "
            "WHERE p.id = v.id AND p.position <> v.position",
            [list(positions), list(positions.values())],
        )


def renumber(catalogue: Catalogue) -> None:
    """Number the places of all topics in the order of the list, from 1."""
    moved = []
    for position, one in enumerate(numbered(_living(catalogue)), 1):
        if one.topic.position != position:
            one.topic.position = position
            moved.append(one.topic)
    Topic.objects.bulk_update(moved, ["position"], batch_size=500)


def _living(catalogue: Catalogue) -> list[Topic]:
    return list(catalogue.topics.filter(retired_at=None))


def _papers_under(topics: Iterable[str]) -> list[int]:
    """The papers of topics that have another name or place: searches find them by it."""
    changed = Topic.objects.filter(pk__in=[int(pk) for pk in topics])
    return list(
        Placement.objects.current().filter(topic__in=changed).values_list("paper", flat=True)
    )


def _topic_values(catalogue: Catalogue) -> dict[int, Values]:
    rows = catalogue.topics.values("pk", *TOPIC_COLUMNS)
    return {row.pop("pk"): _plain(row) for row in rows}


def _placement_values(papers: Iterable[int]) -> dict[int, Values]:
    rows = Placement.objects.filter(paper__in=list(papers)).values("pk", *PLACEMENT_COLUMNS)
    return {row.pop("pk"): _plain(row) for row in rows}


def _plain(row: Values) -> Values:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _differences(before: dict[int, Values], after: dict[int, Values]) -> dict[str, Any]:
    """By key, a pair: the changed columns as they were and as they are, None for no row."""
    changed: dict[str, Any] = {}
    for pk in before.keys() | after.keys():
        old, new = before.get(pk), after.get(pk)
        if old is None or new is None:
            changed[str(pk)] = [old, new]
        elif names := [name for name in old if old[name] != new[name]]:
            changed[str(pk)] = [
                {name: old[name] for name in names},
                {name: new[name] for name in names},
            ]
    return changed


def stored(model: type[models.Model], values: Values) -> Values:
    """Values of a record as the columns of a table have them."""
    columns = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: columns[name].to_python(value) if not columns[name].is_relation else value
        for name, value in values.items()
    }


def fresh_topic(catalogue: Catalogue, pk: int | None) -> Topic:
    """A topic as it is now, once it is one's turn; what others took away meanwhile is refused in words."""
    topics = catalogue.topics.select_related("parent", "merged_into")
    topic = topics.filter(pk=pk or 0).first()
    if topic is None:
        if elsewhere := Topic.objects.filter(pk=pk or 0).first():
            raise Refused(f"“{elsewhere.name}” belongs to another catalogue.")
        raise Refused("That topic is there no more: somebody removed it meanwhile.")
    topic.catalogue = catalogue
    if topic.merged_into:
        raise Refused(f"“{topic.name}” was merged into “{topic.merged_into.name}” meanwhile.")
    if topic.retired_at:
        raise Refused(f"“{topic.name}” was retired; restore it first.")
    return topic


def open_candidates(topic: Topic) -> list[int]:
    """Candidates that wait with this topic suggested for them."""
    waiting = Candidate.objects.filter(suggested_topic=topic, status=Candidate.Status.OPEN)
    return list(waiting.values_list("pk", flat=True))
