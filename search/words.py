"""Words as search sees them: one reading for what is indexed and for what is asked.

Accents, case and width are folded (NFKD). A name is read in parts and joined, so that "FlashAttention-3",
"flash attention 3" and "flashattention3" meet. A Chinese, Japanese or Korean character is a word of its own;
runs of them are found as phrases.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import local

import Stemmer

from catalog.systems.names import named_in_title

MAX_WORD = 100

# From NFKD, capitals kept: camel case is read before case is folded.
_LETTERS = str.maketrans(
    {
        **dict(zip("ŁłØøĐđĦħı", "LlOoDdHhi", strict=True)),
        "Æ": "AE",
        "æ": "ae",
        "Œ": "OE",
        "œ": "oe",
        "∞": "Infinity",
        "\x00": " ",
    }
)
# One Chinese character or kana.
CJK = "[\u2e80-\u2fdf\u3005\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_CJK = re.compile(f"({CJK})")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_NOT_WORD = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

# The words that PostgreSQL's English dictionary leaves out.
_ENGLISH = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves what which who whom this that these those am is are
    was were be been being have has had having do does did doing a an the and but if or because as until while of
    at by for with about against between into through during before after above below to from up down in out on
    off over under again further then once here there when where why how all any both each few more most other
    some such no nor not only own same so than too very s t can will just don should now
"""
STOP_WORDS = frozenset(_ENGLISH.split())

# A word in its camel-case parts.
Word = tuple[str, ...]
_threads = local()  # a stemmer serves one thread at a time


@dataclass(frozen=True, slots=True)
class Token:
    """What stands between two spaces: its words ("FlashAttention", "3"), each with its parts ("Flash", "Attention")."""

    words: tuple[Word, ...]

    @property
    def parts(self) -> list[str]:
        return [part for word in self.words for part in word]

    @property
    def plain(self) -> list[str]:
        return ["".join(word) for word in self.words]

    @property
    def joined(self) -> str:
        return "".join(self.plain)

    @property
    def is_cjk(self) -> bool:
        return is_cjk(self.joined)


def is_cjk(word: str) -> bool:
    return bool(_CJK.match(word))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The English stem of a folded word; what has digits or no Latin letters is its own."""
    if not word.isascii() or not word.isalpha():
        return word
    if not hasattr(_threads, "stemmer"):
        _threads.stemmer = Stemmer.Stemmer("english", 0)
    stemmed: str = _threads.stemmer.stemWord(word)
    return stemmed


def tokens(text: str) -> list[Token]:
    return [token for raw in _spaced(text).split() if (token := _token(raw[: 4 * MAX_WORD]))]


def _spaced(text: str) -> str:
    if text.isascii():
        return text.replace("\x00", " ")
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _CJK.sub(r" \1 ", plain)


@lru_cache(maxsize=32768)  # few words make most of any text
def _token(raw: str) -> Token | None:
    words = []
    for word in _NOT_WORD.split(raw):
        if word:
            parts = [part.casefold()[:MAX_WORD] for part in _CAMEL.split(word)]
            words.append(tuple(parts) if len("".join(parts)) <= MAX_WORD else (parts[0],))
    return Token(tuple(words)) if words else None


def parts(text: str) -> list[str]:
    """Return the smallest words of a text, in order."""
    return [part for token in tokens(text) for part in token.parts]


def plain_words(text: str) -> list[str]:
    """Return the words of a text with camel case left whole."""
    return [word for token in tokens(text) for word in token.plain]


def key(text: str) -> str:
    """Return all letters and digits of a text in one word."""
    return "".join(parts(text))


def sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def systems(title: str, most_words: int = 5) -> list[str]:
    """Return the names of systems that a title introduces, as it prints them, those without a letter left out."""
    return [name for name in dict.fromkeys(named_in_title(title, most_words)) if key(name)]


def system_names(title: str) -> list[str]:
    """Return the keys of the systems that a title introduces: "quest", "minference"."""
    return list(dict.fromkeys(map(key, systems(title))))


def placed(text: str, start: int, *, pairs: bool = False) -> Iterator[tuple[str, int]]:
    """Yield lexemes with their positions from `start`: parts in order, joined forms where they begin and end.

    With `pairs`, neighbours are joined too, so that "flashattention" finds "Flash Attention".
    """
    position, before = start, ""
    for token in tokens(text):
        first = position
        for word in token.words:
            begin = position
            for part in word:
                yield part, position
                if pairs and before:
                    yield before + part, position - 1
                before, position = part, position + 1
            if len(word) > 1:
                yield from (("".join(word), begin), ("".join(word), position - 1))
        if len(token.words) > 1:
            yield from ((token.joined, first), (token.joined, position - 1))
