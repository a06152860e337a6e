"""Third step: what an import would change, computed whole before anything is written."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q

from catalog.folding import fold
from catalog.identifiers import Ident, parse_identifier
from catalog.models import (
    Announcement,
    Authorship,
    Catalogue,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Provenance,
    Source,
    Topic,
    Venue,
)
from catalog.models.upkeep import RunJob
from ingest.lists.facts import PaperFacts, disagreements, links, paper_facts, repositories
from ingest.lists.identity import Known, Matcher
from ingest.lists.records import (
    AnnouncementLine,
    Entry,
    ListProblem,
    ReadingList,
    TopicPath,
)
from ingest.lists.renames import with_present_names
from ingest.lists.rows import RowDiff, Values, diff_rows
from ingest.lists.topics import TopicPlan, match_topics

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
        return self.was_listed and bool(self.changed_parts)

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
            "papers": len(self.papers),
            "topics": len(reading.topics),
            "placements": sum(len({e.topic for e in p.known.entries}) for p in self.papers),
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
        parts += [f"{topic.pk} {path}" for topic, path in self.topics.moved]
        parts += [str(topic.pk) for topic in self.topics.revived]
        news = self.announcements
        parts += [f"{values['date']} {values['title']}" for values in news.create]
        parts += [f"{row.pk} {sorted(values)}" for row, values in news.change]
        parts += [str(row.pk) for row in news.delete]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_plan(reading: ReadingList, slug: str) -> Plan:
    """Compare a list with the catalogue of that slug (which need not exist yet)."""
    return _Planner(reading, slug).plan()


class _Planner:
    def __init__(self, reading: ReadingList, slug: str) -> None:
        self.reading = reading = with_present_names(reading)
        self.slug = slug
        self.catalogue = Catalogue.objects.filter(slug=slug).first()
        self.stored = {paper.pk: paper for paper in _stored_papers(reading, self.catalogue)}
        self.venues = venue_index()
        self.known: dict[Known, PaperFacts] = {}

    def plan(self) -> Plan:
        stored = (_known(paper, self._elsewhere(paper)) for paper in self.stored.values())
        matcher = Matcher(stored, self.reading.entries)
        for entry in self.reading.entries:
            self.known.setdefault(matcher.place(entry), PaperFacts("", (), entry.venue, None, ""))
        matcher.settle()
        problems = [*self.reading.problems, *matcher.problems]
        for known in self.known:
            self.known[known] = paper_facts(known)
            problems += disagreements(known)
        self.topics = self._match_topics()
        positions = self._positions()
        papers = [self._paper(known, positions) for known in self.known]
        announced = [
            (line, matcher.find(line.title, line.identifiers))
            for line in self.reading.announcements
        ]
        gone = self._gone()
        self._decide_topics(papers, gone)
        problems += _announcement_problems(announced)
        problems.sort(key=lambda problem: problem.line)
        return Plan(
            slug=self.slug,
            catalogue=self.catalogue,
            reading=self.reading,
            topics=self.topics,
            papers=papers,
            gone=gone,
            announcements=self._announcements(announced),
            announced=announced,
            problems=problems,
            problem_rows=_problem_rows(self.catalogue, problems, self._entry_papers()),
            listed_before=sum(
                1
                for paper in self.stored.values()
                for row in self._placements(paper)
                if row.retired_at is None and row.source == Source.LIST
            ),
        )

    def _entry_papers(self) -> dict[int, int | None]:
        """The stored paper of each entry by its line, None for a paper that this import makes."""
        return {entry.line: known.pk for known in self.known for entry in known.entries}

    def _placements(self, paper: Paper) -> list[Placement]:
        """A paper's placements in this catalogue, retired ones too."""
        own = self.catalogue.pk if self.catalogue else None
        return [row for row in paper.placements.all() if row.topic.catalogue_id == own]

    def _is_listed(self, paper: Paper) -> bool:
        return any(row.retired_at is None for row in self._placements(paper))

    def _match_topics(self) -> TopicPlan:
        topics = list(Topic.objects.filter(catalogue=self.catalogue)) if self.catalogue else []
        listed: dict[TopicPath, set[int]] = defaultdict(set)
        for known in self.known:
            for entry in known.entries:
                if known.pk:
                    listed[entry.topic].add(known.pk)
        placed: dict[int, set[int]] = defaultdict(set)
        for paper in self.stored.values():
            for row in self._placements(paper):
                if row.retired_at is None:
                    placed[row.topic_id].add(paper.pk)
        return match_topics(self.reading.topics, topics, listed, placed)

    def _decide_topics(self, papers: list[PaperPlan], gone: list[GonePaper]) -> None:
        """Retire only topics that nothing uses any more; bring a curator's back only for what is placed there."""
        retired = {row.pk for plan in papers for row in plan.placements.retire}
        retired |= {row.pk for item in gone for row in item.placements}
        used = {
            row.topic_id
            for paper in self.stored.values()
            for row in self._placements(paper)
            if row.retired_at is None and row.pk not in retired
        }
        arrived = {
            row.topic_id
            for plan in papers
            for row, v in plan.placements.change
            if "retired_at" in v
        }
        for path, topic in self.topics.rows.items():
            if any(path in plan.placements.create for plan in papers):
                arrived.add(topic.pk)
        self.topics.settle(used, arrived)

    def _positions(self) -> dict[tuple[Known, TopicPath], int]:
        """Each paper's place within each of its topics, from 1, repeated entries not counted."""
        by_entry = {id(entry): known for known in self.known for entry in known.entries}
        counts: dict[TopicPath, int] = defaultdict(int)
        positions: dict[tuple[Known, TopicPath], int] = {}
        for entry in self.reading.entries:
            key = (by_entry[id(entry)], entry.topic)
            if key not in positions:
                counts[entry.topic] += 1
                positions[key] = counts[entry.topic]
        return positions

    def _paper(self, known: Known, positions: dict[tuple[Known, TopicPath], int]) -> PaperPlan:
        paper = self.stored.get(known.pk or 0)
        plan = PaperPlan(known, self.known[known], paper)
        if paper:
            plan.was_listed = self._is_listed(paper)
            self._diff_fields(plan, paper)
        else:
            plan.authors = plan.facts.authors
        title = paper.title if paper else plan.facts.title
        if "title" in plan.fields:
            title = plan.fields["title"][1]
        plan.aliases = self._aliases(plan, paper, title)
        stored_ids = (
            {Ident(row.scheme, row.value) for row in paper.identifiers.all()} if paper else set()
        )
        listed_ids = [
            i for entry in known.entries for i in entry.identifiers if i in known.identifiers
        ]
        plan.add_identifiers = [i for i in dict.fromkeys(listed_ids) if i not in stored_ids]
        plan.drop_identifiers = sorted(stored_ids - known.identifiers, key=str)
        elsewhere = paper is not None and self._elsewhere(paper)
        plan.placements = diff_rows(
            self._placement_rows(paper), self._desired_placements(plan, title, positions)
        )
        self._keep_one_primary(plan, paper)
        plan.repositories = diff_rows(_repository_rows(paper), _desired_repositories(known))
        plan.links = diff_rows(_link_rows(paper), _desired_links(known))
        if elsewhere:  # another list may still state them
            plan.repositories.retire.clear()
            plan.links.retire.clear()
        return plan

    def _elsewhere(self, paper: Paper) -> bool:
        own = self.catalogue.pk if self.catalogue else None
        return any(
            row.retired_at is None and row.topic.catalogue_id != own
            for row in paper.placements.all()
        )

    def _diff_fields(self, plan: PaperPlan, paper: Paper) -> None:
        facts, spoken = plan.facts, {row.field: row for row in paper.provenance.all()}

        def offer(name: str, old: Any, new: Any) -> None:
            if new not in (None, old) and self._may_set(spoken.get(name), bool(old)):
                plan.fields[name] = (old, new)

        if paper.title not in {entry.title for entry in plan.known.entries}:
            offer("title", paper.title, facts.title)
        offer("year", paper.year, facts.venue.year)
        if facts.venue.name:
            venue = self.venues.get(fold(facts.venue.name))
            if venue is None or venue.pk != paper.venue_id:
                old = paper.venue.name if paper.venue else ""
                offer("venue", old, facts.venue.name)
            offer("distinction", paper.distinction, facts.venue.distinction)
        if (facts.published_on, facts.precision) != (paper.published_on, paper.published_precision):
            offer("published_on", paper.published_on, facts.published_on)
        printed = tuple(row.printed_name for row in paper.authorships.all())
        if (
            facts.authors
            and facts.authors != printed
            and self._may_set(spoken.get("authors"), bool(printed))
        ):
            plan.authors = facts.authors

    def _may_set(self, said: Provenance | None, filled: bool) -> bool:
        """Whether this list may change a field: never a locked one, nor one from a better source or list."""
        if said is None:
            return True
        if not said.yields_to(Source.LIST):
            return False
        return not (filled and said.source == Source.LIST and said.detail != self.slug)

    def _aliases(
        self, plan: PaperPlan, paper: Paper | None, title: str
    ) -> list[tuple[str, Source]]:
        """Other spellings: those the list shows now, and the title that this import replaces."""
        seen = {title, *(row.title for row in paper.aliases.all())} if paper else {title}
        spellings = [(entry.title, Source.LIST) for entry in plan.known.entries]
        if "title" in plan.fields:
            spellings.append((plan.fields["title"][0], Source.DERIVED))
        fresh = {text: source for text, source in reversed(spellings) if text not in seen}
        return sorted(fresh.items())

    def _placement_rows(self, paper: Paper | None) -> dict[TopicPath | int, Placement]:
        """Rows by the path the list now has for their topic, or by the topic's key when it has none."""
        paths = {topic.pk: path for path, topic in self.topics.rows.items()}
        rows = self._placements(paper) if paper else []
        return {paths.get(row.topic_id, row.topic_id): row for row in rows}

    def _desired_placements(
        self, plan: PaperPlan, title: str, positions: dict[tuple[Known, TopicPath], int]
    ) -> dict[TopicPath | int, Values]:
        desired: dict[TopicPath | int, Values] = {}
        usual = self._usual_identifier(plan)
        # Against the list's own main spelling: a curator's title is not the list's to repeat.
        spellings = {entry.title for entry in plan.known.entries}
        main = title if title in spellings else plan.facts.title
        for entry in plan.known.entries:
            if entry.topic in desired:
                continue
            ident = entry.identifiers[0] if entry.identifiers else None
            desired[entry.topic] = {
                "position": positions[plan.known, entry.topic],
                "listed_title": entry.title if entry.title != main else "",
                "listed_url": "" if ident == usual or not entry.url else _listed_url(entry.url),
            }
        return desired

    def _usual_identifier(self, plan: PaperPlan) -> Ident | None:
        """The identifier an export will write where a placement has no link of its own."""
        rows = sorted(plan.paper.identifiers.all(), key=lambda row: row.pk) if plan.paper else []
        stored = [Ident(row.scheme, row.value) for row in rows]
        kept = [ident for ident in stored if ident not in plan.drop_identifiers]
        return next(iter([*kept, *plan.add_identifiers]), None)

    def _keep_one_primary(self, plan: PaperPlan, paper: Paper | None) -> None:
        """Let the primary placement be, or pass the honour to the first listed one when it goes."""
        rows = list(paper.placements.all()) if paper else []
        retired = {row.pk for row in plan.placements.retire}
        if any(row.is_primary and row.pk not in retired for row in rows):
            return
        for entry in plan.known.entries:
            if entry.topic in plan.placements.create:
                values = plan.placements.create[entry.topic]
                plan.placements.create[entry.topic] = {**values, "is_primary": True}
                return
        _promote(plan.placements, [row for row in rows if row.pk not in retired])

    def _gone(self) -> list[GonePaper]:
        met = {known.pk for known in self.known}
        gone = []
        for paper in self.stored.values():
            if paper.pk in met:
                continue
            rows = [
                row
                for row in self._placements(paper)
                if row.retired_at is None and row.source == Source.LIST
            ]
            if rows:
                gone.append(GonePaper(paper, rows))
        return gone

    def _announcements(
        self, announced: list[tuple[AnnouncementLine, Known | None]]
    ) -> AnnouncementPlan:
        plan = AnnouncementPlan()
        left: dict[date, list[Announcement]] = defaultdict(list)
        for stored in _announcement_rows(self.catalogue):
            left[stored.date].append(stored)
        counts: dict[date, int] = defaultdict(int)
        for (line, known), row in zip(announced, _join(announced, left), strict=True):
            counts[line.date] += 1
            values = {
                "position": counts[line.date],
                "title": line.title,
                "url": line.url,
                "venue_text": line.venue_text,
            }
            if row is None:
                plan.create.append({"date": line.date, **values, "known": known})
            elif row.source == Source.LIST:
                changed: dict[str, Any] = {n: v for n, v in values.items() if getattr(row, n) != v}
                if (known.pk if known else None) != row.paper_id or _is_unstored(known):
                    changed["known"] = known
                if changed:
                    plan.change.append((row, changed))
        # Lists drop old weeks; only days that the list still covers can lose a line.
        first = min(counts, default=date.max)
        plan.delete = [
            stored
            for day, rows in left.items()
            for stored in rows
            if day >= first and stored.source == Source.LIST
        ]
        return plan


def _join(
    announced: list[tuple[AnnouncementLine, Known | None]], left: dict[date, list[Announcement]]
) -> list[Announcement | None]:
    """Give each line its row of the same day, by title, else by address; what stays in `left` has no line."""
    joined: list[Announcement | None] = [None] * len(announced)
    for same in (_same_title, _same_address):
        for index, (line, _) in enumerate(announced):
            if joined[index] is None:
                joined[index] = next((r for r in left[line.date] if same(line, r)), None)
                if found := joined[index]:
                    left[line.date].remove(found)
    return joined


def _same_title(line: AnnouncementLine, row: Announcement) -> bool:
    return fold(line.title) == fold(row.title)


def _same_address(line: AnnouncementLine, row: Announcement) -> bool:
    return bool(row.url) and line.url == row.url


def _is_unstored(known: Known | None) -> bool:
    return known is not None and known.pk is None


def venue_index() -> dict[str, Venue]:
    """Venues by their folded names and aliases."""
    index: dict[str, Venue] = {}
    for venue in Venue.objects.all():
        for name in (*venue.aliases, venue.name):
            index[fold(name)] = venue
    return index


def _stored_papers(reading: ReadingList, catalogue: Catalogue | None) -> list[Paper]:
    """Papers the list may be about: those of the catalogue, and those it names by identifier or title."""
    named: list[Entry | AnnouncementLine] = [*reading.entries, *reading.announcements]
    values = {ident.value for item in named for ident in item.identifiers}
    keys = {fold(item.title) for item in named}
    match = (
        Q(identifiers__value__in=values) | Q(title_key__in=keys) | Q(aliases__title_key__in=keys)
    )
    if catalogue:
        match |= Q(placements__topic__catalogue=catalogue)
    ids = Paper.objects.filter(match, merged_into=None).order_by().values("pk").distinct()
    placements = Placement.objects.select_related("topic")
    code = PaperRepository.objects.select_related("repository", "badge_repository")
    return list(
        Paper.objects.filter(pk__in=ids)
        .select_related("venue")
        .defer("abstract")
        .prefetch_related(
            "identifiers",
            "rejected_identifiers",
            "aliases",
            "provenance",
            "links",
            Prefetch("authorships", queryset=Authorship.objects.order_by("position")),
            Prefetch("placements", queryset=placements),
            Prefetch("repository_links", queryset=code),
        )
        .order_by("pk")
    )


def _known(paper: Paper, elsewhere: bool) -> Known:
    """A stored paper for the matcher. What better sources or other lists say of it stands firm."""
    rows = paper.identifiers.all()
    return Known(
        pk=paper.pk,
        titles=[paper.title, *(row.title for row in paper.aliases.all())],
        identifiers={Ident(row.scheme, row.value) for row in rows},
        firm={
            Ident(row.scheme, row.value) for row in rows if elsewhere or row.source != Source.LIST
        },
        rejected={Ident(row.scheme, row.value) for row in paper.rejected_identifiers.all()},
        retitled=any(
            row.field == "title" and Source(row.source).precedence < Source.LIST.precedence
            for row in paper.provenance.all()
        ),
        elsewhere=elsewhere,
        people=tuple(row.printed_name for row in paper.authorships.all()),
    )


def _listed_url(url: str) -> str:
    """The canonical page for a recognised identifier, else the address as listed."""
    found = parse_identifier(url)
    return found.url if found and found.scheme != "url" else url


def _promote(diff: RowDiff[TopicPath | int, Placement], rows: list[Placement]) -> None:
    """Make the first row that will be current the primary one."""
    changes = {row.pk: index for index, (row, _) in enumerate(diff.change)}
    revived = {row.pk for row, values in diff.change if "retired_at" in values}
    for row in sorted(rows, key=lambda row: (row.topic.position, row.pk)):
        if row.retired_at is None or row.pk in revived:
            if row.pk in changes:
                index = changes[row.pk]
                diff.change[index] = (row, {**diff.change[index][1], "is_primary": True})
            else:
                diff.change.append((row, {"is_primary": True}))
            return


def _repository_rows(paper: Paper | None) -> dict[RepositoryKey, PaperRepository]:
    rows = paper.repository_links.all() if paper else []
    return {row.repository.key: row for row in rows}


def _desired_repositories(known: Known) -> dict[RepositoryKey, Values]:
    return {
        key: {
            "position": number,
            "url": listed.target.inner_url,
            "badge_key": listed.badge.key if listed.badge else None,
        }
        for number, (key, listed) in enumerate(repositories(known.entries).items())
    }


def _link_rows(paper: Paper | None) -> dict[str, Link]:
    return {row.url: row for row in paper.links.all()} if paper else {}


def _desired_links(known: Known) -> dict[str, Values]:
    return {
        url: {"kind": str(link.kind), "label": link.label, "position": number}
        for number, (url, link) in enumerate(links(known.entries).items())
    }


def _announcement_rows(catalogue: Catalogue | None) -> list[Announcement]:
    return list(Announcement.objects.filter(catalogue=catalogue)) if catalogue else []


def _announcement_problems(
    announced: list[tuple[AnnouncementLine, Known | None]],
) -> list[ListProblem]:
    problems = []
    met: set[tuple[date, Known]] = set()
    for line, known in announced:
        when = f"{line.date:%Y-%m-%d}"
        if known is None:
            message = f"The announcement of {when}, “{line.title}”, matches no entry of the list."
            problems.append(
                ListProblem(line.line, "announcement-unmatched", message, fold(message))
            )
        elif (line.date, known) in met:
            message = f"“{line.title}” is announced twice on {when}."
            problems.append(ListProblem(line.line, "announced-twice", message, fold(message)))
        else:
            met.add((line.date, known))
    return problems


def fingerprint(problem: ListProblem) -> str:
    """Name a problem by its kind and what it is about, whatever line it is on."""
    key = problem.key or problem.message
    return hashlib.sha256(f"{problem.kind}\n{key}".encode()).hexdigest()


def _problem_rows(
    catalogue: Catalogue | None, problems: list[ListProblem], papers: dict[int, int | None]
) -> ProblemPlan:
    plan = ProblemPlan()
    filed = Problem.objects.filter(catalogue=catalogue, job=RunJob.IMPORT_LIST)
    rows = {row.fingerprint: row for row in filed} if catalogue else {}
    met = {fingerprint(problem): problem for problem in reversed(problems)}
    for name, problem in met.items():
        row = rows.get(name)
        if row is None:
            plan.create[name] = problem
            continue
        said = (problem.line, problem.message, papers.get(problem.entry))
        if said != (row.line, row.message, row.paper_id) or row.status == Problem.Status.GONE:
            plan.change.append((row, problem))
    plan.gone = [
        row for name, row in rows.items() if name not in met and row.status == Problem.Status.OPEN
    ]
    return plan
