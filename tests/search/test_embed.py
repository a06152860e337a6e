"""The embedding job with the real model: what is embedded, what is left alone, what became similar."""

import threading
from hashlib import sha256

import pytest
from django.db import connection, connections
from django.utils import timezone

from catalog.locks import EMBED, AlreadyRunning, alone
from catalog.models import Paper, Placement, Run, SimilarPaper
from search import embed, embeddings, serving, tasks
from search.embed import embed_changed
from search.embeddings import PACKAGED, ModelUnavailable, encode, query_vector
from search.models import Embedding, PaperText, Word
from search.queries import search, similar
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def versions() -> list[tuple[str, int, str]]:
    """Which version of each row there is, for every table of search and its neighbours."""
    tables = [model._meta.db_table for model in (Embedding, PaperText, Word, SimilarPaper, Run)]
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT %s, ctid::text, xmin::text, xmax::text FROM {table}", [table])
            found += cursor.fetchall()
    return sorted(found)


def embedded_titles() -> list[str]:
    return list(Embedding.objects.order_by("paper").values_list("paper__title", flat=True))


def test_a_paper_is_embedded_with_its_model_and_the_hash_of_its_text():
    paper = make_paper("A Title", abstract="An abstract.")
    done = embed_changed("test")
    row = Embedding.objects.get()
    assert (done.new, done.changed, done.same, done.left) == (1, 0, 0, 0)
    assert (row.paper, row.model) == (paper, PACKAGED)
    assert row.text_hash == sha256(b"A Title. An abstract.").hexdigest()
    assert row.vector == pytest.approx(encode(PACKAGED, ["A Title. An abstract."])[0], abs=1e-4)
    assert sum(x * x for x in row.vector) == pytest.approx(1, abs=1e-4)


def test_the_vectors_are_those_of_the_published_model():
    # First numbers of the model's card for this sentence, as other builds of it give them.
    vector = encode(PACKAGED, ["This is an example sentence"])[0]
    assert len(vector) == 384
    assert vector[:4].tolist() == pytest.approx([0.0677, 0.0635, 0.0487, 0.0793], abs=2e-3)


def test_only_what_changed_is_embedded_again():
    first, second = make_paper("First"), make_paper("Second")
    embed_changed("test")
    before = Embedding.objects.get(paper=second).created_at
    first.abstract = "New."
    first.save()
    done = embed_changed("test")
    assert (done.new, done.changed, done.same) == (0, 1, 1)
    assert Embedding.objects.get(paper=second).created_at == before


def test_a_run_with_nothing_to_do_writes_nothing_and_loads_no_model(monkeypatch):
    make_paper("First", abstract="Some words.")
    make_paper("Second")
    embed_changed("test")
    before = versions()
    monkeypatch.setattr(embeddings, "_load", lambda name: pytest.fail("the model was asked for"))
    tasks.embed_changed()
    assert versions() == before


def test_unlisted_papers_are_embedded_and_merged_ones_are_not():
    unlisted = make_paper("Unlisted", topics=[])
    merged = make_paper("Merged")
    merged.merged_into = unlisted
    merged.save()
    embed_changed("test")
    assert embedded_titles() == ["Unlisted"]


def test_a_run_goes_on_where_a_killed_one_stopped(monkeypatch):
    for n in range(5):
        make_paper(f"Paper {n}")
    monkeypatch.setattr(embed, "BATCH", 2)
    calls = []

    def die(model, texts):
        calls.append(texts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return encode(model, texts)

    with monkeypatch.context() as patch:
        patch.setattr(embed, "encode", die)
        with pytest.raises(KeyboardInterrupt):
            embed_changed("test")
    assert len(embedded_titles()) == 2
    assert embed_changed("test").new == 3
    assert list(Run.objects.order_by("pk").values_list("status", "new")) == [
        ("interrupted", 0),
        ("done", 3),
    ]


def test_a_limit_leaves_the_rest_for_later():
    for n in range(3):
        make_paper(f"Paper {n}")
    assert embed_changed("test", limit=2).left == 1
    assert embed_changed("test").new == 1


def test_a_run_is_recorded_with_its_counts():
    make_paper("First")
    embed_changed("by hand")
    run = Run.objects.get()
    assert (run.job, run.status, run.reason, run.new) == ("embed", "done", "by hand", 1)
    assert run.finished_at
    assert run.finished_at >= run.started_at


def test_a_model_that_cannot_be_loaded_is_a_failed_run(settings, monkeypatch):
    monkeypatch.setattr(embeddings, "_failed", {})
    settings.EMBEDDING_MODEL = "/nowhere/at/all"
    make_paper("First")
    with pytest.raises(ModelUnavailable, match="/nowhere/at/all cannot be loaded"):
        embed_changed("test")
    tasks.embed_changed()
    assert set(Run.objects.values_list("status", flat=True)) == {"failed"}
    assert query_vector("anything") is None


def test_weights_that_were_tampered_with_are_not_loaded(monkeypatch):
    monkeypatch.setattr(embeddings, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="not the ones"):
        embeddings._packaged_folder()


@pytest.mark.django_db(transaction=True)
def test_the_job_cannot_run_twice_at_once():
    make_paper("First")
    refused = []

    def another():
        try:
            embed_changed("another")
        except AlreadyRunning as error:
            refused.append(error)
        tasks.embed_changed()  # says so and returns
        connections.close_all()

    with alone(EMBED, "held by this test"):
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert embedded_titles() == []
    assert embed_changed("test").new == 1


def test_papers_that_the_word_index_missed_are_added_to_it():
    make_paper("Missed by Everyone")
    embed_changed("test")
    assert PaperText.objects.count() == 1
    assert search("missed").total == 1


def test_the_most_similar_papers_come_first():
    cat = make_paper("Cats purr and chase mice")
    kitten = make_paper("A kitten hunts a mouse")
    make_paper("Interest rates of central banks")
    embed_changed("test")
    hits = similar(cat.pk)
    assert hits[0].paper_id == kitten.pk
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].reason == "close in meaning"


def test_ten_similar_papers_are_kept_and_never_the_paper_itself():
    for n in range(13):
        make_paper(f"Paper about the number {n}")
    embed_changed("test")
    assert SimilarPaper.objects.count() == 13 * 10


def test_unlisted_papers_leave_the_lists_of_similar_ones():
    papers = [make_paper(f"Paper about the number {n}") for n in range(4)]
    embed_changed("test")
    Placement.objects.filter(paper=papers[0]).update(is_primary=False, retired_at=timezone.now())
    done = embed_changed("test")
    assert done.similar == 4
    assert not SimilarPaper.objects.filter(other=papers[0]).exists()
    assert not SimilarPaper.objects.filter(paper=papers[0]).exists()
    Placement.objects.filter(paper=papers[0]).update(retired_at=None)
    embed_changed("test")
    assert SimilarPaper.objects.count() == 4 * 3


def test_a_few_new_papers_give_the_same_lists_as_computing_all_again():
    for n in range(30):
        make_paper(f"{['Cats', 'Banks', 'Boats'][n % 3]} and the number {n}")
    embed_changed("test")
    make_paper("Cats and the number 30")
    Paper.objects.filter(title="Boats and the number 5").update(title="Banks of a river")
    embed_changed("test")
    little_by_little = list(
        SimilarPaper.objects.order_by("paper", "rank").values_list("paper", "other")
    )
    SimilarPaper.objects.all().delete()
    embed_changed("test")
    assert little_by_little == list(
        SimilarPaper.objects.order_by("paper", "rank").values_list("paper", "other")
    )


def test_meaning_finds_what_no_word_finds_and_says_so():
    make_paper("A kitten hunts a mouse")
    make_paper("Interest rates of central banks")
    embed_changed("test")
    results = search("feline predators")
    assert results.by_meaning
    assert results.hits[0].reason == "close in meaning"
    assert results.total == 1


def test_exclusions_and_phrases_hold_for_meaning_too():
    make_paper("A kitten hunts a mouse")
    make_paper("A cat hunts a rat")
    embed_changed("test")
    assert search("feline predators -mouse").total == 1
    assert search('feline "hunts a rat"').total == 1


def test_the_configured_model_answers_once_it_covers_the_catalogue(settings):
    settings.EMBEDDING_MODEL = "new"
    by = serving.by_coverage
    assert by(100, {"old": 100, "new": 94}) == ["old", "new"]
    assert by(100, {"old": 100, "new": 95}) == ["new", "old"]
    assert by(100, {"old": 90}) == ["old"]
    assert by(100, {"new": 10}) == ["new"]
    assert by(0, {}) == []


def test_the_old_model_serves_while_the_new_one_is_missing(settings, monkeypatch):
    monkeypatch.setattr(embeddings, "_failed", {})
    make_paper("A kitten hunts a mouse")
    embed_changed("test")
    settings.EMBEDDING_MODEL = "/not/here/yet"
    serving.forget()
    assert search("feline predators").by_meaning


def test_a_page_does_not_wait_for_the_model(monkeypatch):
    monkeypatch.setattr(embeddings, "_models", {})
    monkeypatch.setattr(embeddings, "_loaders", {})
    monkeypatch.setattr(embeddings, "_waits", True)
    monkeypatch.setattr(embeddings, "_PATIENCE", 0.01)
    release = threading.Event()
    monkeypatch.setattr(embeddings, "_open", lambda name: release.wait(10))
    embeddings.warm_up()
    assert query_vector("anything") is None
    release.set()
    embeddings._loaders[PACKAGED].join()
