"""Where papers appeared, read from what is stored already: arXiv's remarks, identifiers of proceedings, lines of news.

Suggestions for the papers that are listed under a preprint server, or under no venue at all; a curator decides.
"""

import re
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.curation.locks import hold_off_curators
from catalog.history.contexts import by_run
from catalog.identifiers import ACL, DOI
from catalog.locks import VENUES, alone
from catalog.models import Announcement, Identifier, Paper, Run, Source, Venue
from ingest.lists.venues import read_venue
from ingest.sources.arxiv.venues import suggested_venue
from ingest.sources.venues import SuggestedVenue, suggest_venues, venue_in

Said = tuple[int, SuggestedVenue]

# Source: the ACL Anthology's notes on its identifiers: a letter for the venue and two digits of the year until 2019.
_OLD_ACL = {
    "P": "ACL",
    "D": "EMNLP",
    "N": "NAACL",
    "E": "EACL",
    "Q": "TACL",
    "C": "COLING",
    "K": "CoNLL",
}
_NEW_ACL = {
    name.lower(): name
    for name in (
        "ACL",
        "EMNLP",
        "NAACL",
        "EACL",
        "AACL",
        "COLING",
        "TACL",
        "CoNLL",
        "LREC",
        "INLG",
        "WMT",
    )
}
_DISTINCTIONS = {
    "demo": "Demo",
    "demos": "Demo",
    "srw": "Student Research Workshop",
    "industry": "Industry Track",
}
# DOIs that name the proceedings they belong to.
_ACL_DOI = re.compile(r"10\.(?:18653|3115)/v1/(.+)", re.IGNORECASE)
_AAAI_DOI = re.compile(r"10\.1609/aaai\.v(\d{2})i", re.IGNORECASE)
_IJCAI_DOI = re.compile(r"10\.24963/ijcai\.(\d{4})/", re.IGNORECASE)
_INTERSPEECH_DOI = re.compile(r"10\.21437/interspeech\.(\d{4})-", re.IGNORECASE)
_IEEE_DOI = re.compile(
    r"10\.1109/(cvpr|iccv|icassp|icde|icdm|wacv|icra|hpca|asru|slt|micro)(?:w)?\d{5}\.(\d{4})\.",
    re.IGNORECASE,
)
_TACL_DOI = re.compile(r"10\.1162/tacl_a_", re.IGNORECASE)
_FIRST_AAAI = 1986  # the year of volume 0


def suggest_stored(reason: str) -> Run | None:
    """Suggest what the stored facts say; leaves a run where that was anything new."""
    with alone(VENUES, "Venues are being suggested already."):
        with transaction.atomic():
            hold_off_curators()
            run = Run.objects.create(job=Run.Job.VENUES, reason=reason[:200])
            found: set[int] = set()
            with by_run(run):
                for source, said in _said():
                    found |= suggest_venues(source, said)
            if not found:
                run.delete()
                return None
            number = f"{len(found):,} paper{'' if len(found) == 1 else 's'}"
            run.status, run.finished_at = Run.Status.DONE, timezone.now()
            run.new, run.message = len(found), f"Venues suggested for {number}."
            run.save()
        return run


def _said() -> Iterator[tuple[Source, list[Said]]]:
    yield Source.ARXIV, list(_by_remarks())
    for source, schemes in ((Source.ACL, [ACL]), (Source.CROSSREF, [DOI])):
        yield source, list(_by_identifiers(schemes))
    yield Source.LIST, list(_by_news())


def _unpromoted() -> "QuerySet[Paper]":
    where = Q(venue=None) | Q(venue__kind=Venue.Kind.PREPRINT)
    return Paper.objects.public().filter(where)


def _by_remarks() -> Iterator[Said]:
    papers = _unpromoted().exclude(comment="", journal_ref="")
    for pk, journal_ref, comment in papers.values_list("pk", "journal_ref", "comment"):
        if venue := suggested_venue(journal_ref, comment):
            yield pk, venue


def _by_identifiers(schemes: list[str]) -> Iterator[Said]:
    rows = Identifier.objects.filter(scheme__in=schemes, paper__in=_unpromoted())
    for paper, scheme, value in rows.order_by("pk").values_list("paper", "scheme", "value"):
        venue = venue_of_acl(value) if scheme == ACL else venue_of_doi(value)
        if venue:
            yield paper, venue


def _by_news() -> Iterator[Said]:
    """The list itself may say in its news what its entry does not say yet."""
    rows = Announcement.objects.exclude(venue_text="").filter(paper__in=_unpromoted())
    for paper, text in rows.order_by("date", "pk").values_list("paper_id", "venue_text"):
        read = read_venue(text).venue
        if paper and read.name and (venue := venue_in(text, must_be_known=True)):
            yield paper, venue


def venue_of_acl(value: str) -> SuggestedVenue | None:
    """Read "P19-1424" and "2023.findings-emnlp.5"; None for workshops and what is not known."""
    if match := re.fullmatch(r"([A-Z])(\d{2})-\d{4,5}", value, re.IGNORECASE):
        name = _OLD_ACL.get(match[1].upper())
        year = int(match[2])
        return (
            SuggestedVenue(value, name, 1900 + year if year > 60 else 2000 + year) if name else None
        )
    match = re.fullmatch(r"(\d{4})\.([a-z0-9_]+)-([a-z0-9_]+)\.\d+", value, re.IGNORECASE)
    if match is None:
        return None
    year, first, second = int(match[1]), match[2].lower(), match[3].lower()
    if first == "findings":
        name = _NEW_ACL.get(second)
        return SuggestedVenue(value, name, year, "Findings") if name else None
    name = _NEW_ACL.get(first)
    return SuggestedVenue(value, name, year, _DISTINCTIONS.get(second, "")) if name else None


def venue_of_doi(value: str) -> SuggestedVenue | None:
    """Read the proceedings off a DOI that names them."""
    if match := _ACL_DOI.fullmatch(value):
        found = venue_of_acl(match[1])
        return SuggestedVenue(value, found.name, found.year, found.distinction) if found else None
    if match := _AAAI_DOI.match(value):
        return SuggestedVenue(value, "AAAI", _FIRST_AAAI + int(match[1]))
    if match := _IJCAI_DOI.match(value):
        return SuggestedVenue(value, "IJCAI", int(match[1]))
    if match := _INTERSPEECH_DOI.match(value):
        return SuggestedVenue(value, "Interspeech", int(match[1]))
    if match := _IEEE_DOI.match(value):
        return venue_in(f"{match[1].upper()} {match[2]}", must_be_known=True)
    if _TACL_DOI.match(value):
        return SuggestedVenue(value, "TACL", None)
    return None
