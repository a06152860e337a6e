"""Where arXiv says that a paper appeared: its journal reference, or a remark such as "Accepted at ICLR 2024"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.folding import fold
from ingest.lists.venues import KNOWN, canonical_venue, read_venue

_ACCEPTED = re.compile(
    r"\b(?:accepted|published|presented|to appear|appear(?:s|ed)?)\s+(?:(?:at|to|by|in|for|as)\s+)+"
    r"(?:an?\s+)?(?:(?:main|oral|spotlight|poster|long|short|full|conference)\s+(?:paper\s+)?)*"
    r"(?:(?:at|in|to)\s+)?(?:the\s+)?(?P<venue>[^.;()]{2,80})",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_WORD = re.compile(r"[A-Za-z][A-Za-z&-]*")

_BRIEF = 30  # a longer remark is the venue's name in words, not a distinction
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


def suggested_venue(journal_ref: str, comment: str) -> SuggestedVenue | None:
    """Return the venue that a journal reference names, else one that the remark names and that is well known."""
    if journal_ref:
        return _read(journal_ref, must_be_known=False)
    match = _ACCEPTED.search(comment)
    return _read(match["venue"], must_be_known=True) if match else None


def _read(text: str, *, must_be_known: bool) -> SuggestedVenue | None:
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
