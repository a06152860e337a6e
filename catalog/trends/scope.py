"""What trends are asked of: all catalogues, one of them, or a topic with all that lies below it."""

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from catalog.models import Catalogue, PaperQuerySet, Topic
from catalog.paper_lists import papers_under

# The papers of a scope, each once, for statements that take %(topics)s.
PAPERS = """
SELECT DISTINCT p.id, p.title, p.published_on, p.published_precision
FROM catalog_placement l JOIN catalog_paper p ON p.id = l.paper_id
WHERE l.retired_at IS NULL AND l.topic_id = ANY(%(topics)s) AND p.merged_into_id IS NULL
"""


@dataclass(frozen=True)
class Scope:
    catalogue: Catalogue | None = None
    topic: Topic | None = None

    @cached_property
    def topics(self) -> list[int]:
        """The keys of all current topics whose papers count."""
        if self.topic:
            found = self.topic.subtree
        elif self.catalogue:
            found = self.catalogue.topics.filter(retired_at=None)
        else:
            found = Topic.objects.current()
        return list(found.values_list("pk", flat=True))

    @cached_property
    def parts(self) -> list[Topic]:
        """The topics that are told apart: those right below, or the topic itself where none is."""
        current = Topic.objects.current().select_related("catalogue", "parent")
        if self.topic:
            below = list(current.filter(parent=self.topic))
            return below or [self.topic]
        top = current.filter(parent=None)
        return list(top.filter(catalogue=self.catalogue) if self.catalogue else top)

    @property
    def papers(self) -> PaperQuerySet:
        return papers_under(Topic.objects.filter(pk__in=self.topics))

    @property
    def name(self) -> str:
        if self.topic:
            return self.topic.name
        return self.catalogue.title if self.catalogue else "All catalogues"

    @property
    def url(self) -> str:
        """Its page of trends."""
        return trends_url(self.catalogue, self.topic)


def trends_url(catalogue: Catalogue | None = None, topic: Topic | None = None) -> str:
    if topic:
        return reverse("trends-topic", args=[topic.catalogue.slug, topic.path])
    return reverse("trends-catalogue", args=[catalogue.slug]) if catalogue else reverse("trends")
