"""What a reader typed, read into terms, phrases and exclusions. Nothing here can fail: what is no operator is a word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from catalog.folding import fold, fold_words
from search.words import STOP_WORDS, Token, Word, is_cjk, key, tokens

MAX_LENGTH = 500
MAX_TERMS = 32
JOINED = 0.9  # what a form with other word breaks is worth beside the word as typed
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)
_PIECE = re.compile(r'(?P<minus>(?<!\S)[-−])?"(?P<phrase>[^"]*)"|(?P<words>[^\s"]+)|"')


@dataclass(frozen=True, slots=True)
class Form:
    """One way a term may stand in the index: a word, or several in a row; `factor` is what finding it is worth."""

    words: tuple[str, ...]
    factor: float = 1.0

    @property
    def tsquery(self) -> str:
        return " <-> ".join(f"'{word}'" for word in self.words)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that is asked for, in every form it may stand in; the first is as it was typed."""

    forms: tuple[Form, ...]

    @property
    def word(self) -> str:
        return " ".join(self.forms[0].words)


@dataclass(frozen=True, slots=True)
class Question:
    """A query in parts. `text` is what the reader asked for, without operators and exclusions."""

    text: str
    terms: tuple[Term, ...]
    phrases: tuple[str, ...]  # tsqueries that a hit must match
    excluded: tuple[str, ...]  # tsqueries that no hit may match
    excluded_words: tuple[str, ...]  # those whose stems are excluded too

    @property
    def title_key(self) -> str:
        """The key that a paper of exactly this title has."""
        return fold(self.text)

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
    """Return at most 500 characters without NUL bytes, half characters and runs of space."""
    whole = text[: 20 * MAX_LENGTH].encode("utf-8", "replace").decode()
    return " ".join(whole.replace("\x00", " ").split())[:MAX_LENGTH].strip()


def read(text: str) -> Question:
    """Read a query of words, "phrases" and -exclusions."""
    wanted, phrases, excluded, excluded_words = [], [], [], []
    for minus, phrase, words in _pieces(clean(text)):
        if minus and (query := _phrase(phrase or words)):
            excluded.append(query)
            if not phrase:
                excluded_words += [word for token in tokens(words) for word in token.plain]
        elif not minus:
            wanted.append(phrase or words)
            if phrase and (query := _phrase(phrase)):
                phrases.append(query)
    text = " ".join(wanted)
    return Question(text, _terms(text), tuple(phrases), tuple(excluded), tuple(excluded_words))


def _pieces(text: str) -> Iterator[tuple[bool, str, str]]:
    """Yield (excluded, phrase, words); one of the latter two is empty."""
    for match in _PIECE.finditer(text.translate(_QUOTES)):
        words = match["words"] or ""
        minus = bool(match["minus"]) or bool(re.match(r"[-−]\w", words))
        if match["phrase"] or words:
            yield minus, match["phrase"] or "", words.lstrip("-−") if minus else words


def _phrase(text: str) -> str:
    """Return the tsquery for words in a row, camel case split or whole; empty when there is no word."""
    found = tokens(text)
    split = Form(tuple(part for token in found for part in token.parts))
    whole = Form(tuple(word for token in found for word in token.plain))
    joined = Form(tuple(token.joined for token in found))
    return " | ".join(
        f"({form.tsquery})" for form in dict.fromkeys([split, whole, joined]) if form.words
    )


def _terms(text: str) -> tuple[Term, ...]:
    every = [(word, token) for token in tokens(text) for word in token.words]
    said = [pair for pair in every if "".join(pair[0]) not in STOP_WORDS] or every
    terms: dict[str, Term] = {}
    for before, (word, token), after in zip([None, *said], said, [*said[1:], None], strict=False):
        sides = (before and before[0], after and after[0])
        term = _cjk_term(word, *sides) if token.is_cjk else _term(word, token, *sides)
        terms.setdefault(term.word, term)
    return tuple(terms.values())[:MAX_TERMS]


def _term(word: Word, token: Token, before: Word | None, after: Word | None) -> Term:
    """Read one word: as it stands, in its parts, and joined to what stands beside it."""
    plain = "".join(word)
    others = [word, (token.joined,)]
    others += [("".join(side) + plain,) for side in [before] if side and not is_cjk(side[0])]
    others += [(plain + "".join(side),) for side in [after] if side and not is_cjk(side[0])]
    forms = {(plain,): Form((plain,))} | {o: Form(o, JOINED) for o in others if o != (plain,)}
    return Term(tuple(forms.values()))


def _cjk_term(word: Word, before: Word | None, after: Word | None) -> Term:
    """Two characters in a row are a term; one alone only where nothing of its script stands beside it."""
    if after and is_cjk(after[0]):
        return Term((Form((*word, *after)),))
    if before and is_cjk(before[0]):
        return Term((Form((*before, *word)),))
    return Term((Form(word),))
