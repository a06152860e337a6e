"""Venues as sources name them, and what is suggested to curators because of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.folding import fold
from catalog.models import Paper, Source, Venue, VenueSuggestion
from ingest.lists.venues import KNOWN, canonical_venue, read_venue, venue_kind

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_WORD = re.compile(r"[A-Za-z][A-Za-z&-]*")

_BRIEF = 30  # a longer remark is the venue's name in words, not a distinction
_PREPRINTS = {
    fold(name)
    for name in (
        "arXiv.org",
        "arXiv (Cornell University)",
        "Computing Research Repository",
        "CoRR",
        "Social Science Research Network",
        "bioRxiv",
        "medRxiv",
        "Research Square",
        "TechRxiv",
        "OpenReview",
        "Zenodo",
    )
}
_IN_WORDS = {
    "Neural Information Processing Systems": "NeurIPS",
    "International Conference on Machine Learning": "ICML",
    "Conference on Learning Representations": "ICLR",
    "Empirical Methods in Natural Language Processing": "EMNLP",
    "North American Chapter of the Association for Computational Linguistics": "NAACL",
    "European Chapter of the Association for Computational Linguistics": "EACL",
    "Transactions of the Association for Computational Linguistics": "TACL",
    "Annual Meeting of the Association for Computational Linguistics": "ACL",
    "Conference on Language Modeling": "COLM",
    "Transactions on Machine Learning Research": "TMLR",
    "Journal of Machine Learning Research": "JMLR",
    "Computer Vision and Pattern Recognition": "CVPR",
    "International Conference on Computer Vision": "ICCV",
    "European Conference on Computer Vision": "ECCV",
    "AAAI Conference on Artificial Intelligence": "AAAI",
    "Symposium on Operating Systems Principles": "SOSP",
    "Knowledge Discovery and Data Mining": "KDD",
}


@dataclass(frozen=True, slots=True)
class SuggestedVenue:
    text: str
    name: str
    year: int | None
    distinction: str = ""


# A source names a venue in each paper it knows: what is listed already, or was suggested before, is left out.


def suggest_venues(source: Source, said: Iterable[tuple[int, SuggestedVenue]]) -> set[int]:
    """Keep what a source says of where papers (by key) appeared; return the papers that got a new suggestion.

    Nothing is suggested twice, whichever source said it first and whatever the curator decided. An aggregator's year
    may be that of the preprint: where the venue is the listed one, it suggests nothing.
    """
    said = [(paper, one) for paper, one in said if not _is_preprint_server(one.name)]
    if not said:
        return set()
    numbers = {paper for paper, _ in said}
    papers = Paper.objects.select_related("venue").in_bulk(numbers)
    has_the_year = source == Source.ARXIV
    before = {
        _said_as(row.paper_id, row.venue_name, row.year, row.distinction, has_the_year)
        for row in VenueSuggestion.objects.filter(paper__in=numbers)
    }
    texts = set(
        VenueSuggestion.objects.filter(paper__in=numbers, source=source).values_list(
            "paper", "text"
        )
    )
    fresh = []
    for number, one in said:
        row = VenueSuggestion(
            paper_id=number,
            source=source,
            text=one.text[:500],
            venue_name=one.name[:120],
            year=one.year,
            distinction=one.distinction[:100],
        )
        key = _said_as(number, row.venue_name, one.year, row.distinction, has_the_year)
        listed = papers[number]
        if (
            key in before
            or (number, row.text) in texts
            or _is_listed_so(listed, one.name, one.year if has_the_year else None)
        ):
            continue
        before.add(key)
        texts.add((number, row.text))
        fresh.append(row)
    VenueSuggestion.objects.bulk_create(fresh, batch_size=1000, ignore_conflicts=True)
    return {row.paper_id for row in fresh}


def _said_as(paper: int, name: str, year: int | None, distinction: str, exactly: bool) -> object:
    return (paper, fold(name), year, fold(distinction)) if exactly else (paper, fold(name))


def _is_preprint_server(name: str) -> bool:
    return venue_kind(name) == Venue.Kind.PREPRINT or fold(name) in _PREPRINTS


def _is_listed_so(paper: Paper, name: str, year: int | None) -> bool:
    if paper.venue is None:
        return False
    names = {fold(paper.venue.name), *map(fold, paper.venue.aliases)}
    return fold(name) in names and (year is None or paper.year in {None, year})


# Reading


def venue_in(text: str, *, must_be_known: bool) -> SuggestedVenue | None:
    """Read the venue that a text names; of a venue that is not well known, the name in front of volumes and pages."""
    read = read_venue(text).venue
    if read.name and fold(read.name) in KNOWN:
        brief = len(read.distinction) <= _BRIEF
        return SuggestedVenue(text, read.name, read.year, read.distinction if brief else "")
    years = [int(year) for year in _YEAR.findall(text)]
    year = years[-1] if years else None
    for name in _names_in(text):
        return SuggestedVenue(text, name, year)
    if must_be_known:
        return None
    name = re.split(r"[,:;(]|\s\d|\bvol", text, maxsplit=1, flags=re.IGNORECASE)[0].strip()
    return SuggestedVenue(text, (name or text)[:120], year)


def _names_in(text: str) -> Iterator[str]:
    """Yield the well-known venues that a text names, by acronym or in words."""
    for word in _WORD.findall(text):
        name, slip = canonical_venue(word)
        if sum(letter.isupper() for letter in word) > 1 and not slip and fold(name) in KNOWN:
            yield name
    key = fold(text)
    for words, name in _IN_WORDS.items():
        if fold(words) in key:
            yield name
