"""Whether something proposed is a paper that is here already."""

from catalog.folding import fold
from catalog.models import Identifier, Paper, RejectedIdentifier
from catalog.readable import readable


def known_paper(scheme: str, value: str, title: str) -> Paper | None:
    """Return the paper that bears an identifier, else the one of the title that has none of its kind.

    Two papers may share a title: one that has an identifier of that kind is another paper.
    """
    held = Identifier.objects.filter(scheme=scheme, value=value).select_related("paper").first()
    if held:
        return held.paper
    titled = Paper.objects.public().filter(title_key=fold(readable(title)))
    refused = RejectedIdentifier.objects.filter(scheme=scheme, value=value).values("paper")
    return titled.exclude(identifiers__scheme=scheme).exclude(pk__in=refused).order_by("pk").first()
