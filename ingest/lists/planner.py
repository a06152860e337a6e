"""Third step: what an import would change, computed whole before anything is written."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from catalog.folding import fold
from catalog.identifiers import Ident, parse_identifier
from catalog.models import (
    Catalogue,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Provenance,
    Source,
    Topic,
)
from ingest.lists.conflicts import Conflict, base_in_words, in_words, is_contested
from ingest.lists.facts import PaperFacts, disagreements, links, paper_facts, repositories
from ingest.lists.filing import problem_rows
from ingest.lists.identity import Known, Matcher
from ingest.lists.news import announcement_problems, plan_announcements
from ingest.lists.plan import GonePaper, PaperPlan, Plan, ProblemPlan, RepositoryKey
from ingest.lists.printings import find_other_printings, merged_titles
from ingest.lists.records import ListProblem, ReadingList, TopicPath
from ingest.lists.renames import with_present_names
from ingest.lists.rows import RowDiff, Values, diff_rows, has_order, in_stored_order
from ingest.lists.statements import Statements
from ingest.lists.stored import known_paper, stored_papers, venue_index
from ingest.lists.topics import TopicPlan, match_topics


def make_plan(reading: ReadingList, slug: str) -> Plan:
    """Compare a list with the catalogue of that slug (which need not exist yet)."""
    return _Planner(reading, slug).plan()


class _Planner:
    def __init__(self, reading: ReadingList, slug: str) -> None:
        self.reading = reading = with_present_names(reading)
        self.slug = slug
        self.catalogue = Catalogue.objects.filter(slug=slug).first()
        self.stored = {paper.pk: paper for paper in stored_papers(reading, self.catalogue)}
        self.merged = merged_titles(self.stored)
        self.venues = venue_index()
        self.said = Statements.of(self.catalogue)
        self.known: dict[Known, PaperFacts] = {}

    def plan(self) -> Plan:
        stored = (
            known_paper(
                paper,
                self.merged.get(paper.pk, {}),
                elsewhere=self._elsewhere(paper),
                listed=self._is_listed(paper),
            )
            for paper in self.stored.values()
        )
        matcher = Matcher(stored, self.reading.entries)
        for entry in self.reading.entries:
            self.known.setdefault(matcher.place(entry), PaperFacts("", (), entry.venue, None, ""))
        matcher.settle()
        problems = [*self.reading.problems, *matcher.problems]
        for known in self.known:
            others = [self.said.says(self.said.papers, pk) for pk in known.merged]
            find_other_printings(known, self.said.says(self.said.papers, known.pk or 0), others)
            self.known[known] = paper_facts(known)
            problems += disagreements(known)
        self.topics = self._match_topics()
        self._follow_merged()
        positions = self._positions()
        papers = [self._paper(known, positions) for known in self.known]
        announced = [
            (line, matcher.find(line.title, line.identifiers))
            for line in self.reading.announcements
        ]
        gone, lost = self._gone()
        placed = self._placed()
        settle_topics(self.topics, papers, gone, placed)
        problems += announcement_problems(announced)
        plan = Plan(
            slug=self.slug,
            catalogue=self.catalogue,
            reading=self.reading,
            topics=self.topics,
            papers=papers,
            gone=gone,
            announcements=plan_announcements(
                self.catalogue, announced, {pk: row.says for pk, row in self.said.news.items()}
            ),
            announced=announced,
            problems=problems,
            problem_rows=ProblemPlan(),
            listed_before=sum(row.source == Source.LIST for row in placed),
            placed=placed,
            lost_conflicts=lost,
        )
        plan.problems += [conflict_problem(conflict) for conflict in plan.conflicts]
        plan.problems.sort(key=lambda problem: problem.line)
        plan.problem_rows = problem_rows(self.catalogue, plan.problems, self._entry_papers())
        return plan

    def _placed(self) -> list[Placement]:
        """The current placements of this catalogue."""
        papers = self.stored.values()
        rows = [row for paper in papers for row in self._placements(paper)]
        return [row for row in rows if row.retired_at is None]

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
        said = {pk: row.says for pk, row in self.said.topics.items()}
        return match_topics(self.reading.topics, topics, listed, placed, said)

    def _follow_merged(self) -> None:
        """What the list has under a heading that a curator merged into another topic lies under that topic."""
        if not self.topics.joined:
            return
        meant = {
            id(entry): replace(entry, topic=self.topics.meant(entry.topic))
            for entry in self.reading.entries
        }
        for known in self.known:
            known.entries = [meant[id(entry)] for entry in known.entries]
        self.reading = replace(self.reading, entries=list(meant.values()))

    def _positions(self) -> dict[tuple[Known, TopicPath], int]:
        """Each paper's place within each of its topics, from 1, repeated entries not counted.

        Where the list has a topic's papers in the order they are stored in, their numbers are the stored ones.
        """
        by_entry = {id(entry): known for known in self.known for entry in known.entries}
        counts: dict[TopicPath, int] = defaultdict(int)
        positions: dict[tuple[Known, TopicPath], int] = {}
        standing: dict[TopicPath, dict[Known, Placement | None]] = defaultdict(dict)
        for entry in self.reading.entries:
            known = by_entry[id(entry)]
            key = (known, entry.topic)
            if key not in positions and not known.is_said_better(entry):
                counts[entry.topic] += 1
                positions[key] = counts[entry.topic]
                rows = self._placement_rows(self.stored.get(known.pk or 0))
                standing[entry.topic][known] = rows.get(entry.topic)
        for path, papers in standing.items():
            if has_order(papers.values(), zero_is_last=True):
                positions |= {(known, path): row.position for known, row in papers.items() if row}
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
        places = self._placement_rows(paper)
        plan.placements = diff_rows(
            places, self._desired_placements(plan, title, positions, places)
        )
        self._merge_places(plan, paper)
        keep_one_primary(plan)
        code, pages = _repository_rows(paper), _link_rows(paper)
        plan.repositories = diff_rows(code, in_stored_order(code, _desired_repositories(known)))
        plan.links = diff_rows(pages, in_stored_order(pages, _desired_links(known)))
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
            if new in (None, old) or (old and not plan.known.speaking):
                return
            if self._may_set(spoken.get(name), bool(old)):
                plan.fields[name] = (old, new)
            elif _is_curators(spoken.get(name)):
                self._contest(plan, paper, name, old, new)

        if paper.title not in {entry.title for entry in plan.known.speaking}:
            offer("title", paper.title, facts.title)
        offer("year", paper.year, facts.venue.year)
        if facts.venue.name and (plan.known.speaking or paper.venue is None):
            venue = self.venues.get(fold(facts.venue.name))
            if venue is None or venue.pk != paper.venue_id:
                old = paper.venue.name if paper.venue else ""
                offer("venue", old, facts.venue.name)
            offer("distinction", paper.distinction, facts.venue.distinction)
        dated = (facts.published_on, facts.precision)
        if dated != (paper.published_on, paper.published_precision) and _tells_date(plan, paper):
            offer("published_on", paper.published_on, facts.published_on)
        printed = tuple(row.printed_name for row in paper.authorships.all())
        is_said = plan.known.speaking or not printed
        if facts.authors and facts.authors != printed and is_said:
            if self._may_set(spoken.get("authors"), bool(printed)):
                plan.authors = facts.authors
            elif _is_curators(spoken.get("authors")):
                self._contest(plan, paper, "authors", printed, facts.authors)

    def _contest(self, plan: PaperPlan, paper: Paper, part: str, ours: Any, theirs: Any) -> None:
        """A curator's word stands; where the list has changed its own since, it has to be told."""
        says = self.said.says(self.said.papers, paper.pk)
        if is_contested(says, part, theirs):
            line = next(
                (e.line for e in plan.known.by_weight if part != "title" or e.title == theirs),
                plan.known.entries[0].line,
            )
            plan.conflicts.append(
                Conflict(
                    paper, part, paper.title, line, base_in_words(says, part), in_words(ours),
                    in_words(theirs), theirs, takes_text=True,
                )
            )  # fmt: skip

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
        entries = plan.known.entries
        spellings = [(text, Source.LIST) for e in entries for text in (e.title, *e.other_titles)]
        if "title" in plan.fields:
            spellings.append((plan.fields["title"][0], Source.DERIVED))
        fresh = {text: source for text, source in reversed(spellings) if text not in seen}
        return sorted(fresh.items())

    def _placement_rows(self, paper: Paper | None) -> dict[TopicPath | int, Placement]:
        """Rows by the path the list now has for their topic, or by the topic's key when it has none."""
        paths = self.topics.paths_of
        rows = self._placements(paper) if paper else []
        return {paths.get(row.topic_id, row.topic_id): row for row in rows}

    def _desired_placements(
        self,
        plan: PaperPlan,
        title: str,
        positions: dict[tuple[Known, TopicPath], int],
        stored: dict[TopicPath | int, Placement],
    ) -> dict[TopicPath | int, Values]:
        desired: dict[TopicPath | int, Values] = {}
        usual = self._usual_identifier(plan)
        # Against the list's own main spelling: a curator's title is not the list's to repeat.
        spellings = {entry.title for entry in plan.known.speaking}
        main = title if title in spellings else plan.facts.title
        for entry in plan.known.by_weight:
            if entry.topic in desired:
                continue
            row = stored.get(entry.topic)
            # What a merged paper is called is not what this one is called there, unless it was before.
            is_own = entry.line not in plan.known.other_lines
            differs = is_own or (row is not None and row.listed_title == entry.title)
            ident = entry.identifiers[0] if entry.identifiers else None
            desired[entry.topic] = {
                "position": positions[plan.known, entry.topic],
                "listed_title": entry.title if differs and entry.title != main else "",
                "listed_url": "" if ident == usual or not entry.url else _listed_url(entry.url),
            }
        return desired

    def _usual_identifier(self, plan: PaperPlan) -> Ident | None:
        """The identifier an export will write where a placement has no link of its own."""
        rows = sorted(plan.paper.identifiers.all(), key=lambda row: row.pk) if plan.paper else []
        stored = [Ident(row.scheme, row.value) for row in rows]
        kept = [ident for ident in stored if ident not in plan.drop_identifiers]
        return next(iter([*kept, *plan.add_identifiers]), None)

    def _merge_places(self, plan: PaperPlan, paper: Paper | None) -> None:
        """Leave a paper where it is when both the list and a curator have moved it, each elsewhere."""
        if paper is None or not self._is_touched(paper):
            return
        rows = {path: pk for pk, path in self.topics.paths_of.items()}
        listed = list(dict.fromkeys(entry.topic for entry in plan.known.entries))
        theirs = {rows.get(path, path) for path in listed}
        line = plan.known.entries[0].line
        if conflict := self._contested_places(paper, theirs, [path[-1] for path in listed], line):
            plan.conflicts.append(conflict)
            plan.contested_places = plan.placements
            kept = [(row, v) for row, v in plan.placements.change if "retired_at" not in v]
            plan.placements = RowDiff(change=kept)

    def _is_touched(self, paper: Paper) -> bool:
        """Whether a curator has had a say in where the paper stands in this catalogue."""
        return any(row.source == Source.CURATOR for row in self._placements(paper))

    def _contested_places(
        self, paper: Paper, theirs: set[Any], names: list[str], line: int
    ) -> Conflict | None:
        base = self.said.says(self.said.papers, paper.pk).get("topics")
        current = [row for row in self._placements(paper) if row.retired_at is None]
        ours = {row.topic_id for row in current}
        if base is None:
            return None
        then = {self.topics.living(pk) for pk in base}
        if theirs in (then, then | self._of_merged(paper), ours) or ours == then:
            return None
        before = {row.topic_id: row.topic.name for row in self._placements(paper)}
        return Conflict(
            paper,
            "topics",
            paper.title,
            line,
            in_words([before[pk] for pk in base if pk in before]),
            in_words([row.topic.name for row in current]),
            in_words(names),
            names,
        )

    def _of_merged(self, paper: Paper) -> set[int]:
        """The topics that the list had the papers merged into this one under."""
        said = [self.said.says(self.said.papers, pk) for pk in self.merged.get(paper.pk, {})]
        return {self.topics.living(pk) for says in said for pk in says.get("topics", [])}

    def _gone(self) -> tuple[list[GonePaper], list[Conflict]]:
        """Papers that the list no longer has; and those of them that a curator has moved meanwhile."""
        met = {known.pk for known in self.known}
        gone, conflicts = [], []
        for paper in self.stored.values():
            if paper.pk in met:
                continue
            touched = self._is_touched(paper)
            if touched and (conflict := self._contested_places(paper, set(), [], 0)):
                conflicts.append(conflict)
                continue
            rows = [
                row
                for row in self._placements(paper)
                if row.retired_at is None and row.source == Source.LIST
            ]
            if rows:
                gone.append(GonePaper(paper, rows))
        return gone, conflicts


def settle_topics(
    topics: TopicPlan, papers: list[PaperPlan], gone: list[GonePaper], placed: list[Placement]
) -> None:
    """Retire only topics that nothing uses any more; bring a curator's back only for what is placed there."""
    retired = {row.pk for plan in papers for row in plan.placements.retire}
    retired |= {row.pk for item in gone for row in item.placements}
    used = {row.topic_id for row in placed if row.pk not in retired}
    arrived = {
        row.topic_id
        for plan in papers
        for row, values in plan.placements.change
        if "retired_at" in values
    }
    arriving = {path for plan in papers for path in plan.placements.create}
    arrived |= {pk for pk, path in topics.paths_of.items() if path in arriving}
    topics.settle(used, arrived)


def keep_one_primary(plan: PaperPlan) -> None:
    """Let the primary placement be, or pass the honour to the first listed one when it goes."""
    rows = list(plan.paper.placements.all()) if plan.paper else []
    retired = {row.pk for row in plan.placements.retire}
    if any(row.is_primary and row.pk not in retired for row in rows):
        return
    for entry in plan.known.entries:
        if entry.topic in plan.placements.create:
            values = plan.placements.create[entry.topic]
            plan.placements.create[entry.topic] = {**values, "is_primary": True}
            return
    _promote(plan.placements, [row for row in rows if row.pk not in retired])


def conflict_problem(conflict: Conflict) -> ListProblem:
    key = f"{conflict.key} {conflict.theirs}"
    return ListProblem(conflict.line, "list-conflict", conflict.message, key, conflict.line)


def _tells_date(plan: PaperPlan, paper: Paper) -> bool:
    """A list prints no dates. Of a known paper, a new arXiv identifier tells the month; a new year only corrects the old one."""
    if plan.facts.precision == "month":
        stored = {row.value for row in paper.identifiers.all() if row.scheme == "arxiv"}
        return any(i.scheme == "arxiv" and i.value not in stored for i in plan.known.identifiers)
    return "year" in plan.fields and paper.published_precision == "year"


def _is_curators(said: Provenance | None) -> bool:
    return said is not None and (said.locked or said.source == Source.CURATOR)


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
        for number, (key, listed) in enumerate(repositories(known.by_weight).items())
    }


def _link_rows(paper: Paper | None) -> dict[str, Link]:
    return {row.url: row for row in paper.links.all()} if paper else {}


def _desired_links(known: Known) -> dict[str, Values]:
    return {
        url: {"kind": str(link.kind), "label": link.label, "position": number}
        for number, (url, link) in enumerate(links(known.by_weight).items())
    }
