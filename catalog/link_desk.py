"""What the desk says of links, repositories and badges: how many there are to look at, and where.

Whoever edits certain catalogues is told of what their papers have, and led to that part of each list.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse

from catalog.evidence import doubtful
from catalog.models import (
    CodeSuggestion,
    LinkCheck,
    LinkOutcome,
    Paper,
    PaperRepository,
    Problem,
    Repository,
    RepositoryAlias,
)
from catalog.models.links import FAILURES
from catalog.roles import is_narrowed, reachable

OWN = "whose=mine"  # narrows a list to what is within reach (catalog.admin.reach)
ANOTHERS_STARS = Q(badge_repository__isnull=False) & ~Q(badge_repository=F("repository"))


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A number of things to look at, in words, with the list that holds them."""

    text: str
    url: str


def link_lines(user: Any) -> list[DeskLine]:
    """The lines for a user who may look at these tables; nothing of what there is none of."""
    own = is_narrowed(user)
    lines = []
    if user.has_perm("catalog.view_linkcheck"):
        lines += _of_links(user, own)
    if user.has_perm("catalog.view_paperrepository"):
        lines += _of_code(user, own)
    if user.has_perm("catalog.view_repository"):
        lines += _of_repositories(user, own)
    if user.has_perm("catalog.view_codesuggestion"):
        rows = CodeSuggestion.objects.filter(status=CodeSuggestion.Status.OPEN)
        words = "repository named in a text|repositories named in texts"
        number = reachable(user, rows).count()
        lines += line(number, words, "codesuggestion", "status__exact=open", own=own)
    return lines


def line(
    number: int,
    words: str,
    model: str,
    query: str = "",
    *,
    page: str = "changelist",
    own: bool = False,
) -> list[DeskLine]:
    """One line, or none; the words are for one, then for several. `own`: the list shows no more than was counted."""
    if not number:
        return []
    one, several = words.split("|")
    query = "&".join(filter(None, [query, OWN if own and page == "changelist" else ""]))
    url = reverse(f"admin:catalog_{model}_{page}") + (f"?{query}" if query else "")
    return [DeskLine(f"{number:,} {one if number == 1 else several}", url)]


def _of_links(user: Any, own: bool) -> list[DeskLine]:
    numbers = reachable(user, LinkCheck.objects.worth_a_look()).aggregate(
        dead=Count("pk", filter=Q(dead_at__isnull=False)),
        failing=Count("pk", filter=Q(dead_at=None, outcome__in=FAILURES)),
        moved=Count("pk", filter=Q(outcome=LinkOutcome.MOVED)),
    )
    return [
        *line(numbers["dead"], "dead link|dead links", "linkcheck", "look=dead", own=own),
        *line(numbers["failing"], "link that fails for now|links that fail for now", "linkcheck", "look=failing", own=own),
        *line(numbers["moved"], "link that has moved for good|links that have moved for good", "linkcheck", "look=moved", own=own),
    ]  # fmt: skip


def _of_repositories(user: Any, own: bool) -> list[DeskLine]:
    archived, gone = Q(is_archived=True, gone_at=None), Q(gone_at__isnull=False)
    numbers = (
        in_use(user)
        .filter(RENAMED | archived | gone)
        .aggregate(
            renamed=Count("pk", filter=RENAMED),
            archived=Count("pk", filter=archived),
            gone=Count("pk", filter=gone),
        )
    )
    replaced = reachable(user, Problem.objects.open().filter(kind=REPLACED)).count()
    return [
        *line(numbers["gone"], "repository is gone from its host|repositories are gone from their host", "repository", "look=gone", own=own),
        *line(replaced, "repository’s name is another one’s by now|repositories’ names are others’ by now", "problem", f"status__exact=open&kind={REPLACED}", own=own),
        *line(numbers["archived"], "repository is archived|repositories are archived", "repository", "look=archived", own=own),
        *line(numbers["renamed"], "repository was renamed|repositories were renamed", "repository", "look=renamed", own=own),
    ]  # fmt: skip


def _of_code(user: Any, own: bool) -> list[DeskLine]:
    numbers = (
        _links(user)
        .filter(ANOTHERS_STARS | doubtful())
        .aggregate(badges=Count("pk", filter=ANOTHERS_STARS), doubts=Count("pk", filter=doubtful()))
    )
    return [
        *line(numbers["badges"], "badge counts another repository’s stars|badges count another repository’s stars", "paperrepository", "look=badge", own=own),
        *line(numbers["doubts"], "repository is linked by a list alone, and its README names other papers|repositories are linked by a list alone, and their READMEs name other papers", "paperrepository", "look=doubtful", own=own),
    ]  # fmt: skip


REPLACED = "repository-replaced"
RENAMED = Q(Exists(RepositoryAlias.objects.filter(repository=OuterRef("pk"))))


def in_use(user: Any = None) -> Any:
    """Repositories that a paper's current link leads to, or counts the stars of; given a user, a paper within reach."""
    links = _links(user)
    counted = links.exclude(badge_repository=None)
    used = links.values("repository").union(counted.values("badge_repository"))
    return Repository.objects.filter(pk__in=used)


def _links(user: Any = None) -> QuerySet[PaperRepository]:
    """Current links of papers that stand, given a user of those within reach; the merged papers are few, and all papers many."""
    merged = Paper.objects.exclude(merged_into=None).values("pk")
    links = PaperRepository.objects.current().exclude(paper__in=merged).order_by()
    return reachable(user, links) if user else links
