"""A curator's word on the topics: named, moved, ordered and removed by hand, imports leave them so."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from catalog.curation.refusal import Refused
from catalog.curation.topic_moves import spread_hue
from catalog.curation.tree_changes import fresh_topic, take_turn, tree_change
from catalog.models import Placement, Topic, TreeChange
from catalog.signals import announce_changed_papers
from catalog.topics import move_topic, next_hue


@transaction.atomic
def save_topic(topic: Topic, changed: Collection[str]) -> None:
    """Save a topic that a curator made or edited; a new name or parent leaves redirects behind."""
    take_turn(topic.catalogue_id)
    adding = topic.pk is None
    _look_again(topic, changed)
    topic.clean()
    if adding:
        _settle_in(topic)
    topic.curated = topic.curated or adding or bool({"name", "parent", "position"} & set(changed))
    if adding or {"name", "parent"} & set(changed):
        move_topic(topic, topic.parent)
    else:
        topic.save()
    spread_hue(topic)
    announce_changed_papers(_papers_below(topic))


def _look_again(topic: Topic, changed: Collection[str]) -> None:
    """What the form does not change is as it is by now: another curator may have moved it meanwhile."""
    if topic.parent_id:
        topic.parent = Topic.objects.get(pk=topic.parent_id)
    now = Topic.objects.filter(pk=topic.pk).first() if topic.pk else None
    if now is None:
        return
    for name in {field.name for field in Topic._meta.concrete_fields} - {*changed, "id"}:
        setattr(topic, name, getattr(now, name))


def _settle_in(topic: Topic) -> None:
    """Give a new topic a place behind the others and, at the top, the colour fewest topics bear."""
    topics = topic.catalogue.topics
    if not topic.position:
        topic.position = (topics.aggregate(last=Max("position"))["last"] or 0) + 1
    if topic.parent is None and not topic.hue:
        topic.hue = next_hue(topic.catalogue)


def _papers_below(topic: Topic) -> list[int]:
    below = Q(topic=topic) | Q(
        topic__catalogue=topic.catalogue, topic__path__startswith=f"{topic.path}/"
    )
    return list(Placement.objects.current().filter(below).values_list("paper", flat=True))


@transaction.atomic
def remove_topic(topic: Topic) -> bool:
    """Delete an empty topic, or retire it when it remembers papers taken out of it; say which.

    True when the row is gone. A topic that still holds papers or subtopics is refused.
    """
    take_turn(topic.catalogue_id)
    check_removal(topic)
    if topic.placements.exists() or topic.children.exists() or topic.absorbed.exists():
        topic.retired_at, topic.curated = timezone.now(), True
        topic.save(update_fields=["retired_at", "curated"])
        return False
    topic.delete()
    return True


def retire_topic(topic: Topic, user: AbstractBaseUser | None = None) -> TreeChange | None:
    """Take an empty topic out of the tree; its addresses stay, and it can be brought back."""
    with tree_change(topic.catalogue_id, user) as recorder:
        gone = fresh_topic(recorder.catalogue, topic.pk)
        check_removal(gone)
        recorder.words = f"Retired “{gone.name}”"
        recorder.about(gone.pk)
        Topic.objects.filter(pk=gone.pk).update(retired_at=timezone.now(), curated=True)
    return recorder.change


def bring_back_topic(topic: Topic, user: AbstractBaseUser | None = None) -> TreeChange | None:
    """Bring a retired topic back, as a change of the tree."""
    with tree_change(topic.catalogue_id, user) as recorder:
        recorder.words = f"Brought “{topic.name}” back"
        recorder.about(topic.pk)
        restore_topic(topic)
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


@transaction.atomic
def restore_topic(topic: Topic) -> None:
    """Bring a retired topic back, and those above it that were retired with it.

    One that was merged into another comes back empty: undoing the merge brings its papers back, too.
    """
    take_turn(topic.catalogue_id)
    here: Topic | None = topic
    while here is not None:
        Topic.objects.filter(pk=here.pk, retired_at__isnull=False).update(
            retired_at=None, merged_into=None, curated=True
        )
        here = here.parent


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number or 'no'} {noun}s"
