"""A curator's word on the topics: edited, retired and brought back by hand, each as a change of the tree."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.curation.topic_moves import (
    check_place,
    clean_name,
    in_order,
    put,
    siblings_of,
    spread_hue,
)
from catalog.curation.tree_changes import fresh_topic, tree_change
from catalog.models import Catalogue, Topic, TreeChange
from catalog.topics import living, move_topic, next_hue

_EDITED = frozenset({"name", "parent", "position", "description", "hue"})  # the rest follows
_CURATING = frozenset({"name", "parent", "position"})


def save_topic(
    topic: Topic, changed: Collection[str], user: AbstractBaseUser | None = None
) -> TreeChange | None:
    """Save a topic that a curator made or edited in a form. None when nothing is other than before.

    What the form did not change is as it is by now: another curator may have moved the topic meanwhile.
    """
    with tree_change(topic.catalogue_id, user) as recorder:
        topic.catalogue = recorder.catalogue
        if topic.pk is None:
            _add(topic)
            recorder.about(topic.pk)
            where = f"under “{topic.parent.name}”" if topic.parent else "at the top"
            recorder.words = f"Added “{topic.name}” {where}"
        else:
            was = _look_again(topic, _EDITED & set(changed))
            names = {name for name in _EDITED if getattr(topic, name) != getattr(was, name)}
            if not names:
                return None
            _change(topic, was, names)
            if names & {"parent", "position"}:
                recorder.about(topic.pk)
            recorder.words = _words(topic, was, names)
    return recorder.change


def _add(topic: Topic) -> None:
    """Give a new topic a place behind the others and, at the top, the colour fewest topics bear."""
    topic.parent = _standing_parent(topic)
    topic.clean()
    topic.name = clean_name(topic.catalogue, topic.name, topic.parent)
    check_place(topic, topic.parent)
    if topic.parent is None and not topic.hue:
        topic.hue = next_hue(topic.catalogue)
    topic.curated = True
    siblings = siblings_of(topic.catalogue, topic.parent, None)
    before = [one for one in siblings if not topic.position or one.position < topic.position]
    move_topic(topic, topic.parent)
    in_order([*before, topic, *siblings[len(before) :]])


def _look_again(topic: Topic, changed: Collection[str]) -> Topic:
    """The row as it is by now; what the form does not change is taken from there."""
    was = topic.catalogue.topics.select_related("parent").filter(pk=topic.pk).first()
    if was is None:
        raise Refused("That topic is there no more: somebody removed it meanwhile.")
    was.catalogue = topic.catalogue
    for name in {field.name for field in Topic._meta.concrete_fields} - {*changed, "id"}:
        setattr(topic, name, getattr(was, name))
    if topic.parent_id == was.parent_id and topic.parent_id:
        topic.hue = was.hue  # that of its family
    return was


def _change(topic: Topic, was: Topic, names: set[str]) -> None:
    if "parent" in names:
        topic.parent = _standing_parent(topic)
        topic.clean()
        check_place(topic, topic.parent)
    if not topic.retired_at and {"name", "parent"} & names:
        topic.name = clean_name(topic.catalogue, topic.name, topic.parent, topic)
    topic.curated = topic.curated or bool(_CURATING & names)
    if {"parent", "position"} & names and not topic.retired_at:
        siblings = siblings_of(topic.catalogue, topic.parent, topic)
        parent, at = topic.parent, _index(siblings, topic, was, names)
        topic.parent = was.parent
        put(topic, parent, siblings, at)
    elif {"name", "parent"} & names:
        move_topic(topic, topic.parent)
    else:
        topic.save()
    spread_hue(topic)


def _standing_parent(topic: Topic) -> Topic | None:
    return fresh_topic(topic.catalogue, topic.parent_id) if topic.parent_id else None


def _index(siblings: list[Topic], topic: Topic, was: Topic, names: set[str]) -> int:
    """Where among its siblings a topic goes that was given a number: the others make room."""
    if "position" not in names:
        return len(siblings)
    if topic.position > was.position:
        return sum(one.position <= topic.position for one in siblings)
    return sum(one.position < topic.position for one in siblings)


def _words(topic: Topic, was: Topic, names: set[str]) -> str:
    said = []
    if "name" in names:
        said.append(f"renamed “{was.name}” to “{topic.name}”")
    if "parent" in names:
        where = f"under “{topic.parent.name}”" if topic.parent else "to the top"
        said.append(f"moved “{topic.name}” {where}")
    others = {"position": "place", "description": "description", "hue": "colour"}
    said += [
        f"changed the {word} of “{topic.name}”"
        for name, word in others.items()
        if name in names and not (name == "position" and "parent" in names)
    ]
    words = ", ".join(said) or f"changed “{topic.name}”"
    return words[:1].upper() + words[1:]


def follow_list(
    topic: Topic, name: str, parent: Topic | None, user: AbstractBaseUser | None = None
) -> TreeChange | None:
    """Give a topic the name and the place that its list has for it; later imports may change it again.

    Refused where a curator's topic beside it is called so.
    """
    with tree_change(topic.catalogue_id, user) as recorder:
        given = fresh_topic(recorder.catalogue, topic.pk)
        check_place(given, parent)
        name = clean_name(recorder.catalogue, name, parent, given)
        recorder.words = f"Let the list decide on “{given.name}”"
        if given.name != name:
            recorder.words += f": it is “{name}”"
        if given.parent_id != (parent.pk if parent else None):
            recorder.about(given.pk)
        given.name = given.heading = name
        given.curated = False
        move_topic(given, parent)
        spread_hue(given)
    return recorder.change


def retire_topic(topic: Topic, user: AbstractBaseUser | None = None) -> TreeChange | None:
    """Take an empty topic out of the tree; its addresses lead on, and it can be brought back."""
    with tree_change(topic.catalogue_id, user) as recorder:
        gone = fresh_topic(recorder.catalogue, topic.pk)
        check_removal(gone)
        recorder.words = f"Retired “{gone.name}”"
        recorder.about(gone.pk)
        Topic.objects.filter(pk=gone.pk).update(retired_at=timezone.now(), curated=True)
    return recorder.change


def check_removal(topic: Topic) -> None:
    """Refuse to remove a topic that still holds something."""
    papers = topic.placements.filter(retired_at=None).count()
    children = topic.children.filter(retired_at=None).count()
    if papers or children:
        raise Refused(
            f"“{topic.name}” holds {_count(papers, 'paper')} and {_count(children, 'subtopic')}: "
            "move them elsewhere first."
        )


def bring_back_topic(topic: Topic, user: AbstractBaseUser | None = None) -> TreeChange | None:
    """Bring a retired topic back, and those above it that were retired; where those were merged, under their heir.

    One that was merged into another comes back empty: undoing the merge brings its papers back, too.
    """
    with tree_change(topic.catalogue_id, user) as recorder:
        line = _retired_line(recorder.catalogue, topic.pk)
        back = line[-1]
        for one in line:
            _bring_back(one)
            recorder.about(one.pk)
        recorder.words = f"Brought “{back.name}” back"
        if above := [f"“{one.name}”" for one in line[:-1]]:
            recorder.words += f", and {', '.join(above)} above it"
    return recorder.change


def _retired_line(catalogue: Catalogue, pk: int) -> list[Topic]:
    """A retired topic and what above it has to come back with it, from the top."""
    topic = catalogue.topics.select_related("parent").filter(pk=pk).first()
    if topic is None:
        raise Refused("That topic is there no more: somebody removed it meanwhile.")
    if topic.retired_at is None:
        raise Refused(f"“{topic.name}” is there already: somebody brought it back meanwhile.")
    line = [topic]
    while line[0].parent:
        line[0].parent = living(line[0].parent)
        if line[0].parent.retired_at is None:
            break
        line.insert(0, line[0].parent)
    return line


def _bring_back(topic: Topic) -> None:
    topic.name = clean_name(topic.catalogue, topic.name, topic.parent, topic)
    topic.retired_at = topic.merged_into = None
    topic.curated = True
    check_place(topic, topic.parent)
    siblings = siblings_of(topic.catalogue, topic.parent, topic)
    move_topic(topic, topic.parent)
    spread_hue(topic)
    before = sum((one.position, one.pk) < (topic.position, topic.pk) for one in siblings)
    in_order([*siblings[:before], topic, *siblings[before:]])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number or 'no'} {noun}s"
