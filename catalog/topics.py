"""Moving topics about: every address a topic ever had leads to it for good."""

from django.db import transaction
from django.utils.text import slugify

from catalog.models import HUES, Catalogue, Topic, TopicRedirect

LONGEST_SLUG = 80


@transaction.atomic
def move_topic(topic: Topic, parent: Topic | None) -> None:
    """Put a topic (new, renamed or not) under a parent; its subtopics follow, old addresses redirect."""
    others = Topic.objects.filter(catalogue=topic.catalogue_id).exclude(pk=topic.pk)
    redirects = TopicRedirect.objects.filter(catalogue=topic.catalogue_id).exclude(topic=topic.pk)
    taken = {*others.values_list("path", flat=True), *redirects.values_list("path", flat=True)}
    slug, path = free_path(parent.path if parent else "", topic.name, taken)
    old_path = topic.path
    topic.parent, topic.slug, topic.path = parent, slug, path
    topic.hue = parent.hue if parent else topic.hue
    topic.save()
    if path != old_path:
        _redirect(topic, old_path)
        for child in topic.children.all():
            move_topic(child, topic)


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
