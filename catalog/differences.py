"""What differs between two texts, word by word."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
_MOST_WORDS = 6000  # of both texts together; longer ones are compared as wholes


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of two texts side by side: the same in both, or what one has in place of what the other has."""

    before: str
    after: str
    is_same: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a difference: what went, what came, or what stayed."""

    kind: str  # "same", "went", "came"
    text: str


def stretches(before: str, after: str, key: Callable[[str], str] = str) -> list[Stretch]:
    """Two texts in stretches that are the same or differ, by turns; words with the same key are the same."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        return [Stretch(before, after, key(before) == key(after))]
    matcher = SequenceMatcher(
        None, [key(word) for word in old], [key(word) for word in new], autojunk=False
    )
    found: list[Stretch] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        one = Stretch("".join(old[a:b]), "".join(new[c:d]), kind == "equal")
        is_gap = one.is_same and not one.before.strip() and b < len(old) and d < len(new)
        if found and not found[-1].is_same and (is_gap or not one.is_same):
            last = found.pop()
            one = Stretch(last.before + one.before, last.after + one.after, is_same=False)
        found.append(one)
    return found


def difference(before: str, after: str) -> list[Piece]:
    """What went, what came and what stayed, in the order to read it in."""
    pieces = []
    for one in stretches(before, after):
        if one.is_same:
            pieces.append(Piece("same", one.before))
        else:
            both = (Piece("went", one.before), Piece("came", one.after))
            pieces += [piece for piece in both if piece.text]
    return pieces
