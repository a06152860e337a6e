"""What is said of a paper wherever it is exported, read for many papers at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Concat
from django.urls import reverse

from catalog.exports.keys import give_keys, stem
from catalog.exports.names import Name, split_name
from catalog.identifiers import Ident
from catalog.models import (
    Authorship,
    Citation,
    CitationCount,
    Identifier,
    Paper,
    PaperRepository,
    Placement,
    Venue,
    paper_path,
)
from catalog.readable import printable, readable

AT_ONCE = 500  # papers that one query reads
_PUBLISHED = frozenset({Venue.Kind.CONFERENCE, Venue.Kind.JOURNAL})


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """A paper as exports state it: text is in one line, readable and free of control characters."""

    pk: int
    key: str
    path: str  # its page here
    title: str
    raw_abstract: str  # as its source has it; to set its formulas as text takes long
    authors: tuple[str, ...]  # as printed, in order
    year: int | None
    published_on: date | None
    precision: str
    venue: str
    venue_full: str
    venue_kind: str
    venue_slug: str
    distinction: str
    identifiers: tuple[Ident, ...]
    topics: tuple[str, ...]
    code: tuple[str, ...]
    stars: int | None
    citations: int | None  # of papers here; None while no source has said anything
    withdrawn_at: datetime | None
    created_at: datetime

    @property
    def abstract(self) -> str:
        return _line(self.raw_abstract)

    @property
    def names(self) -> list[Name]:
        return [split_name(author) for author in self.authors]

    @property
    def permanent_path(self) -> str:
        """Its page here by number alone, which no new title changes."""
        return reverse("paper", args=[self.pk])

    @property
    def is_published(self) -> bool:
        """Whether a conference or journal has it: not a preprint or a page only."""
        return self.venue_kind in _PUBLISHED

    @property
    def container(self) -> str:
        """The proceedings or journal that it is in, or the site it is on."""
        return self.venue_full or self.venue

    @property
    def issued(self) -> tuple[int, ...]:
        """Year, month and day of publication as far as they are known.

        The date of a paper is its preprint's: of one that a conference or journal published, only the year is that of the publication.
        """
        if self.is_published and self.year:
            return (self.year,)
        day = self.published_on
        if day and (not self.year or day.year == self.year):
            exact = {"day": 3, "month": 2}.get(self.precision, 1)
            return (day.year, day.month, day.day)[:exact]
        return (self.year,) if self.year else ()

    def identifier(self, scheme: str) -> str:
        """Its first identifier of a scheme, or nothing."""
        return next((one.value for one in self.identifiers if one.scheme == scheme), "")

    @property
    def url(self) -> str:
        """The page to read it at: the publisher's own where there is one."""
        for scheme in ("acl", "openreview", "arxiv", "doi", "url"):
            for one in self.identifiers:
                if one.scheme == scheme and one.url.lower().startswith(("https://", "http://")):
                    return one.url
        return ""

    @property
    def pdf_url(self) -> str:
        if arxiv := self.identifier("arxiv"):
            return f"https://arxiv.org/pdf/{arxiv}"
        acl = self.identifier("acl")
        return f"https://aclanthology.org/{acl}.pdf" if acl else ""

    @property
    def note(self) -> str:
        """What a reader of the reference must know beside it: the distinction, the withdrawal."""
        said = [self.distinction]
        if self.withdrawn_at:
            said.append(f"Withdrawn {self.withdrawn_at:%Y-%m-%d}")
        return ". ".join(filter(None, said))


def facts_of(keys: Sequence[int]) -> Iterator[PaperFacts]:
    """Yield the papers of these numbers in their order; those that are gone are left out.

    One query for each AT_ONCE papers, and three more when some of them have no citation key yet.
    """
    rest = iter(keys)
    while chunk := list(islice(rest, AT_ONCE)):
        found = {row["pk"]: _facts(row) for row in _rows(chunk)}
        fresh = {pk: stem(facts) for pk, facts in found.items() if not facts.key}
        for pk, key in give_keys(fresh).items():
            found[pk] = replace(found[pk], key=key)
        yield from (found[pk] for pk in chunk if pk in found)


def facts_about(paper: Paper) -> PaperFacts:
    return next(facts_of([paper.pk]))


def _rows(keys: Sequence[int]) -> Any:
    this = {"paper": OuterRef("pk")}
    topics = Placement.objects.current().filter(**this).order_by("-is_primary", "topic__path")
    code = PaperRepository.objects.current().filter(**this)
    citing = (
        Citation.objects.filter(cited=OuterRef("pk"))
        .order_by()
        .values("cited")
        .annotate(number=Count("citing", distinct=True))
    )
    starred = code.order_by().values("paper").annotate(most=Max("repository__stars"))
    label = Case(
        When(topic__parent=None, then=F("topic__name")),
        default=Concat("topic__parent__name", Value(" › "), "topic__name"),
    )
    return Paper.objects.filter(pk__in=keys).values(
        "pk",
        "title",
        "abstract",
        "year",
        "published_on",
        "published_precision",
        "distinction",
        "withdrawn_at",
        "created_at",
        "venue__name",
        "venue__full_name",
        "venue__kind",
        "venue__slug",
        "citation_key__key",
        author_names=ArraySubquery(
            Authorship.objects.filter(**this).order_by("position").values("printed_name")
        ),
        idents=ArraySubquery(
            Identifier.objects.filter(**this)
            .order_by("pk")
            .values(both=Concat("scheme", Value(":"), "value"))
        ),
        topic_labels=ArraySubquery(topics.values(shown=label)),
        code_urls=ArraySubquery(
            code.order_by("position", "pk").values(
                address=Concat(
                    Value("https://"),
                    "repository__host",
                    Value("/"),
                    "repository__owner",
                    Value("/"),
                    "repository__name",
                )
            )
        ),
        most_stars=Subquery(starred.values("most")),
        citing=Subquery(citing.values("number")),
        counted=Exists(CitationCount.objects.filter(**this)),
    )


def _facts(row: dict[str, Any]) -> PaperFacts:
    return PaperFacts(
        pk=row["pk"],
        key=row["citation_key__key"] or "",
        path=paper_path(row["pk"], row["title"]),
        title=_line(row["title"]),
        raw_abstract=row["abstract"],
        authors=tuple(name for name in map(_line, row["author_names"]) if name),
        year=row["year"],
        published_on=row["published_on"],
        precision=row["published_precision"],
        venue=_line(row["venue__name"] or ""),
        venue_full=_line(row["venue__full_name"] or ""),
        venue_kind=row["venue__kind"] or "",
        venue_slug=row["venue__slug"] or "",
        distinction=_line(row["distinction"]),
        identifiers=tuple(Ident(*text.split(":", 1)) for text in row["idents"]),
        topics=tuple(map(_line, row["topic_labels"])),
        code=tuple(row["code_urls"]),
        stars=row["most_stars"],
        citations=row["citing"] or (0 if row["counted"] else None),
        withdrawn_at=row["withdrawn_at"],
        created_at=row["created_at"],
    )


def _line(text: str) -> str:
    return " ".join(printable(readable(text)).split())


def latest(papers: Any, most: int) -> list[int]:
    """The numbers of the papers that were added last."""
    return list(papers.order_by("-created_at", "-pk").values_list("pk", flat=True)[:most])
