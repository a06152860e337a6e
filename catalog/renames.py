"""Repositories that their host calls otherwise by now: which one a name that was printed once means."""

from collections.abc import Collection
from dataclasses import replace

from django.db.models.functions import Lower

from catalog.identifiers import RepositoryName, parse_repository
from catalog.models import Repository, RepositoryAlias

RepositoryKey = tuple[str, str, str]


def present_names(names: Collection[RepositoryName]) -> dict[RepositoryKey, Repository]:
    """Return the repositories that former names among these mean. A name that one bears today is no former one."""
    keys = {name.key for name in names}
    owners = {owner for _, owner, _ in keys}
    aliases = RepositoryAlias.objects.annotate(folded=Lower("owner")).filter(folded__in=owners)
    meant = {
        alias.key: alias.repository
        for alias in aliases.select_related("repository")
        if alias.key in keys
    }
    if meant:
        owners = {owner for _, owner, _ in meant}
        for row in Repository.objects.annotate(folded=Lower("owner")).filter(folded__in=owners):
            meant.pop(row.key, None)
    return meant


def in_present_name(name: RepositoryName, repository: Repository) -> RepositoryName:
    """Put a repository's present name into a name, and into the address within it."""
    present = replace(name, host=repository.host, owner=repository.owner, name=repository.name)
    return replace(present, inner_url=present_address(name.inner_url, repository))


def present_address(url: str, repository: Repository) -> str:
    """Put a repository's present name into the address of a folder or a file in it."""
    found = parse_repository(url) if url else None
    if found is None or not found.inner_url:
        return url
    rest = found.inner_url.split("/", 5)[5]
    return f"{repository.url}/{rest}"
