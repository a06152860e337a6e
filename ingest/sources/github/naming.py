"""Which papers a README names: their identifiers, and titles. Pure but for `known_titles`, which looks titles up."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from catalog.evidence import SHORTEST_TITLE, around
from catalog.folding import fold, fold_words
from catalog.identifiers import parse_identifier
from catalog.models import Paper, TitleAlias

LONGEST = 200_000  # characters that are looked at
_MOST_NAMES = 100
_MOST_TITLES = 50
_SCHEMES = {"arxiv", "doi", "openreview", "acl"}
# All of bounded length: a README may be made to keep a greedy one busy for hours.
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\)\]}|]+")
_BARE = re.compile(
    r"(?<![\w./-])(?:arxiv[\s:.-]*(?:preprint\s*)?(?:arxiv[\s:]*)?|eprint\s*=\s*[{\"]\s*)([0-9]{4}\.[0-9]{4,5})(?![0-9])"
    r"|(?<![\w./-])(10\.[0-9]{4,9}/[^\s<>\"'`\\)\]}|,;]+)",
    re.IGNORECASE,
)
_SHIELD = re.compile(r"badge/[^\s)\"']{0,80}?([0-9]{4}\.[0-9]{4,5})(?![0-9])")
_BIBTEX_TITLE = re.compile(
    r"(?<!\w)title\s*=\s*[{\"]{1,3}\s{0,9}(.{1,400}?)\s{0,9}[}\"]{1,3}\s{0,9}(?:,|\n|$)",
    re.IGNORECASE | re.DOTALL,
)
_HEADLINE = re.compile(
    r"^\s{0,3}#{1,6}\s+(.+)$|<h[1-3][^>]{0,200}>(.{1,300}?)</h[1-3]>", re.IGNORECASE | re.MULTILINE
)
_IN_BRACKETS = re.compile(r"\[([^\[\]\n]{12,300})\]\(|\*\*([^*\n]{12,300})\*\*")


@dataclass(slots=True)
class PapersNamed:
    """Identifiers and folded titles of papers, each with the line that names it."""

    identifiers: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def papers_named(text: str, titles: Iterable[str] = ()) -> PapersNamed:
    """Read a README. Of the titles (folded) those are kept that stand in it, wherever it is."""
    text = _readable(text)
    found = PapersNamed()
    for start, end, name in _identifiers(text):
        ident = parse_identifier(name)
        if ident and ident.scheme in _SCHEMES and len(found.identifiers) < _MOST_NAMES:
            found.identifiers.setdefault(str(ident), _lines(text, start, end))
    bibliography = {
        fold(match[1]): match for match in _BIBTEX_TITLE.finditer(text) if len(match[1]) < 500
    }
    for key, match in list(bibliography.items())[:_MOST_TITLES]:
        found.titles.setdefault(key, _lines(text, match.start(), match.end()))
    places = {fold(words): (start, end) for start, end, words in _headlines(text)}
    for key in known_titles(places):
        found.titles.setdefault(key, _lines(text, *places[key]))
    whole = fold_words(text).replace(" ", "")
    for key in titles:
        if len(key) >= SHORTEST_TITLE and key in whole:
            found.titles.setdefault(key, _line_with(text, key))
    return found


def known_titles(keys: Iterable[str]) -> set[str]:
    """Those of some folded titles that papers here have."""
    wanted = [key for key in keys if len(key) >= SHORTEST_TITLE]
    if not wanted:
        return set()
    titles = Paper.objects.public().filter(title_key__in=wanted).values_list("title_key", flat=True)
    others = TitleAlias.objects.filter(title_key__in=wanted).values_list("title_key", flat=True)
    return {*titles, *others}


def _readable(text: str) -> str:
    """The part that is looked at, without what no database keeps."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", " ", text[:LONGEST])


def _identifiers(text: str) -> Iterator[tuple[int, int, str]]:
    """What may be identifiers, with their places."""
    for match in _ADDRESS.finditer(text):
        yield match.start(), match.end(), match[0].rstrip(".,;:*_!?")
    for match in _BARE.finditer(text):
        yield match.start(), match.end(), f"arXiv:{match[1]}" if match[1] else match[2].rstrip(".")
    for match in _SHIELD.finditer(text):
        yield match.start(), match.end(), f"arXiv:{match[1]}"


def _headlines(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern in (_HEADLINE, _IN_BRACKETS):
        for match in pattern.finditer(text):
            words = (match[1] or match[2])[:300]
            yield match.start(), match.end(), words
            # "Lanterns: Long Light for Ships [ICLR 2024]"
            yield match.start(), match.end(), re.sub(r"[(\[][^)\]]*[)\]]|<[^>]*>", "", words)


def _lines(text: str, start: int, end: int) -> str:
    """The line that a place of a text lies in, or those."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    line = text[first : last if last >= 0 else len(text)]
    return around(line, start - first, end - first)


def _line_with(text: str, key: str) -> str:
    for line in text.splitlines():
        if key in fold_words(line).replace(" ", ""):
            return around(line, 0, min(len(line), 300))
    return ""
