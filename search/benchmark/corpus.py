"""The corpus: real papers with their vectors, and as many times more of them as wanted."""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

PAPERS, VECTORS = "corpus.jsonl.gz", "corpus_minilm_float16.npy"
_WORD = re.compile(r"[^\W\d_]{2,}")
_RARE = 3  # papers: a word that fewer have is one of the many that new papers bring along
_POOL = 2000  # papers whose words stand for how often each is used
_NOISE = 0.6  # beside a vector of length 1: about 0.86 is left of the cosine


class CorpusMissing(Exception):
    """There is no corpus here; the message is one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A paper of the corpus."""

    title: str
    abstract: str
    authors: tuple[str, ...]
    venue: str
    year: int | None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Papers with the vectors of all-MiniLM-L6-v2, one row each. The first one's key in a database is 1, and so on."""

    rows: Sequence[Row]
    vectors: "NDArray[float32]"

    def chunks(self, times: int) -> Iterator[tuple[Sequence[Row], "NDArray[float32]"]]:
        """Yield the papers as they are, then copies of them all with other words, names and vectors."""
        yield self.rows, self.vectors
        if times > 1:
            writer = _Rewriter(self.rows)
            for number in range(1, times):
                yield writer.rewritten(number), _beside(self.vectors, number)


def read_corpus(folder: Path) -> Corpus:
    """Read the corpus of a folder; raise CorpusMissing."""
    import numpy

    try:
        with gzip.open(folder / PAPERS, "rt", encoding="utf-8") as lines:
            rows = [_row(line) for line in lines]
        vectors = numpy.load(folder / VECTORS).astype(numpy.float32)
    except FileNotFoundError as error:
        raise CorpusMissing(
            f"{error.filename} is not there; STEMMA_DATA says where it is"
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise CorpusMissing(f"{folder}: cannot be read: {error!r}") from error
    if len(vectors) != len(rows):
        raise CorpusMissing(f"{folder}: {len(rows)} papers and {len(vectors)} vectors")
    return Corpus(rows, _unit(vectors))  # of two bytes a number, their lengths are only near 1


def _row(line: str) -> Row:
    made = json.loads(line)
    authors = dict.fromkeys(" ".join(name.split())[:200] for name in made["authors"])
    return Row(
        " ".join(made["title"].split()),
        " ".join(made["abstract"].split()),
        tuple(name for name in authors if name),
        made["venue"],
        made["year"],
        made.get("id", ""),
    )


class _Rewriter:
    """Writes papers anew, so that words keep their shares: common ones grow with the corpus, and rare ones are new.

    A third of the words is drawn from all words as they are used; a word that hardly any paper has gets an ending of
    the copy's own. Authors swap their last names.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        papers: Counter[str] = Counter()
        for row in rows:
            papers.update({word.lower() for word in _WORD.findall(f"{row.title} {row.abstract}")})
        self.rare = {word for word, count in papers.items() if count < _RARE}
        drawn = random.Random(0).sample(rows, min(_POOL, len(rows)))  # noqa: S311
        self.pool = [word for row in drawn for word in _WORD.findall(row.abstract)]
        self.names = sorted({name for row in rows for name in row.authors if " " in name})

    def rewritten(self, number: int) -> list[Row]:
        chance = random.Random(number)  # noqa: S311  # the same at every run, which is what is wanted
        ending = "bdfgklmnprst"[number % 12] + "aeiou"[number // 12 % 5]
        last = [name.rpartition(" ")[2] for name in self.names]
        chance.shuffle(last)
        swapped = {
            name: f"{name.rpartition(' ')[0]} {other}"
            for name, other in zip(self.names, last, strict=True)
        }

        def other(match: re.Match[str]) -> str:
            word: str = match[0]
            if chance.random() < 1 / 3 and self.pool:
                word = self.pool[int(chance.random() * len(self.pool))]
            return word + ending if word.lower() in self.rare else word

        return [
            replace(
                row,
                title=_WORD.sub(other, row.title),
                abstract=_WORD.sub(other, row.abstract),
                authors=tuple(dict.fromkeys(swapped.get(name, name) for name in row.authors)),
            )
            for row in self.rows
        ]


def _beside(vectors: "NDArray[float32]", number: int) -> "NDArray[float32]":
    """Vectors a little beside these, of length 1 too."""
    import numpy

    chance = numpy.random.default_rng(number)
    noise = chance.standard_normal(vectors.shape, dtype=numpy.float32)
    return _unit(vectors + noise * (_NOISE / vectors.shape[1] ** 0.5))


def _unit(vectors: "NDArray[float32]") -> "NDArray[float32]":
    import numpy

    unit: NDArray[float32] = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
