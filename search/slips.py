"""Slips of the keys: which words are near a word."""

from string import ascii_lowercase

_FROM = 4  # letters: in a shorter word a slip could be anything


def one_slip_from(word: str) -> list[str]:
    """Words that a slip makes of this one: letters exchanged, left out, doubled or wrong; the first letter is right."""
    if len(word) < _FROM or not word.isascii() or word.isdigit():  # another number is another thing
        return []
    slips = []
    for place in range(1, len(word)):
        head, tail = word[:place], word[place:]
        if len(tail) > 1:
            slips.append(head + tail[1] + tail[0] + tail[2:])
        slips.append(head + tail[1:])
        slips += [head + letter + tail[1:] for letter in ascii_lowercase]
        slips += [head + letter + tail for letter in ascii_lowercase]
    return list(dict.fromkeys(slips))


def distance(one: str, other: str) -> int:
    """Steps from one word to another: a letter left out, added, wrong, or exchanged with its neighbour (Damerau 1964)."""
    before, last = list[int](), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                last[column] + 1, current[column - 1] + 1, last[column - 1] + (letter != wanted)
            )
            swapped = (
                row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            )
            current.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, last = last, current
    return last[-1]


def is_one_slip(one: str, other: str) -> bool:
    """Whether a letter left out, added or wrong, or two neighbours exchanged, make one of these of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    one, other = one[start:], other[start:]
    end = 0
    while end < min(len(one), len(other)) and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[: len(one) - end], other[: len(other) - end]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])
