"""Importing a list from beginning to end: read, plan, apply."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_curators
from catalog.models import Catalogue, Run
from ingest import starter
from ingest.lists.apply import apply_plan
from ingest.lists.plan import Plan
from ingest.lists.planner import make_plan
from ingest.lists.reader import read_list
from ingest.lists.records import ListRefused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an import. `status` is applied, planned or refused; `message` says why it was refused."""

    plan: Plan
    status: str
    message: str = ""
    run: Run | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "catalogue": self.plan.slug,
            "status": self.status,
            "message": self.message,
            **self.plan.counts(),
            "problems": [problem.as_json() for problem in self.plan.problems],
        }


def plan_list(data: bytes, slug: str) -> Plan:
    """Say what importing these bytes would do; nothing is written."""
    return make_plan(read_list(data), slug)


def import_list(
    data: bytes,
    slug: str,
    *,
    force: bool = False,
    digest: str = "",
    reason: str = "",
    user: AbstractBaseUser | None = None,
) -> Outcome:
    """Import a list into a catalogue, made when it is new; raise ListRefused for what is no list.

    A list that changes nothing writes nothing, not even a run. `digest` names the plan that somebody
    agreed to: when the catalogue has changed since, the import is refused.
    """
    reading = read_list(data)
    with transaction.atomic():
        _lock(slug)
        plan = make_plan(reading, slug)
        if digest and plan.digest() != digest:
            message = "The catalogue has changed since this plan was shown; look at the new plan."
            return Outcome(plan, "refused", message)
        if plan.refusal and not force:
            return Outcome(plan, "refused", plan.refusal)
        if not plan:
            return Outcome(plan, "applied")
        counts = plan.counts()
        is_new = not catalogue_exists(slug)
        run = _record(plan, counts, reason, user)
        run.catalogue = apply_plan(plan, run)
        if is_new:
            starter.add_queries(run.catalogue)
        run.save(update_fields=["catalogue"])
    return Outcome(plan, "applied", run=run)


def _lock(slug: str) -> None:
    """Let one import into a catalogue at a time pass, and no curator beside it, until the transaction ends."""
    hold_off_curators()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"import:{slug}"])


def _record(plan: Plan, counts: dict[str, int], reason: str, user: AbstractBaseUser | None) -> Run:
    touched = counts["new"] + counts["changed"]
    return Run.objects.create(
        job=Run.Job.IMPORT_LIST,
        status=Run.Status.DONE,
        reason=reason[:200],
        user_id=user.pk if user else None,
        finished_at=timezone.now(),
        new=counts["new"],
        changed=counts["changed"],
        same=max(0, counts["papers"] - touched),
        details={**counts, "problems": len(plan.problems)},
    )


def catalogue_exists(slug: str) -> bool:
    return Catalogue.objects.filter(slug=slug).exists()


__all__ = ["ListRefused", "Outcome", "catalogue_exists", "import_list", "plan_list"]
