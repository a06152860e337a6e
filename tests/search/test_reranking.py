"""The cross-encoder that may look again: a small one made here, with random weights, read as any other."""

import threading
from importlib import import_module
from typing import Any

import pytest
from django.urls import reverse

from search import reranking
from search.queries import search
from search.ranking import Ranked
from search.reranking import rerank
from search.texts import texts_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cross-encoder of one small layer."""
    import torch

    transformers: Any = import_module("transformers")
    made = tmp_path_factory.mktemp("cross-encoder")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "attention",
        "sparse",
        "dense",
        "rice",
        ".",
    ]
    (made / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, num_labels=1, max_position_embeddings=64, initializer_range=2.0,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(made)
    transformers.BertTokenizerFast(
        vocab_file=str(made / "vocab.txt"), model_max_length=64
    ).save_pretrained(made)
    return str(made)


@pytest.fixture(autouse=True)
def _load_anew(monkeypatch):
    reranking._models.clear()
    monkeypatch.setattr(reranking, "_waits", True)
    yield
    reranking._models.clear()


def test_without_a_model_nothing_changes(settings):
    settings.RERANKER_MODEL = ""
    ranked = [Ranked(1, 2.0, 0.1, None), Ranked(2, 1.0, 0.1, None)]
    assert rerank("attention", ranked) == ranked


def test_the_best_hits_stand_in_the_order_of_the_model(make_indexed, settings, folder):
    for title in (
        "Sparse attention",
        "Dense attention",
        "Attention rice",
        "Sparse dense attention",
    ):
        make_indexed(title)
    before = search("attention dense rice sparse").hits
    settings.RERANKER_MODEL = folder
    after = search("attention dense rice sparse").hits
    texts = {one.paper_id: one for one in texts_of([hit.paper_id for hit in before])}
    model = reranking._models[folder]
    judged = {
        key: float(
            model.predict([("attention dense rice sparse", f"{one.title}. {one.abstract}")])[0]
        )
        for key, one in texts.items()
    }
    order = [judged[hit.paper_id] for hit in after]
    assert order == sorted(order, reverse=True)
    assert [judged[hit.paper_id] for hit in before] != order
    assert {hit.paper_id for hit in after} == {hit.paper_id for hit in before}
    scores = [hit.score for hit in after]
    assert scores == sorted(scores, reverse=True)


def test_the_exact_title_stays_first(make_indexed, settings, folder):
    papers = [make_indexed(title) for title in ("Attention rice", "Attention", "Attention sparse")]
    settings.RERANKER_MODEL = folder
    assert search("attention").hits[0].paper_id == papers[1].pk


def test_a_model_that_cannot_be_loaded_is_said_and_done_without(
    make_indexed, settings, caplog, tmp_path
):
    paper = make_indexed("Attention")
    settings.RERANKER_MODEL = str(tmp_path)
    assert [hit.paper_id for hit in search("attention").hits] == [paper.pk]
    assert "cannot be loaded" in caplog.text


def loaded() -> None:
    for thread in threading.enumerate():
        if thread.name == "load reranker":
            thread.join()


def test_a_web_process_loads_the_model_at_its_start_and_no_page_waits(
    make_indexed, settings, folder, monkeypatch
):
    settings.RERANKER_MODEL = folder
    embedding = threading.Event()
    before = threading.Thread(target=embedding.wait)
    before.start()
    reranking.warm_up(after=before)
    make_indexed("Attention")
    assert search("attention").total == 1
    assert reranking._models == {}
    embedding.set()
    loaded()
    assert reranking._models[folder] is not None


def test_the_state_page_says_that_a_model_cannot_be_loaded(client, settings, tmp_path, caplog):
    page = reverse("status")
    settings.RERANKER_MODEL = str(tmp_path)
    assert "cannot be loaded" not in client.get(page).text
    reranking.warm_up()
    loaded()
    assert "best hits again cannot be loaded" in client.get(page).text
    assert str(tmp_path) not in client.get(page).text
    assert str(tmp_path) in caplog.text
    settings.RERANKER_MODEL = ""
    assert "cannot be loaded" not in client.get(page).text
