"""Which headings of a list are topics, and how they nest."""

import re
import unicodedata
from dataclasses import dataclass

from catalog.folding import fold
from ingest.lists.inline import guarded_text, plain_text
from ingest.lists.records import TopicPath

MAX_NAME, MAX_DEPTH = 200, 8
_NUMBER = re.compile(r"^\(?(\d{1,3}(?:\.\d{1,3})*)[.):、]*(?:\s+|(?=[^\W\d]))")
_NOT_TOPICS = frozenset(
    fold(name)
    for name in [
        "Contents",
        " Table of Contents",
        " Content",
        " ToC",
        " Index",
        " Menu",
        " Acknowledgements",
        " Acknowledgement",
        " Acknowledgments",
        " Acknowledgment",
        " Contributing",
        " Contributors",
        " Contribution",
        " Contributions",
        " How to contribute",
        " License",
        " Licence",
        " Citation",
        " Cite",
        " Citing",
        " Star History",
        " News",
        " What's new",
        " Updates",
        " Changelog",
        " Contact",
        " Related lists",
        " Week Papers",
        " Month Papers",
        " Weekly Papers",
        " Monthly Papers",
        " Latest",
        " Latest Papers",
    ]
)


@dataclass(slots=True)
class Heading:
    """A heading as met; `parent` is an index among all headings, filled by `nest`."""

    line: int
    level: int
    number: tuple[int, ...]
    name: str
    entries: int = 0
    parent: int | None = None

    @property
    def is_aside(self) -> bool:
        """News, contents, thanks: not a topic unless it is numbered like one."""
        return not self.number and fold(self.name) in _NOT_TOPICS


def read_heading(text: str, level: int, line: int) -> Heading:
    """Split "## 2.1 🔥 Sparse Attention" into its number and its name."""
    text = _strip_symbols(guarded_text(text))
    match = _NUMBER.match(text)
    number = tuple(int(part) for part in match[1].split(".")) if match else ()
    # A year or a size opens some titles ("2024 papers"); section numbers are small.
    if match and len(number) == 1 and number[0] > 99:
        match, number = None, ()
    name = plain_text(_strip_symbols(text[match.end() :] if match else text))
    text = plain_text(text)
    return Heading(line, level, number if name else (), (name or text)[:MAX_NAME].rstrip())


def _strip_symbols(text: str) -> str:
    """Drop emoji and other symbols around a heading; letters, digits and brackets stay."""
    start, end = 0, len(text)
    while start < end and _is_decoration(text[start]):
        start += 1
    while end > start and _is_decoration(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_decoration(char: str) -> bool:
    return char.isspace() or char in "#*_:|\u200d\ufe0f\u20e3" or unicodedata.category(char) == "So"


def topic_paths(headings: list[Heading]) -> dict[int, TopicPath]:
    """Return the topic path of each heading that is a topic, by its index among `headings`.

    Where headings are numbered, the numbers tell what is a topic and what lies under what, whatever
    the level of the headings; below MAX_DEPTH all lie side by side. Elsewhere the levels tell, and a heading counts when entries lie under
    it; a title or a "Papers" heading around everything is dropped.
    """
    numbered = any(heading.number for heading in headings)
    _nest(headings, numbered)
    keep = _topics(headings, numbered)
    paths: dict[int, TopicPath] = {}
    for index, heading in enumerate(headings):
        if index in keep:
            parent = heading.parent
            while parent is not None and parent not in keep:
                parent = headings[parent].parent
            above = paths[parent] if parent is not None else ()
            paths[index] = (*above[: MAX_DEPTH - 1], heading.name)
    return paths


def _nest(headings: list[Heading], numbered: bool) -> None:
    by_number: dict[tuple[int, ...], int] = {}
    stack: list[int] = []
    for index, heading in enumerate(headings):
        while stack and headings[stack[-1]].level >= heading.level:
            stack.pop()
        heading.parent = stack[-1] if stack else None
        stack.append(index)
        if heading.number:
            heading.number = _full_number(heading, headings, by_number)
            heading.parent = _parent(heading, headings[:index], by_number)
            by_number[heading.number] = index
        elif numbered and heading.level == 1:
            by_number.clear()


def _full_number(
    heading: Heading, headings: list[Heading], by_number: dict[tuple[int, ...], int]
) -> tuple[int, ...]:
    """Read "1." as 3.1 where numbers start anew under heading 3; elsewhere numbers are whole as they stand."""
    parent = heading.parent
    while parent is not None and not headings[parent].number:
        parent = headings[parent].parent
    if len(heading.number) > 1 or parent is None:
        return heading.number
    (last,), above = heading.number, headings[parent].number
    restarts = last == 1 or (*above, last - 1) in by_number
    return (*above, last) if restarts else heading.number


def _parent(
    heading: Heading, before: list[Heading], by_number: dict[tuple[int, ...], int]
) -> int | None:
    """What a numbered heading lies under: by its number, unless that was forgotten when those above were renumbered.

    "### 9.1" below "## 10." lies under 10: there 9 has ended, and the level says so as well.
    """
    by_level, found = heading.parent, _number_parent(heading, by_number)
    if found is None or by_level is None or found == by_level:
        return found
    above, enclosing = before[found].number, before[by_level].number
    ended = any(0 < len(other.number) <= len(above) for other in before[found + 1 :])
    fits = len(enclosing) == len(heading.number) - 1
    return by_level if ended and fits else found


def _number_parent(heading: Heading, by_number: dict[tuple[int, ...], int]) -> int | None:
    for length in range(len(heading.number) - 1, 0, -1):
        if (parent := by_number.get(heading.number[:length])) is not None:
            return parent
    return None


def _topics(headings: list[Heading], numbered: bool) -> set[int]:
    with_entries = {i for i, heading in enumerate(headings) if heading.entries}
    if numbered:
        return {i for i, heading in enumerate(headings) if heading.number} | with_entries
    keep = set(with_entries)
    for index in with_entries:
        parent = headings[index].parent
        while parent is not None:
            keep.add(parent)
            parent = headings[parent].parent
    while True:
        roots = [i for i in keep if headings[i].parent not in keep]
        if len(roots) != 1 or headings[roots[0]].entries or len(keep) == 1:
            return keep
        keep.discard(roots[0])
