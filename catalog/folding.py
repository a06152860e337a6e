"""Fold titles and names to keys, so that two spellings of one thing compare equal."""

import re
import unicodedata

MAX_KEY = 600
_NOT_WORD = re.compile(r"[\W_]+")
# Signs that turn the direction of what follows, and those that nobody sees; joiners stay, which scripts and emoji need.
_UNSEEN = re.compile("[\x00\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    """Return what somebody typed as one line, without signs that nobody sees; empty when nothing else is in it."""
    return " ".join(_UNSEEN.sub("", text).split())


def fold(text: str) -> str:
    """Return lower-case letters and digits of any script, without accents, spaces or punctuation.

    "Łukasz Kaiser" and "lukasz kaiser" fold alike; so do "FlashAttention-3" and "Flash Attention 3".
    Text of symbols alone folds to itself, so that "∞" and "★" stay apart. A key has at most MAX_KEY
    characters: PostgreSQL indexes no value of more than 2,700 bytes.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return (_NOT_WORD.sub("", _drop_marks(decomposed)) or text.strip())[:MAX_KEY]


def fold_words(text: str) -> str:
    """Fold word by word, words kept apart by one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return _NOT_WORD.sub(" ", _drop_marks(decomposed)).strip()


def _drop_marks(decomposed: str) -> str:
    return "".join(char for char in decomposed if not unicodedata.combining(char))


# Letters that Unicode does not decompose although readers type them without the stroke.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
