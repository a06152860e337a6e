"""Importing a list from beginning to end: read, plan, apply."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import pghistory
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_curators
from catalog.history.contexts import by_run
from catalog.models import Catalogue, Problem, Run
from ingest import starter
from ingest.lists.apply import Applied, apply_plan, note_paths
from ingest.lists.changes import Change, changes_of
from ingest.lists.collector import collector_paused
from ingest.lists.conflicts import Conflict
from ingest.lists.field_statements import keep_list_statements
from ingest.lists.filing import fingerprint
from ingest.lists.plan import Plan
from ingest.lists.planner import conflict_problem, make_plan
from ingest.lists.reader import read_list
from ingest.lists.records import ListRefused
from ingest.lists.resolving import Choice, Resolver, Verdict, check_choices
from ingest.lists.selection import keep, with_needs, without_declined
from ingest.lists.statements import Keeper
from ingest.models import DeclinedChange, UploadedList

_NOTED = "The list puts some things otherwise than before; nothing of the catalogue changes by it."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an import. `status` is applied, planned or refused; `message` says why it was refused."""

    plan: Plan
    status: str
    message: str = ""
    run: Run | None = None
    left: int = 0  # changes that were not accepted, or declined before
    open_conflicts: int = 0
    resolved: int = 0  # conflicts

    def as_json(self) -> dict[str, object]:
        return {
            "catalogue": self.plan.slug,
            "status": self.status,
            "message": self.message,
            **self.plan.counts(),
            "conflicts": self.open_conflicts
            if self.status == "applied"
            else len(self.plan.conflicts),
            "left_out": self.left,
            "problems": [problem.as_json() for problem in self.plan.problems],
        }


@collector_paused()
def plan_list(data: bytes, slug: str) -> Plan:
    """Say what importing these bytes would do; nothing is written."""
    return make_plan(read_list(data), slug)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person accepts of a plan. Without one all is applied but what was declined, and conflicts stay open."""

    taken: Collection[str]  # keys of changes
    choices: Mapping[str, Choice] = field(default_factory=dict)  # by keys of conflicts
    decline: bool = False  # whether what was not taken is never to be proposed again


@collector_paused()
def import_list(
    data: bytes,
    slug: str,
    *,
    force: bool = False,
    digest: str = "",
    reason: str = "",
    user: AbstractBaseUser | None = None,
    acceptance: Acceptance | Callable[[Plan], Acceptance | None] | None = None,
) -> Outcome:
    """Import a list into a catalogue, made when it is new; raise ListRefused for what is no list.

    A list that says nothing new writes nothing, not even a run. `digest` names the plan that somebody
    agreed to: when the catalogue has changed since, the import is refused. `acceptance` says what is
    taken of it, or is a function that says so of the plan.
    """
    reading = read_list(data)
    with transaction.atomic():
        _lock(slug)
        plan = make_plan(reading, slug)
        if digest and plan.digest() != digest:
            message = "The catalogue has changed since this plan was shown; look at the new plan."
            return Outcome(plan, "refused", message)
        cut = _Cut.of(plan, acceptance(plan) if callable(acceptance) else acceptance)
        if plan.refusal and not force:
            return Outcome(plan, "refused", plan.refusal)
        if plan.catalogue is None and cut.left and not any((plan.papers, plan.topics.new)):
            return Outcome(plan, "applied", left=len(cut.left))  # nothing of a new list was wanted
        if not plan and not cut.choices and not cut.declined:
            run = _note(plan, cut, reason, user)
            return Outcome(
                plan, "applied", run=run, left=len(cut.left), open_conflicts=len(cut.open)
            )
        counts = plan.counts()
        is_new = not catalogue_exists(slug)
        run = _record(plan, counts, reason, user)
        with by_run(run):
            applied = apply_plan(plan, run)
            _settle(plan, applied, cut, user)
            keep_list_statements(plan)
            run.catalogue = applied.catalogue
            if is_new:
                starter.add_queries(run.catalogue)
        run.save(update_fields=["catalogue"])
    return Outcome(
        plan,
        "applied",
        run=run,
        left=len(cut.left),
        open_conflicts=len(cut.open),
        resolved=len(cut.choices),
    )


def _said(plan: Plan, reason: str) -> dict[str, object]:
    """Whose hand it is that notes what the list says, where nothing else comes of it."""
    said: dict[str, object] = {"job": str(Run.Job.IMPORT_LIST), "reason": reason[:200]}
    return said | ({"catalogue": plan.catalogue.pk} if plan.catalogue else {})


def leave_for_curators(outcome: Outcome, name: str, data: bytes) -> None:
    """Leave a list whose plan was refused, or met conflicts, where curators decide; forget one that is settled."""
    slug = outcome.plan.slug
    if outcome.status == "refused" or outcome.open_conflicts:
        UploadedList.objects.leave(slug, name, data)
    else:
        UploadedList.objects.settle(slug)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What was left out of a plan, and what was decided beside it."""

    left: set[str]
    declined: list[Change]  # to be remembered
    accepted: list[str]  # fingerprints that were declined before and are not any more
    choices: dict[Conflict, Choice]
    open: list[Conflict]

    @property
    def unsettled(self) -> set[str]:
        return self.left | {conflict.key for conflict in self.open}

    @classmethod
    def of(cls, plan: Plan, acceptance: Acceptance | None) -> "_Cut":
        """Cut the plan down; nothing is written."""
        changes = changes_of(plan)
        before = declined_before(plan)
        if acceptance is None:
            left = keep(plan, without_declined(changes, before))
            return cls(left, [], [], {}, plan.conflicts)
        conflicts = plan.conflicts
        check_choices(conflicts, acceptance.choices)
        taken = with_needs(changes, acceptance.taken)
        left = keep(plan, taken)
        rest = [change for change in changes if change.key in left]
        declined = [change for change in rest if change.fingerprint not in before]
        decided = {
            conflict: acceptance.choices[conflict.key]
            for conflict in conflicts
            if acceptance.choices.get(conflict.key, Choice(Verdict.LATER)).verdict != Verdict.LATER
        }
        return cls(
            left,
            declined if acceptance.decline else [],
            [change.fingerprint for change in changes if change.key in taken],
            decided,
            [conflict for conflict in conflicts if conflict not in decided],
        )


def declined_before(plan: Plan) -> set[str]:
    """The fingerprints of what a curator of the catalogue never wants to be asked again."""
    rows = DeclinedChange.objects.filter(catalogue=plan.catalogue) if plan.catalogue else None
    return set(rows.values_list("fingerprint", flat=True)) if rows is not None else set()


def _note(plan: Plan, cut: _Cut, reason: str, user: AbstractBaseUser | None) -> Run | None:
    """Keep what a list says anew where nothing of the catalogue changes by it: that is a run too, if there is any."""
    if plan.catalogue is None:
        return None
    found = plan.topics.joined | plan.topics.rows
    topics = {path: row.pk for path, row in found.items()}
    news = [(line, row.pk) for line, row in plan.announcements.joined]
    keeper = Keeper(plan, plan.catalogue, cut.unsettled, topics, news)
    if not keeper and not plan.topics.relisted:
        with pghistory.context(**_said(plan, reason)):
            keep_list_statements(plan)
        return None
    run = _record(plan, plan.counts(), reason, user, message=_NOTED)
    with by_run(run):
        note_paths(plan.topics)
        keeper.keep()
        keep_list_statements(plan)
    return run


def _settle(plan: Plan, applied: Applied, cut: _Cut, user: AbstractBaseUser | None) -> None:
    """Resolve conflicts, remember what was declined, and what the list said."""
    catalogue = applied.catalogue
    resolver = Resolver(plan, applied.topic_at, user)
    for conflict, choice in cut.choices.items():
        resolver.resolve(conflict, choice)
    filed = Problem.objects.filter(catalogue=catalogue, job=Run.Job.IMPORT_LIST)
    resolved = [fingerprint(conflict_problem(conflict)) for conflict in cut.choices]
    filed.filter(fingerprint__in=resolved).update(status=Problem.Status.GONE)
    declined = DeclinedChange.objects.filter(catalogue=catalogue)
    declined.filter(fingerprint__in=cut.accepted).delete()
    DeclinedChange.objects.bulk_create(
        [
            DeclinedChange(
                catalogue=catalogue,
                fingerprint=change.fingerprint,
                text=change.text[:2000],
                user_id=user.pk if user else None,
            )
            for change in cut.declined
        ],
        ignore_conflicts=True,
    )
    topics = {path: topic.pk for path, topic in applied.topic_at.items()}
    Keeper(plan, catalogue, cut.unsettled, topics, applied.news).keep()


def _lock(slug: str) -> None:
    """Let one import into a catalogue at a time pass, and no curator beside it, until the transaction ends."""
    hold_off_curators()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"import:{slug}"])


def _record(
    plan: Plan,
    counts: dict[str, int],
    reason: str,
    user: AbstractBaseUser | None,
    message: str = "",
) -> Run:
    touched = counts["new"] + counts["changed"]
    return Run.objects.create(
        job=Run.Job.IMPORT_LIST,
        status=Run.Status.DONE,
        reason=reason[:200],
        catalogue=plan.catalogue,
        user_id=user.pk if user else None,
        finished_at=timezone.now(),
        new=counts["new"],
        changed=counts["changed"],
        same=max(0, counts["papers"] - touched),
        details={**counts, "problems": len(plan.problems)},
        message=message,
    )


def catalogue_exists(slug: str) -> bool:
    return Catalogue.objects.filter(slug=slug).exists()


__all__ = [
    "Acceptance",
    "ListRefused",
    "Outcome",
    "catalogue_exists",
    "declined_before",
    "import_list",
    "leave_for_curators",
    "plan_list",
]
