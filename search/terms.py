"""Terms: what papers are found and ranked by: English words by their stems, names in their parts and joined.

Each term of a paper has a weight between 0 and 1, the saturated frequency of BM25F (Robertson, Zaragoza and Taylor 2004):
tf / (k1 + tf), where tf sums over the fields weight · count / (1 − b + b · length / usual length). The usual lengths are fixed,
so that a paper's weights do not depend on the papers around it. A paper without an abstract also has the terms that one would be
expected to have (search.expected); they stand in no field.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from search.expected import expected_terms
from search.synonyms import Words, synonyms
from search.texts import PaperTexts
from search.words import STOP_WORDS, Token, is_cjk, stem, tokens

# The fields that a term stands in, as bits.
TITLE, AUTHOR, OTHER, ABSTRACT, GLOSSARY = 1, 2, 4, 8, 16
_SATURATION = 1.2
_NORMALISED = 0.6  # how much of the length counts
# Numbers of guesses: words joined that may be a name, a synonym, and a name in its parts as typed ("LongMemEval").
JOINED, SYNONYM, NAME = -1, -2, -3
EXPANDED = (
    0.5  # what a synonym is worth beside the word: an acronym's long form together, or another word
)
NEIGHBOURS = 0.1  # what two words of a question joined are worth: they may be a name
COMPOUND = 0.1  # what a compound is worth beside its parts, which are asked for too: "multistep" of "multi-step"
PAIR = "~"  # begins a term that is two words of a title joined: only who joins them asks for it, or every pair would count twice


@dataclass(frozen=True, slots=True)
class _Field:
    bit: int
    weight: float
    usual_length: float


_TITLE = _Field(TITLE, 2.0, 9)
_AUTHORS = _Field(AUTHOR, 1.5, 12)
_OTHER = _Field(OTHER, 0.5, 8)
_ABSTRACT = _Field(ABSTRACT, 1.0, 110)
_GLOSSARY = _Field(GLOSSARY, 1.0, 14)


@dataclass(frozen=True, slots=True)
class Held:
    """How much a paper is about a term, and the fields that it stands in; none where it is only expected."""

    weight: float
    fields: int


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """A term of a question and the word that it is of. What belongs to one word has one number; guesses have negative ones."""

    number: int
    text: str
    word: str
    factor: float


def paper_terms(texts: PaperTexts) -> dict[str, Held]:
    frequencies: Counter[str] = Counter()
    fields: dict[str, int] = {}

    def add(counts: Mapping[str, int], field: _Field, length: float) -> None:
        norm = 1 - _NORMALISED + _NORMALISED * length / field.usual_length
        for term, count in counts.items():
            frequencies[term] += field.weight * count / norm  # type: ignore[assignment]  # they are shares
            fields[term] = fields.get(term, 0) | field.bit

    title = _counted(texts.title, pairs=True)
    length = _length(title)
    add(title, _TITLE, length)
    for alias in texts.aliases:  # other spellings count once
        fresh = {term: 1 for term in _counted(alias, pairs=True) if term not in title}
        add(fresh, _TITLE, length)
        title.update(fresh)
    for group, field in (
        (texts.authors, _AUTHORS),
        ([*texts.topics, *texts.venue, *texts.repositories], _OTHER),
        ([texts.abstract], _ABSTRACT),
    ):
        counted = _counted(*group)
        add(counted, field, _length(counted))
    explained = _counted(*texts.meanings)
    # What the paper says of itself weighs what it would without the glossary.
    fresh = {term: count for term, count in explained.items() if term not in frequencies}
    add(fresh, _GLOSSARY, _length(explained))
    called = {term: 1 for term in _counted(*texts.called) if term not in frequencies}
    add(called, _GLOSSARY, _GLOSSARY.usual_length)
    held = {
        term: Held(frequency / (_SATURATION + frequency), fields[term])
        for term, frequency in frequencies.items()
    }
    if not texts.abstract:
        expected = expected_terms(title.keys())
        held |= {term: Held(weight, 0) for term, weight in expected.items() if term not in held}
    return held


def terms_of(text: str) -> set[str]:
    return set(_counted(text))


def _length(counts: Mapping[str, int]) -> float:
    return sum(counts.values())


def _counted(*texts: str, pairs: bool = False) -> Counter[str]:
    return Counter(term for text in texts for term in _terms(tokens(text), pairs=pairs))


def _terms(found: Iterable[Token], *, pairs: bool) -> Iterator[str]:
    """Yield the terms of a text: each part, and the names that parts make."""
    before = ""
    for token in found:
        for word in token.words:
            for part in word:
                if is_cjk(part):
                    yield part
                    if is_cjk(before):
                        yield before + part
                elif part not in STOP_WORDS:
                    yield stem(part)
                    # What one word is made of is no pair: "AttentioN" would be found as a rare name by "attention".
                    if pairs and before and before not in STOP_WORDS:
                        pair = before + part
                        if pair not in (token.joined, *token.plain):
                            yield PAIR + stem(pair)
                before = part
            if len(word) > 1:
                yield stem("".join(word))
        if len(token.words) > 1:
            yield stem(token.joined)


def asked_terms(text: str, most: int) -> list[AskedTerm]:
    """Read a question into terms; words that say nothing count only where there are no others."""
    found = tokens(text)
    parts = [part for token in found for part in token.parts]
    said = [part for part in parts if part not in STOP_WORDS] or parts
    asked: dict[str, AskedTerm] = {}
    before = ""
    for part in said[:most]:
        if is_cjk(part):
            if is_cjk(before):
                _ask(asked, before + part, 1.0, len(asked))
            elif not any(is_cjk(other) for other in said if other is not part):
                _ask(asked, part, 1.0, len(asked))
        else:
            _ask(asked, part, 1.0, len(asked))
        before = part
    for part in said[:most]:
        if not is_cjk(part):
            _ask(asked, PAIR + stem(part), 1.0, JOINED)
    names = [name for token in found for name in _joined(token) if not is_cjk(name)]
    for name in names:
        _ask(asked, name, COMPOUND, NAME)
        _ask(asked, PAIR + stem(name), COMPOUND, JOINED)
    latin = [part for part in said[:most] if not is_cjk(part)]
    for one, other in pairwise(latin):
        _ask(asked, one + other, NEIGHBOURS, JOINED)
    for meant, others in asked_synonyms(text, most):
        # Together they are worth what the one word is; a stop word among them nothing.
        words = ["".join(row) for row in telling(others)]
        # A Chinese word is asked for by its pairs; what it is called in English, as most titles are, is worth as much as they.
        worth = max(1, len(meant) - 1) if is_cjk(meant[0]) else EXPANDED
        for word in words:
            _ask(asked, word, worth / len(words), SYNONYM)
    return list(asked.values())


def asked_synonyms(text: str, most: int) -> Iterator[tuple[Words, Words]]:
    """Yield words of a question, each with others that it was widened by."""
    found = tokens(text)
    names = [name for token in found for name in _joined(token) if not is_cjk(name)]
    parts = [part for token in found for part in token.parts]
    yield from synonyms().pairs(parts[:most], names[:most])


def telling(others: Words) -> list[Words]:
    """The words of a synonym that are looked for, each by itself; Chinese ones in pairs."""
    words = [word for word in others if word not in STOP_WORDS]
    pairs: list[Words] = [
        (one, other) for one, other in pairwise(words) if is_cjk(one) and is_cjk(other)
    ]
    return pairs or [(word,) for word in words]


def _joined(token: Token) -> list[str]:
    """The names that the parts of a token make: "flashattention" and "flashattention3"."""
    names = ["".join(word) for word in token.words if len(word) > 1]
    return [*names, *([token.joined] if len(token.words) > 1 else [])]


def _ask(asked: dict[str, AskedTerm], word: str, factor: float, number: int) -> None:
    text = stem(word)
    asked.setdefault(text, AskedTerm(number, text, word, factor))
