"""What the entries of one paper say together: one title, one set of authors, one venue."""

from dataclasses import dataclass, replace
from datetime import date

from catalog.folding import fold
from catalog.identifiers import arxiv_month
from catalog.models import Venue
from ingest.lists.identity import Known
from ingest.lists.records import Entry, ListedLink, ListedRepository, ListedVenue, ListProblem
from ingest.lists.venues import venue_kind


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """The list's word on a paper. Empty values are no statement and change nothing."""

    title: str
    authors: tuple[str, ...]
    venue: ListedVenue
    published_on: date | None
    precision: str


def paper_facts(known: Known) -> PaperFacts:
    """Take each fact from the first entry that states it; a venue before a preprint server."""
    entries = known.by_weight
    authors = next((entry.authors for entry in entries if entry.authors), ())
    venue = min((entry.venue for entry in known.speaking), key=_venue_rank, default=ListedVenue())
    if venue == ListedVenue():
        venue = min((entry.venue for entry in entries), key=_venue_rank)
    venue = _with_distinction(venue, known)
    published, precision = _published(known, venue)
    return PaperFacts(entries[0].title, authors, venue, published, precision)


def _with_distinction(venue: ListedVenue, known: Known) -> ListedVenue:
    """Of two papers made one, either may say that the work was distinguished there."""
    if venue.distinction or not known.other_lines:
        return venue
    same = [entry.venue for entry in known.entries]
    return next(
        (other for other in same if replace(other, distinction="") == venue and other.distinction),
        venue,
    )


def _venue_rank(venue: ListedVenue) -> int:
    if not venue.name:
        return 2 if venue.year else 3
    return 1 if venue_kind(venue.name) == Venue.Kind.PREPRINT else 0


def _published(known: Known, venue: ListedVenue) -> tuple[date | None, str]:
    """The month in an arXiv id is when the work was first public; else the listed year."""
    months = [arxiv_month(i.value) for i in known.identifiers if i.scheme == "arxiv"]
    if dated := [month for month in months if month]:
        return min(dated), "month"
    if venue.year:
        return date(venue.year, 1, 1), "year"
    return None, ""


def repositories(entries: list[Entry]) -> dict[tuple[str, str, str], ListedRepository]:
    """The paper's repositories in order of first mention, one for each repository it leads to."""
    found: dict[tuple[str, str, str], ListedRepository] = {}
    for entry in entries:
        for repository in entry.repositories:
            found.setdefault(repository.target.key, repository)
    return found


def links(entries: list[Entry]) -> dict[str, ListedLink]:
    """The paper's links in order of first mention, by address."""
    found: dict[str, ListedLink] = {}
    for entry in entries:
        for link in entry.links:
            found.setdefault(link.url, link)
    return found


def disagreements(known: Known) -> list[ListProblem]:
    """Tell where entries of one paper contradict each other."""
    problems = []
    entries = known.speaking
    first = next((entry for entry in entries if entry.authors), None)
    for entry in entries:
        if first and entry.authors and _keys(entry.authors) != _keys(first.authors):
            message = f"The authors of “{entry.title}” are listed differently on line {{}}; the first list of names was taken."
            problems.append(_problem(entry, "authors-differ", message, first.line))
    venues = [entry for entry in entries if _venue_rank(entry.venue) == 0]
    for entry in venues[1:]:
        if entry.venue != venues[0].venue:
            message = f"The venue of “{entry.title}” is listed differently on line {{}}; the first was taken."
            problems.append(_problem(entry, "venue-differs", message, venues[0].line))
    return problems


def _keys(names: tuple[str, ...]) -> list[str]:
    return [fold(name) for name in names]


def _problem(entry: Entry, kind: str, message: str, first_line: int) -> ListProblem:
    text = message.format(first_line)
    return ListProblem(entry.line, kind, text, key=fold(message), entry=entry.line)
