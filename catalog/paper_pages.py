"""What a paper's page shows, block by block."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils.safestring import SafeString

from catalog.charts import LineChart, line_chart
from catalog.evidence import with_reasons
from catalog.exports.answers import ExportLink, export_links
from catalog.exports.bibtex import bibtex
from catalog.exports.embedded import highwire, json_ld, paper_ld
from catalog.exports.facts import PaperFacts, facts_about
from catalog.graph.neighbourhood import Neighbourhood, neighbourhood
from catalog.identifiers import identifier_url
from catalog.lineage import Lineage, lineage_of
from catalog.models import (
    Announcement,
    Authorship,
    Citation,
    CitationCount,
    GlossaryEntry,
    Identifier,
    Link,
    LinkCheck,
    Paper,
    PaperQuerySet,
    PaperRepository,
    Placement,
    Problem,
    Proposal,
    Provenance,
    Relation,
    SimilarPaper,
    Source,
    StarCount,
    System,
    TitleAlias,
    Topic,
)
from catalog.related import Group, grouped

SHOWN = 8
NEIGHBOURS = 12
OUTSIDE = 50
# The kinds of problem that make a fact on the page doubtful; the others are for curators.
DOUBTS = ("identifier-contested", "authors-cut", "title-differs")
_FIELD_LABELS = {"published_on": "date"}


@dataclass(frozen=True, slots=True)
class Trail:
    """A placement with the topics above it."""

    placement: Placement
    topics: list[Topic]


class PaperPage:
    """The facts about one paper and the papers around it; each block asks the database when shown."""

    def __init__(self, paper: Paper, base: str) -> None:
        self.paper = paper
        self._base = base  # of addresses that leave the site

    @cached_property
    def authorships(self) -> list[Authorship]:
        return list(self.paper.authorships.all())

    @cached_property
    def trails(self) -> list[Trail]:
        """Where it is placed now, the primary topic first."""
        placements = list(
            Placement.objects.current()
            .filter(paper=self.paper)
            .select_related("topic__catalogue")
            .order_by("-is_primary", "topic__path")
        )
        above = _ancestors([placement.topic for placement in placements])
        return [Trail(placement, above[placement.topic_id]) for placement in placements]

    @cached_property
    def identifiers(self) -> list[Identifier]:
        return list(self.paper.identifiers.all())

    @cached_property
    def links(self) -> list[Link]:
        return list(Link.objects.current().filter(paper=self.paper))

    @cached_property
    def dead(self) -> dict[str, LinkCheck]:
        """What is known of those of its addresses that lead nowhere any more."""
        urls = [link.url for link in self.links]
        urls += [one.value for one in self.identifiers if one.scheme == Identifier.Scheme.URL]
        checks = LinkCheck.objects.dead().filter(url__in=urls) if urls else []
        return {check.url: check for check in checks}

    @cached_property
    def code(self) -> list[PaperRepository]:
        links = PaperRepository.objects.current().filter(paper=self.paper)
        return list(with_reasons(links).select_related("repository", "badge_repository"))

    @cached_property
    def stars(self) -> dict[int, LineChart | None]:
        """The stars over time of each repository of its code."""
        counts: dict[int, list[tuple[date, int]]] = defaultdict(list)
        rows = StarCount.objects.filter(repository__in=[link.repository_id for link in self.code])
        for key, day, stars in rows.order_by("date").values_list("repository", "date", "stars"):
            counts[key].append((day, stars))
        return {key: line_chart("Stars", points) for key, points in counts.items()}

    @property
    def is_connected(self) -> bool:
        """Whether anything is known of what it cites and who cites it."""
        return bool(
            self.builds_on.total
            or self.references.total
            or self.reference_counts
            or self.cited_by.total
            or self.citing_works.total
            or self.citing_counts
        )

    @cached_property
    def neighbourhood(self) -> Neighbourhood | None:
        return neighbourhood(self.paper)

    @cached_property
    def facts(self) -> list[tuple[str, Provenance]]:
        """Each field with who said it and when."""
        stated = self.paper.provenance.order_by("pk")
        return [(_field_label(row.field), row) for row in stated]

    @cached_property
    def credits(self) -> list[Proposal]:
        """What readers sent about it that was taken, of those who gave a name."""
        own = Q(paper=self.paper) | Q(paper__merged_into=self.paper)
        rows = Proposal.objects.credited().filter(own).order_by("decided_at")
        return list({(row.kind, row.credit): row for row in rows}.values())

    @cached_property
    def doubts(self) -> list[Problem]:
        return list(self.paper.problems.open().filter(kind__in=DOUBTS))

    @cached_property
    def aliases(self) -> list[TitleAlias]:
        """Its other titles; a spelling that differs in nothing but capitals and dots is none."""
        spelled_alike = self.paper.title_key
        return list(self.paper.aliases.exclude(title_key=spelled_alike).order_by("pk"))

    @cached_property
    def announcements(self) -> list[Announcement]:
        return list(self.paper.announcements.select_related("catalogue").order_by("date"))

    @cached_property
    def same_authors(self) -> list[Paper]:
        return self._rows(self._same_authors)

    @cached_property
    def similar(self) -> list[Paper]:
        return self._rows(self._similar)

    @cached_property
    def builds_on(self) -> "Neighbours":
        return Neighbours(self._rows(self._cited[:NEIGHBOURS]), len(self._cited))

    @cached_property
    def cited_by(self) -> "Neighbours":
        return Neighbours(self._rows(self._citing[:NEIGHBOURS]), len(self._citing))

    @cached_property
    def _same_authors(self) -> list[int]:
        """Other papers by its first or last authors: sharing one of sixty names says little."""
        authors = [authorship.author_id for authorship in self.authorships]
        wrote = Authorship.objects.filter(author__in=authors[:3] + authors[-1:])
        papers = _others(self.paper).filter(pk__in=wrote.values("paper"))
        return list(papers.newest_first().values_list("pk", flat=True)[:SHOWN])

    @cached_property
    def _similar(self) -> list[int]:
        rows = SimilarPaper.objects.filter(paper=self.paper, other__merged_into=None)
        return list(rows.order_by("rank").values_list("other", flat=True)[:SHOWN])

    @cached_property
    def _cited(self) -> list[int]:
        cited = Citation.objects.filter(citing=self.paper).values("cited")
        return _keys(_others(self.paper).filter(pk__in=cited))

    @cached_property
    def _citing(self) -> list[int]:
        citing = Citation.objects.filter(cited=self.paper).values("citing")
        return _keys(_others(self.paper).filter(pk__in=citing))

    @cached_property
    def _around(self) -> dict[int, Paper]:
        """All the papers that the page shows rows of, loaded at once."""
        keys = {*self._same_authors, *self._similar}
        keys.update(self._cited[:NEIGHBOURS], self._citing[:NEIGHBOURS])
        return Paper.objects.for_list().in_bulk(keys)

    def _rows(self, keys: list[int]) -> list[Paper]:
        return [self._around[key] for key in keys]

    @cached_property
    def references(self) -> "Outside":
        """Entries of its bibliography that no paper here matches."""
        return _outside(self.paper.references.all(), ~Q(title="") | ~Q(text=""))

    @cached_property
    def citing_works(self) -> "Outside":
        """Works that cite it and are no papers here."""
        return _outside(self.paper.citing_works.all(), ~Q(title=""))

    @cached_property
    def counts(self) -> list[CitationCount]:
        """How many works each source counts, whether or not it names them."""
        return sorted(
            self.paper.citation_counts.all(), key=lambda row: Source(row.source).precedence
        )

    @property
    def reference_counts(self) -> list[CitationCount]:
        return [row for row in self.counts if row.references]

    @property
    def citing_counts(self) -> list[CitationCount]:
        return [row for row in self.counts if row.citing]

    @cached_property
    def glossary(self) -> list[GlossaryEntry]:
        """What names in its title mean."""
        entries = GlossaryEntry.objects.filter(is_active=True, mentions__paper=self.paper)
        return list(entries.order_by("mentions__place"))

    @cached_property
    def systems(self) -> list[System]:
        """What it introduces under a name."""
        return list(System.objects.current().filter(introduced_by=self.paper))

    @cached_property
    def relates_to(self) -> list[Group]:
        """What it says of others."""
        return grouped(Relation.objects.filter(subject=self.paper), backwards=False)

    @cached_property
    def related_from(self) -> list[Group]:
        """What others say of it."""
        return grouped(Relation.objects.filter(object=self.paper), backwards=True)

    @cached_property
    def lineage(self) -> Lineage:
        return lineage_of(self.paper)

    @cached_property
    def reference(self) -> PaperFacts:
        """The paper as it is cited."""
        return facts_about(self.paper)

    @property
    def bibtex(self) -> str:
        return bibtex(self.reference)

    @property
    def exports(self) -> list[ExportLink]:
        return export_links(self.paper.get_absolute_url(), feed=False)

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Name and content of the page's `citation_*` tags."""
        return highwire(self.reference, self._base)

    @property
    def json_ld(self) -> SafeString:
        return json_ld(paper_ld(self.reference, self._base, self.authorships))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The newest of some papers, and how many there are in all."""

    papers: list[Paper]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.papers)


@dataclass(frozen=True, slots=True)
class OutsideWork:
    """A work that is no paper here, as its source names it."""

    name: str
    year: int | None
    url: str
    citation_count: int | None


@dataclass(frozen=True, slots=True)
class Outside:
    """The most cited of some works that are no papers here, and how many there are in all."""

    works: list[OutsideWork]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.works)


def _outside(rows: QuerySet[Any], named: Q) -> Outside:
    """Works by name; those that a source gives by number only, when no other has names for them."""
    numbers = rows.aggregate(total=Count("pk"), named=Count("pk", filter=named))
    shown = rows.filter(named) if numbers["named"] else rows
    ordered = shown.order_by(F("citation_count").desc(nulls_last=True), "pk")
    return Outside(
        [_outside_work(row) for row in ordered[:OUTSIDE]], numbers["named"] or numbers["total"]
    )


def _outside_work(row: Any) -> OutsideWork:
    first = row.identifiers[0] if row.identifiers else ""
    scheme, _, value = first.partition(":")
    return OutsideWork(
        name=row.title or getattr(row, "text", "") or first or row.key,
        year=row.year,
        url=identifier_url(scheme, value) if value else "",
        citation_count=row.citation_count,
    )


def load_paper(papers: PaperQuerySet, pk: int) -> Paper | None:
    """Return a paper with what its page shows first."""
    authorships = Authorship.objects.select_related("author").order_by("position")
    return (
        papers.select_related("venue", "merged_into")
        .prefetch_related(Prefetch("authorships", queryset=authorships), "identifiers")
        .filter(pk=pk)
        .first()
    )


def _others(paper: Paper) -> PaperQuerySet:
    return Paper.objects.public().exclude(pk=paper.pk)


def _keys(papers: PaperQuerySet) -> list[int]:
    return list(papers.newest_first().values_list("pk", flat=True))


def _ancestors(topics: list[Topic]) -> dict[int, list[Topic]]:
    """For each topic those above it and itself, from the top, in one query."""
    wanted = Q(pk__in=[])
    for topic in topics:
        wanted |= Q(catalogue=topic.catalogue_id, path__in=_paths_above(topic))
    by_path = {
        (topic.catalogue_id, topic.path): topic
        for topic in Topic.objects.filter(wanted).select_related("catalogue")
    }
    return {
        topic.pk: [
            by_path[topic.catalogue_id, path]
            for path in _paths_above(topic)
            if (topic.catalogue_id, path) in by_path
        ]
        + [topic]
        for topic in topics
    }


def _paths_above(topic: Topic) -> list[str]:
    parts = topic.path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _field_label(field: str) -> str:
    return _FIELD_LABELS.get(field, field.replace("_", " "))
