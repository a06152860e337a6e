"""The desk: what waits for a curator, on the front of the admin."""

from typing import Any

from django import template
from django.db.models import Count

from catalog.freshness import sources
from catalog.link_desk import link_lines
from catalog.models import (
    Candidate,
    Catalogue,
    Problem,
    Proposal,
    Relation,
    Run,
    Source,
    VenueSuggestion,
)

register = template.Library()

_RUNS = 5


@register.inclusion_tag("admin/_desk.html", takes_context=True)
def desk(context: dict[str, Any]) -> dict[str, Any]:
    kinds = Problem.objects.open().values("kind").annotate(number=Count("pk")).order_by("-number")
    return {
        "perms": context["perms"],
        "is_closed": not context.get("available_apps"),
        "catalogues": Catalogue.objects.all(),
        "problems": list(kinds),
        "problem_count": sum(row["number"] for row in kinds),
        "candidate_count": Candidate.objects.filter(status=Candidate.Status.OPEN).count(),
        "suggestion_count": VenueSuggestion.objects.filter(
            status=VenueSuggestion.Status.OPEN
        ).count(),
        "proposal_count": Proposal.objects.open().count(),
        "relation_count": Relation.objects.current().filter(source=Source.DERIVED).count(),
        "failing": [one for one in sources() if one.is_failing or one.busy_until],
        "link_lines": link_lines(context["request"].user),
        "runs": Run.objects.select_related("catalogue")[:_RUNS],
    }
