"""Who cites whom, as citation services say it: their statements are stored, and joined to the papers they mean.

Statements go into temporary tables, and sets are compared in the database: what a batch of 500 papers with a hundred
edges each changes takes a few statements, and what is said again changes no row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.identifiers import EXCLUSIVE, parse_identifier
from catalog.models import (
    CitationCount,
    Identifier,
    Link,
    Paper,
    RejectedIdentifier,
    Source,
)
from catalog.models.upkeep import RunJob
from catalog.statements import keep_statements
from ingest import visits
from ingest.matching import LOOK_UP, match
from ingest.models import Visit, VisitOutcome
from ingest.parts import Part, Stored, Tally
from ingest.problems import Doubt, report_doubts
from ingest.sources.venues import SuggestedVenue, suggest_venues
from ingest.visits import Scope, Seen

KIND = "paper"
MOST_LISTED = 9_999  # Semantic Scholar lists no more edges of one paper
# Doubts of the two sources lie side by side: neither closes what the other has raised.
DOUBTS: dict[Source, frozenset[str]] = {
    Source.SEMANTIC_SCHOLAR: frozenset({"same-work", "identifier-differs", "citations-incomplete"}),
    Source.OPENALEX: frozenset({"same-record"}),
}


_MARK_NAMED = """
UPDATE catalog_citation c SET in_references = said.in_references, in_citing = said.in_citing
FROM (
    SELECT
        c.id,
        COALESCE(s.in_references, FALSE)
            OR c.in_references AND c.citing_id <> ALL(%(cleared_references)s) AS in_references,
        COALESCE(s.in_citing, FALSE) OR c.in_citing AND c.cited_id <> ALL(%(cleared_citing)s) AS in_citing
    FROM catalog_citation c
    LEFT JOIN stated_citation s ON s.citing = c.citing_id AND s.cited = c.cited_id
    WHERE c.source = %(source)s AND (c.citing_id = ANY(%(papers)s) OR c.cited_id = ANY(%(papers)s))
) said
WHERE said.id = c.id AND (said.in_references, said.in_citing) <> (c.in_references, c.in_citing)
"""
# The other end may be asked about in another batch: then the note on its visit tells whether its list was whole.
_DELETE_UNNAMED = """
DELETE FROM catalog_citation c
WHERE c.source = %(source)s AND NOT (c.in_references OR c.in_citing)
    AND (c.citing_id = ANY(%(papers)s) OR c.cited_id = ANY(%(papers)s))
    AND (
        c.citing_id = ANY(%(whole_references)s) OR c.cited_id = ANY(%(whole_citing)s)
        OR EXISTS (
            SELECT 1 FROM ingest_visit v
            WHERE v.source = %(source)s AND v.kind = 'paper' AND (
                v.subject = c.citing_id AND split_part(v.etag, ';', 1) IN ('r', 'rc')
                OR v.subject = c.cited_id AND split_part(v.etag, ';', 1) IN ('c', 'rc')
            )
        )
    )
RETURNING citing_id, cited_id
"""


# What is said


@dataclass(frozen=True, slots=True)
class OtherWork:
    """The other end of an edge, as a source calls it; the identifiers ("scheme:value") in the order of our trust."""

    key: str
    title: str = ""
    identifiers: tuple[str, ...] = ()
    year: int | None = None
    citation_count: int | None = None


@dataclass(frozen=True, slots=True)
class Edges:
    """The works at one side of a paper. Only what is whole says that a work is not among them."""

    works: tuple[OtherWork, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says of one paper."""

    identifiers: tuple[str, ...] = ()  # of its record there
    references: Edges = Edges()
    citing: Edges = Edges()
    reference_count: int | None = None
    citing_count: int | None = None
    venue: SuggestedVenue | None = None
    full_text: str = ""  # the address of an open copy
    said: Mapping[str, Any] = field(default_factory=dict)  # of its fields, as statements have them
    is_cut: bool = False  # more works cite it than the source is willing to list
    short: str = ""  # see Note.short


@dataclass(frozen=True, slots=True)
class Note:
    """What a visit of a paper keeps for the next one, written into the visit's etag.

    `says`: "r" when its references were ever given whole, "c" when the works that cite it were. `short` are the counts
    at which even asking page by page gave less than counted, with "!" when the source lists no further and "?" when
    what it gave was odd.
    """

    says: str = ""
    short: str = ""

    def __str__(self) -> str:
        return f"{self.says};{self.short}"

    @classmethod
    def of(cls, visit: Visit | None) -> Self:
        says, _, rest = visit.etag.partition(";") if visit else ("", "", "")
        return cls(says if says in {"r", "c", "rc"} else "", rest.rpartition(";")[2])


# Which papers are asked about


class PaperPart(Part):
    """The papers that catalogues list and that bear an identifier by which the source can be asked."""

    source: Source
    schemes: frozenset[str]
    kind = KIND

    def begin(self) -> None:
        """Join what came in while nobody looked."""
        match(None)

    def _things(self, scope: Scope) -> QuerySet[Paper]:
        asked_by = Identifier.objects.filter(paper=OuterRef("pk"), scheme__in=self.schemes)
        papers = (
            Paper.objects.public().filter(pk=scope.paper) if scope.paper else Paper.objects.listed()
        )
        return papers.filter(Exists(asked_by))

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        return visits.due(self._things(scope), self.source, self.kind, scope, limit)

    def count(self, scope: Scope) -> int:
        return visits.count_due(self._things(scope), self.source, self.kind, scope)

    def store(self, subjects: Sequence[int], fetched: Mapping[int, Known | None]) -> Stored:
        return store(self.source, fetched)


def earlier_visits(source: Source, papers: Iterable[int]) -> dict[int, Visit]:
    """The visits at which the source knew these papers."""
    rows = Visit.objects.filter(source=source, kind=KIND, subject__in=list(papers))
    return {row.subject: row for row in rows if row.outcome == VisitOutcome.FOUND}


def identifiers_of(
    papers: Iterable[int], schemes: Iterable[str]
) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Identifier.objects.filter(paper__in=list(papers), scheme__in=list(schemes)).order_by(
        "pk"
    )
    for paper, scheme, value in rows.values_list("paper", "scheme", "value"):
        found[paper].append((scheme, value))
    return found


# Storing


def store(source: Source, fetched: Mapping[int, Known | None]) -> Stored:
    """Write what a source says of papers; None for one that it does not know. Call it in a transaction."""
    return _Storing(source, fetched).store()


@dataclass
class _Storing:
    source: Source
    fetched: Mapping[int, Known | None]
    changed: set[int] = field(default_factory=set)
    doubts: dict[str, Doubt] = field(default_factory=dict)

    def store(self) -> Stored:
        self.now = timezone.now()
        papers = Paper.objects.public().filter(pk__in=list(self.fetched))
        self.titles = dict(papers.values_list("pk", "title"))
        self.before = earlier_visits(self.source, self.fetched)
        self.known: dict[int, Known] = {
            paper: one
            for paper, one in sorted(self.fetched.items())
            if one is not None and paper in self.titles
        }
        gained: set[int] = set()
        if self.known:
            gained = self._take_identifiers()
            self.notes = {paper: self._note(paper) for paper in self.known}
            self._store_edges()
            self._store_counts()
            self._store_full_texts()
            self._suggest_venues()
            self._keep_statements()
        problems = self._report()
        match(gained)
        return Stored(self._tally(problems), self._seen())

    # Identifiers of its record

    def _take_identifiers(self) -> set[int]:
        """Give papers the identifiers of their records; return which got some. Of a rejected record nothing is taken."""
        own = {paper: set(names) for paper, names in self._own_names().items()}
        rejected = self._rejected()
        for paper in [
            paper
            for paper, one in self.known.items()
            if self._is_rejected(one, rejected.get(paper, set()))
        ]:
            del self.known[paper]
        wanted = {name for one in self.known.values() for name in one.identifiers}
        holders = self._holders(wanted)
        strangers = Paper.objects.filter(pk__in=set(holders.values()) - self.titles.keys())
        self.titles |= dict(strangers.values_list("pk", "title"))
        fresh: list[tuple[int, str]] = []
        for paper, one in self.known.items():
            for name in one.identifiers:
                mine = own.setdefault(paper, set())
                if name in mine or name in rejected.get(paper, set()):
                    continue
                holder = holders.get(name)
                if holder is not None and holder != paper:
                    self._doubt_same_work(paper, holder, name)
                elif differing := _exclusive_other(name, mine):
                    self._doubt_differs(paper, name, differing)
                else:
                    holders[name] = paper
                    mine.add(name)
                    fresh.append((paper, name))
        Identifier.objects.bulk_create(
            [
                Identifier(
                    paper_id=paper,
                    scheme=scheme,
                    value=value,
                    source=self.source,
                    stated_at=self.now,
                )
                for paper, name in fresh
                for scheme, _, value in [name.partition(":")]
            ],
            batch_size=1000,
        )
        gained = {paper for paper, _ in fresh}
        self.changed |= gained
        return gained

    def _own_names(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        rows = Identifier.objects.filter(paper__in=list(self.known))
        for paper, scheme, value in rows.values_list("paper", "scheme", "value"):
            found[paper].append(f"{scheme}:{value}")
        return found

    def _rejected(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = defaultdict(set)
        rows = RejectedIdentifier.objects.filter(paper__in=list(self.known))
        for paper, scheme, value in rows.values_list("paper", "scheme", "value"):
            found[paper].add(f"{scheme}:{value}")
        return found

    def _is_rejected(self, one: Known, rejected: set[str]) -> bool:
        """Whether a curator has said that this record is another paper's."""
        records = {name for name in one.identifiers if name.startswith(("s2:", "openalex:"))}
        return bool(records) and records <= rejected

    def _holders(self, names: Iterable[str]) -> dict[str, int]:
        pairs = [name.partition(":") for name in sorted(names)]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT i.scheme || ':' || i.value, COALESCE(p.merged_into_id, p.id) "
                "FROM unnest(%s::text[], %s::text[]) AS wanted (scheme, value) "
                "JOIN catalog_identifier i ON i.scheme = wanted.scheme AND i.value = wanted.value "
                "JOIN catalog_paper p ON p.id = i.paper_id",
                [[scheme for scheme, _, _ in pairs], [value for _, _, value in pairs]],
            )
            return dict(cursor.fetchall())

    def _doubt_same_work(self, paper: int, holder: int, name: str) -> None:
        """One doubt for a pair, however many identifiers say so and whichever side is asked about."""
        kind = "same-record" if self.source == Source.OPENALEX else "same-work"
        pair = f"{min(paper, holder)}-{max(paper, holder)}"
        if pair in self.doubts:
            return
        text = (
            f"{self.source.label} has “{self.titles[paper]}” and “{self.titles[holder]}” as one work ({name}): "
            "they may be its preprint and its published record, to be merged."
        )
        self.doubts[pair] = Doubt(paper, kind, text, f"with {holder}")

    def _doubt_differs(self, paper: int, name: str, ours: str) -> None:
        text = (
            f"{self.source.label} gives {name} for “{self.titles[paper]}”, which bears {ours} here."
        )
        self.doubts[f"{paper} {name}"] = Doubt(paper, "identifier-differs", text, name)

    # Edges

    def _store_edges(self) -> None:
        with connection.cursor() as cursor:
            self._stage(cursor)
            self._store_citations(cursor)
            self._store_outside(cursor, "catalog_reference", "citing_id", of_references=True)
            self._store_outside(cursor, "catalog_citingwork", "cited_id", of_references=False)
            cursor.execute("DROP TABLE stated; DROP TABLE stated_citation")

    def _whole(self, *, of_references: bool) -> list[int]:
        return [
            paper
            for paper, one in self.known.items()
            if (one.references if of_references else one.citing).is_whole
        ]

    def _stage(self, cursor: Any) -> None:
        """Put what is said into temporary tables, and look which paper here each other end is."""
        cursor.execute(
            "CREATE TEMP TABLE stated (number int, of_references bool, paper bigint, key text, title text, "
            "identifiers text[], year smallint, citation_count int, other bigint) ON COMMIT DROP"
        )
        columns = "number, of_references, paper, key, title, identifiers, year, citation_count"
        with cursor.copy(f"COPY stated ({columns}) FROM STDIN") as copy:
            copy.set_types(["int4", "bool", "int8", "text", "text", "text[]", "int2", "int4"])
            for row in self._rows():
                copy.write_row(row)
        cursor.execute("ANALYZE stated")
        cursor.execute(
            f"UPDATE stated SET other = hit.paper FROM ("  # noqa: S608
            f"SELECT DISTINCT ON (s.number) s.number, COALESCE(p.merged_into_id, p.id) AS paper "
            f"FROM stated s {LOOK_UP.format('s.identifiers')} ORDER BY s.number, one.place"
            f") AS hit WHERE hit.number = stated.number"
        )
        cursor.execute(
            "CREATE TEMP TABLE stated_citation ON COMMIT DROP AS SELECT "
            "CASE WHEN of_references THEN paper ELSE other END AS citing, "
            "CASE WHEN of_references THEN other ELSE paper END AS cited, "
            "bool_or(of_references) AS in_references, bool_or(NOT of_references) AS in_citing "
            "FROM stated WHERE other <> paper GROUP BY 1, 2"
        )

    def _rows(self) -> Iterable[tuple[Any, ...]]:
        number = 0
        for paper, one in self.known.items():
            for of_references, edges in ((True, one.references), (False, one.citing)):
                for work in {work.key: work for work in edges.works}.values():
                    number += 1
                    yield (
                        number,
                        of_references,
                        paper,
                        work.key,
                        work.title,
                        list(work.identifiers),
                        work.year,
                        work.citation_count,
                    )

    def _store_citations(self, cursor: Any) -> None:
        """Add what is stated, and delete what no list names any more, as far as a whole list says so."""
        names = {
            "source": str(self.source),
            "now": self.now,
            "papers": list(self.known),
            "cleared_references": self._telling(of_references=True),
            "cleared_citing": self._telling(of_references=False),
            "whole_references": [paper for paper, note in self.notes.items() if "r" in note.says],
            "whole_citing": [paper for paper, note in self.notes.items() if "c" in note.says],
        }
        cursor.execute(
            "INSERT INTO catalog_citation (citing_id, cited_id, source, stated_at, in_references, in_citing) "
            "SELECT s.citing, s.cited, %(source)s, %(now)s, s.in_references, s.in_citing FROM stated_citation s "
            "WHERE NOT EXISTS (SELECT 1 FROM catalog_citation c WHERE c.citing_id = s.citing "
            "AND c.cited_id = s.cited AND c.source = %(source)s) "
            "ON CONFLICT DO NOTHING RETURNING citing_id, cited_id",
            names,
        )
        self._touch(paper for edge in cursor.fetchall() for paper in edge)
        cursor.execute(_MARK_NAMED, names)
        cursor.execute(_DELETE_UNNAMED, names)
        self._touch(paper for edge in cursor.fetchall() for paper in edge)

    def _telling(self, *, of_references: bool) -> list[int]:
        """The papers whose list takes back what it does not name: a whole one, and a cut one where none was whole ever.

        A list that was not read to the end again, or is not given at all, tells nothing.
        """
        found = set(self._whole(of_references=of_references))
        for paper, one in self.known.items():
            before = self._note_before(paper)
            works = (one.references if of_references else one.citing).works
            is_read = not one.short or one.short != before.short
            if works and is_read and "cr"[of_references] not in before.says:
                found.add(paper)
        return sorted(found)

    def _store_outside(self, cursor: Any, table: str, column: str, *, of_references: bool) -> None:
        """Bring the ends of edges that match no paper here into one table."""
        names = {
            "source": str(self.source),
            "now": self.now,
            "side": of_references,
            "papers": list(self.known),
            "whole": self._whole(of_references=of_references),
        }
        same = f"s.of_references = %(side)s AND s.paper = t.{column} AND s.key = t.key"
        cursor.execute(
            f"DELETE FROM {table} USING (SELECT t.id FROM {table} t LEFT JOIN stated s ON {same} "  # noqa: S608
            f"WHERE t.source = %(source)s AND t.{column} = ANY(%(papers)s) AND (s.other IS NOT NULL "
            f"OR (s.paper IS NULL AND t.{column} = ANY(%(whole)s)))"
            f") AS gone WHERE {table}.id = gone.id RETURNING {column}",
            names,
        )
        self._touch(paper for (paper,) in cursor.fetchall())
        # What a source leaves out this time is not taken back.
        merged = (
            "COALESCE(NULLIF(s.title, ''), t.title), "
            "CASE WHEN cardinality(s.identifiers) > 0 THEN s.identifiers::varchar(1020)[] ELSE t.identifiers END, "
            "COALESCE(s.year, t.year), COALESCE(s.citation_count, t.citation_count)"
        )
        cursor.execute(
            f"UPDATE {table} t SET (title, identifiers, year, citation_count, stated_at) = "  # noqa: S608
            f"ROW({merged}, %(now)s) FROM stated s WHERE {same} AND t.source = %(source)s AND s.other IS NULL "
            f"AND (t.title, t.identifiers, t.year, t.citation_count) IS DISTINCT FROM ({merged}) "
            f"RETURNING t.{column}",
            names,
        )
        self._touch(paper for (paper,) in cursor.fetchall())
        extra, empty = (", text", ", ''") if of_references else ("", "")
        cursor.execute(
            f"INSERT INTO {table} ({column}, source, key, title, identifiers, year, citation_count, stated_at{extra}) "  # noqa: S608
            f"SELECT s.paper, %(source)s, s.key, s.title, s.identifiers, s.year, s.citation_count, %(now)s{empty} "
            f"FROM stated s WHERE s.of_references = %(side)s AND s.other IS NULL AND NOT EXISTS ("
            f"SELECT 1 FROM {table} t WHERE {same} AND t.source = %(source)s) ORDER BY s.number RETURNING {column}",
            names,
        )
        self._touch(paper for (paper,) in cursor.fetchall())

    def _touch(self, papers: Iterable[int]) -> None:
        self.changed.update(paper for paper in papers if paper in self.known)

    # Counts

    def _store_counts(self) -> None:
        rows = CitationCount.objects.filter(source=self.source, paper__in=list(self.known))
        had = {row.paper_id: (row.references, row.citing) for row in rows}
        fresh = []
        for paper, one in self.known.items():
            references, citing = had.get(paper, (None, None))
            now = (
                references if one.reference_count is None else one.reference_count,
                citing if one.citing_count is None else one.citing_count,
            )
            if now != (references, citing):
                fresh.append(
                    CitationCount(
                        paper_id=paper,
                        source=self.source,
                        references=now[0],
                        citing=now[1],
                        counted_on=timezone.localdate(),
                    )
                )
        CitationCount.objects.bulk_create(
            fresh,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["paper", "source"],
            update_fields=["references", "citing", "counted_on"],
        )
        self._touch(row.paper_id for row in fresh)

    # Where it appeared and can be read

    def _store_full_texts(self) -> None:
        """Link the open copies, one a paper. An address that an identifier stands for already is none."""
        said = {paper: one.full_text for paper, one in self.known.items() if one.full_text}
        if not said:
            return
        rows: dict[int, list[Link]] = defaultdict(list)
        for row in Link.objects.filter(paper__in=said):
            rows[row.paper_id].append(row)
        names = self._own_names()
        fresh: list[Link] = []
        moved: list[Link] = []
        for paper, url in said.items():
            ident = parse_identifier(url)
            is_identifier = ident and f"{ident.scheme}:{ident.value}" in names[paper]
            if is_identifier or any(row.url == url for row in rows[paper]):
                continue
            own = next((row for row in rows[paper] if row.source == self.source), None)
            if own is None:
                kind = Link.Kind.PAPER
                fresh.append(Link(paper_id=paper, kind=kind, url=url, source=self.source))
            elif own.retired_at is None:
                own.url, own.stated_at = url, self.now
                moved.append(own)
        Link.objects.bulk_create(fresh, batch_size=1000)
        Link.objects.bulk_update(moved, ["url", "stated_at"], batch_size=1000)
        self._touch(row.paper_id for row in (*fresh, *moved))

    def _suggest_venues(self) -> None:
        said = [(paper, one.venue) for paper, one in self.known.items() if one.venue]
        self._touch(suggest_venues(self.source, said))

    def _keep_statements(self) -> None:
        """What it says of the papers' fields is shown to curators; nothing of it is taken unasked."""
        said = {
            paper: {**one.said, "venue": one.venue.name if one.venue else None}
            for paper, one in self.known.items()
        }
        keep_statements(self.source, said)

    # What became of it

    def _report(self) -> int:
        for paper, one in self.known.items():
            if one.is_cut:
                text = (
                    f"{self.source.label} counts {one.citing_count or 0:,} works that cite “{self.titles[paper]}” "
                    f"and lists no more than {MOST_LISTED:,} of them."
                )
                self.doubts[f"{paper} cut"] = Doubt(paper, "citations-incomplete", text, "citing")
        foreign = frozenset().union(
            *(kinds for source, kinds in DOUBTS.items() if source != self.source)
        )
        return report_doubts(
            RunJob.CITATIONS, self.doubts.values(), list(self.known), lasting=foreign
        )

    def _tally(self, problems: int) -> Tally:
        new = len(self.known.keys() - self.before.keys())
        changed = len(self.changed & self.before.keys() & self.known.keys())
        return Tally(
            new=new,
            changed=changed,
            same=len(self.known) - new - changed,
            skipped=len(self.fetched) - len(self.known),
            problems=problems,
        )

    def _seen(self) -> dict[int, Seen]:
        return {
            paper: Seen(etag=str(self.notes[paper]))
            if paper in self.known
            else Seen(VisitOutcome.MISSING)
            for paper in self.fetched
        }

    def _note_before(self, paper: int) -> Note:
        return Note.of(self.before.get(paper))

    def _note(self, paper: int) -> Note:
        one, before = self.known[paper], self._note_before(paper)
        is_whole = {"r": one.references.is_whole, "c": one.citing.is_whole}
        says = [side for side, now in is_whole.items() if now or side in before.says]
        return Note("".join(says), one.short)


def _exclusive_other(name: str, mine: Iterable[str]) -> str | None:
    """The identifier that a paper bears already where its registry gives one only."""
    scheme = name.partition(":")[0]
    if scheme not in EXCLUSIVE:
        return None
    return next((other for other in sorted(mine) if other.startswith(f"{scheme}:")), None)
