"""Two rows that are one repository become one."""

from catalog.models import PaperRepository, Repository, RepositoryAlias, Source, StarCount
from ingest.models import Visit


def merge(survivor: Repository, duplicate: Repository) -> None:
    """Move all that hangs on the duplicate to the survivor, and delete the duplicate."""
    _move_links(survivor, duplicate)
    _move_stars(survivor, duplicate)
    RepositoryAlias.objects.filter(repository=duplicate).update(repository=survivor)
    Visit.objects.filter(source=Source.GITHUB, kind="repository", subject=duplicate.pk).delete()
    duplicate_key = duplicate.pk
    duplicate.delete()
    duplicate.pk = duplicate_key  # who holds the row still finds it by its key


def _move_links(survivor: Repository, duplicate: Repository) -> None:
    own = {row.paper_id: row for row in PaperRepository.objects.filter(repository=survivor)}
    move, drop = [], []
    for row in PaperRepository.objects.filter(repository=duplicate):
        twin = own.get(row.paper_id)
        if twin is None:
            move.append(row.pk)
        elif _weight(row) > _weight(twin):
            drop.append(twin.pk)
            move.append(row.pk)
        else:
            drop.append(row.pk)
    PaperRepository.objects.filter(pk__in=drop).delete()
    PaperRepository.objects.filter(pk__in=move).update(repository=survivor)
    badges = PaperRepository.objects.filter(badge_repository=duplicate)
    badges.exclude(repository=survivor).update(badge_repository=survivor)
    # A badge that counts the stars of the repository that it leads to says nothing of its own.
    same = PaperRepository.objects.filter(repository=survivor)
    same.filter(badge_repository__in=[survivor, duplicate]).update(badge_repository=None)


def _weight(row: PaperRepository) -> tuple[bool, bool, bool, int]:
    """A curator's removal is decisive, then a curator's word; a standing row before a retired one, then the first."""
    curated = row.source == Source.CURATOR
    retired = row.retired_at is not None
    return curated and retired, curated, not retired, -row.position


def _move_stars(survivor: Repository, duplicate: Repository) -> None:
    """Keep one count for each day, the larger one."""
    own = {count.date: count for count in StarCount.objects.filter(repository=survivor)}
    move, grown = [], []
    for count in StarCount.objects.filter(repository=duplicate):
        mine = own.get(count.date)
        if mine is None:
            move.append(count.pk)
        elif count.stars > mine.stars:
            mine.stars = count.stars
            grown.append(mine)
    StarCount.objects.filter(pk__in=move).update(repository=survivor)
    StarCount.objects.bulk_update(grown, ["stars"])
