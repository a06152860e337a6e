"""What a source's answers put in doubt, kept as problems for a curator: one row however often it is met."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from catalog.models import Problem, Run
from catalog.models.upkeep import RunJob


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to tell a curator about a paper. `key` names the same doubt from run to run."""

    paper: int | None
    kind: str
    message: str
    key: str = ""

    @property
    def fingerprint(self) -> str:
        text = f"{self.kind}:{self.paper}:{self.key or self.message}"
        return hashlib.sha256(text.encode()).hexdigest()


def report_doubts(
    job: RunJob,
    doubts: Iterable[Doubt],
    looked_at: Collection[int],
    run: Run | None = None,
    *,
    lasting: Collection[str] = (),
) -> int:
    """Keep doubts; those of the papers looked at that were not met again are over. Return how many are new.

    `lasting` names kinds that are met once only and stay until a curator decides. What a curator has decided stays
    decided. Call it in the transaction of the batch.
    """
    met = {doubt.fingerprint: doubt for doubt in doubts}
    rows = Problem.objects.filter(job=job, catalogue=None)
    known = {row.fingerprint: row for row in rows.filter(fingerprint__in=met)}
    fresh = [
        Problem(
            job=job,
            kind=doubt.kind,
            message=doubt.message,
            fingerprint=name,
            paper_id=doubt.paper,
            run=run,
        )
        for name, doubt in met.items()
        if name not in known
    ]
    Problem.objects.bulk_create(fresh)
    reopened = 0
    for name, row in known.items():
        back = row.status == Problem.Status.GONE
        if back or row.message != met[name].message:
            row.message = met[name].message
            row.status = Problem.Status.OPEN if back else row.status
            row.save(update_fields=["message", "status"])
            reopened += back
    over = rows.open().filter(paper__in=looked_at).exclude(fingerprint__in=met)
    over.exclude(kind__in=lasting).update(status=Problem.Status.GONE)
    return len(fresh) + reopened
