"""Repositories under new names: each row gets the name its repository has today, rows of one become one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat, Lower

from catalog.models import PaperRepository, Repository, RepositoryAlias, Source
from catalog.renames import present_address
from ingest.sources.github.merging import merge
from ingest.sources.github.record import HOST, RepositoryRecord, name_key

Alias = tuple[str, str]


@dataclass(slots=True)
class Settled:
    """The row that stands for each repository now, and whose names have changed."""

    rows: dict[int, Repository]
    renamed: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)  # keys of rows that are no more
    # Not found themselves, but the same as one that was.
    joined: set[int] = field(default_factory=set)
    held_back: set[int] = field(default_factory=set)  # their new name is another row's still


@dataclass(slots=True, eq=False)
class _Group:
    """Rows that GitHub knows as one repository."""

    record: RepositoryRecord
    number: int | None
    members: list[Repository] = field(default_factory=list)
    stays: bool = False  # it cannot have its new name yet

    @property
    def survivor(self) -> Repository:
        """The row with the present name, else the one that was asked about before, else the first."""
        return min(
            self.members,
            key=lambda row: (_key(row) != self.record.key, row.host_id is None, row.pk),
        )

    @property
    def key(self) -> str:
        """Its name once all is done."""
        return _key(self.survivor) if self.stays else self.record.key

    @property
    def moves(self) -> bool:
        return not self.stays and _key(self.survivor) != self.record.key

    @property
    def spelling(self) -> tuple[str, str]:
        row = self.survivor
        return (row.owner, row.name) if self.stays else (self.record.owner, self.record.name)


def settle(asked: Mapping[int, Repository], found: Mapping[int, RepositoryRecord]) -> Settled:
    """Rename and merge rows as the records say. `asked` holds the rows of the batch, also those not found."""
    groups = _groups(asked, found)
    standing = _join_others(groups, [*_neighbours(asked, found), *_not_found(asked, found)])
    _hold_back(groups, standing)
    settled = Settled({row.pk: row for row in asked.values()})
    settled.held_back = {row.pk for group in groups if group.stays for row in group.members}
    aliases: dict[Repository, list[Alias]] = {}
    finals = standing | {group.key for group in groups}
    changing = [group for group in groups if _changes(group)]
    for group in changing:
        survivor = group.survivor
        former = {_key(row): (row.owner, row.name) for row in group.members}
        aliases[survivor] = [name for key, name in former.items() if key not in finals]
        settled.renamed.add(survivor.pk)
        for row in group.members:
            settled.rows[row.pk] = survivor
            if row is not survivor:
                settled.merged.add(row.pk)
                merge(survivor, row)
            if row.pk not in found:
                settled.joined.add(row.pk)
    if changing:
        _rename([group for group in changing if group.spelling != _spelling(group.survivor)])
        _keep_aliases(aliases, finals)
        _follow_addresses(aliases)
    return settled


def _groups(asked: Mapping[int, Repository], found: Mapping[int, RepositoryRecord]) -> list[_Group]:
    """Join what has one number, or one name and no two numbers; numbers first, for a name can only follow them."""
    groups: list[_Group] = []
    numbers = {pk: record.host_id or asked[pk].host_id for pk, record in found.items()}
    for pk in sorted(found, key=lambda pk: numbers[pk] is None):
        record, number = found[pk], numbers[pk]
        group = next((group for group in groups if _is_same(group, number, record.key)), None)
        if group is None:
            group = _Group(record, number)
            groups.append(group)
        group.record = record
        group.members.append(asked[pk])
    return groups


def _is_same(group: _Group, number: int | None, key: str) -> bool:
    if number and group.number:
        return number == group.number
    return key == group.record.key


def _not_found(
    asked: Mapping[int, Repository], found: Mapping[int, RepositoryRecord]
) -> list[Repository]:
    return [row for pk, row in asked.items() if pk not in found]


def _neighbours(
    asked: Mapping[int, Repository], found: Mapping[int, RepositoryRecord]
) -> list[Repository]:
    """Rows outside the batch that bear a name or a number that a row of it is about to get."""
    names = [record for pk, record in found.items() if record.key != _key(asked[pk])]
    numbers = [r.host_id for pk, r in found.items() if r.host_id and not asked[pk].host_id]
    if not names and not numbers:
        return []
    owners = {record.owner.lower() for record in names}
    rows = Repository.objects.annotate(folded=Lower("owner")).filter(
        Q(folded__in=owners) | Q(host_id__in=numbers), host__iexact=HOST
    )
    keys = {record.key for record in names}
    return [
        row
        for row in rows.exclude(pk__in=asked)
        if _key(row) in keys or row.host_id in set(numbers)
    ]


def _join_others(groups: list[_Group], others: Iterable[Repository]) -> set[str]:
    """Let rows join the group that they are of; return the names of those that stand alone."""
    by_number = {group.number: group for group in groups if group.number}
    by_name = {group.record.key: group for group in reversed(groups)}
    standing = set()
    for row in others:
        group = by_number.get(row.host_id or 0) or by_name.get(_key(row))
        if group and _is_same(group, row.host_id, _key(row)):
            group.members.append(row)
        else:
            standing.add(_key(row))
    return standing


def _hold_back(groups: list[_Group], standing: set[str]) -> None:
    """Leave the old name to those whose new one belongs to a row that is another repository and does not give it up."""
    settled = False
    while not settled:
        settled = True
        taken = standing | {group.key for group in groups if not group.moves}
        for group in groups:
            if not group.moves:
                continue
            if group.key in taken:
                group.stays = True
                settled = False
                break
            taken.add(group.key)


def _changes(group: _Group) -> bool:
    return len(group.members) > 1 or group.spelling != _spelling(group.survivor)


def _rename(groups: list[_Group]) -> None:
    """Give the survivors their new names; the names of those that exchange theirs are vacated first."""
    rows = {group.survivor: group.spelling for group in groups}
    vacated = {_key(row) for row in rows}
    taken = {name_key(*spelling): row for row, spelling in rows.items()}
    if any(key in vacated and _key(row) != key for key, row in taken.items()):
        nameless = Concat(Value("~"), Cast(F("pk"), CharField()))
        Repository.objects.filter(pk__in=[row.pk for row in rows]).update(owner=nameless)
    for row, (owner, name) in rows.items():
        row.owner, row.name = owner, name
    Repository.objects.bulk_update(rows, ["owner", "name"])


def _keep_aliases(aliases: Mapping[Repository, list[Alias]], finals: set[str]) -> None:
    """Keep former names for the lists that print them; a name that a row bears now is no former one."""
    former = {name_key(*name): (row, name) for row, names in aliases.items() for name in names}
    owners = {key.partition("/")[0] for key in [*former, *finals]}
    known = RepositoryAlias.objects.annotate(folded=Lower("owner")).filter(
        folded__in=owners, host__iexact=HOST
    )
    stale = [row.pk for row in known if _key(row) in finals or _key(row) in former]
    RepositoryAlias.objects.filter(pk__in=stale).delete()
    RepositoryAlias.objects.bulk_create(
        RepositoryAlias(repository=row, host=row.host, owner=owner, name=name)
        for row, (owner, name) in former.values()
    )


def _follow_addresses(aliases: Mapping[Repository, list[Alias]]) -> None:
    """Put the new name into the addresses that lists gave of folders within the repositories."""
    moved = {row.pk: row for row, names in aliases.items() if names}
    links = PaperRepository.objects.filter(repository__in=moved, source=Source.LIST)
    changed = []
    for link in links.exclude(url=""):
        url = present_address(link.url, moved[link.repository_id])
        if url != link.url and len(url) <= 1000:
            link.url = url
            changed.append(link)
    PaperRepository.objects.bulk_update(changed, ["url"])


def _key(row: Repository | RepositoryAlias) -> str:
    return name_key(row.owner, row.name)


def _spelling(row: Repository) -> tuple[str, str]:
    return row.owner, row.name
