"""The cross-encoder that may look again: a small one made here, with random weights, read as any other."""

from importlib import import_module
from typing import Any

import pytest

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
def _load_anew():
    reranking._model.cache_clear()
    yield
    reranking._model.cache_clear()


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
    model = reranking._model(folder)
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
