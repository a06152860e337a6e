"""Whether something proposed is a paper that is here already."""

from catalog.folding import fold
from catalog.models import Identifier, Paper, RejectedIdentifier
from catalog.readable import readable

Name = tuple[str, str]  # scheme and value of an identifier


def known_paper(scheme: str, value: str, title: str) -> Paper | None:
    """Return the paper that `known_papers` finds for one."""
    found = known_papers({(scheme, value): title})
    return Paper.objects.get(pk=found[scheme, value]) if found else None


def known_papers(titles: dict[Name, str]) -> dict[Name, int]:
    """Return the paper that bears each identifier, else the one of its title that has none of its kind.

    Two papers may share a title: one that has an identifier of that kind, or was refused this one, is another paper.
    The number of queries does not grow with what is asked for.
    """
    schemes, values = {scheme for scheme, _ in titles}, {value for _, value in titles}
    named = {"scheme__in": schemes, "value__in": values}
    rows = Identifier.objects.filter(**named).values_list("scheme", "value", "paper")
    found = {(scheme, value): paper for scheme, value, paper in rows if (scheme, value) in titles}
    keys = {name: fold(readable(title)) for name, title in titles.items() if name not in found}
    by_key: dict[str, list[int]] = {}
    titled = Paper.objects.public().filter(title_key__in=set(keys.values())).order_by("pk")
    for key, paper in titled.values_list("title_key", "pk"):
        by_key.setdefault(key, []).append(paper)
    papers = {paper for some in by_key.values() for paper in some}
    bearing = set(
        Identifier.objects.filter(paper__in=papers, scheme__in=schemes).values_list(
            "paper", "scheme"
        )
    )
    refused = set(
        RejectedIdentifier.objects.filter(paper__in=papers, **named).values_list(
            "paper", "scheme", "value"
        )
    )
    for (scheme, value), key in keys.items():
        for paper in by_key.get(key, ()):
            if (paper, scheme) not in bearing and (paper, scheme, value) not in refused:
                found[scheme, value] = paper
                break
    return found
