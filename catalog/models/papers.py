"""Papers: what they are called, how they are identified, who wrote them, and who says so."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex, OpClass
from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from catalog.models.base import KeyField, Source, Stated, one_of, tracked
from catalog.models.people import Author, Venue
from catalog.readable import readable

if TYPE_CHECKING:
    from catalog.models.catalogues import Placement, Topic
    from catalog.models.code import PaperRepository


def paper_path(pk: int, title: str) -> str:
    """The page of a paper; its number alone leads there, too."""
    slug = slugify(readable(title))[:60].strip("-") or "paper"
    return reverse("paper-detail", args=[pk, slug])


class PaperQuerySet(models.QuerySet["Paper"]):
    def public(self) -> Self:
        """Leave out duplicates that were merged away; a withdrawn paper stays, with its banner."""
        return self.filter(merged_into=None)

    def listed(self) -> Self:
        """Papers that some catalogue lists now."""
        from catalog.models.catalogues import Placement

        current = Placement.objects.current().filter(paper=models.OuterRef("pk"))
        return self.public().filter(models.Exists(current))

    def for_list(self) -> Self:
        """Load what one row of a list shows, in a fixed number of queries."""
        from catalog.models.catalogues import Placement
        from catalog.models.code import PaperRepository
        from catalog.models.graph import Citation

        citing = (
            Citation.objects.filter(cited=models.OuterRef("pk"))
            .order_by()
            .values("cited")
            .annotate(number=models.Count("citing", distinct=True))
        )
        authorships = Authorship.objects.select_related("author").order_by("position")
        placements = (
            Placement.objects.current()
            .select_related("topic__catalogue", "topic__parent")
            .order_by("-is_primary", "topic__path")
        )
        code = (
            PaperRepository.objects.current()
            .select_related("repository")
            .order_by("position", "pk")
        )
        return (
            self.select_related("venue")
            .prefetch_related(
                Prefetch("authorships", queryset=authorships),
                Prefetch("placements", queryset=placements, to_attr="current_placements"),
                Prefetch("repository_links", queryset=code, to_attr="current_code"),
            )
            .defer("abstract", "comment", "journal_ref")
            .annotate(
                citation_count=models.functions.Coalesce(
                    models.Subquery(citing.values("number")), models.Value(0)
                )
            )
        )

    def newest_first(self) -> Self:
        """The latest known date first; the key settles ties, so that pages never overlap."""
        return self.order_by(models.F("published_on").desc(nulls_last=True), "-year", "-pk")


@tracked
class Paper(models.Model):
    """One work: a paper, technical report or blog post, however many places list it."""

    class Precision(models.TextChoices):
        DAY = "day", "day"
        MONTH = "month", "month"
        YEAR = "year", "year"

    title = models.TextField()
    title_key = KeyField(of="title", db_index=True)
    abstract = models.TextField(blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, blank=True, related_name="papers")
    distinction = models.CharField(
        max_length=100, blank=True, help_text="Oral, Spotlight, Best Paper Award, Workshop …"
    )
    published_on = models.DateField(
        null=True, blank=True, help_text="First day of the month or year when no more is known."
    )
    published_precision = models.CharField(max_length=5, choices=Precision, blank=True)
    revised_on = models.DateField(
        null=True, blank=True, help_text="When arXiv's latest version came."
    )
    arxiv_version = models.PositiveSmallIntegerField("arXiv version", null=True, blank=True)
    categories = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="arXiv's subject classes, the primary one first.",
    )
    comment = models.TextField(blank=True, help_text="What the authors remark on arXiv.")
    journal_ref = models.TextField(
        "journal reference", blank=True, help_text="Where arXiv says that it appeared."
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    authors: "models.ManyToManyField[Author, Authorship]" = models.ManyToManyField(
        Author, through="Authorship", related_name="papers"
    )

    objects = PaperQuerySet.as_manager()

    # Set by PaperQuerySet.for_list.
    current_placements: "list[Placement]"
    current_code: "list[PaperRepository]"
    citation_count: int

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["-year", "id"], name="paper_year"),
            models.Index(fields=["-published_on", "id"], name="paper_published"),
            GinIndex(OpClass("title_key", "gin_trgm_ops"), name="paper_title_letters"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="paper_has_title"),
            models.CheckConstraint(
                condition=Q(year=None) | Q(year__range=(1800, 2200)), name="paper_year_plausible"
            ),
            models.CheckConstraint(
                condition=Q(published_on=None, published_precision="")
                | Q(
                    published_on__isnull=False,
                    published_precision__in=["day", "month", "year"],
                ),
                name="paper_date_has_precision",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
                name="paper_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return paper_path(self.pk, self.title)

    @property
    def primary_topic(self) -> "Topic | None":
        """The topic that rows show, of a paper from `for_list`."""
        return self.current_placements[0].topic if self.current_placements else None

    @property
    def more_authors(self) -> int:
        """How many authors follow the three that rows name."""
        return max(0, len(self.authorships.all()) - 3)

    @property
    def venue_label(self) -> str:
        """The venue as readers cite it: "ICLR 2025", but plain "arXiv"."""
        if not self.venue:
            return ""
        dated = self.year and self.venue.kind != Venue.Kind.PREPRINT
        return f"{self.venue.name} {self.year}" if dated else self.venue.name


@tracked
class TitleAlias(models.Model):
    """Another spelling under which a paper is listed or was known; searchable and matched on import."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="aliases")
    title = models.TextField()
    title_key = KeyField(of="title", db_index=True)
    source = models.CharField(max_length=20, choices=Source)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "title aliases"
        indexes = [GinIndex(OpClass("title_key", "gin_trgm_ops"), name="alias_title_letters")]
        constraints = [
            models.UniqueConstraint(fields=["paper", "title"], name="alias_once_per_paper"),
            one_of("source", Source, "alias_source_known"),
        ]

    def __str__(self) -> str:
        return self.title


class CitationKey(models.Model):
    """What bibliographies call a paper. It stays when title, year or authors change: somebody may cite by it."""

    paper = models.OneToOneField(Paper, models.CASCADE, related_name="citation_key")
    key = models.CharField(max_length=200, unique=True)
    stem = models.CharField(
        max_length=200, db_index=True, help_text="The key without the letter that tells it apart."
    )

    def __str__(self) -> str:
        return self.key


@tracked
class Provenance(models.Model):
    """Who gave a paper's field its present value, and when. A locked field is changed by curators only."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="provenance")
    field = models.CharField(max_length=40)
    source = models.CharField(max_length=20, choices=Source)
    detail = models.CharField(max_length=200, blank=True, help_text="Which list, which record.")
    stated_at = models.DateTimeField(default=timezone.now)
    locked = models.BooleanField(
        default=False, help_text="No import changes this field while the lock is set."
    )

    class Meta:
        verbose_name_plural = "provenance"
        constraints = [
            models.UniqueConstraint(fields=["paper", "field"], name="provenance_once_per_field"),
            one_of("source", Source, "provenance_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.get_source_display()}"

    def yields_to(self, source: Source) -> bool:
        """Whether a source may change the field: never a locked one, but a curator's once it is unlocked."""
        if self.locked:
            return False
        said = Source(self.source)
        return said == Source.CURATOR or source.precedence <= said.precedence


class IdentifierScheme(models.TextChoices):
    ARXIV = "arxiv", "arXiv"
    DOI = "doi", "DOI"
    OPENREVIEW = "openreview", "OpenReview"
    ACL = "acl", "ACL Anthology"
    S2 = "s2", "Semantic Scholar"
    OPENALEX = "openalex", "OpenAlex"
    URL = "url", "web page"


@tracked
class Identifier(models.Model):
    """What a registry calls a paper. The value is in the canonical form of catalog.identifiers."""

    Scheme = IdentifierScheme

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=12, choices=Scheme)
    value = models.CharField(max_length=1000)
    source = models.CharField(max_length=20, choices=Source, default=Source.CURATOR)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "value"], name="identifier_names_one_paper"),
            models.CheckConstraint(condition=~Q(value=""), name="identifier_has_value"),
            one_of("scheme", IdentifierScheme, "identifier_scheme_known"),
            one_of("source", Source, "identifier_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @property
    def url(self) -> str:
        """The page of the registry that shows this paper."""
        from catalog.identifiers import identifier_url

        return identifier_url(self.scheme, self.value)


@tracked
class RejectedIdentifier(models.Model):
    """A curator's word that a paper does not bear an identifier, so that no import gives it back."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="rejected_identifiers")
    scheme = models.CharField(max_length=12, choices=IdentifierScheme)
    value = models.CharField(max_length=1000)
    stated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "scheme", "value"], name="rejected_identifier_once"
            ),
            one_of("scheme", IdentifierScheme, "rejected_identifier_scheme_known"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@tracked
class Authorship(models.Model):
    """An author's place on a paper, with the name as that paper prints it."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="authorships")
    author = models.ForeignKey(Author, models.PROTECT, related_name="authorships")
    position = models.PositiveSmallIntegerField()
    printed_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["paper", "position"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "position"], name="authorship_position_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="authorship_from_one"),
        ]

    def __str__(self) -> str:
        return self.printed_name


class LinkKind(models.TextChoices):
    HOMEPAGE = "homepage", "homepage"
    PAPER = "paper", "full text"
    CODE = "code", "code"
    DATASET = "dataset", "dataset"
    MODEL = "model", "model"
    VIDEO = "video", "video"
    BLOG = "blog", "blog post"
    SLIDES = "slides", "slides"
    OTHER = "other", "link"


@tracked
class Link(Stated):
    """Any other page about a paper, by kind; code repositories have their own table."""

    Kind = LinkKind

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="links")
    kind = models.CharField(max_length=12, choices=Kind)
    url = models.URLField(max_length=1000)
    label = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        indexes = [HashIndex(fields=["url"], name="link_by_url")]
        constraints = [
            models.UniqueConstraint(fields=["paper", "url"], name="link_once_per_paper"),
            one_of("kind", LinkKind, "link_kind_known"),
            one_of("source", Source, "link_source_known"),
        ]

    def __str__(self) -> str:
        return self.url


class SimilarPaper(models.Model):
    """A paper's nearest neighbours by embedding, filled by the search application."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="similar")
    other = models.ForeignKey(Paper, models.CASCADE, related_name="similar_to")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField(help_text="Cosine similarity, 1 for the same direction.")

    class Meta:
        ordering = ["paper", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "rank"], name="similar_rank_once"),
            models.UniqueConstraint(fields=["paper", "other"], name="similar_pair_once"),
            models.CheckConstraint(
                condition=~Q(paper=models.F("other")), name="similar_to_another_paper"
            ),
        ]
