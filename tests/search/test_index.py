"""The word index follows the catalogue."""

import pytest
from kombu.exceptions import OperationalError

from catalog.models import Authorship, Paper
from catalog.signals import announce_changed_papers
from search import embed as embedding
from search import recounting, tasks
from search.embeddings import ModelUnavailable
from search.index import refresh_words
from search.models import IndexState, PaperText, Word
from search.queries import search
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """What is sent to the queue."""
    calls = []
    monkeypatch.setattr(tasks.embed_changed, "delay", lambda: calls.append("embed"))
    monkeypatch.setattr(tasks.recount_changed, "delay", lambda: calls.append("recount"))
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


def many_papers(execute) -> None:
    papers = [make_paper(f"Sparse attention {n} (SQA)", topics=[]) for n in range(recounting.MANY)]
    with execute(execute=True):
        announce_changed_papers([paper.pk for paper in papers])


def test_after_many_changes_words_are_found_at_once_and_a_job_counts(
    sent, monkeypatch, django_capture_on_commit_callbacks
):
    def never() -> None:
        pytest.fail("the page counted itself")

    make_paper("Sparse caches", topics=[])
    refresh_words()
    with monkeypatch.context() as page:
        for slow in ("recount_words", "mine_synonyms"):
            page.setattr(recounting, slow, never)
        many_papers(django_capture_on_commit_callbacks)
    assert sent == ["recount", "embed"]
    assert search("sqa").total == 0  # nobody has placed them, but their words are there
    counts = Word.objects.in_bulk(["sparse", "attention", "caches"])
    assert counts["sparse"].papers == 1  # a little old
    assert counts["attention"].papers == recounting.MANY  # new, and counted in what came
    tasks.recount_changed()
    assert Word.objects.get(word="sparse").papers == recounting.MANY + 1
    assert not recounting.recount_if_due()


def test_few_changes_after_each_other_are_counted_too(sent, monkeypatch):
    monkeypatch.setattr(recounting, "MANY", 3)
    for number, due in enumerate([False, False, True]):
        refresh_words([make_paper(f"Sparse {number}", topics=[]).pk])
        assert recounting.is_due() is due
    assert recounting.recount_if_due()
    assert Word.objects.get(word="sparse").papers == 3


@pytest.mark.parametrize("fails", [False, True])
def test_the_schedule_counts_what_a_queue_that_was_away_left(
    fails, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def unreachable() -> None:
        raise OperationalError("no broker")

    def embed(reason: str) -> None:
        if fails:
            raise ModelUnavailable("no model")

    for task in (tasks.embed_changed, tasks.recount_changed):
        monkeypatch.setattr(task, "delay", unreachable)
    many_papers(django_capture_on_commit_callbacks)
    assert "recount_changed not sent, the schedule will catch up" in caplog.text
    assert recounting.is_due()
    monkeypatch.setattr(embedding, "embed_changed", embed)
    tasks.embed_changed()
    assert not recounting.is_due()


def test_what_changes_while_it_is_counted_stays_noted(monkeypatch):
    def change() -> None:
        refresh_words([make_paper("Another", topics=[]).pk])

    make_paper("Sparse", topics=[])
    monkeypatch.setattr(recounting, "mine_synonyms", change)
    refresh_words()
    assert IndexState.objects.get().changed == 1


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
