"""What a reader wants similar papers for: papers by number, identifiers one a line, and any other text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Q

from catalog.identifiers import Ident, RepositoryName, parse_identifier, parse_repository
from catalog.models import Identifier, Paper, PaperRepository
from catalog.renames import RepositoryKey, present_names
from search.named import our_own, pasted

MOST = 50  # papers of a set
LONGEST = 5000  # characters of a text
_NUMBER = re.compile(r"[0-9]{1,18}")

# What a line of the box may name: a paper by our own number, an identifier, a repository.
Name = int | Ident | RepositoryName


@dataclass(frozen=True, slots=True)
class Asked:
    """A set of papers and a text. `text` is what stays in the box: the words, and the lines that name nothing here."""

    papers: Sequence[Paper] = ()
    words: str = ""
    text: str = ""
    notes: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.papers or self.words)

    def address(self, sort: str = "", *, without: Paper | None = None) -> str:
        """The query string that asks the same."""
        pairs = [("paper", str(paper.pk)) for paper in self.papers if paper != without]
        pairs += [("text", self.text)] if self.text else []
        return urlencode([*pairs, ("sort", sort)] if sort else pairs)

    @property
    def links(self) -> list[tuple[Paper, str]]:
        """Each paper with the query string that leaves it out."""
        return [(paper, self.address(without=paper)) for paper in self.papers]


def read_asked(numbers: Sequence[str], text: str) -> Asked:
    """Read what is asked, whatever it is; the notes say what could not be read. The queries do not grow with it."""
    text = text.replace("\x00", " ").strip()
    notes = [f"Only the first {LONGEST:,} characters were read."] if len(text) > LONGEST else []
    lines = [part for line in text[:LONGEST].splitlines() for part in _apart(line)]
    named = {line: name for line in lines if (name := name_in(line.strip()))}
    found = find(named.values())
    wanted = [int(number) for number in numbers if _NUMBER.fullmatch(number)]
    wanted += [key for line in lines if line in named for key in found.get(named[line], ())]
    wanted = list(dict.fromkeys(wanted))
    papers = survivors(wanted[:MOST])
    lost = {line for line, name in named.items() if name not in found and not may_be_word(name)}
    notes += [_not_here(sorted(lost, key=lines.index))] if lost else []
    notes += _about_numbers(numbers, wanted, papers)
    kept = [line for line in lines if line not in named or named[line] not in found]
    return Asked(
        list(dict.fromkeys(papers.values())),
        " ".join(" ".join(line for line in kept if line not in lost).split()),
        "\n".join(kept).strip(),
        notes,
    )


def _apart(line: str) -> list[str]:
    """The names of a line that holds nothing but several; else the line as it is."""
    pieces = [piece for piece in re.split(r"[\s,;]+", line) if piece]
    names = [name_in(piece) for piece in pieces]
    several = len(names) > 1 and all(name and not may_be_word(name) for name in names)
    return pieces if several else [line]


def name_in(line: str) -> Name | None:
    """What a line names outright; a word that only looks like an identifier may be one."""
    if not line or len(line) > 1000:
        return None
    bare = pasted(line)
    return our_own(bare) or parse_repository(bare) or parse_identifier(bare)


def may_be_word(name: Name) -> bool:
    """Whether it may be a word that only looks like an identifier: forty hexadecimal digits, W123456."""
    return isinstance(name, Ident) and name.scheme in {"acl", "s2", "openalex"}


def find(names: Iterable[Name]) -> dict[Name, list[int]]:
    """Return the numbers of the papers that names mean; those of no paper are left out."""
    every = list(dict.fromkeys(names))
    found: dict[Name, list[int]] = {name: [name] for name in every if isinstance(name, int)}
    found |= _identified([name for name in every if isinstance(name, Ident)])
    return found | _with_code([name for name in every if isinstance(name, RepositoryName)])


def _identified(idents: list[Ident]) -> dict[Name, list[int]]:
    if not idents:
        return {}
    schemes, values = {ident.scheme for ident in idents}, {ident.value for ident in idents}
    rows = Identifier.objects.filter(scheme__in=schemes, value__in=values).values_list(
        "scheme", "value", "paper"
    )
    bearers = {(scheme, value): paper for scheme, value, paper in rows}
    keys = {ident: (ident.scheme, ident.value) for ident in idents}
    return {ident: [bearers[key]] for ident, key in keys.items() if key in bearers}


def _with_code(names: list[RepositoryName]) -> dict[Name, list[int]]:
    if not names:
        return {}
    renamed = present_names(names)
    keys = {name: renamed[name.key].key if name.key in renamed else name.key for name in names}
    wanted = reduce(
        or_,
        (
            Q(
                repository__host__iexact=host,
                repository__owner__iexact=owner,
                repository__name__iexact=repository,
            )
            for host, owner, repository in keys.values()
        ),
    )
    meant: dict[RepositoryKey, list[RepositoryName]] = {}
    for name, key in keys.items():
        meant.setdefault(key, []).append(name)
    found: dict[Name, list[int]] = {}
    links = PaperRepository.objects.current().filter(wanted).select_related("repository")
    for link in links.order_by("paper"):
        for name in meant.get(link.repository.key, ()):
            found.setdefault(name, []).append(link.paper_id)
    return found


def survivors(numbers: list[int]) -> dict[int, Paper]:
    """Return the papers of these numbers, each merged one as what it lives on in."""
    rows = Paper.objects.select_related("merged_into__merged_into").in_bulk(numbers)
    return {number: _survivor(rows[number]) for number in numbers if number in rows}


def _survivor(paper: Paper) -> Paper:
    while paper.merged_into:
        paper = paper.merged_into
    return paper


def _about_numbers(
    numbers: Sequence[str], wanted: list[int], papers: dict[int, Paper]
) -> list[str]:
    notes = [f"Only the first {MOST} papers were taken."] if len(wanted) > MOST else []
    lost = [str(number) for number in wanted[:MOST] if number not in papers]
    lost += [number for number in numbers[:MOST] if not _NUMBER.fullmatch(number)]
    return [*notes, _not_here(lost)] if lost else notes


def _not_here(names: list[str]) -> str:
    """One line, however many there are."""
    shown = ", ".join(name.replace("\x00", "")[:80] for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"No paper here is known as {shown}{more}."
