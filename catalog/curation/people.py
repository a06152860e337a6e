"""A curator's word on those around the papers: their people, venues and repositories."""

from collections.abc import Collection

from django.db import transaction

from catalog.curation.locks import hold_off_imports
from catalog.folding import fold
from catalog.models import Author, Repository, Venue
from catalog.signals import announce_changed_papers


@transaction.atomic
def save_author(author: Author, changed: Collection[str]) -> None:
    """Save an author; what papers print stays as it is."""
    hold_off_imports()
    author.save(update_fields=_columns(author, changed, ["name_key"]))
    if "name" in changed:
        announce_changed_papers(author.authorships.values_list("paper", flat=True))


@transaction.atomic
def save_venue(venue: Venue, changed: Collection[str]) -> None:
    """Save a venue; lists that still print its old name mean it."""
    hold_off_imports()
    columns = _columns(venue, changed, ["aliases"])
    if columns and "name" in changed:
        old = Venue.objects.select_for_update().get(pk=venue.pk).name
        others = [alias for alias in venue.aliases if fold(alias) != fold(old)]
        venue.aliases = others if fold(old) == fold(venue.name) else [*others, old]
    venue.save(update_fields=columns)
    announce_changed_papers(venue.papers.values_list("pk", flat=True))


@transaction.atomic
def save_repository(repository: Repository, changed: Collection[str]) -> None:
    """Save what a curator says of a repository."""
    hold_off_imports()
    repository.save(update_fields=_columns(repository, changed))
    announce_changed_papers(repository.paper_links.values_list("paper", flat=True))


def _columns(
    row: Author | Venue | Repository, changed: Collection[str], following: Collection[str] = ()
) -> list[str] | None:
    """The columns to write: what was changed and what follows from it; of a new row all."""
    return [*{*changed, *following}] if row.pk else None
