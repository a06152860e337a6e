"""Venues as lists write them: names, years, distinctions, slips of the pen."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from catalog.folding import fold
from catalog.models import Venue
from ingest.lists.records import ListedVenue

_KINDS = {
    Venue.Kind.PREPRINT: "arXiv bioRxiv medRxiv SSRN",
    Venue.Kind.JOURNAL: "TACL TMLR JMLR TPAMI TKDE TOIS TNNLS TASLP PNAS Nature Science",
    Venue.Kind.CONFERENCE: (
        "AAAI AACL ACL ACL-IJCNLP ACML AISTATS ASPLOS ASRU BMVC CHI CIKM CogSci COLING COLM COLT CoNLL "
        "CoRL CVPR EACL ECAI ECCV ECIR ECML EMNLP EMNLP-IJCNLP EuroSys FAST HPCA ICASSP ICCV ICDE ICDM ICLR "
        "ICML ICRA ICSE IJCAI IJCNLP INLG Interspeech IROS ISCA KDD LREC LREC-COLING MICCAI MICRO MLSys "
        "NAACL NeurIPS NSDI OSDI PACT PODS PPoPP RecSys SC SIGIR SIGMOD SLT SOSP UAI UbiComp UIST USENIX "
        "VLDB WACV WMT WSDM WWW"
    ),
    Venue.Kind.OTHER: "GitHub",
}
KNOWN = {fold(name): (name, kind) for kind, names in _KINDS.items() for name in names.split()}
ALIASES = {
    "corr": "arXiv",
    "arxivpreprint": "arXiv",
    "arxivorg": "arXiv",
    "nips": "NeurIPS",
    "neurlips": "NeurIPS",
    "sigkdd": "KDD",
    "thewebconf": "WWW",
    "aclijcnlp2021": "ACL-IJCNLP",
    "transactionsofassociationforcomputationallinguistics": "TACL",
    "transactionsoftheassociationforcomputationallinguistics": "TACL",
    "transactionsonmachinelearningresearch": "TMLR",
}
_DISTINCTION = re.compile(
    r"\b(oral|spotlight|poster|highlight|notable|outstanding|best|award|runner|honou?rable|workshop|findings"
    r"|tutorial|demo|industry|short|long|main|tiny|dataset|datasets|track)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:((?:19|20)\d{2})|['’](\d{2}))(?!\d)")

# "2024.03", "2023/12/05": lists print when they added a paper, too; only the year is of the paper.
_DAY = re.compile(r"(?<![\d.])((?:19|20)\d\d)[./-](?:0?[1-9]|1[0-2])(?:[./-]\d{1,2})?(?![\d])")
_MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september"
    r"|october|november|december)\.?(?:\s+\d{1,2},?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ReadVenue:
    """What was read; `typo` holds the spelling that was mended, `unread` what made no sense."""

    venue: ListedVenue
    typo: str = ""
    unread: str = ""


def read_venue(text: str) -> ReadVenue:
    """Read "ICLR 2024 Oral", "2024", "EMNLP Findings 2023", "NeurIPS'23" …, with or without a full stop."""
    text = re.sub(r"arxiv:\d{4}\.\d{4,5}(v\d+)?", "", text, flags=re.IGNORECASE)
    text = _tidy(_DAY.sub(r"\1", text))
    if not text:
        return ReadVenue(ListedVenue())
    parts = [part for part in re.split(r"[,;]\s+", text) if _YEAR.search(part)]
    if (
        len(parts) > 1
    ):  # "arXiv 2023, ICLR 2024": where it was published, before where it was posted
        read = [read_venue(part) for part in parts]
        return min(read, key=lambda one: venue_kind(one.venue.name) == Venue.Kind.PREPRINT)
    match = _last_plausible_year(text)
    year = None
    before, after = text, ""
    if match:
        year = int(match[1]) if match[1] else 2000 + int(match[2])
        before, after = _tidy(text[: match.start()]), _tidy(text[match.end() :])
    name, inner = _split_distinction(_without_month(before))
    distinction = _tidy(" ".join(part for part in (inner, after) if part))
    is_venue = bool(match) or (" " not in name and (not distinction or is_known(name)))
    if len(name) > 60 or len(distinction) > 100 or "://" in text or not is_venue:
        return ReadVenue(ListedVenue(), unread=text)
    canonical, typo = canonical_venue(name)
    return ReadVenue(ListedVenue(canonical, year, _capitalised(distinction)), typo=typo)


def canonical_venue(name: str) -> tuple[str, str]:
    """Return the venue's usual name, and the spelling that was taken for a slip of it, if one was."""
    key = fold(name) if name else ""
    if not key:
        return "", ""
    if key in KNOWN:
        return KNOWN[key][0], ""
    if key in ALIASES:
        return ALIASES[key], ""
    for known, (usual, _) in KNOWN.items():
        if len(known) >= 5 and _is_slip(key, known):
            return usual, name
    return name, ""


def is_known(name: str) -> bool:
    """Whether a name is that of a usual venue, however it is spelled."""
    return fold(canonical_venue(name)[0]) in KNOWN


def _without_month(name: str) -> str:
    """ "May 2023" names no venue."""
    return "" if _MONTH.fullmatch(name) else name


def venue_kind(name: str) -> str:
    """The kind of a venue by its usual name; other when unknown."""
    return KNOWN.get(fold(name), ("", Venue.Kind.OTHER))[1]


def _is_slip(key: str, known: str) -> bool:
    """One letter too many, too few or wrong in a long name, or the same letters in another order."""
    if key[0] != known[0] or abs(len(key) - len(known)) > 1:
        return False
    if Counter(key) == Counter(known):
        return True
    # Short acronyms of real venues differ by one letter (ACL, NAACL, AACL): ask more of them.
    if len(known) < 6 and known != "arxiv":
        return False
    shorter, longer = sorted((key, known), key=len)
    if len(shorter) == len(longer):
        return sum(a != b for a, b in zip(shorter, longer, strict=True)) == 1
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _last_plausible_year(text: str) -> re.Match[str] | None:
    latest = date.today().year + 1
    found = [m for m in _YEAR.finditer(text) if m[2] or 1950 <= int(m[1]) <= latest]
    return found[-1] if found else None


def _split_distinction(name: str) -> tuple[str, str]:
    """Take "Oral" out of "ICLR Oral" and "Findings of" out of "Findings of EMNLP"."""
    name = re.sub(r"\b(?:proceedings of|proc\.|in|the)\s+", "", name, flags=re.IGNORECASE)
    if match := re.match(r"findings of (?:the )?(?:association[^:]*: )?(.+)", name, re.IGNORECASE):
        return match[1], "Findings"
    if (match := _DISTINCTION.search(name)) and match.start() > 0:
        return _tidy(name[: match.start()]), _tidy(name[match.start() :])
    return name, ""


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" \t\xa0.,;:()[]·|-–—*_")


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:] if text.islower() else text
