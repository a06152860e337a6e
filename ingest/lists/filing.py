"""A list's problems as rows: each filed once, brought up to date, and closed when it is no longer met."""

import hashlib

from catalog.models import Catalogue, Problem
from catalog.models.upkeep import RunJob
from ingest.lists.plan import ProblemPlan
from ingest.lists.records import ListProblem


def fingerprint(problem: ListProblem) -> str:
    """Name a problem by its kind and what it is about, whatever line it is on."""
    key = problem.key or problem.message
    return hashlib.sha256(f"{problem.kind}\n{key}".encode()).hexdigest()


def problem_rows(
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
