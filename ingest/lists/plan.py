"""What an import would change, as data: made by the planner, shown to a curator, written by `apply`."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from catalog.identifiers import Ident
from catalog.models import (
    Announcement,
    Catalogue,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Source,
)
from ingest.lists.conflicts import Conflict
from ingest.lists.facts import PaperFacts
from ingest.lists.identity import Known
from ingest.lists.records import (
    AnnouncementLine,
    ListProblem,
    ReadingList,
    TopicPath,
)
from ingest.lists.rows import RowDiff
from ingest.lists.topics import TopicPlan

# A plan that drops a larger share of what is listed is refused unless forced (design §5).
MAX_DROP = 0.10

RepositoryKey = tuple[str, str, str]


@dataclass(slots=True)
class PaperPlan:
    """What happens to one paper. `fields` maps changed fields to their old and new values."""

    known: Known
    facts: PaperFacts
    paper: Paper | None = None
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    authors: tuple[str, ...] | None = None
    aliases: list[tuple[str, Source]] = field(default_factory=list)
    add_identifiers: list[Ident] = field(default_factory=list)
    drop_identifiers: list[Ident] = field(default_factory=list)
    placements: RowDiff[TopicPath | int, Placement] = field(default_factory=RowDiff)
    repositories: RowDiff[RepositoryKey, PaperRepository] = field(default_factory=RowDiff)
    links: RowDiff[str, Link] = field(default_factory=RowDiff)
    was_listed: bool = False
    conflicts: list[Conflict] = field(default_factory=list)
    # What the list alone would make of its places, where a curator's word stands against it.
    contested_places: RowDiff[TopicPath | int, Placement] | None = None

    @property
    def is_first_met(self) -> bool:
        """Whether the paper was in no catalogue before, listed or not."""
        return self.known.pk is None

    @property
    def is_new(self) -> bool:
        """Whether this catalogue did not list it and will now; what a curator unlisted stays so."""
        return not self.was_listed and self._arrivals

    @property
    def is_moved(self) -> bool:
        return self.was_listed and bool(self._arrivals and self.placements.retire)

    @property
    def restored(self) -> int:
        """How many retired placements become current again."""
        return sum("retired_at" in values for _, values in self.placements.change)

    @property
    def _arrivals(self) -> bool:
        return bool(self.placements.create) or self.restored > 0

    @property
    def changed_parts(self) -> list[str]:
        """Names of what changes, for people; a new place in the same topic is no change of the paper."""
        parts = list(self.fields)
        parts += ["authors"] if self.authors is not None else []
        parts += ["other titles"] if self.aliases else []
        parts += ["identifiers"] if self.add_identifiers or self.drop_identifiers else []
        parts += ["repositories"] if self.repositories else []
        parts += ["links"] if self.links else []
        if bool(self.placements.retire) != self._arrivals:
            parts.append("topics")
        return parts

    @property
    def is_changed(self) -> bool:
        """Whether facts of a paper change that this import does not list anew, be it listed or not."""
        return not self.is_first_met and not self.is_new and bool(self.changed_parts)

    def summary(self) -> str:
        """Everything that decides what is written for this paper."""
        diffs = (self.placements, self.repositories, self.links)
        rows = [
            (diff.create, [(row.pk, values) for row, values in diff.change], diff.retire)
            for diff in diffs
        ]
        key = self.paper.pk if self.paper else 0
        names = (self.authors, self.aliases, self.add_identifiers, self.drop_identifiers)
        return repr((key, self.facts, self.fields, names, rows))

    def __bool__(self) -> bool:
        return self.is_first_met or bool(self.changed_parts or self.placements)


@dataclass(slots=True)
class GonePaper:
    """A listed paper that the list no longer has, with the placements to retire."""

    paper: Paper
    placements: list[Placement]


@dataclass(slots=True)
class AnnouncementPlan:
    """Announcements to create (their values), to change, to delete."""

    create: list[dict[str, Any]] = field(default_factory=list)
    change: list[tuple[Announcement, dict[str, Any]]] = field(default_factory=list)
    delete: list[Announcement] = field(default_factory=list)
    joined: list[tuple[AnnouncementLine, Announcement]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.change or self.delete)


@dataclass(slots=True)
class ProblemPlan:
    """Problems to file, to bring up to date, and those no longer met."""

    create: dict[str, ListProblem] = field(default_factory=dict)
    change: list[tuple[Problem, ListProblem]] = field(default_factory=list)
    gone: list[Problem] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.change or self.gone)


@dataclass(slots=True)
class Plan:
    """Everything one import would do to one catalogue."""

    slug: str
    catalogue: Catalogue | None
    reading: ReadingList
    topics: TopicPlan
    papers: list[PaperPlan]
    gone: list[GonePaper]
    announcements: AnnouncementPlan
    announced: list[tuple[AnnouncementLine, Known | None]]
    problems: list[ListProblem]
    problem_rows: ProblemPlan
    listed_before: int
    placed: list[Placement] = field(default_factory=list)  # the catalogue's current placements
    left_out: list[PaperPlan] = field(default_factory=list)  # new papers that were not accepted
    lost_conflicts: list[Conflict] = field(
        default_factory=list
    )  # about papers that the list no longer has

    @property
    def conflicts(self) -> list[Conflict]:
        """What both the list and a curator changed, in the order of the list."""
        found = [*self.topics.conflicts, *self.announcements.conflicts, *self.lost_conflicts]
        found += [conflict for plan in self.papers for conflict in plan.conflicts]
        return sorted(found, key=lambda conflict: conflict.line)

    @property
    def new(self) -> list[PaperPlan]:
        return [plan for plan in self.papers if plan.is_new]

    @property
    def changed(self) -> list[PaperPlan]:
        return [plan for plan in self.papers if plan.is_changed]

    @property
    def moved(self) -> list[PaperPlan]:
        return [plan for plan in self.papers if plan.is_moved]

    @property
    def dropped_entries(self) -> int:
        """Placements that vanish without another taking their place."""
        lost = sum(len(gone.placements) for gone in self.gone)
        for plan in self.papers:
            if plan.was_listed:
                came = len(plan.placements.create) + plan.restored
                lost += max(0, len(plan.placements.retire) - came)
        return lost

    @property
    def refusal(self) -> str:
        """Why this plan is not applied unless forced, in one line; empty when nothing speaks against it."""
        loss = self.great_loss
        return f"Refused: {loss} Use --force if that is meant." if loss else ""

    @property
    def great_loss(self) -> str:
        """What a plan that drops too much would drop, in a sentence; empty when it does not."""
        lost, before = self.dropped_entries, self.listed_before
        if not before or lost <= MAX_DROP * before:
            return ""
        examples = "; ".join(f"“{gone.paper.title}”" for gone in self.gone[:3])
        more = f", among them {examples}" if examples else ""
        return (
            f"this list would drop {lost} of {before} entries ({lost / before:.0%}) and unlist "
            f"{len(self.gone)} papers{more}."
        )

    def __bool__(self) -> bool:
        """Whether applying would write anything at all."""
        return bool(
            self.catalogue is None
            or any(self.papers)
            or self.gone
            or self.topics.new
            or self.topics.moved
            or self.topics.placed
            or self.topics.revived
            or self.topics.gone
            or self.announcements
            or self.problem_rows
        )

    def counts(self) -> dict[str, int]:
        """The figures of the command's JSON: what the list holds, then what would change."""
        reading = self.reading
        named = {
            repo.key
            for entry in reading.entries
            for listed in entry.repositories
            for repo in (listed.target, listed.badge)
            if repo
        }
        return {
            "entries": len(reading.entries),
            "papers": len(self.papers) + len(self.left_out),
            "topics": len(reading.topics),
            "placements": sum(
                len({entry.topic for entry in plan.known.entries})
                for plan in (*self.papers, *self.left_out)
            ),
            "announcements": len(reading.announcements),
            "badges": reading.badges,
            "repositories": len(named),
            "links": sum(len(entry.links) for entry in reading.entries),
            "repaired_lines": reading.repaired_lines,
            "new": len(self.new),
            "changed": len(self.changed),
            "moved": len(self.moved),
            "gone": len(self.gone),
        }

    def digest(self) -> str:
        """Names this plan: the same list against the same catalogue gives the same digest."""
        parts = [self.slug, str(self.counts())]
        for plan in self.papers:
            if plan:
                parts.append(plan.summary())
        parts += [str(gone.paper.pk) for gone in self.gone]
        parts += [str(path) for path in self.topics.new]
        parts += [str(topic.pk) for topic in self.topics.gone]
        parts += [f"{m.topic.pk} {m.path} {m.name} {m.place}" for m in self.topics.moved]
        parts += [f"{topic.pk} {position}" for topic, position in self.topics.placed]
        parts += [conflict.summary() for conflict in self.conflicts]
        parts += [str(topic.pk) for topic in self.topics.revived]
        news = self.announcements
        parts += [f"{values['date']} {values['title']}" for values in news.create]
        parts += [f"{row.pk} {_without_known(values)}" for row, values in news.change]
        parts += [str(row.pk) for row in news.delete]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _without_known(values: dict[str, Any]) -> list[tuple[str, str]]:
    known = values.get("known")
    words = {**values, "known": known.pk or known.titles[0] if known else None}
    return sorted((name, str(words[name])) for name in values)
