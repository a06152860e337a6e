"""`manage.py bench --corpus` from beginning to end, on fifty papers."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from catalog.folding import fold
from catalog.models import Paper
from search.benchmark import measuring
from search.benchmark.corpus import read_corpus
from search.benchmark.figures import Figure, percentile
from search.benchmark.load import load
from search.benchmark.measuring import EMBEDDED, FUSED, LEXICAL, Extent, measured
from search.benchmark.peers import PeersMissing
from search.models import Embedding
from search.scratch import scratch_database
from tests.search.benchmark.papers import write_corpus

SMALL = Extent(each=2, known=10, sentences=4, typed=2, common=3, malformed=15)


def no_peers(*_: object) -> None:
    raise PeersMissing("no network")


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([1], 0.95, 1), (list(range(100)), 0.95, 95), (list(range(20)), 0.5, 10), ([1, 2], 1, 2)],
)
def test_a_share_of_the_values_lies_below_a_percentile(values, share, expected):
    assert percentile(values, share) == expected


def test_a_figure_sums_times_up_whatever_their_order():
    figure = Figure.of("part", "name", [5, 1, 3], note="said")
    assert (figure.runs, figure.median_ms, figure.p95_ms, figure.max_ms) == (3, 3, 5, 5)


@pytest.mark.django_db(transaction=True)
def test_a_corpus_is_measured_in_a_database_of_its_own_which_can_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "ask_peers", no_peers)
    own = connection.settings_dict["NAME"]
    found = list(measured(write_corpus(tmp_path, 50), keep=True, extent=SMALL))
    figures = {one.name: one for one in found if isinstance(one, Figure)}
    scores = {one.name: one for one in found if not isinstance(one, Figure)}
    assert figures["not measured"].note == "no network"
    assert figures["loading"].note.startswith("50 papers")
    for name in (LEXICAL, FUSED, EMBEDDED, "search()", "suggestions, letter by letter"):
        assert figures[name].runs > 0
    assert {one.note[:12] for name, one in figures.items() if name.startswith("malformed")} <= {
        "HTTP 1 × 200",
        "HTTP 1 × 400",
    }
    assert scores["nearest ten, papers"].measures["recall_10"] > 0.9
    assert scores["three title words, ours, lexical"].measures["mrr_10"] > 0.5
    assert (connection.settings_dict["NAME"], Paper.objects.count()) == (own, 0)
    with scratch_database("corpus_1", keep=True):
        assert Paper.objects.count() == 50
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{own}_corpus_1"')


def test_copies_of_a_corpus_are_loaded_with_authors_places_and_vectors(db, tmp_path):
    load(read_corpus(write_corpus(tmp_path, 50)), 2)
    assert (Paper.objects.listed().count(), Embedding.objects.count()) == (100, 100)
    paper = Paper.objects.get(pk=51)
    assert (paper.title_key, paper.venue_label[:4]) == (fold(paper.title), "ICLR")
    assert paper.authorships.count() > 0
    assert Paper.objects.create(title="One more").pk == 101


def test_growth_is_told_beside_the_figure():
    once, larger = (Figure.of("", "words", [spent]) for spent in (2.0, 5.0))
    assert measuring._grown(larger, {"words": once}).note == "p95 × 2.5, median × 2.5"
    assert measuring._grown(larger, {}) == larger


def test_without_the_corpus_one_line_says_so(db, tmp_path, settings, monkeypatch):
    settings.STEMMA_DATA = tmp_path
    out = StringIO()
    call_command("bench", "--corpus", "--json", stdout=out)
    (figure,) = json.loads(out.getvalue())["figures"]
    assert "STEMMA_DATA" in figure["note"]
