"""Moving topics about: every address a topic ever had leads to it for good."""

from django.db import transaction
from django.utils.text import slugify

from catalog.models import Topic, TopicRedirect


@transaction.atomic
def move_topic(topic: Topic, parent: Topic | None) -> None:
    """Put a topic (new, renamed or not) under a parent; its subtopics follow, old addresses redirect."""
    base = slugify(topic.name, allow_unicode=True)[:80].strip("-") or "topic"
    others = Topic.objects.filter(catalogue=topic.catalogue_id).exclude(pk=topic.pk)
    taken = set(others.values_list("path", flat=True))
    slug, number = base, 2
    while (path := f"{parent.path}/{slug}" if parent else slug) in taken:
        slug, number = f"{base}-{number}", number + 1
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
    redirects.filter(path=topic.path).delete()  # the address is in use again
    if old_path:
        redirects.update_or_create(
            catalogue=topic.catalogue, path=old_path, defaults={"topic": topic}
        )
