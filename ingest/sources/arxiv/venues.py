"""Where arXiv says that a paper appeared: its journal reference, or a remark such as "Accepted at ICLR 2024"."""

import re

from ingest.sources.venues import SuggestedVenue, venue_in

_ACCEPTED = re.compile(
    r"\b(?:accepted|published|presented|to appear|appear(?:s|ed)?)\s+(?:(?:at|to|by|in|for|as)\s+)+"
    r"(?:an?\s+)?(?:(?:main|oral|spotlight|poster|long|short|full|conference)\s+(?:paper\s+)?)*"
    r"(?:(?:at|in|to)\s+)?(?:the\s+)?(?P<venue>[^.;()]{2,80})",
    re.IGNORECASE,
)


# A remark that is a venue and its year, with nothing but an edition or a distinction beside it: "ICLR 2025 camera ready".
_BARE = re.compile(
    r"(?:(?:in|at|to|for|accepted|published|proceedings of(?: the)?|proc\.)\s+)*"
    r"(?P<venue>[A-Z][A-Za-z-]{2,15}\s*(?:(?:19|20)\d{2}|['’]\s?\d{2})"
    r"(?:\s+(?:oral|spotlight|poster|highlight|findings|main|long|short|workshop|demo|track|conference|datasets?|and|benchmarks?))*)"
    r"(?:\s+(?:camera[- ]ready|final|conference|published|paper|version|accepted|proceedings))*",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:submi\w+|under\s+review|in\s+review|reject\w*|withdraw\w*|extend\w*|template|format|style)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;,()\n\[\]:]\s*|\s-\s")


def suggested_venue(journal_ref: str, comment: str) -> SuggestedVenue | None:
    """Return the venue that a journal reference names, else one that the remark names and that is well known."""
    if journal_ref:
        return venue_in(journal_ref, must_be_known=False)
    match = _ACCEPTED.search(comment)
    if match:
        return venue_in(match["venue"], must_be_known=True)
    return _bare_venue(comment)


def _bare_venue(comment: str) -> SuggestedVenue | None:
    """The venue of a remark such as "12 pages, ICLR 2025 camera ready"; none where it was submitted only."""
    if _NOT_YET.search(comment):
        return None
    for clause in _CLAUSE.split(comment[:2000]):
        if match := _BARE.fullmatch(clause.strip()):
            found = venue_in(match["venue"], must_be_known=True)
            if found and found.year:
                return found
    return None
