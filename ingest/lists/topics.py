"""Join the topics of a list with those of the catalogue, also when they were moved or renamed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.folding import fold
from catalog.models import Topic
from ingest.lists.conflicts import Conflict, Says
from ingest.lists.records import TopicPath


@dataclass(frozen=True, slots=True)
class TopicMove:
    """A topic that follows its heading: takes its name, its place, or both."""

    topic: Topic
    path: TopicPath
    name: bool = True
    place: bool = True


@dataclass(slots=True)
class TopicPlan:
    """The list's topics in order, each with its row if there is one, and what becomes of the rows."""

    paths: list[TopicPath]
    rows: dict[TopicPath, Topic] = field(default_factory=dict)
    gone: list[Topic] = field(default_factory=list)
    others: list[Topic] = field(default_factory=list)  # rows that are not the list's to retire
    # Rows whose heading or parent differs from the list's; curated ones only where the list alone changed it.
    moved: list[TopicMove] = field(default_factory=list)
    # Rows whose place in the order changes, curated ones left out; places count over the whole list.
    placed: list[tuple[Topic, int]] = field(default_factory=list)
    # Retired rows that the list has again; one that a curator retired only if papers come to it.
    revived: list[Topic] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    left_out: set[TopicPath] = field(default_factory=set)  # what a curator did not accept

    @property
    def new(self) -> list[TopicPath]:
        return [path for path in self.paths if path not in self.rows and path not in self.left_out]

    def compare(self, said: Mapping[int, Says]) -> None:
        """Say what differs between the rows and the list, once all are joined that can be."""
        places = {path: number for number, path in enumerate(self.paths, 1)}
        for path, topic in self.rows.items():
            if topic.curated:
                self._merge(topic, path, said.get(topic.pk, {}))
                continue
            if topic.heading != path[-1] or self._has_other_parent(topic, path):
                self.moved.append(TopicMove(topic, path))
            if topic.position != places[path]:
                self.placed.append((topic, places[path]))

    def _merge(self, topic: Topic, path: TopicPath, says: Says) -> None:
        """Let a curated topic follow the list in what the curator did not change; tell where both did."""
        if not says:
            return
        base, base_parent = says["path"], says["parent"]
        parent = self.rows.get(path[:-1]) if len(path) > 1 else None
        named = path[-1] != base[-1] and path[-1] != topic.name
        elsewhere = (len(path) > 1 and parent is None) or (
            parent.pk if parent else None
        ) != base_parent
        placed = elsewhere and self._has_other_parent(topic, path)
        held_name, held_place = topic.name != base[-1], topic.parent_id != base_parent
        if (named and held_name) or (placed and held_place):
            parents = [row.name for row in self.rows.values() if row.pk == topic.parent_id]
            ours = [*parents, topic.name]
            self.conflicts.append(
                Conflict(
                    topic, "place", topic.name, 0, " › ".join(base), " › ".join(ours),
                    " › ".join(path), path, takes_text=True,
                )
            )  # fmt: skip
        elif named or placed:
            self.moved.append(TopicMove(topic, path, name=named, place=placed))

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
        leaving = {move.topic.pk for move in self.moved if move.place}
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
    said: Mapping[int, Says],
) -> TopicPlan:
    """Join by the path where the list had it last, then by heading alone, then by the papers they have in common.

    `said` holds what the list said of each topic, `listed` the stored papers under each path of the list, `placed` those under each topic's
    key: a renamed topic is known by its papers.
    """
    every = list(topics)
    plan = TopicPlan(paths, others=[topic for topic in every if topic.curated or not topic.heading])
    left = {topic.pk: topic for topic in every if topic.heading}
    by_path: dict[TopicPath, Topic] = {}
    for topic in sorted(left.values(), key=lambda topic: topic.retired_at is None):
        seen = said.get(topic.pk, {}).get("seen")
        by_path[_fold_path(seen) if seen else _heading_path(topic, left)] = topic
    for path in paths:
        if (row := by_path.get(_fold_path(path))) and row.pk in left:
            plan.rows[path] = left.pop(row.pk)
    _match_by_heading(plan, left)
    _match_by_papers(plan, left, listed, placed)
    plan.gone = [topic for topic in left.values() if topic.retired_at is None and not topic.curated]
    plan.compare(said)
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


def _fold_path(path: Iterable[str]) -> TopicPath:
    return tuple(fold(name) for name in path)
