"""A paper as a BibTeX entry, as reference managers and LaTeX read it."""

import re

from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.model import Entry, Field
from bibtexparser.writer import BibtexFormat
from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

from catalog.folding import fold
from catalog.models import Identifier, Paper, Venue
from catalog.readable import readable

# Stand for braces until the text is encoded, which would escape real ones.
_OPEN, _CLOSE = "\ue000", "\ue001"
_ENCODER = UnicodeToLatexEncoder(
    conversion_rules=[
        UnicodeToLatexConversionRule(
            RULE_DICT, {ord(_OPEN): "{", ord(_CLOSE): "}", ord("–"): "--", ord("—"): "---"}
        ),
        "defaults",
    ],
    unknown_char_policy="keep",
    unknown_char_warning=False,
)
_PLAIN_FIELDS = {"url", "doi", "eprint", "archivePrefix"}
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "on",
        "in",
        "of",
        "for",
        "to",
        "and",
        "from",
        "with",
        "by",
        "at",
        "is",
        "are",
        "do",
        "does",
    ]
)
_WORD = re.compile(r"[^\s\-–—/:()]+")


def bibtex(paper: Paper, key: str = "") -> str:
    """Return the entry, under its own key or another; needs the paper's venue, authorships and identifiers."""
    fields = _fields(paper)
    entry = Entry(_entry_type(paper), key or citation_key(paper), _encoded(fields))
    style = BibtexFormat()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    style.indent = "  "
    style.value_column = 0
    style.trailing_comma = True
    return write_string(Library([entry]), bibtex_format=style).strip() + "\n"


def citation_key(paper: Paper) -> str:
    """Return first author's family name, year and first telling word: `tay2020efficient`."""
    authors = _names(paper)
    first = authors[0].split(",")[0].split() if authors else []
    family = _ascii(first[-1]) if first else ""
    words = (_ascii(word) for word in _WORD.findall(readable(paper.title)))
    telling = next((word for word in words if word and word not in _SMALL_WORDS), "paper")
    return f"{family or 'anon'}{paper.year or 'nd'}{telling}"


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _entry_type(paper: Paper) -> str:
    match paper.venue.kind if paper.venue else None:
        case Venue.Kind.CONFERENCE:
            return "inproceedings"
        case Venue.Kind.JOURNAL:
            return "article"
    return "misc"


def _fields(paper: Paper) -> dict[str, str]:
    """Return the fields that are known, in the order they are printed."""
    known = {i.scheme: i for i in reversed(paper.identifiers.all())}
    arxiv, doi = known.get("arxiv"), known.get("doi")
    fields = {
        "title": protect_capitals(readable(paper.title)),
        "author": " and ".join(_one_name(name) for name in _names(paper)),
        _venue_field(paper): _venue_name(paper),
        "year": str(paper.year or ""),
        "eprint": arxiv.value if arxiv else "",
        "archivePrefix": "arXiv" if arxiv else "",
        "doi": doi.value if doi else "",
        "url": _address(known),
        "note": paper.distinction,
    }
    return {name: value for name, value in fields.items() if value}


def _venue_field(paper: Paper) -> str:
    match _entry_type(paper):
        case "inproceedings":
            return "booktitle"
        case "article":
            return "journal"
    return "howpublished"


def _venue_name(paper: Paper) -> str:
    """The venue's name; a preprint on arXiv says so by its eprint fields."""
    if not paper.venue or paper.venue.slug == "arxiv":
        return ""
    return paper.venue.full_name or paper.venue.name


def _address(known: dict[str, Identifier]) -> str:
    """The page to read it at: the publisher's own where there is one."""
    for scheme in ("acl", "openreview", "arxiv", "doi", "url"):
        if scheme in known:
            return known[scheme].url
    return ""


def _names(paper: Paper) -> list[str]:
    return [authorship.printed_name for authorship in paper.authorships.all()]


def _one_name(name: str) -> str:
    """Keep a team whose name holds "and" from being read as two people."""
    return f"{_OPEN}{name}{_CLOSE}" if re.search(r"\band\b", name) else name


def protect_capitals(title: str) -> str:
    """Brace the words whose capitals a bibliography style would lower: `{LLM}`, `{FlashAttention}`."""
    return _WORD.sub(
        lambda match: f"{_OPEN}{match[0]}{_CLOSE}" if _has_inner_capital(match[0]) else match[0],
        title,
    )


def _has_inner_capital(word: str) -> bool:
    return any(char.isupper() for char in word[1:]) or (
        len(word) == 1 and word.isupper() and word != "A"
    )


def _encoded(fields: dict[str, str]) -> list[Field]:
    return [
        Field(name, value if name in _PLAIN_FIELDS else _ENCODER.unicode_to_latex(value))
        for name, value in fields.items()
    ]
