"""A list may still print a repository's former name: it means the repository, whatever its name is now."""

from dataclasses import replace

from catalog.identifiers import RepositoryName
from catalog.renames import in_present_name, present_names
from ingest.lists.records import Entry, ListedRepository, ReadingList


def with_present_names(reading: ReadingList) -> ReadingList:
    """Put today's names of repositories in the place of former ones."""
    listed = [item for entry in reading.entries for item in entry.repositories]
    names = {name for item in listed for name in (item.target, item.badge) if name}
    meant = present_names(names)
    if not meant:
        return reading

    def present(name: RepositoryName) -> RepositoryName:
        return in_present_name(name, meant[name.key]) if name.key in meant else name

    def follow(item: ListedRepository) -> ListedRepository:
        target = present(item.target)
        badge = present(item.badge) if item.badge else None
        return ListedRepository(target, badge if badge and badge.key != target.key else None)

    def renamed(entry: Entry) -> Entry:
        return replace(entry, repositories=tuple(map(follow, entry.repositories)))

    return replace(reading, entries=[renamed(entry) for entry in reading.entries])
