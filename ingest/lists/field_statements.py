"""What a list says of each paper's fields, beside what the others say: kept whether or not it is what is shown."""

from typing import Any

from catalog.models import Source
from catalog.statements import dated, keep_statements
from ingest.lists.plan import PaperPlan, Plan


def keep_list_statements(plan: Plan) -> None:
    """Keep the list's word on its papers, also where another's holds. Writes nothing when the list says what it said."""
    listed = {item.paper.pk: item for item in plan.papers if item.paper is not None}
    said: dict[int, dict[str, Any]] = {paper: _said(item) for paper, item in listed.items()}
    said |= {item.paper.pk: {} for item in plan.gone}
    keep_statements(Source.LIST, said, detail=plan.slug)
    derived = {
        paper: {"published_on": dated(item.facts.published_on, "month")}
        for paper, item in listed.items()
        if item.facts.precision == "month"
    }
    keep_statements(Source.DERIVED, derived, about=["published_on"])


def _said(item: PaperPlan) -> dict[str, Any]:
    facts = item.facts
    said = {
        "title": facts.title,
        "authors": list(facts.authors),
        "venue": facts.venue.name,
        "year": facts.venue.year,
        "distinction": facts.venue.distinction,
    }
    if (
        facts.precision == "year"
    ):  # the month is read off the arXiv identifier, and is nobody's word
        said["published_on"] = dated(facts.published_on, facts.precision)
    return said
