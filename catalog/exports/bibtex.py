"""Papers as BibTeX entries, as reference managers and LaTeX read them.

Written by hand, for a whole catalogue at once; the tests read it back with bibtexparser.
"""

import re
from collections.abc import Iterable, Iterator

from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

from catalog.exports.facts import PaperFacts
from catalog.exports.names import Name, split_name
from catalog.models import Venue

# Stand for braces until the text is encoded, which would escape real ones.
_OPEN, _CLOSE = "\ue000", "\ue001"
_SIGNS = {
    ord(_OPEN): "{",
    ord(_CLOSE): "}",
    ord("–"): "--",
    ord("—"): "---",
    ord("<"): r"{\textless}",
    ord(">"): r"{\textgreater}",
}
# BibTeX counts braces whether or not a backslash stands before them: a lone one would never end.
_LONE_BRACES = {ord("{"): r"{\textbraceleft}", ord("}"): r"{\textbraceright}"}
_PLAIN = re.compile(r"[A-Za-z0-9 .,:;!?()'/*+=@\[\]-]*")
_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", '"': "%22", " ": "%20"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = re.compile(r"[^\s\-–—/:()]+")


def _encoder(signs: dict[int, str]) -> UnicodeToLatexEncoder:
    return UnicodeToLatexEncoder(
        conversion_rules=[UnicodeToLatexConversionRule(RULE_DICT, signs), "defaults"],
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )


_ENCODER = _encoder(_SIGNS)
_ENCODER_OF_LONE_BRACES = _encoder(_SIGNS | _LONE_BRACES)


def write_bibtex(papers: Iterable[PaperFacts], base: str) -> Iterator[str]:
    for number, facts in enumerate(papers):
        yield ("\n" if number else "") + bibtex(facts)


def bibtex(facts: PaperFacts) -> str:
    lines = "".join(f"  {name} = {value},\n" for name, value in _fields(facts).items())
    return f"@{_entry_type(facts)}{{{facts.key},\n{lines}}}\n"


def _entry_type(facts: PaperFacts) -> str:
    match facts.venue_kind:
        case Venue.Kind.CONFERENCE:
            return "inproceedings"
        case Venue.Kind.JOURNAL:
            return "article"
    return "misc"


_VENUE_FIELDS = {"inproceedings": "booktitle", "article": "journal", "misc": "howpublished"}


def _fields(facts: PaperFacts) -> dict[str, str]:
    """The fields that are known, in the order they are printed. A published paper keeps its eprint."""
    arxiv = facts.identifier("arxiv")
    # A preprint on arXiv says so by its eprint fields.
    venue = "" if facts.venue_slug == "arxiv" and arxiv else facts.container
    text = {
        "title": protect_capitals(facts.title),
        "author": " and ".join(map(_in_bibtex, facts.authors)),
        _VENUE_FIELDS[_entry_type(facts)]: venue,
        "year": str(facts.issued[0]) if facts.issued else "",
    }
    plain = {
        "eprint": arxiv,
        "archivePrefix": "arXiv" if arxiv else "",
        "doi": facts.identifier("doi"),
        "url": facts.url,
    }
    fields = {name: f"{{{encoded(value)}}}" for name, value in text.items() if value}
    if len(facts.issued) > 1:
        fields["month"] = _MONTHS[facts.issued[1] - 1]
    fields |= {name: f"{{{value.translate(_ADDRESS)}}}" for name, value in plain.items() if value}
    return fields | ({"note": f"{{{encoded(facts.note)}}}"} if facts.note else {})


def _in_bibtex(printed: str) -> str:
    """A name as BibTeX divides it; what is no person's, or has commas of its own, is kept in one piece."""
    name = split_name(printed)
    if name.suffix:
        return f"{Name(name.family, particle=name.particle).inverted}, {name.suffix}, {name.given}"
    is_whole = not name.given and re.search(r"[\s,]", printed)
    return f"{_OPEN}{printed}{_CLOSE}" if is_whole else printed


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


def encoded(text: str) -> str:
    """Return text as LaTeX that cannot leave its field; letters that LaTeX has no command for stay."""
    if _PLAIN.fullmatch(text):
        return text
    encoder = _ENCODER if _is_balanced(text) else _ENCODER_OF_LONE_BRACES
    latex: str = encoder.unicode_to_latex(text)
    return latex


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return not depth
