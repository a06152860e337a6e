"""Join the topics of a list with those of the catalogue, also when they were moved or renamed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.folding import fold
from catalog.models import Topic
from ingest.lists.records import TopicPath


@dataclass(slots=True)
class TopicPlan:
    """The list's topics in order, each with its row if there is one, and what becomes of the rows."""

    paths: list[TopicPath]
    rows: dict[TopicPath, Topic] = field(default_factory=dict)
    gone: list[Topic] = field(default_factory=list)
    others: list[Topic] = field(default_factory=list)  # rows that are not the list's to retire
    # Rows whose heading or parent differs from the list's, curated ones left out.
    moved: list[tuple[Topic, TopicPath]] = field(default_factory=list)
    # Rows whose place in the order changes, curated ones left out; places count over the whole list.
    placed: list[tuple[Topic, int]] = field(default_factory=list)
    # Retired rows that the list has again; one that a curator retired only if papers come to it.
    revived: list[Topic] = field(default_factory=list)

    @property
    def new(self) -> list[TopicPath]:
        return [path for path in self.paths if path not in self.rows]

    def compare(self) -> None:
        """Say what differs between the rows and the list, once all are joined that can be."""
        places = {path: number for number, path in enumerate(self.paths, 1)}
        for path, topic in self.rows.items():
            if topic.curated:
                continue
            if topic.heading != path[-1] or self._has_other_parent(topic, path):
                self.moved.append((topic, path))
            if topic.position != places[path]:
                self.placed.append((topic, places[path]))

    def _has_other_parent(self, topic: Topic, path: TopicPath) -> bool:
        if len(path) == 1:
            return topic.parent_id is not None
        parent = self.rows.get(path[:-1])
        return parent is None or parent.pk != topic.parent_id

    def settle(self, used: set[int], arrived: set[int]) -> None:
        """Keep out of `gone` what still holds papers (`used`) or subtopics; bring back what papers arrive at."""
        self.revived = [
            topic
            for topic in self.rows.values()
            if topic.retired_at is not None and (not topic.curated or topic.pk in arrived)
        ]
        parents = {topic.parent_id for topic in self.others if topic.retired_at is None}
        leaving = {topic.pk for topic, _ in self.moved}
        parents |= {topic.parent_id for topic in self.rows.values() if topic.pk not in leaving}
        kept: list[Topic] = []
        for topic in sorted(self.gone, key=lambda topic: topic.path.count("/"), reverse=True):
            if topic.pk in used or topic.pk in parents:
                parents.add(topic.parent_id)
            else:
                kept.append(topic)
        self.gone = kept


def match_topics(
    paths: list[TopicPath],
    topics: Iterable[Topic],
    listed: Mapping[TopicPath, set[int]],
    placed: Mapping[int, set[int]],
) -> TopicPlan:
    """Join by heading path, then by heading alone, then by the papers they have in common.

    `listed` holds the stored papers under each path of the list, `placed` those under each topic's
    key: a renamed topic is known by its papers.
    """
    every = list(topics)
    plan = TopicPlan(paths, others=[topic for topic in every if topic.curated or not topic.heading])
    left = {topic.pk: topic for topic in every if topic.heading}
    by_path = {_heading_path(topic, left): topic for topic in left.values()}
    for path in paths:
        if topic := by_path.get(_fold_path(path)):
            plan.rows[path] = left.pop(topic.pk)
    _match_by_heading(plan, left)
    _match_by_papers(plan, left, listed, placed)
    plan.gone = [topic for topic in left.values() if topic.retired_at is None and not topic.curated]
    plan.compare()
    return plan


def _match_by_heading(plan: TopicPlan, left: dict[int, Topic]) -> None:
    named: dict[str, list[Topic]] = defaultdict(list)
    for topic in left.values():
        named[fold(topic.heading)].append(topic)
    wanted = Counter(fold(path[-1]) for path in plan.new)
    for path in plan.new:
        key = fold(path[-1])
        if wanted[key] == 1 and len(named[key]) == 1:
            plan.rows[path] = left.pop(named[key][0].pk)


def _match_by_papers(
    plan: TopicPlan,
    left: dict[int, Topic],
    listed: Mapping[TopicPath, set[int]],
    placed: Mapping[int, set[int]],
) -> None:
    for path in plan.new:
        papers = listed.get(path, set())
        shared = [(len(papers & placed.get(pk, set())), pk) for pk in left]
        most, pk = max(shared, default=(0, 0))
        if most and 2 * most > len(placed[pk]) and 2 * most > len(papers):
            plan.rows[path] = left.pop(pk)


def _heading_path(topic: Topic, topics: Mapping[int, Topic]) -> TopicPath:
    """The folded headings from the top; topics that a curator made have none and are passed over."""
    path: TopicPath = ()
    here: Topic | None = topic
    while here is not None:
        path = (fold(here.heading), *path)
        here = topics.get(here.parent_id or 0)
    return path


def _fold_path(path: TopicPath) -> TopicPath:
    return tuple(fold(name) for name in path)
