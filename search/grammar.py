"""The query language: words, "phrases", -exclusions, OR, (groups) and field:values, read into a tree.

Nothing here can fail: an operator without anything to work on, a field that is unknown and a value that makes no sense
are words. OR joins its two neighbours only, as web search engines have it: `long OR short context` is (long OR short) context.

    query = unit*              unit = term ("OR" term)*
    term  = ["-"] (word | phrase | field ":" (phrase | value) | "(" query ")")
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

MAX_DEPTH = 10  # of groups within groups; deeper brackets say nothing
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)
_DASHES = str.maketrans("−–—", "---")
_TOKEN = re.compile(
    r'(?P<minus>[-−](?=["(\w∞]))?'
    r'(?:(?P<field>[A-Za-z]+):(?="[^"]+"|[^\s"()]))?'
    r'(?:"(?P<phrase>[^"]*)"|(?P<open>\()|(?P<word>[^\s"]+)|(?P<stray>"))'
)
# Units of large numbers, as pages print them.
_THOUSANDS = {"": 1, "k": 1000, "m": 1_000_000}
_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([km]?)", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Word:
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; None is no limit. Of numbers or of days."""

    low: int | date | None = None
    high: int | date | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """What a field must hold; `printed` is how it was typed."""

    name: str
    value: str | Range
    printed: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    node: "Node"


@dataclass(frozen=True, slots=True)
class And:
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    nodes: tuple["Node", ...]


Node = Word | Phrase | Field | Not | And | Or
Reader = Callable[[str], str | Range | None]


@dataclass(frozen=True, slots=True)
class Query:
    """A tree, and the order that its reader wants."""

    root: And
    sort: str = ""


def parse(text: str) -> Query:
    """Read a query into a tree."""
    tokens = list(_scan(text.translate(_QUOTES)))
    sorts = [token.value for token in tokens if isinstance(token, Field) and token.name == "sort"]
    kept = [token for token in tokens if not (isinstance(token, Field) and token.name == "sort")]
    root, _ = _group(kept, 0, 0)
    return Query(root, str(sorts[-1]) if sorts else "")


# Tokens


@dataclass(frozen=True, slots=True)
class _Sign:
    """What is no operand: "-", "(", ")" and "OR"; as a word it is `text`."""

    kind: str
    text: str


_Token = Word | Phrase | Field | _Sign


def _scan(text: str) -> Iterator[_Token]:
    place, depth = 0, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:  # only space begins no token
            place += 1
            continue
        if match["minus"]:
            yield _Sign("-", "-")
        if match["open"]:
            depth += 1
            yield _Sign("(", "")
        elif match["phrase"] is not None:
            yield from _valued(match["field"], match["phrase"], quoted=True)
        elif match["word"]:
            word, closing = _without_brackets(match["word"], depth)
            yield from _word(match["field"], word)
            depth -= closing
            yield from [_Sign(")", "")] * closing
        place = match.end()


def _without_brackets(word: str, depth: int) -> tuple[str, int]:
    """Take away the closing brackets at a word's end that belong to groups, not to brackets of its own."""
    closing = 0
    while closing < depth and word.endswith(")") and word.count(")") > word.count("("):
        word, closing = word[:-1], closing + 1
    return word, closing


def _word(name: str | None, word: str) -> Iterator[_Token]:
    if name:
        yield from _valued(name, word, quoted=False)
    elif word in {"OR", "|", "||"}:
        yield _Sign("or", word)
    elif word not in {"", "AND", "&", "&&"}:
        yield Word(word)


def _valued(name: str | None, text: str, *, quoted: bool) -> Iterator[_Token]:
    """A field when it is one and its value makes sense, else words."""
    read = FIELDS.get(name.lower()) if name else None
    value = read(text) if read else None
    if name and value is not None:
        yield Field(name.lower(), value, f'{name}:"{text}"' if quoted else f"{name}:{text}")
        return
    if name:
        yield Word(f"{name}:" if quoted else f"{name}:{text}")
    if quoted and text.strip():
        yield Phrase(" ".join(text.split()))


# The tree


def _group(tokens: list[_Token], place: int, depth: int) -> tuple[And, int]:
    """Read up to the end of a group; return it and the place behind its bracket."""
    units: list[Node] = []
    joins = negated = False
    signs: list[str] = []  # of operators that still wait for something to work on
    while place < len(tokens):
        token = tokens[place]
        place += 1
        node: Node
        if isinstance(token, _Sign):
            if token.kind == ")":
                if depth:
                    break
                continue
            if token.kind != "(":
                joins, negated = joins or token.kind == "or", negated or token.kind == "-"
                signs.append(token.text)
                continue
            if depth >= MAX_DEPTH:
                continue
            node, place = _group(tokens, place, depth + 1)
            if not node.nodes:
                continue
        else:
            node = token
        if negated:
            node = Not(node)
        if joins and units:
            last = units.pop()
            units.append(Or((*(last.nodes if isinstance(last, Or) else (last,)), node)))
        else:
            units.append(node)
        joins = negated = False
        signs.clear()
    units += [Word(sign) for sign in signs if sign.isalpha()]
    return And(tuple(units)), place


# Values


def _text(text: str) -> str | None:
    return " ".join(text.split()) if any(map(str.isalnum, text)) or "∞" in text else None


def _one_of(*words: str) -> Reader:
    def read(text: str) -> str | None:
        word = text.strip().lower()
        return word if word in words else None

    return read


def _range(read: Callable[[str], Range | None]) -> Reader:
    """Let a field take one value, `a..b` with either end open, and `>a`, `>=a`, `<a`, `<=a`."""

    def ranged(text: str) -> Range | None:
        text = "".join(text.split()).translate(_DASHES)
        for sign in (">=", "<=", ">", "<"):
            if text.startswith(sign):
                return _beside(sign, read(text.removeprefix(sign)))
        low, dots, high = text.partition("..")
        if not dots:
            return read(text)
        first, last = (read(low) if low else Range()), (read(high.lstrip(".")) if high else Range())
        if first is None or last is None or (not low and not high):
            return None
        ends = Range(first.low, last.high)
        return _turned(ends)

    return ranged


def _turned(ends: Range) -> Range:
    """A range whose ends were typed the other way round means the same."""
    if ends.low is not None and ends.high is not None and ends.low > ends.high:  # type: ignore[operator]
        return Range(ends.high, ends.low)
    return ends


def _beside(sign: str, value: Range | None) -> Range | None:
    if value is None or value.low is None or value.high is None:
        return None
    step = 1 if isinstance(value.low, int) else timedelta(1)
    try:
        match sign:
            case ">=":
                return Range(value.low, None)
            case "<=":
                return Range(None, value.high)
            case ">":
                return Range(value.high + step, None)  # type: ignore[operator]
        return Range(None, value.low - step)  # type: ignore[operator]
    except OverflowError:
        return None


def _number(text: str) -> Range | None:
    match = _NUMBER.fullmatch(text.replace(",", ""))
    if match is None:
        return None
    number = round(float(match[1]) * _THOUSANDS[match[2].lower()])
    return Range(number, number) if number < 2**31 else None


def _year(text: str) -> Range | None:
    first, dash, last = text.partition("-")
    ends = [_number(one) for one in ([first, last] if dash else [first])]
    years = [
        one.low for one in ends if one and isinstance(one.low, int) and 1800 <= one.low <= 2200
    ]
    return _turned(Range(years[0], years[-1])) if len(years) == len(ends) else None


def _day(text: str) -> Range | None:
    """A year, month or day, from its first day to its last."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        first = date(year, month or 1, day or 1)
        if day:
            return Range(first, first)
        later = date(year + (month in {0, 12}), month % 12 + 1 if month else 1, 1)
        return Range(first, later - timedelta(1))
    except (ValueError, OverflowError):
        return None


SORTS = ("relevance", "date", "citations", "stars", "added")
HAS = (
    "code",
    "abstract",
    "venue",
    "year",
    "date",
    "stars",
    "citations",
    "references",
    "arxiv",
    "doi",
)
KINDS = ("conference", "journal", "preprint", "other")
FIELDS: dict[str, Reader] = {
    "title": _text,
    "abstract": _text,
    "author": _text,
    "venue": _text,
    "topic": _text,
    "catalogue": _text,
    "year": _range(_year),
    "date": _range(_day),
    "added": _range(_day),
    "stars": _range(_number),
    "citations": _range(_number),
    "cites": _text,
    "citedby": _text,
    "has": _one_of(*HAS),
    "is": _one_of("withdrawn"),
    "kind": _one_of(*KINDS),
    "sort": _one_of(*SORTS),
}
