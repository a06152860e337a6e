"""Which topic an address leads to, whatever became of the one that it was given to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from catalog.models import Catalogue, Topic, TopicRedirect
from catalog.topics import DEEPEST, living
from catalog.tree_history import PastTopic, Phase, phases, versions

WAS = "was"  # the parameter by which a page is told whose address led to it


@dataclass(frozen=True, slots=True)
class Address:
    """What an address leads to.

    `meant` is the topic that it names or named, which may be merged, retired, or deleted. `topic` is what stands there
    today: that topic, its heir, or the nearest above that is left; None where only the catalogue is.
    """

    catalogue: Catalogue
    meant: Topic | PastTopic
    topic: Topic | None
    is_own: bool  # it is the topic's address today

    @property
    def heir(self) -> Topic | None:
        """What the topic was merged into at last."""
        meant = self.meant
        return living(meant) if isinstance(meant, Topic) and meant.merged_into_id else None

    @property
    def is_gone(self) -> bool:
        """Whether neither the topic nor an heir of it is there any more."""
        return self.topic is None or self.topic.pk != (self.heir or self.meant).pk

    @property
    def url(self) -> str:
        """Today's page; it is told whose address led there where that topic is gone."""
        page = (self.topic or self.catalogue).get_absolute_url()
        if self.is_gone:
            return f"{page}?{urlencode({WAS: self.meant.path})}"
        return page


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a topic that is gone, for the page that its address led to."""

    address: Address
    at: datetime | None
    last: Phase | None  # what it was last, when a day ended with it

    @property
    def words(self) -> str:
        """What happened, in a sentence or two, for the page that it led to."""
        name, heir = self.address.meant.name, self.address.heir
        day = f" on {self.at.day} {self.at:%b %Y}" if self.at else ""
        where = (
            "This is the nearest topic above it."
            if self.address.topic
            else "These are the topics that there are."
        )
        if heir:
            return f"“{name}” was merged into “{heir.name}”, which was taken out of this catalogue since. {where}"
        return f"“{name}” was taken out of this catalogue{day}. {where}"

    @property
    def url_then(self) -> str:
        """The topic as it was on the last day that ended with it."""
        if self.last is None:
            return ""
        slug = self.address.catalogue.slug
        return reverse("topic-at", args=[slug, self.last.day, self.last.path])


def find_address(catalogue: str, path: str) -> Address | None:
    """The topic that an address means, or meant: before it was moved, renamed, merged into another, or removed.

    Capitals do not matter, and what was added below a topic that has moved is looked for where it is now.
    """
    topics = Topic.objects.select_related(
        "catalogue", "parent", "merged_into__catalogue", "merged_into__parent"
    ).filter(catalogue__slug=catalogue)
    if topic := topics.filter(path=path).first():
        return _address(topic, topic.retired_at is None)
    if found := _formerly(catalogue, path):
        return _address(found)
    if (lower := path.lower()) != path and (address := find_address(catalogue, lower)):
        return Address(address.catalogue, address.meant, address.topic, False)
    if below := _below_a_moved_one(topics, catalogue, path):
        return _address(below)
    return _deleted(catalogue, path)


def _address(meant: Topic, is_own: bool = False) -> Address:
    return Address(meant.catalogue, meant, standing(meant), is_own)


def _formerly(catalogue: str, path: str) -> Topic | None:
    redirects = TopicRedirect.objects.select_related(
        "topic__catalogue", "topic__parent", "topic__merged_into__catalogue", "topic__merged_into__parent"
    )  # fmt: skip
    found = redirects.filter(catalogue__slug=catalogue, path=path).first()
    return found.topic if found else None


def _below_a_moved_one(topics: "QuerySet[Topic]", catalogue: str, path: str) -> Topic | None:
    parts = path.split("/")[: DEEPEST + 2]
    for length in range(len(parts) - 1, 0, -1):
        head = "/".join(parts[:length])
        merged = topics.filter(path=head, merged_into__isnull=False).first()
        if moved := merged or _formerly(catalogue, head):
            return topics.filter(path=f"{living(moved).path}{path[len(head) :]}").first()
    return None


def _deleted(catalogue: str, path: str) -> Address | None:
    """Whose row is no more, the history of the tree knows."""
    row = Catalogue.objects.filter(slug=catalogue).first()
    past = [one for one in versions(row) if one.path == path and one.until] if row else []
    if row is None or not past:
        return None
    meant = max(past, key=lambda one: (one.until or one.since, one.pk))
    return Address(row, meant, _standing_above(row, meant), False)


def _standing_above(catalogue: Catalogue, meant: PastTopic) -> Topic | None:
    latest = {one.pk: one for one in sorted(versions(catalogue), key=lambda one: one.since)}
    parent = meant.parent_id
    for _ in range(DEEPEST):
        if (
            row := Topic.objects.select_related("catalogue", "parent")
            .filter(pk=parent or 0)
            .first()
        ):
            return standing(row)
        parent = latest[parent].parent_id if parent in latest else None
    return None


def standing(topic: Topic) -> Topic | None:
    """The topic itself or what it was merged into; where that was retired, the nearest above that is left."""
    here: Topic | None = living(topic)
    for _ in range(2 * DEEPEST):
        if here is None or here.retired_at is None:
            return here
        here = living(here.parent) if here.parent else None
    return None


def fate_of(catalogue: Catalogue, here: Topic | None, path: str) -> Fate | None:
    """What became of the topic whose address led to this page; None where nothing did."""
    if not path or len(path) > 1000 or "\x00" in path:
        return None
    address = find_address(catalogue.slug, path)
    if address is None or not address.is_gone:
        return None
    if (address.topic.pk if address.topic else None) != (here.pk if here else None):
        return None
    meant = address.meant
    ended = [one for one in phases(catalogue, meant.pk) if one.until]
    last = ended[-1] if ended else None
    at = meant.until if isinstance(meant, PastTopic) else meant.retired_at
    return Fate(address, at, last if last and last.is_shown else None)
