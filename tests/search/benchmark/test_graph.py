"""The graph's benchmark, on a few hundred citations."""

import json
from collections import Counter

import pytest

from search.benchmark import graph


@pytest.fixture
def folder(tmp_path):
    """Three papers of four references each; some works are cited by all."""
    lines = [
        {"citing": f"c{citing}", "cited": f"w{cited}"}
        for citing in range(3)
        for cited in (0, 1, 2 + citing % 2, 5 + citing)
    ]
    (tmp_path / "citations.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path


def test_degrees_are_spread_like_real_ones(folder):
    pairs = graph.like_real_ones(folder, 2000)
    assert len({tuple(pair) for pair in pairs.tolist()}) == 2000
    assert all(citing != cited for citing, cited in pairs.tolist())
    cited = [number for _, number in Counter(pairs[:, 1].tolist()).most_common()]
    assert cited[0] > 3 * cited[len(cited) // 2]
    assert (pairs == graph.like_real_ones(folder, 2000)).all()


@pytest.mark.django_db(transaction=True)
def test_questions_are_asked_and_timed(folder):
    loading, *figures = graph.measured(folder, 600)
    assert loading.note == "150 papers, 600 citations"
    assert [figure.name for figure in figures] == ["neighbours", "two hops", "shortest paths"]
    assert {figure.runs for figure in figures} == {150}


def test_without_citations_the_figure_says_so(tmp_path):
    [figure] = graph.measured(tmp_path)
    assert figure.note == "no citations.jsonl in the folder of the data"
