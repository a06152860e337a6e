"""Join the topics of a list with those of the catalogue, also when they were moved or renamed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.folding import fold
from catalog.models import Topic
from ingest.lists.conflicts import Conflict, Says
from ingest.lists.records import TopicPath

Key = TopicPath | int  # a topic of the list by its path, another by its key


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
    # Headings of topics that a curator merged, with what they were merged into.
    joined: dict[TopicPath, Topic] = field(default_factory=dict)
    gone: list[Topic] = field(default_factory=list)
    others: list[Topic] = field(default_factory=list)  # rows that are not the list's to retire
    every: dict[int, Topic] = field(default_factory=dict)  # all rows, retired ones too
    # Where the list has rows, merged ones too, other than where it had them last.
    relisted: list[tuple[Topic, TopicPath]] = field(default_factory=list)
    # Rows whose heading or parent differs from the list's; curated ones only where the list alone changed it.
    moved: list[TopicMove] = field(default_factory=list)
    # Rows whose place in the order changes; places count over the whole list.
    placed: list[tuple[Topic, int]] = field(default_factory=list)
    # Retired rows that the list has again; one that a curator retired only if papers come to it.
    revived: list[Topic] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    left_out: set[TopicPath] = field(default_factory=set)  # what a curator did not accept

    @property
    def new(self) -> list[TopicPath]:
        return [
            path for path in self.paths if self.row_at(path) is None and path not in self.left_out
        ]

    def row_at(self, path: TopicPath) -> Topic | None:
        return self.rows.get(path) or self.joined.get(path)

    def meant(self, path: TopicPath) -> TopicPath:
        """The one path of a topic to which merged headings lead, too."""
        target = self.joined.get(path)
        return path if target is None else self.paths_of[target.pk]

    def living(self, pk: int) -> int:
        """What a curator merged a topic into, at last; the topic itself when it was not merged."""
        while (topic := self.every.get(pk)) and topic.merged_into_id in self.every:
            pk = topic.merged_into_id
        return pk

    @property
    def paths_of(self) -> dict[int, TopicPath]:
        """Each row's own path in the list, or the first of those that lead to it."""
        found = {topic.pk: path for path, topic in reversed(self.joined.items())}
        return found | {topic.pk: path for path, topic in self.rows.items()}

    @property
    def places(self) -> dict[Key, int]:
        """The place of each topic: the list's, unless a curator has arranged some; a new one's by its path."""
        is_arranged = bool(self.others or self.joined)
        listed = [path for path in self.paths if path not in self.left_out]
        order = _arranged(self) if is_arranged else [self.key(path) for path in listed]
        return {key: place for place, key in enumerate(order, 1)}

    def key(self, path: TopicPath) -> Key:
        topic = self.row_at(path)
        return path if topic is None else topic.pk

    def compare(self, said: Mapping[int, Says]) -> None:
        """Say what differs between the rows and the list, once all are joined that can be."""
        for path, topic in self.rows.items():
            if topic.curated:
                self._merge(topic, path, said.get(topic.pk, {}))
            elif topic.heading != path[-1] or self._has_other_parent(topic, path):
                self.moved.append(TopicMove(topic, path))

    def _merge(self, topic: Topic, path: TopicPath, says: Says) -> None:
        """Let a curated topic follow the list in what the curator did not change; tell where both did."""
        if not says:
            return
        base, base_parent = says["path"], says["parent"]
        parent = self.row_at(path[:-1]) if len(path) > 1 else None
        named = path[-1] != base[-1] and path[-1] != topic.name
        same_above = _fold_path(path[:-1]) == _fold_path(tuple(base[:-1]))
        elsewhere = not same_above and (
            (len(path) > 1 and parent is None) or (parent.pk if parent else None) != base_parent
        )
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
        parent = self.row_at(path[:-1])
        return parent is None or parent.pk != topic.parent_id

    def settle(self, used: set[int], arrived: set[int]) -> None:
        """Keep out of `gone` what still holds papers (`used`) or subtopics; bring back what papers arrive at."""
        rows = {topic.pk: topic for topic in [*self.rows.values(), *self.joined.values()]}
        self.revived = [
            topic
            for topic in rows.values()
            if topic.retired_at is not None and (not topic.curated or topic.pk in arrived)
        ]
        parents = {topic.parent_id for topic in self.others if topic.retired_at is None}
        leaving = {move.topic.pk for move in self.moved if move.place}
        parents |= {topic.parent_id for topic in self.rows.values() if topic.pk not in leaving}
        parents |= {topic.parent_id for topic in self.joined.values()}
        kept: list[Topic] = []
        for topic in sorted(self.gone, key=lambda topic: topic.path.count("/"), reverse=True):
            if topic.pk in used or topic.pk in parents:
                parents.add(topic.parent_id)
            else:
                kept.append(topic)
        self.gone = kept
        places = self.places
        self.placed = [
            (topic, places[key])
            for key, topic in self.every.items()
            if key in places and topic.position != places[key]
        ]


def match_topics(
    paths: list[TopicPath],
    topics: Iterable[Topic],
    listed: Mapping[TopicPath, set[int]],
    placed: Mapping[int, set[int]],
    said: Mapping[int, Says],
) -> TopicPlan:
    """Join by where the list had them, by heading path, by name path, by heading alone, then by common papers.

    `listed` holds the stored papers under each path of the list, `placed` those under each topic's key: a renamed topic
    is known by its papers. `said` holds what the list said of each topic last. A heading of a topic that a curator merged means what it was merged into.
    """
    every = {topic.pk: topic for topic in sorted(topics, key=_standing)}
    others = [topic for topic in every.values() if topic.curated or not topic.heading]
    plan = TopicPlan(paths, others=others, every=every)
    matching = _Matching(plan, every)
    matching.by_path({_listed_path(one): one for one in every.values() if one.listed_path})
    headed = {pk: topic for pk, topic in every.items() if topic.heading}
    matching.by_path({_chain(one, headed, "heading"): one for one in headed.values()})
    matching.by_path({_chain(one, every, "name"): one for one in every.values()})
    matching.by_heading()
    matching.by_papers(listed, placed)
    targets = {topic.pk for topic in plan.joined.values()}
    plan.gone = [
        topic
        for topic in matching.left.values()
        if topic.heading and topic.retired_at is None and not topic.curated
        and topic.pk not in targets
    ]  # fmt: skip
    plan.compare(said)
    return plan


def _standing(topic: Topic) -> tuple[int, int]:
    """Of two that are called alike the one that is current comes last, and counts."""
    if topic.retired_at is None:
        return 2, topic.pk
    return (1 if topic.merged_into_id else 0), topic.pk


class _Matching:
    def __init__(self, plan: TopicPlan, every: dict[int, Topic]) -> None:
        self.plan = plan
        self.every = every
        self.left = dict(every)

    def _take(self, path: TopicPath, topic: Topic) -> None:
        del self.left[topic.pk]
        target = self.every[self.plan.living(topic.pk)]
        if target is topic:
            self.plan.rows[path] = topic
        else:
            self.plan.joined[path] = target
        if _fold_path(path) != tuple(topic.listed_path):
            self.plan.relisted.append((topic, path))

    def by_path(self, called: Mapping[TopicPath, Topic]) -> None:
        for path in self.plan.new:
            topic = called.get(_fold_path(path))
            if topic is not None and topic.pk in self.left:
                self._take(path, topic)

    def by_heading(self) -> None:
        named: dict[str, list[Topic]] = defaultdict(list)
        for topic in self.left.values():
            named[fold(topic.heading or topic.name)].append(topic)
        wanted = Counter(fold(path[-1]) for path in self.plan.new)
        for path in self.plan.new:
            key = fold(path[-1])
            if wanted[key] == 1 and len(named[key]) == 1:
                self._take(path, named[key][0])

    def by_papers(
        self, listed: Mapping[TopicPath, set[int]], placed: Mapping[int, set[int]]
    ) -> None:
        for path in self.plan.new:
            papers = listed.get(path, set())
            headed = [pk for pk, topic in self.left.items() if topic.heading]
            shared = [(len(papers & placed.get(pk, set())), pk) for pk in headed]
            most, pk = max(shared, default=(0, 0))
            if most and 2 * most > len(placed[pk]) and 2 * most > len(papers):
                self._take(path, self.left[pk])


def _listed_path(topic: Topic) -> TopicPath:
    return tuple(topic.listed_path)


def _chain(topic: Topic, topics: Mapping[int, Topic], column: str) -> TopicPath:
    """The folded headings (or names) from the top; topics that have none are passed over."""
    path: TopicPath = ()
    here: Topic | None = topic
    while here is not None:
        path = (fold(getattr(here, column)), *path)
        here = topics.get(here.parent_id or 0)
    return path


def _fold_path(path: TopicPath) -> TopicPath:
    return tuple(fold(name) for name in path)


# The order, where a curator has arranged some topics


def _arranged(plan: TopicPlan) -> list[Key]:
    """All topics in their order: the list's own as it has them, any other behind the same sibling as before."""
    parents = _parents(plan)
    children: dict[Key | None, list[Key]] = defaultdict(list)
    for key, parent in parents.items():
        children[parent if parent in parents else None].append(key)
    listed = {
        path if topic is None else topic.pk: number
        for number, path in enumerate(plan.paths)
        if path not in plan.joined
        and path not in plan.left_out
        and ((topic := plan.rows.get(path)) is None or not topic.curated)
    }
    order: list[Key] = []

    def add(parent: Key | None) -> None:
        for key in _siblings(children[parent], plan.every, listed):
            order.append(key)
            add(key)

    add(None)
    return order


def _parents(plan: TopicPlan) -> dict[Key, Key | None]:
    """Each topic that will be current, with the one it will lie under."""
    revived = {topic.pk for topic in plan.revived}
    moved = {move.topic.pk for move in plan.moved if move.place}
    parents: dict[Key, Key | None] = {
        topic.pk: topic.parent_id
        for topic in plan.every.values()
        if topic.retired_at is None or topic.pk in revived
    }
    for topic in plan.gone:
        parents.pop(topic.pk, None)
    for path in plan.paths:
        row = plan.row_at(path)
        above = plan.key(path[:-1]) if len(path) > 1 else None
        if row is None:
            if path not in plan.left_out:
                parents[path] = above
        elif row.pk in parents and row.pk in moved and path in plan.rows:
            parents[row.pk] = above
    return parents


def _siblings(keys: list[Key], rows: Mapping[int, Topic], listed: Mapping[Key, int]) -> list[Key]:
    order = sorted((key for key in keys if key in listed), key=lambda key: listed[key])
    stored = sorted(
        (key for key in keys if isinstance(key, int)),
        key=lambda key: (rows[key].position, key),
    )
    for index, key in enumerate(stored):
        if key not in listed:
            before = [one for one in stored[:index] if one in order]
            order.insert(order.index(before[-1]) + 1 if before else 0, key)
    return order
