"""A curator arranges a tree: topics are added, renamed, and put elsewhere in it."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from catalog.curation.refusal import Refused
from catalog.curation.tree_changes import fresh_topic, tree_change
from catalog.folding import fold, one_line
from catalog.models import Catalogue, Topic, TreeChange
from catalog.topics import DEEPEST, LONGEST_PATH, LONGEST_SLUG, move_topic, next_hue

LONGEST_NAME = 200
_NUMBER = 20  # a slash, and numbers that tell slugs apart


@dataclass(frozen=True, slots=True)
class Place:
    """Where a topic is put: under `parent` (None: at the top), before a sibling, or behind all of them."""

    parent: int | None
    before: int | None = None


def place_topic(
    topic: Topic,
    place: Place,
    user: AbstractBaseUser | None = None,
    seen_under: int | str | None = "anywhere",
) -> TreeChange | None:
    """Move a topic, with all below it. None when it lies there already.

    `seen_under` is the parent that the curator saw it under: when somebody has moved it since, nothing happens.
    """
    with tree_change(topic.catalogue_id, user) as recorder:
        moved = fresh_topic(recorder.catalogue, topic.pk)
        if seen_under not in ("anywhere", moved.parent_id):
            where = f"“{moved.parent.name}”" if moved.parent else "the top"
            raise Refused(
                f"“{moved.name}” was moved by somebody else meanwhile, under {where}. Please look again."
            )
        parent = fresh_topic(recorder.catalogue, place.parent) if place.parent else None
        check_place(moved, parent)
        if moved.parent_id != place.parent:
            moved.name = clean_name(recorder.catalogue, moved.name, parent, moved)
        siblings = siblings_of(recorder.catalogue, parent, moved)
        at = _index(siblings, place.before, parent, moved)
        if moved.parent_id == place.parent and _stays(recorder.catalogue, moved, siblings, at):
            return None
        recorder.words = _words(moved, parent)
        recorder.about(moved.pk)
        put(moved, parent, siblings, at)
    return recorder.change


def put(topic: Topic, parent: Topic | None, siblings: list[Topic], at: int) -> None:
    """Place a topic among its siblings to be; the order is numbered anew when the change is kept."""
    if topic.parent_id and parent is None:
        _take_colour(topic)
    topic.curated = True
    move_topic(topic, parent)
    spread_hue(topic)
    in_order([*siblings[:at], topic, *siblings[at:]])


def in_order(siblings: list[Topic]) -> None:
    """Give siblings rising positions, clear of each other."""
    for position, topic in enumerate(siblings, 1):
        topic.position = position
    Topic.objects.bulk_update([one for one in siblings if one.pk], ["position"], batch_size=500)


def check_place(topic: Topic, parent: Topic | None) -> None:
    """Refuse a place that a topic cannot have: below itself, or too deep."""
    here, levels = parent, 0
    while here is not None:
        if here.pk == topic.pk:
            raise Refused("A topic cannot lie under itself.")
        here, levels = here.parent, levels + 1
    below = Topic.objects.filter(
        catalogue=topic.catalogue_id, path__startswith=f"{topic.path}/", retired_at=None
    )
    paths = list(below.values_list("path", flat=True)) if topic.pk else []
    own = topic.path.count("/")
    deepest = levels + 1 + max((path.count("/") - own for path in paths), default=0)
    if deepest > DEEPEST:
        raise Refused(f"That is too deep: a list has at most {DEEPEST} levels.")
    longest = max((len(path) for path in paths), default=len(topic.path)) - len(topic.path)
    above = len(parent.path) if parent else 0
    if above + LONGEST_SLUG + _NUMBER + max(0, longest) > LONGEST_PATH:
        raise Refused("That is too deep: no address could name it.")


def siblings_of(catalogue: Catalogue, parent: Topic | None, moved: Topic | None) -> list[Topic]:
    """The topics right below a parent in their order, without the one that moves."""
    rows = catalogue.topics.filter(parent=parent, retired_at=None).order_by("position", "pk")
    return [topic for topic in rows if moved is None or topic.pk != moved.pk]


def _index(
    siblings: list[Topic], before: int | None, parent: Topic | None, moved: Topic | None
) -> int:
    if before is None or (moved and before == moved.pk):
        return len(siblings)
    for index, topic in enumerate(siblings):
        if topic.pk == before:
            return index
    where = f"under “{parent.name}”" if parent else "at the top"
    raise Refused(
        f"The topic to put it before lies {where} no more: the tree was changed meanwhile. Please look again."
    )


def _stays(catalogue: Catalogue, moved: Topic, siblings: list[Topic], at: int) -> bool:
    every = siblings_of(catalogue, moved.parent, None)
    return [one.pk for one in every] == [one.pk for one in [*siblings[:at], moved, *siblings[at:]]]


def _words(moved: Topic, parent: Topic | None) -> str:
    if (parent.pk if parent else None) == moved.parent_id:
        return f"Changed the place of “{moved.name}”"
    return f"Moved “{moved.name}” " + (f"under “{parent.name}”" if parent else "to the top")


def _take_colour(topic: Topic) -> None:
    """A topic that comes to the top leaves the colour of its family to those who bear it there."""
    top = topic.catalogue.topics.filter(parent=None, retired_at=None, hue=topic.hue)
    if top.exclude(pk=topic.pk).exists():
        topic.hue = next_hue(topic.catalogue)


def spread_hue(topic: Topic) -> None:
    below = Topic.objects.filter(catalogue=topic.catalogue, path__startswith=f"{topic.path}/")
    below.exclude(hue=topic.hue).update(hue=topic.hue)


def rename_topic(
    topic: Topic, name: str, user: AbstractBaseUser | None = None, seen_as: str | None = None
) -> TreeChange | None:
    """Give a topic another name; it keeps its papers, its place and its colour. None when it is called so."""
    with tree_change(topic.catalogue_id, user) as recorder:
        renamed = fresh_topic(recorder.catalogue, topic.pk)
        if seen_as not in (None, renamed.name):
            raise Refused(
                f"Somebody else has named it “{renamed.name}” meanwhile. Please look again."
            )
        name = clean_name(recorder.catalogue, name, renamed.parent, renamed)
        if name == renamed.name:
            return None
        recorder.words = f"Renamed “{renamed.name}” to “{name}”"
        renamed.name, renamed.curated = name, True
        move_topic(renamed, renamed.parent)
    return recorder.change


def add_topic(
    catalogue: Catalogue, name: str, place: Place, user: AbstractBaseUser | None = None
) -> TreeChange:
    """Add a topic of a curator's own, which imports leave alone."""
    with tree_change(catalogue.pk, user) as recorder:
        parent = fresh_topic(recorder.catalogue, place.parent) if place.parent else None
        topic = new_topic(recorder.catalogue, name, parent, place.before)
        recorder.about(topic.pk)
        where = f"under “{parent.name}”" if parent else "at the top"
        recorder.words = f"Added “{topic.name}” {where}"
    if recorder.change is None:
        raise RuntimeError("a topic that was added is a change")
    return recorder.change


def new_topic(
    catalogue: Catalogue, name: str, parent: Topic | None, before: int | None = None
) -> Topic:
    """Make a topic within a change of the tree."""
    topic = Topic(catalogue=catalogue, name=clean_name(catalogue, name, parent), curated=True)
    check_place(topic, parent)
    siblings = siblings_of(catalogue, parent, None)
    at = _index(siblings, before, parent, None)
    topic.hue = parent.hue if parent else next_hue(catalogue)
    move_topic(topic, parent)
    in_order([*siblings[:at], topic, *siblings[at:]])
    return topic


def clean_name(
    catalogue: Catalogue, name: str, parent: Topic | None, own: Topic | None = None
) -> str:
    """A name as it is stored; refused when there is none, or a sibling has it."""
    name = one_line(name)
    if not name:
        raise Refused("A topic needs a name.")
    if not any(sign.isalnum() for sign in name):
        raise Refused(f"“{name}” is no name: it has no letter.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters.")
    for sibling in siblings_of(catalogue, parent, own):
        if fold(sibling.name) == fold(name):
            where = f"under “{parent.name}”" if parent else "at the top"
            raise Refused(f"There is a “{sibling.name}” {where} already.")
    return name
