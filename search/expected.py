"""Expected terms: what the abstract of a paper would say, as far as its title tells.

Readers ask in other words than a title's, and an abstract would have them: "tokens" and "throughput" where the title says
"decoding". How much of a term an abstract is expected to have is a sum over the title's terms, of weights learned from papers
with abstracts (search.learning); a paper without an abstract is found by these terms too, at what they weigh. Expanding the
document and not the question costs a query nothing (Nogueira, Yang, Lin and Cho 2019, "Document Expansion by Query
Prediction"); that words of a title stand for words of its text is Berger and Lafferty's (1999, "Information Retrieval as
Statistical Translation").

expected.txt.gz: a line for each term of a title: the term, in how many of ten thousand titles it stands, then terms of
abstracts, each with its weight in hundredths.
"""

import gzip
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("expected.txt.gz")
_STRENGTH = (
    2.0  # more than is expected: what nobody has written must be told from what is not there at all
)
_LEAST, _MOST = 0.02, 100  # weights and terms of a paper
_HIGHEST = 0.5  # what is expected counts less than what a title says


@dataclass(frozen=True, slots=True)
class Association:
    """A term of titles, the share of titles that have it, and how much more of other terms their abstracts have."""

    term: str
    share: float
    weights: tuple[tuple[str, float], ...]


def expected_terms(said: Collection[str]) -> dict[str, float]:
    """Return terms that the abstract behind a title of these terms would have beside them, with their weights."""
    associations, usual = _learned()
    sums: defaultdict[str, float] = defaultdict(float)
    for term in said:
        for other, weight in associations.get(term, ()):
            sums[other] += weight
    weights = {
        term: min(_STRENGTH * (weight - usual[term]), _HIGHEST)
        for term, weight in sums.items()
        if term not in said
    }
    best = sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:_MOST]
    return {term: weight for term, weight in best if weight >= _LEAST}


@lru_cache(maxsize=1)
def _learned() -> tuple[dict[str, tuple[tuple[str, float], ...]], dict[str, float]]:
    """Return the weights of each term of a title, and what they sum up to on average."""
    associations = {}
    usual: defaultdict[str, float] = defaultdict(float)
    for one in read_associations():
        associations[one.term] = one.weights
        for term, weight in one.weights:
            usual[term] += one.share * weight
    return associations, usual


def read_associations(file: Path = FILE) -> Iterator[Association]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            term, share, *rest = line.split()
            pairs = zip(rest[::2], rest[1::2], strict=True)
            yield Association(
                term,
                int(share) / 10_000,
                tuple((other, int(weight) / 100) for other, weight in pairs),
            )


def write_associations(associations: Iterable[Association], file: Path) -> None:
    """Write them so that the same ones make the same bytes."""
    lines = [
        " ".join(
            [one.term, str(round(one.share * 10_000))]
            + [f"{other} {round(weight * 100)}" for other, weight in one.weights]
        )
        for one in associations
    ]
    text = "".join(f"{line}\n" for line in lines)
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
