"""The other engines: the protocol between two processes, with the Python that runs the tests."""

import sys
from pathlib import Path

import pytest

from search.benchmark import peers
from search.benchmark.corpus import read_corpus
from search.benchmark.peers import PeersMissing, ask_peers
from tests.search.benchmark.papers import write_corpus


def test_an_engine_answers_in_the_order_of_the_questions_and_one_that_is_not_there_says_so(
    tmp_path,
):
    corpus = read_corpus(write_corpus(tmp_path, 50))
    texts = [corpus.rows[7].title, 'AND "', corpus.rows[40].title]
    answers = {one.engine: one for one in ask_peers(corpus, 2, texts, Path(sys.executable))}
    assert "tantivy" in answers["tantivy"].missing
    sqlite = answers["SQLite FTS5"]
    assert [found[:1] for found in (sqlite.found[0], sqlite.found[2])] == [[8], [41]]
    assert len(sqlite.milliseconds) == 3


def test_peers_that_cannot_be_installed_are_one_line(tmp_path, settings, monkeypatch):
    settings.STEMMA_HOME = tmp_path
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"nothing @ file://{tmp_path}/nowhere.whl\n")
    monkeypatch.setattr(peers, "REQUIREMENTS", requirements)
    with pytest.raises(PeersMissing) as raised:
        peers.environment()
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "peers" / requirements.name).exists()


def test_an_environment_is_made_once(tmp_path, settings, monkeypatch):
    settings.STEMMA_HOME = tmp_path
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n")
    monkeypatch.setattr(peers, "REQUIREMENTS", requirements)
    python = peers.environment()
    assert python.exists()
    monkeypatch.setattr(peers, "_run", lambda *_: pytest.fail("made again"))
    assert peers.environment() == python
