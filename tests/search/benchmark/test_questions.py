"""What is asked of a corpus, and the corpus that is asked."""

import pytest

from search.benchmark.corpus import CorpusMissing, Row, read_corpus
from search.benchmark.questions import Questions
from search.words import STOP_WORDS
from tests.search.benchmark.papers import rows, write_corpus


@pytest.fixture
def questions():
    return Questions(rows(50))


def test_kinds_take_turns_and_the_same_are_drawn_every_time(questions):
    drawn = questions.rotating(5)
    kinds = [one.kind for one in drawn]
    assert len(drawn) == 30
    assert len(set(kinds)) == 6
    assert kinds == kinds[:6] * 5
    assert drawn == Questions(rows(50)).rotating(5)


def test_a_question_is_made_of_the_paper_that_it_names(questions):
    for one in questions.known_items(20):
        words = one.text.split()
        title = questions.rows[one.paper - 1].title.split()
        assert len(words) == 3
        assert [word for word in title if word in words] == words
        assert not STOP_WORDS & {word.lower() for word in words}
    for one in questions.rotating(10):
        row = questions.rows[one.paper - 1]
        if one.kind == "whole title":
            assert one.text == row.title
        if one.kind == "author":
            assert one.text in row.authors


def test_words_of_a_sentence_are_lost_and_the_rarest_first(questions):
    any_third, rarest_third, rarest_half = questions.half_remembered(10).values()
    for drawn, left in ((any_third, 8), (rarest_third, 8), (rarest_half, 6)):
        assert len(drawn) == 10
        for one in drawn:
            words = questions.rows[one.paper - 1].abstract.removesuffix(".").split()
            assert len(words) == 12
            assert len(one.text.split()) == left
            assert set(one.text.split()) < set(words)
    assert any("topic" in one.text for one in any_third)
    assert not any("topic" in one.text for one in [*rarest_third, *rarest_half])


def test_names_are_typed_letter_by_letter(questions):
    typed = questions.typed(3)
    assert all(2 <= len(text) <= 25 for text in typed)
    assert {len(text) for text in typed} >= {2, 3, 4, 5}
    assert all(text == text.lower() for text in typed)


def test_papers_that_make_no_question_are_passed_over():
    bare = Questions([Row("Bees", "", (), "ICLR", None), *rows(1)])
    assert [one.paper for one in bare.known_items(10)] == [2]


def test_a_corpus_grows_by_copies_with_other_words_names_and_vectors(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path, 50))
    chunks = list(corpus.chunks(3))
    first, *copies = chunks
    assert first[0] == corpus.rows
    for papers, vectors in copies:
        assert len(papers) == 50
        assert (
            sum(one.title != other.title for one, other in zip(papers, corpus.rows, strict=True))
            > 40
        )
        assert {name for row in papers for name in row.authors} != {
            name for row in corpus.rows for name in row.authors
        }
        cosines = (vectors * corpus.vectors).sum(axis=1)
        assert 0.75 < cosines.min() < cosines.max() < 0.95
        assert (vectors**2).sum(axis=1) == pytest.approx(1)
    assert copies[0][0] != copies[1][0]
    again = list(corpus.chunks(2))[1]
    assert again[0] == copies[0][0]


def test_a_missing_corpus_is_one_line(tmp_path):
    with pytest.raises(CorpusMissing, match="STEMMA_DATA") as raised:
        read_corpus(tmp_path)
    assert "\n" not in str(raised.value)


def test_vectors_of_other_papers_are_refused(tmp_path):
    write_corpus(tmp_path, 5, vectors=4)
    with pytest.raises(CorpusMissing, match="5 papers and 4 vectors"):
        read_corpus(tmp_path)
