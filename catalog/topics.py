"""Moving topics about: every address a topic ever had leads to it for good."""

from django.db import transaction
from django.utils.text import slugify

from catalog.models import HUES, Catalogue, Topic, TopicRedirect

LONGEST_SLUG = 80
LONGEST_PATH = 1000
DEEPEST = 8  # levels that a list can have (ingest.lists.headings)


@transaction.atomic
def move_topic(topic: Topic, parent: Topic | None) -> None:
    """Put a topic (new, renamed or not) under a parent; its subtopics follow, old addresses redirect."""
    _move(topic, parent, _owners(topic.catalogue_id))


def _owners(catalogue: int) -> dict[str, int]:
    """Whose each address of a catalogue is, or was: no other topic gets it."""
    topics = Topic.objects.filter(catalogue=catalogue).values_list("path", "pk")
    redirects = TopicRedirect.objects.filter(catalogue=catalogue).values_list("path", "topic")
    return {**dict(redirects), **dict(topics)}


def _move(topic: Topic, parent: Topic | None, owners: dict[str, int]) -> None:
    taken = {path for path, owner in owners.items() if owner != topic.pk}
    slug, path = free_path(parent.path if parent else "", topic.name, taken)
    old_path = topic.path
    topic.parent, topic.slug, topic.path = parent, slug, path
    topic.hue = parent.hue if parent else topic.hue
    topic.save()
    owners[path] = topic.pk
    if path != old_path:
        _redirect(topic, old_path)
        for child in topic.children.all():
            _move(child, topic, owners)


def _redirect(topic: Topic, old_path: str) -> None:
    redirects = TopicRedirect.objects.filter(catalogue=topic.catalogue_id)
    redirects.filter(path=topic.path).delete()  # its own: the address is in use again
    if old_path:
        redirects.update_or_create(
            catalogue=topic.catalogue, path=old_path, defaults={"topic": topic}
        )


def free_path(parent: str, name: str, taken: set[str]) -> tuple[str, str]:
    """Return a slug and a path that no topic of the catalogue has or had, and take it."""
    base = slugify(name, allow_unicode=True)[:LONGEST_SLUG].strip("-") or "topic"
    slug, number = base, 2
    while (path := f"{parent}/{slug}" if parent else slug) in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(path)
    return slug, path


def next_hue(catalogue: Catalogue) -> int:
    """The colour that fewest top-level topics bear."""
    top = catalogue.topics.filter(parent=None, retired_at=None)
    borne = list(top.values_list("hue", flat=True))
    return min(range(HUES), key=lambda hue: (borne.count(hue), hue))


def living(topic: Topic) -> Topic:
    """The topic itself, or the one that it was merged into."""
    while topic.merged_into is not None:
        topic = topic.merged_into
    return topic
