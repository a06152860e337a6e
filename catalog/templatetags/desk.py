"""The desk: what waits for a curator, on the front of the admin."""

from typing import Any

from django import template

from catalog.desk import problems, waiting
from catalog.freshness import sources
from catalog.history.groups import latest
from catalog.link_desk import link_lines
from catalog.models import Run
from catalog.roles import catalogues_of

register = template.Library()

_RUNS = 5
_CHANGES = 8


@register.inclusion_tag("admin/_desk.html", takes_context=True)
def desk(context: dict[str, Any]) -> dict[str, Any]:
    user = context["request"].user
    whole, kinds = problems(user)
    sees_history = user.has_perm("pghistory.view_context")
    return {
        "perms": context["perms"],
        "is_closed": not context.get("available_apps"),
        "waiting": list(waiting(user)),
        "problems": whole,
        "problem_kinds": kinds,
        "failing": [one for one in sources() if one.is_failing or one.busy_until]
        if user.has_perm("catalog.view_sourcestate")
        else [],
        "link_lines": link_lines(user),
        "changes": latest(limit=_CHANGES)[0] if sees_history else [],
        "catalogues": catalogues_of(user),
        "runs": Run.objects.select_related("catalogue")[:_RUNS],
    }
