"""Learning what a title tells of its abstract: a linear map from the terms of the one to the weights of the other's.

Ridge regression (Hoerl and Kennard 1970): words of a title that come together, as "language" and "model" do, share what
their abstracts have and do not count it twice. Of its weights those are kept that can move a score most.
"""

import math
from collections import Counter
from collections.abc import Sequence

from search.expected import Association
from search.terms import paper_terms, terms_of
from search.texts import PaperTexts

_LEAST_TITLES, _LEAST_ABSTRACTS, _LEAST_BOTH = 4, 5, 3  # papers that must have a term, or the two
_RIDGE = 20.0  # as many titles without it, as it were, are beside those that have a term
_KEPT = 100_000
_LEAST_WEIGHT = 0.005  # half of what is written down


def learn(papers: Sequence[tuple[str, str]], kept: int = _KEPT) -> list[Association]:
    """Return what papers, each a title and an abstract, teach."""
    import numpy

    titles = [terms_of(title) for title, _ in papers]
    abstracts = [_weights(abstract) for _, abstract in papers]
    title_terms = _frequent(titles, _LEAST_TITLES)
    abstract_terms = [
        (term, count)
        for term, count in _frequent(abstracts, _LEAST_ABSTRACTS)
        if not term.isdigit()
    ]
    columns = {term: place for place, (term, _) in enumerate(abstract_terms)}
    rows = {term: place for place, (term, _) in enumerate(title_terms)}
    total = len(papers)

    together = numpy.zeros((len(rows), len(rows)), numpy.float32)
    found = numpy.zeros((len(rows), len(columns)), numpy.float32)
    both = numpy.zeros(found.shape, numpy.int32)
    mean = numpy.zeros(len(columns))
    for title, abstract in zip(titles, abstracts, strict=True):
        said = [rows[term] for term in sorted(title) if term in rows]
        held = [columns[term] for term in abstract if term in columns]
        weights = numpy.array([abstract[term] for term in abstract if term in columns])
        together[numpy.ix_(said, said)] += 1
        found[numpy.ix_(said, held)] += weights
        both[numpy.ix_(said, held)] += 1
        mean[held] += weights / total
    share = numpy.array([count for _, count in title_terms]) / total
    together -= total * numpy.outer(share, share)
    found -= total * numpy.outer(share, mean)
    together[numpy.diag_indices(len(rows))] += _RIDGE
    learned = numpy.linalg.solve(together, found)

    learned[both < _LEAST_BOTH] = 0
    for term in rows.keys() & columns.keys():  # the title itself has it
        learned[rows[term], columns[term]] = 0
    rarity = numpy.array([math.log(total / count) for _, count in abstract_terms])
    value = numpy.where(learned >= _LEAST_WEIGHT, learned * rarity, 0)
    least = numpy.partition(value.ravel(), -kept)[-kept] if kept < value.size else 0
    names = [term for term, _ in abstract_terms]
    return [
        Association(
            term,
            count / total,
            tuple(
                (names[n], float(learned[place, n]))
                for n in numpy.flatnonzero((value[place] > 0) & (value[place] >= least))
            ),
        )
        for place, (term, count) in enumerate(title_terms)
    ]


def _weights(abstract: str) -> dict[str, float]:
    """What the terms of an abstract weigh where there is nothing else of the paper."""
    held = paper_terms(PaperTexts(0, "", abstract, [], [], [], [], []))
    return {term: one.weight for term, one in held.items()}


def _frequent(terms: Sequence[set[str] | dict[str, float]], least: int) -> list[tuple[str, int]]:
    counted = Counter(term for one in terms for term in one)
    return sorted((term, count) for term, count in counted.items() if count >= least)
