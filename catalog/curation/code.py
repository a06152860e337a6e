"""A curator's word on code: repositories that texts name, and badges that count another one's stars."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_rows
from catalog.models import CodeSuggestion, PaperRepository, Repository, RepositoryAlias


@transaction.atomic
def accept_code(suggestion: CodeSuggestion, user: AbstractBaseUser) -> PaperRepository:
    """Link a repository that a paper's text names to the paper, as the curator's word."""
    hold_off_imports()
    row = CodeSuggestion.objects.select_for_update().filter(pk=suggestion.pk).first()
    if row is None:
        raise Refused(f"“{suggestion}” is no longer suggested.")
    if row.status == CodeSuggestion.Status.ACCEPTED:
        raise Refused(f"“{row}” is accepted already.")
    if row.paper.merged_into_id:
        raise Refused(f"“{row.paper}” was merged into another paper meanwhile.")
    link = PaperRepository(repository=_repository(row), url=row.url)
    link.position = PaperRepository.objects.current().filter(paper=row.paper).count()
    save_rows(row.paper, [link])
    _decide([row], CodeSuggestion.Status.ACCEPTED, user)
    return link


def _repository(row: CodeSuggestion) -> Repository:
    """The repository of this name, present or former; made when it was not known."""
    named: list[Any] = [
        Exact(Lower(field), value)
        for field, value in zip(("host", "owner", "name"), row.key, strict=True)
    ]
    if found := Repository.objects.filter(*named).first():
        return found
    if alias := RepositoryAlias.objects.filter(*named).select_related("repository").first():
        return alias.repository
    return Repository.objects.create(host=row.host, owner=row.owner, name=row.name)


@transaction.atomic
def reject_code(suggestions: QuerySet[CodeSuggestion], user: AbstractBaseUser) -> int:
    """Remember that these are not the papers' code, so that they are not suggested again."""
    waiting = list(
        suggestions.filter(status=CodeSuggestion.Status.OPEN).select_for_update(of=("self",))
    )
    _decide(waiting, CodeSuggestion.Status.REJECTED, user)
    return len(waiting)


def _decide(rows: Iterable[CodeSuggestion], status: str, user: AbstractBaseUser) -> None:
    for row in rows:
        row.status, row.decided_at = status, timezone.now()
        row.decided_by_id = user.pk
        row.save(update_fields=["status", "decided_at", "decided_by"])


@transaction.atomic
def count_own_stars(rows: Iterable[PaperRepository]) -> int:
    """Let badges count the stars of the repository that they lead to; the list's badge is overruled from now on."""
    hold_off_imports()
    mended = 0
    for row in rows:
        if row.retired_at is None and row.badge_repository_id is not None:
            row.badge_repository = None
            save_rows(row.paper, [row])
            mended += 1
    return mended
