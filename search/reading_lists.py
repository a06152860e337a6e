"""Lists of references as people have them: BibTeX, RIS, CSL-JSON, or identifiers, addresses and titles one a line. Pure: no database."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import DuplicateFieldKeyBlock, Entry

from catalog.identifiers import ARXIV, Ident, parse_arxiv, parse_identifier
from catalog.readable import printable
from search.asked_papers import Name, may_be_word, name_in

MOST = 2000  # entries of a list
LONGEST_LINE = 1000
_LONGEST_ENTRY = 50_000  # characters: an abstract, a thousand authors
_MOST_AT_SIGNS = 20  # of one entry: the parser begins anew at each
_SHOWN = 200

_BIBTEX_ENTRY = re.compile(r"^[ \t]*@[ \t]*([A-Za-z]+)[ \t]*[{(]", re.MULTILINE)
_NO_ENTRIES = frozenset({"comment", "string", "preamble"})
_FACTS = ("author", "journal", "booktitle", "abstract", "year", "month", "date", "url")
_RIS_TAG = re.compile(r"\s{0,3}([A-Z][A-Z0-9])  -(?: (.*)|\s*)$")
_RIS_START = re.compile(r"^\s{0,3}TY  - ", re.MULTILINE)
_CSL_START = re.compile(r"\s*(?:\[\s*)?\{\s*\"")
_BETWEEN = re.compile(r"[\s,]*")
_MARKER = re.compile(r"^(?:[-*•]|\[?[0-9]{1,4}[.)\]])\s+")
_INSIDE = re.compile(
    r"https?://[^\s<>\"{}]+|\b10\.[0-9]{4,9}/[^\s\"<>{}]+|\barxiv[:\s]\s*[a-z-]*/?[0-9][0-9.v]+",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_BRACE = re.compile(r"(?<!\\)[{}]")
_YEAR = re.compile(r"\b(1[89][0-9]{2}|2[01][0-9]{2})\b")


@dataclass(frozen=True, slots=True)
class Sought:
    """One entry of a list: where it stands, what it names, what its title is said to be."""

    line: int
    shown: str
    names: tuple[Name, ...] = ()
    title: str = ""
    year: int | None = None
    fields: tuple[tuple[str, str], ...] = ()  # of BibTeX, as they are written there


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read, in plain words."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ReadList:
    form: str
    entries: Sequence[Sought] = ()
    faults: Sequence[Fault] = ()


def read_list(text: str, *, is_mixed: bool = False) -> ReadList:
    """Read a list of any of the forms; never fails, whatever the text.

    Lines between BibTeX entries are remarks unless they name something; of a list that `is_mixed` they are titles.
    """
    text = text.replace("\x00", " ").replace("\r\n", "\n").replace("\r", "\n")
    if start := _CSL_START.match(text):
        return _gather("CSL-JSON", _csl(text, start[0].index("{")))
    if _BIBTEX_ENTRY.search(text):
        return _gather("BibTeX", _bibtex(text, is_mixed))
    if _RIS_START.search(text):
        return _gather("RIS", _ris(text))
    return _gather("lines", _lines(text))


def _gather(form: str, read: Iterator[Sought | Fault]) -> ReadList:
    entries: list[Sought] = []
    faults: list[Fault] = []
    for one in read:
        if len(entries) + len(faults) == MOST:
            faults.append(Fault(one.line, f"Only the first {MOST:,} entries were read."))
            break
        if isinstance(one, Sought):
            entries.append(one)
        else:
            faults.append(one)
    return ReadList(form, entries, faults)


# Lines


def _lines(text: str) -> Iterator[Sought | Fault]:
    for number, raw in enumerate(text.split("\n"), 1):
        line = _MARKER.sub("", raw.strip())
        if len(line) > LONGEST_LINE:
            yield Fault(number, f"Longer than {LONGEST_LINE:,} characters: left out.")
        elif line:
            yield _line(number, line)


def _line(number: int, line: str) -> Sought:
    name = name_in(line)
    if name and not may_be_word(name):
        return Sought(number, line[:_SHOWN], (name,))
    names = ([name] if name else []) + _names_inside(line)
    return Sought(number, line[:_SHOWN], tuple(names), line, _year(line) if names else None)


def _names_inside(text: str) -> list[Name]:
    """Identifiers and addresses that stand within other text."""
    found = (name_in(match[0].rstrip(".,;)]")) for match in _INSIDE.finditer(text))
    return [name for name in found if name and not may_be_word(name)]


# BibTeX


def _bibtex(text: str, is_mixed: bool) -> Iterator[Sought | Fault]:
    """Entry by entry, so that one that is broken spoils no other."""
    starts = list(_BIBTEX_ENTRY.finditer(text))
    ends = [*(match.start() for match in starts[1:]), len(text)]
    line, done = 1, 0
    yield from _between(1, text[: starts[0].start()], is_mixed)
    for match, end in zip(starts, ends, strict=True):
        line, done = line + text.count("\n", done, match.start()), match.start()
        close = _closing(text, match.end(), end)
        if match[1].lower() not in _NO_ENTRIES:
            yield _bibtex_entry(line, text[match.start() : close].strip())
        after = line + text.count("\n", match.start(), close)
        yield from _between(after, text[close:end], is_mixed)


def _closing(text: str, start: int, end: int) -> int:
    """Where the braces of an entry close that opened before `start`; the end where they never do, or are none."""
    depth = 1 if text[start - 1] == "{" else 0
    for brace in _BRACE.finditer(text, start, end) if depth else ():
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.end()
    return end


def _between(line: int, text: str, is_mixed: bool) -> Iterator[Sought | Fault]:
    """Identifiers and addresses on lines between entries; all else there is a remark, or a title of a mixed list."""
    for number, raw in enumerate(text.split("\n"), line):
        said = _MARKER.sub("", raw.strip())
        if (
            said
            and len(said) <= LONGEST_LINE
            and not said.startswith("%")
            and ((found := _line(number, said)).names or (is_mixed and _LETTERS.search(said)))
        ):
            yield found


def _bibtex_entry(line: int, block: str) -> Sought | Fault:
    if len(block) > _LONGEST_ENTRY or block.count("@") > _MOST_AT_SIGNS:
        return Fault(line, "This entry is too long, or holds others: left out.")
    library = parse_string(block)
    entry: Entry | None = library.entries[0] if library.entries else None
    if entry is None:
        twice = (one for one in library.failed_blocks if isinstance(one, DuplicateFieldKeyBlock))
        entry = next((_entry_of(one) for one in twice), None)
    if entry is None:
        return Fault(
            line,
            "This entry is broken: a comma or equals sign is missing, or braces or quotes do not match.",
        )
    fields = {one.key.lower(): _bare(f"{one.value}") for one in reversed(entry.fields)}
    title = fields.get("title", "")
    names = _bibtex_names(fields)
    if not title and not names:
        return Fault(line, f"“{entry.key[:80]}” has neither a title nor an identifier.")
    year = _year(fields.get("year", "") or fields.get("date", ""))
    shown = _BRACE.sub("", title or entry.key)
    kept = tuple((name, fields[name]) for name in _FACTS if fields.get(name))
    return Sought(line, shown[:_SHOWN], tuple(names), title, year, kept)


def _entry_of(block: DuplicateFieldKeyBlock) -> Entry | None:
    """An entry that says something twice is read all the same; the first word holds."""
    entry = block.ignore_error_block
    if not isinstance(entry, Entry):
        return None
    for field in entry.fields:
        field.value = re.sub(r"^[{\"]|[}\"]$", "", f"{field.value}".strip())
    return entry


def _bare(value: str) -> str:
    return " ".join(value.split())


def _bibtex_names(fields: dict[str, str]) -> list[Name]:
    """Identifiers, the surest first."""
    kind = (fields.get("archiveprefix") or fields.get("eprinttype") or ARXIV).lower()
    eprint = parse_arxiv(_unwrapped(fields.get("eprint", ""))) if kind == ARXIV else None
    doi = parse_identifier(_unwrapped(fields.get("doi", "")))
    names: list[Name] = [one for one in (eprint, doi) if one]
    for field in ("url", "ee", "howpublished", "journal", "note", "volume", "number"):
        names += _names_inside(_unwrapped(fields.get(field, "")))
    return list(dict.fromkeys(names))


def _unwrapped(value: str) -> str:
    r"""An identifier as LaTeX holds it: `\url{…}`, `{2309.17453}`, `10.1000/a\_b`."""
    return re.sub(r"\\(?=[_%&#~])", "", value).strip("{} ")


# RIS


def _ris(text: str) -> Iterator[Sought | Fault]:
    start, fields, last = 0, dict[str, list[str]](), ""
    number = 0
    for number, raw in enumerate(text.split("\n"), 1):
        match = _RIS_TAG.fullmatch(raw.removeprefix("\ufeff").rstrip())
        tag = match[1] if match else ""
        if tag == "TY":
            if start:
                yield Fault(start, "This record has no end (ER): it was read up to the next one.")
                yield _ris_entry(start, fields)
            start, fields = number, {}
        elif tag == "ER":
            if start:
                yield _ris_entry(start, fields)
            start = 0
        elif match and start:
            fields.setdefault(tag, []).append((match[2] or "").strip())
        elif match:
            yield Fault(number, f"“{tag}” stands in no record: it must come after TY.")
        elif raw.strip() and start and last in fields:
            fields[last][-1] += f" {raw.strip()}"
        last = tag or last
    if start:
        yield Fault(start, "This record has no end (ER): it was read to the end of the list.")
        yield _ris_entry(start, fields)


def _ris_entry(line: int, fields: dict[str, list[str]]) -> Sought | Fault:
    title = _bare(" ".join(fields.get("TI") or fields.get("T1") or []))
    dois = [parse_identifier(text) for text in fields.get("DO", ())]
    names: list[Name] = [one for one in dois if one]
    for tag in ("AN", "UR", "L1", "L2", "LK", "M1", "N1"):
        for text in fields.get(tag, ()):
            names += _names_inside(text)
    if not title and not names:
        return Fault(line, "This record has neither a title nor an identifier.")
    year = _year(" ".join(fields.get("PY", []) or fields.get("Y1", [])))
    shown = title or str(names[0])
    return Sought(line, shown[:_SHOWN], tuple(dict.fromkeys(names)), title, year)


# CSL-JSON


def _csl(text: str, place: int) -> Iterator[Sought | Fault]:
    """Item by item, so that what stands before a fault is read."""
    decoder = json.JSONDecoder()
    line, done = 1, 0
    while place < len(text) and text[place] != "]":
        line, done = line + text.count("\n", done, place), place
        try:
            item, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            yield Fault(line, "From this item on it is no CSL-JSON.")
            return
        yield _csl_item(line, item) if isinstance(item, dict) else Fault(line, "This is no item.")
        between = _BETWEEN.match(text, end)
        place = between.end() if between else end


def _csl_item(line: int, item: dict[str, Any]) -> Sought | Fault:
    # Escapes of JSON may hold what no database takes.
    fields = {name: _bare(printable(f"{value}")) for name, value in item.items() if value}
    title = fields.get("title", "")
    doi = parse_identifier(fields.get("DOI", ""))
    names: list[Name] = [doi] if doi else []
    for field in ("number", "URL", "archive_location", "note"):
        names += _names_inside(fields.get(field, ""))
    if not title and not names:
        return Fault(line, "This item has neither a title nor an identifier.")
    year = _year(fields.get("issued", ""))
    return Sought(line, (title or str(names[0]))[:_SHOWN], tuple(dict.fromkeys(names)), title, year)


def _year(text: str) -> int | None:
    match = _YEAR.search(text)
    return int(match[1]) if match else None


def identifier_of(entry: Sought) -> Ident | None:
    """The identifier to name it by, if it has one."""
    return next((name for name in entry.names if isinstance(name, Ident)), None)
