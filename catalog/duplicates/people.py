"""Whether two printed names can be of one person. Pure, no database."""

from collections.abc import Sequence
from functools import lru_cache

from catalog.folding import fold_words

MOST_COMPARED = 40  # authors of a paper that are compared


@lru_cache(maxsize=200_000)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, folded: "J.-P. Müller" gives j, p, muller."""
    return tuple(fold_words(name.replace("-", " ")).split())


def can_be_one(one: str, other: str) -> bool:
    """Whether each word of the shorter name stands in the other, in any order, written out or as an initial.

    At least one word is the same in full: "J. Doe" can be "Jane Doe", and "Xiao Guangxuan" "Guangxuan Xiao".
    """
    short, long = sorted((name_words(one), name_words(other)), key=len)
    if not short or "".join(short) == "".join(long):
        return bool(short)
    left, in_full = list(long), False
    for word in sorted(short, key=len, reverse=True):
        match = next((w for w in left if w == word), None)
        in_full |= match is not None and len(word) > 1
        if match is None:
            match = next((w for w in left if _is_initial(word, w) or _is_initial(w, word)), None)
        if match is None:
            return False
        left.remove(match)
    return in_full


def _is_initial(one: str, other: str) -> bool:
    return len(one) == 1 and other.startswith(one)


def shared_people(one: Sequence[str], other: Sequence[str]) -> int:
    """How many authors of one paper can be authors of the other."""
    left, found = list(other[:MOST_COMPARED]), 0
    for name in one[:MOST_COMPARED]:
        match = next((twin for twin in left if can_be_one(name, twin)), None)
        if match:
            left.remove(match)
            found += 1
    return found
