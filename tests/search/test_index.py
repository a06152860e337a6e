"""The word index follows the catalogue."""

import pytest
from kombu.exceptions import OperationalError

from catalog.models import Authorship, Paper
from catalog.signals import announce_changed_papers
from search import tasks
from search.index import refresh_words
from search.models import PaperText, Word
from search.queries import search
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """What is sent to the queue."""
    calls = []
    monkeypatch.setattr(tasks.embed_changed, "delay", lambda: calls.append("embed"))
    return calls


def test_words_follow_a_change_at_once_and_vectors_are_sent_for(
    sent, django_capture_on_commit_callbacks
):
    paper = make_paper("Before")
    with django_capture_on_commit_callbacks(execute=True):
        announce_changed_papers([paper.pk])
    assert search("before").total == 1
    Paper.objects.filter(pk=paper.pk).update(title="Afterwards", title_key="afterwards")
    with django_capture_on_commit_callbacks(execute=True):
        announce_changed_papers([paper.pk])
    assert search("before").total == 0
    assert search("afterwards").total == 1
    assert sent == ["embed", "embed"]


def test_a_queue_out_of_reach_is_a_warning(monkeypatch, caplog, django_capture_on_commit_callbacks):
    def unreachable():
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.embed_changed, "delay", unreachable)
    paper = make_paper("Before")
    with django_capture_on_commit_callbacks(execute=True):
        announce_changed_papers([paper.pk])
    assert search("before").total == 1
    assert "the schedule will catch up" in caplog.text


def test_only_rows_whose_words_changed_are_written():
    papers = [make_paper(f"Paper {n}", abstract="KV-cache of FlashAttention. ∞!") for n in range(5)]
    assert refresh_words() == 5
    assert refresh_words() == 0
    Authorship.objects.filter(paper=papers[0]).update(printed_name="Somebody Else")
    assert refresh_words() == 1
    papers[1].merged_into = papers[0]
    papers[1].save()
    assert refresh_words([papers[1].pk]) == 1
    assert PaperText.objects.count() == 4


def test_thousands_of_papers_and_unknown_ones_are_no_trouble():
    paper = make_paper("Only One")
    assert refresh_words([*range(paper.pk, paper.pk + 5000)]) == 1
    assert refresh_words([]) == 0


def test_the_lexicon_counts_papers():
    make_paper("Sparse sparse attention", topics=[])
    make_paper("Sparse caches", topics=[])
    refresh_words()
    counts = dict(Word.objects.values_list("word", "papers"))
    assert (counts["sparse"], counts["attention"], counts["caches"], counts["cach"]) == (2, 1, 1, 1)


def test_a_very_long_abstract_is_indexed_as_far_as_the_database_can_tell():
    make_paper(
        "Long", abstract=" ".join(f"word{n} again" for n in range(20_000)) + " " + "x" * 5000
    )
    assert refresh_words() == 1
    assert search("word77 again").total == 1
