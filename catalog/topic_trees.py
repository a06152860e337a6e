"""The topics of catalogues as trees with counts, for indexes."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from catalog.models import Catalogue, Topic


@dataclass(slots=True)
class Branch:
    """A topic with `total` papers, and the topics right below it."""

    topic: Topic
    total: int
    branches: "list[Branch]" = field(default_factory=list)


@dataclass(slots=True)
class CatalogueTree:
    catalogue: Catalogue
    branches: list[Branch]


def catalogue_trees() -> list[CatalogueTree]:
    """Every catalogue with its current topics, in two queries."""
    by_catalogue: dict[int, list[Branch]] = defaultdict(list)
    for branch in tree(Topic.objects.all()):
        by_catalogue[branch.topic.catalogue_id].append(branch)
    catalogues = Catalogue.objects.all()
    return [CatalogueTree(catalogue, by_catalogue[catalogue.pk]) for catalogue in catalogues]


def tree(topics: "QuerySet[Topic]") -> list[Branch]:
    """Join current topics to trees; a topic whose parent is not among them is a root."""
    current = topics.filter(retired_at=None).select_related("catalogue")
    rows = list(Topic.objects.filter(pk__in=current).with_totals().select_related("catalogue"))
    branches = {topic.pk: Branch(topic, topic.total) for topic in rows}
    roots: list[Branch] = []
    for topic in rows:
        above = branches.get(topic.parent_id) if topic.parent_id else None
        (above.branches if above else roots).append(branches[topic.pk])
    return roots
