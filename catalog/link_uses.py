"""Which addresses papers link to, and which papers link to an address."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower

from catalog.identifiers import parse_repository
from catalog.models import Identifier, Link, Paper, PaperRepository

# Every address that a page shows now. Repositories of GitHub are asked for by the job that counts their stars.
USED_ADDRESSES = """
SELECT l.url FROM catalog_link l JOIN catalog_paper p ON p.id = l.paper_id
WHERE l.retired_at IS NULL AND p.merged_into_id IS NULL
UNION
SELECT i.value FROM catalog_identifier i JOIN catalog_paper p ON p.id = i.paper_id
WHERE i.scheme = 'url' AND p.merged_into_id IS NULL
UNION
SELECT 'https://' || r.host || '/' || r.owner || '/' || r.name
FROM catalog_paperrepository c JOIN catalog_repository r ON r.id = c.repository_id JOIN catalog_paper p ON p.id = c.paper_id
WHERE c.retired_at IS NULL AND p.merged_into_id IS NULL AND lower(r.host) <> 'github.com'
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A row of a paper that leads to an address."""

    url: str
    row: Link | Identifier | PaperRepository

    @property
    def paper(self) -> Paper:
        return self.row.paper


def uses_of(urls: Iterable[str]) -> dict[str, list[Use]]:
    """Return who uses each of these addresses now, in a fixed number of queries."""
    wanted = list(dict.fromkeys(urls))
    found: dict[str, list[Use]] = defaultdict(list)
    if not wanted:
        return found
    links = Link.objects.current().filter(url__in=wanted, paper__merged_into=None)
    for link in links.select_related("paper").order_by("pk"):
        found[link.url].append(Use(link.url, link))
    named = Identifier.objects.filter(scheme="url", value__in=wanted, paper__merged_into=None)
    for identifier in named.select_related("paper"):
        found[identifier.value].append(Use(identifier.value, identifier))
    for row in _code(wanted):
        if row.repository.url in wanted:
            found[row.repository.url].append(Use(row.repository.url, row))
    return found


def _code(urls: list[str]) -> list[PaperRepository]:
    names = [name for name in map(parse_repository, urls) if name and not name.inner_url]
    if not names:
        return []
    any_of = Q(pk__in=[])
    for name in names:
        host, owner, short = name.key
        any_of |= Q(low_host=host, low_owner=owner, low_name=short)
    rows = PaperRepository.objects.current().filter(paper__merged_into=None)
    lowered = {f"low_{field}": Lower(f"repository__{field}") for field in ("host", "owner", "name")}
    return list(rows.alias(**lowered).filter(any_of).select_related("paper", "repository"))
