"""Questions to a corpus, drawn with a fixed seed: the same at every run."""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from search.benchmark.corpus import Row
from search.words import STOP_WORDS

SEED = 20
CLAIMS = Path(__file__).parent / "claims.jsonl"
_WORD = re.compile(r"\w[\w'’-]*\w")
_PLAIN = re.compile(r"[a-z]{3,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_COMMON = 300  # the words that most papers have
_RARE = 5  # papers that have a rare word
_TYPED = 25  # letters after which a reader has seen what is suggested


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question with the key of the paper it was drawn from; 0 for none in particular."""

    kind: str
    text: str
    paper: int = 0


class Questions:
    """What is asked of a corpus whose first paper has the key 1."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        papers: Counter[str] = Counter()
        for row in rows:
            papers.update(set(_PLAIN.findall(f"{row.title} {row.abstract}".lower())))
        self.papers = papers
        ordered = [word for word, _ in papers.most_common() if word not in STOP_WORDS]
        self.common = ordered[:_COMMON]
        self.rare = sorted(word for word in ordered if papers[word] <= _RARE)

    def rotating(self, each: int) -> list[Drawn]:
        """So many questions of every kind, one of each in turn, so that rare and common words mix."""
        kinds: dict[str, Callable[[random.Random, Row], str]] = {
            "three title words": lambda chance, row: _some_words(chance, row.title, 3),
            "whole title": lambda chance, row: row.title,
            "author": lambda chance, row: chance.choice(row.authors) if row.authors else "",
            "six words of an abstract": lambda chance, row: _run_of_words(chance, row.abstract, 6),
            "common word": lambda chance, row: chance.choice(self.common),
            "rare word": lambda chance, row: chance.choice(self.rare or self.common),
        }
        drawn = [self._drawn(kind, make, each) for kind, make in kinds.items()]
        return [one for turn in zip(*drawn, strict=True) for one in turn]

    def known_items(self, number: int) -> list[Drawn]:
        """Three words of a title, in its order: one paper is meant."""
        return self._drawn(
            "known items", lambda chance, row: _some_words(chance, row.title, 3), number
        )

    def half_remembered(self, number: int) -> dict[str, list[Drawn]]:
        """Sentences of abstracts of which words are lost: any, or first those that the fewest papers have.

        The rarer the words that are lost, the less the rest says by itself and the more by what it means together.
        """
        kinds = {
            "a sentence, a third of its words lost": (1 / 3, False),
            "a sentence, its rarest third lost": (1 / 3, True),
            "a sentence, its rarest half lost": (1 / 2, True),
        }

        def making(lost: float, rarest: bool) -> Callable[[random.Random, Row], str]:
            return lambda chance, row: self._without(chance, row, lost, rarest=rarest)

        return {kind: self._drawn("sentence", making(*how), number) for kind, how in kinds.items()}

    def claims(self) -> list[Drawn]:
        """Sentences that say in other words what some papers found, written by hand for this corpus; settings were chosen by them, too."""
        places = {row.id: place for place, row in enumerate(self.rows, 1) if row.id}
        lines = map(json.loads, CLAIMS.read_text(encoding="utf-8").splitlines())
        return [
            Drawn("claim", line["claim"], places[line["id"]])
            for line in lines
            if line["id"] in places
        ]

    def typed(self, number: int) -> list[str]:
        """Titles and names as they are typed, letter by letter from the second one."""
        made = self._drawn("title", lambda chance, row: row.title.lower(), number)
        made += self._drawn(
            "author", lambda chance, row: chance.choice(row.authors or ("",)).lower(), number
        )
        return [
            one.text[:length]
            for one in made
            for length in range(2, min(len(one.text), _TYPED) + 1)
            if one.text[length - 1] != " "
        ]

    def _drawn(
        self, kind: str, make: Callable[[random.Random, Row], str], number: int
    ) -> list[Drawn]:
        """Make a question of each of some papers; papers that make none are passed over."""
        chance = random.Random(f"{SEED} {kind}")  # noqa: S311  # the same at every run
        places = list(range(len(self.rows)))
        chance.shuffle(places)

        def made() -> Iterator[Drawn]:
            for place in places:
                if text := make(chance, self.rows[place]):
                    yield Drawn(kind, text, place + 1)

        return [one for one, _ in zip(made(), range(number), strict=False)]

    def _without(self, chance: random.Random, row: Row, lost: float, *, rarest: bool) -> str:
        """A sentence of at least nine words without a share of them."""
        long = [
            found for one in _SENTENCE.split(row.abstract) if len(found := _WORD.findall(one)) >= 9
        ]
        if not long:
            return ""
        words = chance.choice(long)
        places = list(range(len(words)))
        chance.shuffle(places)
        if rarest:
            places.sort(key=lambda place: self.papers[words[place].lower()])
        gone = set(places[: int(len(words) * lost)])
        return " ".join(word for place, word in enumerate(words) if place not in gone)


def _some_words(chance: random.Random, text: str, number: int) -> str:
    """Some of the telling words of a text, in its order."""
    telling = [
        word for word in _WORD.findall(text) if word.lower() not in STOP_WORDS and len(word) > 2
    ]
    if len(telling) < number:
        return ""
    return " ".join(telling[place] for place in sorted(chance.sample(range(len(telling)), number)))


def _run_of_words(chance: random.Random, text: str, number: int) -> str:
    words = _WORD.findall(text)
    if len(words) < number:
        return ""
    start = chance.randrange(len(words) - number + 1)
    return " ".join(words[start : start + number])
