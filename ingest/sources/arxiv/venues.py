"""Where arXiv says that a paper appeared: its journal reference, or a remark such as "Accepted at ICLR 2024"."""

import re

from ingest.sources.venues import SuggestedVenue, venue_in

_ACCEPTED = re.compile(
    r"\b(?:accepted|published|presented|to appear|appear(?:s|ed)?)\s+(?:(?:at|to|by|in|for|as)\s+)+"
    r"(?:an?\s+)?(?:(?:main|oral|spotlight|poster|long|short|full|conference)\s+(?:paper\s+)?)*"
    r"(?:(?:at|in|to)\s+)?(?:the\s+)?(?P<venue>[^.;()]{2,80})",
    re.IGNORECASE,
)


def suggested_venue(journal_ref: str, comment: str) -> SuggestedVenue | None:
    """Return the venue that a journal reference names, else one that the remark names and that is well known."""
    if journal_ref:
        return venue_in(journal_ref, must_be_known=False)
    match = _ACCEPTED.search(comment)
    return venue_in(match["venue"], must_be_known=True) if match else None
