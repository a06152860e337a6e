"""What jobs leave behind: runs, problems for the curator, candidates to decide on."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.base import Source, one_of, tracked
from catalog.models.catalogues import Catalogue, Topic
from catalog.models.papers import Identifier, Paper


class RunJob(models.TextChoices):
    IMPORT_LIST = "import_list", "list import"
    EMBED = "embed", "embedding"
    ARXIV = "arxiv", "arXiv"
    CANDIDATES = "candidates", "candidates"
    GITHUB = "github", "GitHub"
    CITATIONS = "citations", "citations"
    GRAPH = "graph", "graph"
    SYSTEMS = "systems", "systems"
    DUMP = "dump", "dump"
    MAP = "map", "map"
    DUPLICATES = "duplicates", "duplicates"
    VENUES = "venues", "venues"
    LINKS = "links", "links"
    READMES = "readmes", "READMEs"
    TAKE_BACK = "take_back", "taking back"


class RunStatus(models.TextChoices):
    RUNNING = "running", "running"
    DONE = "done", "done"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"
    INTERRUPTED = "interrupted", "interrupted"


class Run(models.Model):
    """One execution of a job, with what it saw and did."""

    Job = RunJob

    Status = RunStatus

    job = models.CharField(max_length=20, choices=Job)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it ran: by whom or what.")
    catalogue = models.ForeignKey(
        Catalogue, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0, help_text="What remained to be done at the end.")
    message = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    holder = models.CharField(
        max_length=200, blank=True, help_text="The process that is at it now, as host:process."
    )
    batch = models.JSONField(
        default=dict, blank=True, help_text="What it is at now, to be told should it die."
    )
    deaths = models.PositiveSmallIntegerField(
        default=0, help_text="How many processes have died at this batch."
    )
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when it waits because its source asked for it."
    )

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["job", "-started_at"], name="run_latest")]
        constraints = [
            one_of("job", RunJob, "run_job_known"),
            one_of("status", RunStatus, "run_status_known"),
            models.CheckConstraint(
                condition=Q(status="running", finished_at=None)
                | (~Q(status="running") & Q(finished_at__isnull=False)),
                name="run_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_job_display()} {self.started_at:%Y-%m-%d %H:%M}"

    def finish(self, status: RunStatus, message: str) -> None:
        """End the run, and store what it has counted."""
        self.status, self.message = status, message
        self.finished_at, self.holder = timezone.now(), ""
        self.save()


class SourceState(models.Model):
    """How a source last behaved: whether it is asked now, and what is left of our allowance."""

    source = models.CharField(max_length=20, choices=Source, unique=True)
    answered_at = models.DateTimeField("last good answer", null=True, blank=True)
    failed_at = models.DateTimeField("last failure", null=True, blank=True)
    failures = models.PositiveIntegerField("failures in a row", default=0)
    reason = models.CharField("last reason", max_length=500, blank=True)
    open_until = models.DateTimeField(
        "not asked until", null=True, blank=True, help_text="It failed too often in a row."
    )
    busy_until = models.DateTimeField(
        "asked us to wait until", null=True, blank=True, help_text="By its own word."
    )
    allowance = models.PositiveIntegerField(null=True, blank=True)
    allowance_left = models.PositiveIntegerField(null=True, blank=True)
    allowance_resets_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "source"
        ordering = ["source"]
        constraints = [one_of("source", Source, "source_state_source_known")]

    def __str__(self) -> str:
        return str(self.get_source_display())


class ProblemQuerySet(models.QuerySet["Problem"]):
    def open(self) -> Self:
        return self.filter(status=Problem.Status.OPEN)


class ProblemStatus(models.TextChoices):
    OPEN = "open", "open"
    RESOLVED = "resolved", "resolved"
    IGNORED = "ignored", "ignored"
    GONE = "gone", "no longer met"


@tracked
class Problem(models.Model):
    """Something a job could not settle or had to mend; one row however often it is met again."""

    Status = ProblemStatus

    job = models.CharField(max_length=20, choices=RunJob)
    kind = models.CharField(max_length=40)
    message = models.TextField()
    fingerprint = models.CharField(
        max_length=64, help_text="Names the same problem from run to run."
    )
    line = models.PositiveIntegerField(null=True, blank=True)
    catalogue = models.ForeignKey(
        Catalogue, models.CASCADE, null=True, blank=True, related_name="problems"
    )
    paper = models.ForeignKey(Paper, models.CASCADE, null=True, blank=True, related_name="problems")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="problems")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ProblemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "job", "fingerprint"],
                name="problem_once",
                nulls_distinct=False,
            ),
            one_of("job", RunJob, "problem_job_known"),
            one_of("status", ProblemStatus, "problem_status_known"),
        ]

    def __str__(self) -> str:
        return self.message


class CandidateStatus(models.TextChoices):
    OPEN = "open", "to decide"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"


@tracked
class Candidate(models.Model):
    """A paper a job proposes for a catalogue; what a curator decides is remembered."""

    Status = CandidateStatus

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="candidates")
    scheme = models.CharField(max_length=12, choices=Identifier.Scheme)
    value = models.CharField(max_length=1000)
    title = models.TextField()
    abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, blank=True, help_text="Names as printed, in order.")
    published_on = models.DateField(null=True, blank=True)
    suggested_topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, related_name="candidates"
    )
    confidence = models.FloatField(null=True, blank=True, help_text="From 0 to 1.")
    reasons = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    paper = models.ForeignKey(
        Paper, models.SET_NULL, null=True, blank=True, related_name="candidates"
    )
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-confidence", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "scheme", "value"], name="candidate_once_per_catalogue"
            ),
            one_of("scheme", Identifier.Scheme, "candidate_scheme_known"),
            one_of("status", CandidateStatus, "candidate_status_known"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__range=(0, 1)),
                name="candidate_confidence_is_share",
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class HarvestQuery(models.Model):
    """A question to arXiv's search whose new answers become a catalogue's candidates."""

    catalogue = models.ForeignKey(Catalogue, models.CASCADE, related_name="harvest_queries")
    query = models.CharField(
        max_length=500,
        help_text='In arXiv\'s language: cat:cs.CL AND (abs:"long context" OR abs:"context window")',
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        verbose_name_plural = "harvest queries"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "query"], name="harvest_query_once"),
            models.CheckConstraint(condition=~Q(query=""), name="harvest_query_says_something"),
        ]

    def __str__(self) -> str:
        return self.query


class SuggestionStatus(models.TextChoices):
    OPEN = "open", "to decide"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"


@tracked
class VenueSuggestion(models.Model):
    """What a source says of where a paper appeared, other than what is listed; a curator decides."""

    Status = SuggestionStatus

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="venue_suggestions")
    source = models.CharField(max_length=20, choices=Source)
    text = models.CharField(max_length=500, help_text="As the source prints it.")
    venue_name = models.CharField("venue", max_length=120)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    distinction = models.CharField(max_length=100, blank=True)
    status = models.CharField(
        max_length=10, choices=SuggestionStatus, default=SuggestionStatus.OPEN
    )
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "source", "text"], name="venue_suggestion_once"
            ),
            one_of("source", Source, "venue_suggestion_source_known"),
            one_of("status", SuggestionStatus, "venue_suggestion_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.venue_name} {self.year or ''}".strip()
