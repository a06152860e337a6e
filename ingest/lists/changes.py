"""A plan as single changes: each with a name, what it is in words, and which other changes it needs."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.folding import fold
from catalog.identifiers import Ident
from catalog.models import Placement
from ingest.lists.conflicts import in_words
from ingest.lists.plan import PaperPlan, Plan
from ingest.lists.records import TopicPath
from ingest.lists.rows import RowDiff, Values


class Kind(StrEnum):
    """The groups that a plan is shown in, in this order."""

    TOPIC_NEW = "New topics"
    TOPIC_MOVED = "Moved or renamed topics"
    TOPIC_GONE = "Topics no longer in the list"
    TOPIC_BACK = "Topics that come back"
    PAPER_NEW = "New papers"
    PAPER_CHANGED = "Changed papers"
    PAPER_MOVED = "Papers moved to another topic"
    PAPER_GONE = "Papers no longer in the list"
    NEWS_NEW = "New announcements"
    NEWS_CHANGED = "Changed announcements"
    NEWS_GONE = "Announcements no longer in the list"
    ORDER = "Order and wording within topics"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that can be accepted or not. `key` names it in its plan, `fingerprint` from plan to plan."""

    key: str
    kind: Kind
    about: str  # what it is about, in words
    part: str = ""  # of a paper: "venue"
    old: str = ""
    new: str = ""
    notes: tuple[str, ...] = ()
    line: int = 0
    needs: tuple[str, ...] = ()
    value: str = ""  # what it would make so, where `new` does not say it
    shows_both: bool = False  # whether old and new are texts to be compared

    @property
    def token(self) -> str:
        """The name in a form field."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.key}\n{self.value or self.new}".encode()).hexdigest()

    @property
    def text(self) -> str:
        """In one line, for the list of what was declined."""
        parts = [f"{self.kind}: {self.about}"]
        if self.part:
            parts.append(f"{self.part}: {self.old or 'nothing'} → {self.new or 'nothing'}")
        return "; ".join([*parts, *self.notes])


def changes_of(plan: Plan) -> list[Change]:
    """All changes of a plan, in the order in which they are shown; each key once."""
    found: dict[str, Change] = {}
    for change in (*_topics(plan), *_papers(plan), *_news(plan), *_order(plan)):
        found.setdefault(change.key, change)
    return list(found.values())


def path_in_words(path: Iterable[str]) -> str:
    return " › ".join(path)


# Topics


def new_topic_key(path: TopicPath) -> str:
    return f"topic:new:{path_in_words(map(fold, path))}"


def _needs_of_topic(plan: Plan, path: TopicPath) -> tuple[str, ...]:
    """What makes a topic be there: it and those above it are made, or brought back."""
    needs = []
    new, back = set(plan.topics.new), {topic.pk for topic in plan.topics.revived}
    for depth in range(1, len(path) + 1):
        above = path[:depth]
        if above in new:
            needs.append(new_topic_key(above))
        elif (row := plan.topics.row_at(above)) and row.pk in back:
            needs.append(f"topic:{row.pk}:back")
    return tuple(needs)


def _topics(plan: Plan) -> Iterator[Change]:
    topics = plan.topics
    for path in topics.new:
        needs = _needs_of_topic(plan, path[:-1])
        yield Change(new_topic_key(path), Kind.TOPIC_NEW, path_in_words(path), needs=needs)
    names = {topic.pk: topic for topic in [*topics.rows.values(), *topics.others]}
    for move in topics.moved:
        topic = move.topic
        parent = names.get(topic.parent_id or 0)
        old = [parent.name, topic.name] if parent else [topic.name]
        place = move.path[-2:] if move.place else (*old[:-1], move.path[-1])
        name = move.path[-1] if move.name else topic.name
        yield Change(
            f"topic:{topic.pk}:place",
            Kind.TOPIC_MOVED,
            topic.name,
            old=path_in_words(old),
            new=path_in_words((*place[:-1], name)),
            value=path_in_words(move.path),
            notes=("its papers and its old address stay with it",),
            needs=_needs_of_topic(plan, move.path[:-1]) if move.place else (),
            shows_both=True,
        )
    for topic in topics.gone:
        note = "retired once it holds no paper; its page and its address stay"
        yield Change(f"topic:{topic.pk}:gone", Kind.TOPIC_GONE, topic.name, notes=(note,))
    paths = topics.paths_of
    for topic in topics.revived:
        above = _needs_of_topic(plan, paths[topic.pk][:-1])
        yield Change(f"topic:{topic.pk}:back", Kind.TOPIC_BACK, topic.name, needs=above)


# Papers


def new_paper_key(plan: PaperPlan) -> str:
    """A paper that has no number yet is known by its identifier, else by its title."""
    if plan.paper and not plan.is_first_met:
        return f"paper:{plan.paper.pk}:new"
    own = [ident for ident in plan.add_identifiers if ident.scheme != "url"]
    return f"paper:new:{own[0] if own else fold(plan.facts.title)}"


def part_key(plan: PaperPlan, part: str) -> str:
    return f"paper:{plan.paper.pk if plan.paper else 0}:{part}"


def _papers(plan: Plan) -> Iterator[Change]:
    given_up = {
        ident: part_key(other, "identifiers")
        for other in plan.papers
        for ident in other.drop_identifiers
    }
    for item in plan.new:
        yield _new_paper(plan, item, given_up)
    for item in plan.papers:
        if not item.is_first_met and not item.is_new:
            yield from _changed_parts(plan, item, given_up)
    for gone in plan.gone:
        names = ", ".join(row.topic.name for row in gone.placements)
        note = f"was under {names}; its page stays"
        yield Change(
            f"paper:{gone.paper.pk}:gone",
            Kind.PAPER_GONE,
            gone.paper.title,
            old=names,
            notes=(note,),
        )


def _new_paper(plan: Plan, item: PaperPlan, given_up: dict[Ident, str]) -> Change:
    paths = list(dict.fromkeys(entry.topic for entry in item.known.entries))
    needs = [need for path in paths for need in _needs_of_topic(plan, path)]
    needs += [given_up[ident] for ident in item.add_identifiers if ident in given_up]
    notes = ["; ".join(path_in_words(path) for path in paths)]
    facts = item.facts
    where = " ".join(
        filter(None, [facts.venue.name, str(facts.venue.year or ""), facts.venue.distinction])
    )
    if item.is_first_met:
        notes += [", ".join(filter(None, [in_words(facts.authors), where]))]
    else:
        notes.append("known already, listed here from now on")
        notes += [
            f"{part}: {old or 'nothing'} → {new or 'nothing'}" for part, old, new in _facts(item)
        ]
    return Change(
        new_paper_key(item),
        Kind.PAPER_NEW,
        facts.title,
        notes=tuple(filter(None, notes)),
        line=item.known.entries[0].line,
        needs=tuple(dict.fromkeys(needs)),
    )


def _facts(item: PaperPlan) -> Iterator[tuple[str, str, str]]:
    """What changes of a paper's own facts: the part, the old and the new value."""
    for name, (old, new) in item.fields.items():
        yield name, in_words(old), in_words(new)
    if item.authors is not None and item.paper:
        yield (
            "authors",
            in_words([r.printed_name for r in item.paper.authorships.all()]),
            in_words(item.authors),
        )
    if item.aliases:
        yield "other titles", "", "; ".join(title for title, _ in item.aliases)
    if item.add_identifiers or item.drop_identifiers:
        yield "identifiers", in_words(item.drop_identifiers), in_words(item.add_identifiers)
    if item.repositories:
        yield "repositories", *_rows_in_words(item.repositories, "/".join)
    if item.links:
        yield "links", *_rows_in_words(item.links, str)


def _rows_in_words(diff: RowDiff[Any, Any], words: Any) -> tuple[str, str]:
    old = [str(row) for row in diff.retire]
    new = [words(key) for key in diff.create]
    for row, values in diff.change:
        back = "retired_at" in values
        told = [
            _value_in_words(name, value) for name, value in values.items() if name != "retired_at"
        ]
        new.append(f"{row} ({', '.join(['again'] * back + told)})")
    return ", ".join(old), ", ".join(new)


def _value_in_words(name: str, value: Any) -> str:
    if name == "badge_key":
        return f"badge of {'/'.join(value)}" if value else "its own badge"
    return f"{name.removesuffix('_key')}: {in_words(value) or 'nothing'}"


def _changed_parts(plan: Plan, item: PaperPlan, given_up: dict[Ident, str]) -> Iterator[Change]:
    title = item.paper.title if item.paper else item.facts.title
    line = item.known.entries[0].line
    for part, old, new in _facts(item):
        needs: tuple[str, ...] = ()
        if part == "identifiers":
            needs = tuple(given_up[ident] for ident in item.add_identifiers if ident in given_up)
        yield Change(
            part_key(item, part),
            Kind.PAPER_CHANGED,
            title,
            part.replace("_", " "),
            old,
            new,
            line=line,
            needs=needs,
            value=f"{old} → {new}" if part in ("identifiers", "repositories", "links") else "",
            shows_both=part in ("title", "authors"),
        )
    came, left = _places(item)
    if not came and not left:
        return
    back = {topic.pk for topic in plan.topics.revived}
    places = [
        need
        for path in item.placements.create
        if isinstance(path, tuple)
        for need in _needs_of_topic(plan, path)
    ]
    places += [
        f"topic:{row.topic_id}:back"
        for row, values in item.placements.change
        if "retired_at" in values and row.topic_id in back
    ]
    yield Change(
        part_key(item, "topics"),
        Kind.PAPER_MOVED if item.is_moved else Kind.PAPER_CHANGED,
        title,
        "" if item.is_moved else "topics",
        ", ".join(left),
        ", ".join(came),
        line=line,
        needs=tuple(dict.fromkeys(places)),
        value=f"{', '.join(left)} → {', '.join(came)}",
    )


def _places(item: PaperPlan) -> tuple[list[str], list[str]]:
    came = [path_in_words(key) for key in item.placements.create if isinstance(key, tuple)]
    came += [row.topic.name for row, values in item.placements.change if "retired_at" in values]
    return came, [row.topic.name for row in item.placements.retire]


# News and order


def _news(plan: Plan) -> Iterator[Change]:
    news = plan.announcements
    for values in news.create:
        day = values["date"]
        yield Change(
            new_line_key(values), Kind.NEWS_NEW, values["title"], notes=(f"{day.day} {day:%b %Y}",)
        )
    for row, values in news.change:
        words = [
            _line_change(name, getattr(row, name, ""), value) for name, value in values.items()
        ]
        yield Change(
            f"announcement:{row.pk}:text",
            Kind.NEWS_CHANGED,
            row.title,
            notes=tuple(words),
            value="; ".join(words),
        )
    for row in news.delete:
        yield Change(f"announcement:{row.pk}:gone", Kind.NEWS_GONE, row.title)


def new_line_key(values: Values) -> str:
    return f"announcement:new:{values['date']}:{values['position']}:{fold(values['title'])}"


def _line_change(name: str, old: Any, new: Any) -> str:
    if name == "known":
        return f"leads to the paper “{new.titles[0]}”" if new else "leads to no paper"
    return f"{name.replace('_', ' ')}: {in_words(old) or 'nothing'} → {in_words(new) or 'nothing'}"


def order_key(topic_id: int) -> str:
    return f"topic:{topic_id}:order"


def reordered(item: PaperPlan) -> Iterator[tuple[Placement, Values]]:
    """Rows that stay where they are and only change their position or how the list words them."""
    for row, values in item.placements.change:
        if "retired_at" not in values:
            yield row, values


def _order(plan: Plan) -> Iterator[Change]:
    if plan.topics.placed:
        number = len(plan.topics.placed)
        about = "The order of the topics"
        value = str([(topic.pk, place) for topic, place in plan.topics.placed])
        yield Change(
            "topics:order", Kind.ORDER, about, notes=(f"{number} change their place",), value=value
        )
    rows: dict[int, list[tuple[Placement, Values]]] = defaultdict(list)
    for item in plan.papers:
        for row, values in reordered(item):
            rows[row.topic_id].append((row, values))
    for pk, changed in rows.items():
        moved = sum("position" in values for _, values in changed)
        worded = sum(bool(values.keys() - {"position", "is_primary"}) for _, values in changed)
        notes = [f"{moved} papers change their place"] if moved > 1 else []
        notes += ["1 paper changes its place"] if moved == 1 else []
        notes += [f"{worded} with another title or link as listed here"] if worded else []
        value = str([(row.pk, sorted(values.items())) for row, values in changed])
        yield Change(
            order_key(pk), Kind.ORDER, changed[0][0].topic.name, notes=tuple(notes), value=value
        )
