"""The numbers of topics, computed from their order: the second below the third at the top is 3.2."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Node(Protocol):
    """What has a place in a tree: a topic as it is, or as it was."""

    @property
    def pk(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def position(self) -> int: ...


AnyNode = TypeVar("AnyNode", bound=Node)


@dataclass(frozen=True, slots=True)
class Numbered(Generic[AnyNode]):
    """A topic with its number ("3.2") and how deep it lies (0 at the top)."""

    topic: AnyNode
    number: str
    depth: int


def numbered(topics: Iterable[AnyNode]) -> list[Numbered[AnyNode]]:
    """Return the topics in the order of their list, each behind the one it lies under.

    One whose parent is not among them stands at the top.
    """
    rows = sorted(topics, key=lambda topic: (topic.position, topic.pk))
    keys = {topic.pk for topic in rows}
    children: dict[int | None, list[AnyNode]] = defaultdict(list)
    for topic in rows:
        children[topic.parent_id if topic.parent_id in keys else None].append(topic)
    found: list[Numbered[AnyNode]] = []

    def add(parent: int | None, prefix: str, depth: int) -> None:
        for number, topic in enumerate(children[parent], 1):
            label = f"{prefix}{number}"
            found.append(Numbered(topic, label, depth))
            add(topic.pk, f"{label}.", depth + 1)

    add(None, "", 0)
    return found
