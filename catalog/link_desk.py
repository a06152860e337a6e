"""What the desk says of links, repositories and badges: how many there are to look at, and where."""

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

ANOTHERS_STARS = Q(badge_repository__isnull=False) & ~Q(badge_repository=F("repository"))


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A number of things to look at, in words, with the list that holds them."""

    text: str
    url: str


def link_lines(user: Any) -> list[DeskLine]:
    """The lines for a user who may look at these tables; nothing of what there is none of."""
    lines = []
    if user.has_perm("catalog.view_linkcheck"):
        lines += _of_links()
    if user.has_perm("catalog.view_paperrepository"):
        lines += _of_code()
    if user.has_perm("catalog.view_repository"):
        lines += _of_repositories()
    if user.has_perm("catalog.view_codesuggestion"):
        number = CodeSuggestion.objects.filter(status=CodeSuggestion.Status.OPEN).count()
        lines += line(
            number,
            "repository named in a text|repositories named in texts",
            "codesuggestion",
            "status__exact=open",
        )
    return lines


def line(
    number: int, words: str, model: str, query: str = "", *, page: str = "changelist"
) -> list[DeskLine]:
    """One line, or none; the words are for one, then for several."""
    if not number:
        return []
    one, several = words.split("|")
    url = reverse(f"admin:catalog_{model}_{page}") + (f"?{query}" if query else "")
    return [DeskLine(f"{number:,} {one if number == 1 else several}", url)]


def _of_links() -> list[DeskLine]:
    numbers = LinkCheck.objects.aggregate(
        dead=Count("pk", filter=Q(dead_at__isnull=False)),
        failing=Count("pk", filter=Q(dead_at=None, outcome__in=FAILURES)),
        moved=Count("pk", filter=Q(outcome=LinkOutcome.MOVED)),
    )
    return [
        *line(numbers["dead"], "dead link|dead links", "linkcheck", "look=dead"),
        *line(numbers["failing"], "link that fails for now|links that fail for now", "linkcheck", "look=failing"),
        *line(numbers["moved"], "link that has moved for good|links that have moved for good", "linkcheck", "look=moved"),
    ]  # fmt: skip


def _of_repositories() -> list[DeskLine]:
    archived, gone = Q(is_archived=True, gone_at=None), Q(gone_at__isnull=False)
    numbers = (
        in_use()
        .filter(RENAMED | archived | gone)
        .aggregate(
            renamed=Count("pk", filter=RENAMED),
            archived=Count("pk", filter=archived),
            gone=Count("pk", filter=gone),
        )
    )
    replaced = Problem.objects.open().filter(kind=REPLACED).count()
    return [
        *line(numbers["gone"], "repository is gone from its host|repositories are gone from their host", "repository", "look=gone"),
        *line(replaced, "repository’s name is another one’s by now|repositories’ names are others’ by now", "problem", f"status__exact=open&kind={REPLACED}"),
        *line(numbers["archived"], "repository is archived|repositories are archived", "repository", "look=archived"),
        *line(numbers["renamed"], "repository was renamed|repositories were renamed", "repository", "look=renamed"),
    ]  # fmt: skip


def _of_code() -> list[DeskLine]:
    numbers = (
        _links()
        .filter(ANOTHERS_STARS | doubtful())
        .aggregate(badges=Count("pk", filter=ANOTHERS_STARS), doubts=Count("pk", filter=doubtful()))
    )
    return [
        *line(numbers["badges"], "badge counts another repository’s stars|badges count another repository’s stars", "paperrepository", "look=badge"),
        *line(numbers["doubts"], "repository is linked by a list alone, and its README names other papers|repositories are linked by a list alone, and their READMEs name other papers", "paperrepository", "look=doubtful"),
    ]  # fmt: skip


REPLACED = "repository-replaced"
RENAMED = Q(Exists(RepositoryAlias.objects.filter(repository=OuterRef("pk"))))


def in_use() -> Any:
    """Repositories that a paper's current link leads to, or counts the stars of."""
    counted = _links().exclude(badge_repository=None)
    used = _links().values("repository").union(counted.values("badge_repository"))
    return Repository.objects.filter(pk__in=used)


def _links() -> QuerySet[PaperRepository]:
    """Current links of papers that stand; the merged ones are few, and all papers many."""
    merged = Paper.objects.exclude(merged_into=None).values("pk")
    return PaperRepository.objects.current().exclude(paper__in=merged).order_by()
