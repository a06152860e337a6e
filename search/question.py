"""What a reader typed, read into terms to rank by and conditions to hold. Nothing here can fail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

from catalog.folding import fold, fold_words
from catalog.readable import printable
from search.grammar import And, Field, Node, Or, Phrase, Word, parse
from search.words import STOP_WORDS, Token, is_cjk, key, tokens
from search.words import Word as Parts

MAX_LENGTH = 500
MAX_TERMS = 32
_ET_AL = re.compile(r",?\s+et\.?\s+al\b\.?,?", re.IGNORECASE)  # says that there are more authors
# Fields whose values are words to rank by, too.
_SPOKEN = frozenset({"title", "abstract"})


@dataclass(frozen=True, slots=True)
class Form:
    """One way a term may stand in the index: a word, or several in a row."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for, in every form it may stand in; the first is as it was typed."""

    forms: tuple[Form, ...]

    @property
    def word(self) -> str:
        return " ".join(self.forms[0].words)


@dataclass(frozen=True, slots=True)
class Question:
    """A query in parts. `text` is what is asked for, without operators and what is excluded; `whole` is all as typed.

    Words alone need not all be there: they rank. `conditions` must hold for every hit.
    """

    text: str
    terms: tuple[Term, ...]
    conditions: tuple[Node, ...] = ()
    sort: str = ""
    whole: str = ""

    @property
    def title_key(self) -> str:
        """The key that a paper of exactly this title has."""
        return fold(self.text)

    @property
    def phrases(self) -> list[str]:
        return [node.text for node in self.conditions if isinstance(node, Phrase)]

    def without_phrases(self) -> "Question":
        """The same with phrases as mere words."""
        kept = tuple(node for node in self.conditions if not isinstance(node, Phrase))
        return replace(self, conditions=kept)

    @property
    def name_key(self) -> str:
        return key(self.text)

    @property
    def author_keys(self) -> list[str]:
        """The keys of a person so named, whatever the order of the names."""
        words = fold_words(self.text).split()
        if not 1 < len(words) <= 4:
            return []
        return ["".join(order) for order in permutations(words)]


def clean(text: str) -> str:
    """Return at most 500 characters without control characters, half characters and runs of space."""
    return " ".join(printable(text[: 20 * MAX_LENGTH]).split())[:MAX_LENGTH].strip()


def read(text: str) -> Question:
    """Read a query (search.grammar)."""
    whole = clean(text)
    query = parse(_ET_AL.sub(" ", whole))
    words = " ".join(_spoken(query.root))
    conditions = tuple(
        dict.fromkeys(_conditions(query.root))
    )  # each once, however often it is said
    return Question(words, _terms(words), conditions, query.sort, whole)


def _spoken(node: Node) -> Iterator[str]:
    """Yield what is asked for in words, in order."""
    match node:
        case Word(text) | Phrase(text):
            yield text
        case Field(name, str(text)) if name in _SPOKEN:
            yield text
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _spoken(inner)


def _conditions(root: And) -> Iterator[Node]:
    """Yield what must hold; brackets around words say nothing."""
    for node in root.nodes:
        if isinstance(node, And):
            yield from _conditions(node)
        elif not isinstance(node, Word):
            yield node


def _terms(text: str) -> tuple[Term, ...]:
    every = [(word, token) for token in tokens(text) for word in token.words]
    said = [pair for pair in every if "".join(pair[0]) not in STOP_WORDS] or every
    terms: dict[str, Term] = {}
    for before, (word, token), after in zip([None, *said], said, [*said[1:], None], strict=False):
        sides = (before and before[0], after and after[0])
        term = _cjk_term(word, *sides) if token.is_cjk else _term(word, token, *sides)
        terms.setdefault(term.word, term)
    return tuple(terms.values())[:MAX_TERMS]


def _term(word: Parts, token: Token, before: Parts | None, after: Parts | None) -> Term:
    """Read one word: as it stands, in its parts, and joined to what stands beside it."""
    plain = "".join(word)
    others = [word, (token.joined,)]
    others += [("".join(side) + plain,) for side in [before] if side and not is_cjk(side[0])]
    others += [(plain + "".join(side),) for side in [after] if side and not is_cjk(side[0])]
    return Term(tuple(Form(words) for words in dict.fromkeys([(plain,), *others])))


def _cjk_term(word: Parts, before: Parts | None, after: Parts | None) -> Term:
    """Two characters in a row are a term; one alone only where nothing of its script stands beside it."""
    if after and is_cjk(after[0]):
        return Term((Form((*word, *after)),))
    if before and is_cjk(before[0]):
        return Term((Form((*before, *word)),))
    return Term((Form(word),))
