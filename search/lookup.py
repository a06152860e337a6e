"""Which papers of a list of references are listed here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pylatexenc.latex2text import LatexNodes2Text

from catalog.folding import fold
from catalog.identifiers import URL, Ident, RepositoryName
from catalog.models import Identifier, Link, Paper, Placement, TitleAlias
from catalog.readable import readable
from search.asked_papers import Name, find, may_be_word, survivors
from search.reading_lists import Sought

_LABELS = dict(Identifier.Scheme.choices)
_IN_MATH = re.compile(r"\\ensuremath\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_MOST_CONVERTED = 300  # titles with LaTeX that only the slow converter knows
_MOST_BRACES = 60
_CONVERTER = LatexNodes2Text()


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with its paper here, and by what that was known."""

    entry: Sought
    paper: Paper
    how: str
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class NotListed:
    """An entry that no paper here matches; `ident` is what it can be proposed by."""

    entry: Sought
    ident: Ident | None = None
    address: str = ""  # where to read it


@dataclass(frozen=True, slots=True)
class Found:
    listed: Sequence[Listed] = ()
    missing: Sequence[NotListed] = ()

    @property
    def keys(self) -> list[int]:
        """The numbers of the papers, each once."""
        return list(dict.fromkeys(one.paper.pk for one in self.listed))


def look_up(entries: Sequence[Sought]) -> Found:
    """Match by identifiers first, then by titles. The number of queries does not grow with the list."""
    named = _by_name(name for entry in entries for name in entry.names)
    titles = _titles(entries)
    titled = _by_title({key for keys in titles.values() for key in keys})
    numbers = [key for found in (named, titled) for keys in found.values() for key in keys]
    papers = survivors(list(dict.fromkeys(numbers)))
    listed: list[Listed] = []
    missing: list[NotListed] = []
    for entry in entries:
        bearers = [
            papers[number]
            for key in titles.get(entry, ())
            for number in titled.get(key, ())
            if number in papers
        ]
        bearers = list(dict.fromkeys(bearers))
        by_name = next(
            (
                (name, papers[number])
                for name in entry.names
                for number in named.get(name, ())
                if number in papers
            ),
            None,
        )
        if by_name:
            listed.append(_named(entry, *by_name, bearers))
        elif bearers:
            listed.append(_titled(entry, bearers))
        else:
            missing.append(_missing(entry))
    return Found(listed, missing)


def _named(entry: Sought, name: Name, paper: Paper, bearers: list[Paper]) -> Listed:
    other = bearers[0] if bearers and paper not in bearers else None
    doubt = f"Its title is that of another paper here: “{readable(other.title)}”." if other else ""
    return Listed(entry, paper, _how(name), doubt)


def _how(name: Name) -> str:
    match name:
        case int():
            return "its page here"
        case RepositoryName():
            return f"code {name.owner}/{name.name}"
        case Ident(scheme="url"):
            return "address"
    return f"{_LABELS.get(name.scheme, name.scheme)} {name.value}"


def _titled(entry: Sought, bearers: list[Paper]) -> Listed:
    of_year = [paper for paper in bearers if entry.year and paper.year == entry.year]
    chosen = (of_year or bearers)[0]
    doubt = f"{len(bearers)} papers here have this title." if len(bearers) > 1 else ""
    return Listed(entry, chosen, "title", doubt)


def _missing(entry: Sought) -> NotListed:
    idents = [name for name in entry.names if isinstance(name, Ident)]
    sure = [ident for ident in idents if not may_be_word(ident)] or idents
    proposable = next(iter(sure), None)
    repository = next((name for name in entry.names if isinstance(name, RepositoryName)), None)
    if proposable is None and repository:
        proposable = Ident(URL, repository.url)
    return NotListed(entry, proposable, proposable.url if proposable else "")


def _by_name(names: Iterable[Name]) -> dict[Name, list[int]]:
    every = list(dict.fromkeys(names))
    found = find(every)
    urls = [
        name
        for name in every
        if isinstance(name, Ident) and name.scheme == URL and name not in found
    ]
    return found | _linked(urls)


def _linked(idents: Sequence[Ident]) -> dict[Name, list[int]]:
    """Papers whose homepage or whose address in a list an address is, where it is one paper's only."""
    if not idents:
        return {}
    either = {spelling: ident for ident in idents for spelling in (ident.value, ident.value + "/")}
    links = Link.objects.current().filter(url__in=either).values_list("url", "paper")
    places = Placement.objects.current().filter(listed_url__in=either)
    found: dict[Name, set[int]] = {}
    for url, paper in [*links, *places.values_list("listed_url", "paper")]:
        found.setdefault(either[url], set()).add(paper)
    return {name: list(papers) for name, papers in found.items() if len(papers) == 1}


# Titles


def _titles(entries: Sequence[Sought]) -> dict[Sought, tuple[str, ...]]:
    """The folded forms that each entry's title may have here."""
    converted = 0
    keys: dict[Sought, tuple[str, ...]] = {}
    for entry in entries:
        if not entry.title:
            continue
        text = readable(_IN_MATH.sub(r"$\1$", entry.title))
        if _COMMAND.search(text) and converted < _MOST_CONVERTED:
            converted += 1
            text = _without_latex(text)
        keys[entry] = tuple(dict.fromkeys((fold(text), fold(entry.title))))
    return keys


def _without_latex(text: str) -> str:
    if text.count("{") > _MOST_BRACES:
        return text
    try:
        return str(_CONVERTER.latex_to_text(text))
    except (
        Exception
    ):  # other people's LaTeX may be no LaTeX: the converter has no error of its own for that
        return text


def _by_title(keys: set[str]) -> dict[str, list[int]]:
    if not keys:
        return {}
    own = Paper.objects.filter(title_key__in=keys).order_by("pk").values_list("title_key", "pk")
    other = TitleAlias.objects.filter(title_key__in=keys).order_by("pk")
    found: dict[str, list[int]] = {}
    for key, paper in [*own, *other.values_list("title_key", "paper")]:
        found.setdefault(key, []).append(paper)
    return found
