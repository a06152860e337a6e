"""The stored papers that a list may be about, as the matcher and the planner need them."""

from django.db.models import Prefetch, Q

from catalog.folding import fold
from catalog.identifiers import Ident
from catalog.models import Authorship, Catalogue, Paper, PaperRepository, Placement, Source, Venue
from ingest.lists.identity import Known
from ingest.lists.records import AnnouncementLine, Entry, ReadingList


def venue_index() -> dict[str, Venue]:
    """Venues by their folded names and aliases."""
    index: dict[str, Venue] = {}
    for venue in Venue.objects.all():
        for name in (*venue.aliases, venue.name):
            index[fold(name)] = venue
    return index


def stored_papers(reading: ReadingList, catalogue: Catalogue | None) -> list[Paper]:
    """Papers the list may be about: those of the catalogue, and those it names by identifier or title."""
    named: list[Entry | AnnouncementLine] = [*reading.entries, *reading.announcements]
    values = {ident.value for item in named for ident in item.identifiers}
    keys = {fold(item.title) for item in named}
    match = (
        Q(identifiers__value__in=values) | Q(title_key__in=keys) | Q(aliases__title_key__in=keys)
    )
    if catalogue:
        match |= Q(placements__topic__catalogue=catalogue)
    ids = Paper.objects.filter(match, merged_into=None).order_by().values("pk").distinct()
    placements = Placement.objects.select_related("topic")
    code = PaperRepository.objects.select_related("repository", "badge_repository")
    return list(
        Paper.objects.filter(pk__in=ids)
        .select_related("venue")
        .defer("abstract")
        .prefetch_related(
            "identifiers",
            "rejected_identifiers",
            "aliases",
            "provenance",
            "links",
            Prefetch("authorships", queryset=Authorship.objects.order_by("position")),
            Prefetch("placements", queryset=placements),
            Prefetch("repository_links", queryset=code),
        )
        .order_by("pk")
    )


def known_paper(
    paper: Paper, merged: dict[int, set[str]], *, elsewhere: bool, listed: bool
) -> Known:
    """A stored paper for the matcher. What better sources or other lists say of it stands firm."""
    rows = paper.identifiers.all()
    return Known(
        pk=paper.pk,
        titles=[paper.title, *(row.title for row in paper.aliases.all())],
        identifiers={Ident(row.scheme, row.value) for row in rows},
        firm={
            Ident(row.scheme, row.value) for row in rows if elsewhere or row.source != Source.LIST
        },
        rejected={Ident(row.scheme, row.value) for row in paper.rejected_identifiers.all()},
        retitled=any(
            row.field == "title" and Source(row.source).precedence < Source.LIST.precedence
            for row in paper.provenance.all()
        ),
        elsewhere=elsewhere,
        listed=listed,
        merged=merged,
        people=tuple(row.printed_name for row in paper.authorships.all()),
    )
