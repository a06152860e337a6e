"""Whether two lists of authors can be those of one paper, however the names are printed."""

import re
from collections.abc import Iterable, Sequence

from catalog.folding import fold_words
from ingest.lists.names import display_name

_ENOUGH = 3
_PARTICLES = frozenset({"jr", "sr", "ii", "iii", "de", "van", "der", "von", "den", "la"})


def disagreeing(listed: Sequence[str], printed: Sequence[str]) -> list[str]:
    """Return the listed names that are none of the printed ones."""
    known = [_parts(name) for name in printed]
    return [name for name in listed if not any(_match(_parts(name), one) for one in known)]


def same_people(listed: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether two lists have half of the shorter one in common, beyond what chance gives; an empty list tells nothing.

    Family names and initials coincide easily: two names must agree in full, or all of the shorter list, or three
    people at least by family name and initial.
    """
    if not listed or not printed:
        return False
    shorter = min(len(listed), len(printed))
    found = len(listed) - len(disagreeing(listed, printed))
    whole = {tuple(sorted(_parts(name))) for name in printed}
    in_full = sum(tuple(sorted(_parts(name))) in whole for name in listed)
    return 2 * found >= shorter and (in_full >= min(2, shorter) or found >= _ENOUGH)


def _parts(name: str) -> list[str]:
    words = fold_words(re.sub(r"\(.*?\)", "", display_name(name))).split()
    return [word for word in words if word not in _PARTICLES] or words


def _match(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names can be one person's: a family name in common, in whatever order, and no initial against it."""
    if not one or not other:
        return False
    if sorted(one) == sorted(other) or "".join(one) == "".join(other):
        return True
    if len(one) == 1 or len(other) == 1:
        return bool(set(one) & set(other))
    common = {word for word in one if len(word) > 1} & {word for word in other if len(word) > 1}
    if not common:
        return False
    rest_one, rest_other = _initials(one, common), _initials(other, common)
    return not rest_one or not rest_other or bool(rest_one & rest_other)


def _initials(words: Iterable[str], without: set[str]) -> set[str]:
    return {word[0] for word in words if word not in without}
