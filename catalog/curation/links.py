"""What a curator does about links that lead nowhere, or elsewhere by now."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.db import transaction
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import save_identifiers
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_rows
from catalog.identifiers import parse_identifier, parse_repository
from catalog.link_uses import Use, uses_of
from catalog.models import Identifier, Link, LinkCheck, PaperRepository, Repository

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@transaction.atomic
def take_links_away(uses: Collection[Use]) -> int:
    """Take links off their papers, in the curator's name: no import brings them back."""
    hold_off_imports()
    number = 0
    for use in uses:
        if isinstance(use.row, Identifier):
            save_identifiers(use.paper, [], [use.row])
        else:
            save_rows(use.paper, [], [use.row])
        number += 1
    forget_unused({use.url for use in uses})
    return number


@transaction.atomic
def replace_links(check: LinkCheck, uses: Collection[Use]) -> int:
    """Point links to where their page has moved; what they were stays behind, retired."""
    hold_off_imports()
    if not check.moved_to:
        raise Refused(f"It is not known where {check.url} has moved.")
    number = 0
    for use in uses:
        if isinstance(use.row, Link):
            use.row.url = check.moved_to
            save_rows(use.paper, [use.row])
        elif isinstance(use.row, Identifier):
            _replace_identifier(use.row, check.moved_to)
        else:
            _replace_repository(use.row, check.moved_to)
        number += 1
    forget_unused([check.url])
    return number


def _replace_identifier(row: Identifier, url: str) -> None:
    found = parse_identifier(url)
    if found is None:
        raise Refused(f"{url} cannot be kept as an address of “{row.paper}”.")
    other = Identifier.objects.filter(scheme=found.scheme, value=found.value).first()
    if other and other.paper_id != row.paper_id:
        raise Refused(
            f"{url} names another paper here, “{other.paper}”: merge the two, or take this link away."
        )
    if other and other.pk != row.pk:
        save_identifiers(row.paper, [], [row])
        return
    row.scheme, row.value = found.scheme, found.value
    save_identifiers(row.paper, [row])


def _replace_repository(row: PaperRepository, url: str) -> None:
    name = parse_repository(url)
    if name is None:
        raise Refused(
            f"{url} is no repository that is known by its address: change “{row}” on the page of its paper."
        )
    fields = zip(("host", "owner", "name"), name.key, strict=True)
    found = Repository.objects.filter(
        *(Exact(Lower(field), value) for field, value in fields)
    ).first()
    row.repository = found or Repository.objects.create(
        host=name.host, owner=name.owner, name=name.name
    )
    row.url = name.inner_url
    save_rows(row.paper, [row])


def check_again(checks: Iterable[LinkCheck]) -> int:
    """Have these asked next, before all others and whatever came of them last time."""
    keys = [check.pk for check in checks]
    return LinkCheck.objects.filter(pk__in=keys).update(next_at=_LONG_AGO)


def forget_unused(urls: Iterable[str]) -> None:
    """Drop what is known of addresses that no paper links to any more."""
    wanted = list(urls)
    used = uses_of(wanted)
    LinkCheck.objects.filter(url__in=[url for url in wanted if not used.get(url)]).delete()
