"""A catalogue in the order of its list: numbered topics, each with its placements and all that their entries need."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Prefetch

from catalog.models import Authorship, Catalogue, Link, PaperRepository, Placement, Topic
from catalog.numbering import numbered


@dataclass(slots=True)
class Section:
    """A topic as it is printed: its number, and its placements in order."""

    topic: Topic
    number: str
    depth: int
    placements: list[Placement] = field(default_factory=list)


def sections(catalogue: Catalogue) -> list[Section]:
    """The topics of a catalogue in order, numbered, with all that their entries need, in few queries."""
    topics = list(catalogue.topics.filter(retired_at=None))
    for topic in topics:
        topic.catalogue = catalogue
    placed: dict[int, list[Placement]] = defaultdict(list)
    for placement in _placements(catalogue):
        placed[placement.topic_id].append(placement)
    return [
        Section(one.topic, one.number, one.depth, placed[one.topic.pk]) for one in numbered(topics)
    ]


def _placements(catalogue: Catalogue) -> list[Placement]:
    code = PaperRepository.objects.filter(retired_at=None).select_related(
        "repository", "badge_repository"
    )
    rows = (
        Placement.objects.filter(
            topic__catalogue=catalogue, retired_at=None, paper__merged_into=None
        )
        .select_related("paper__venue", "topic")
        .prefetch_related(
            "paper__identifiers",
            "paper__aliases",
            Prefetch("paper__authorships", queryset=Authorship.objects.order_by("position")),
            Prefetch("paper__links", queryset=Link.objects.filter(retired_at=None)),
            Prefetch("paper__repository_links", queryset=code),
        )
        .order_by("position", "pk")
    )
    # What a curator placed by hand has no position yet: it stands behind the rest, oldest first.
    return sorted(rows, key=lambda row: (row.position == 0, row.position, row.pk))
