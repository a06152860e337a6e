"""Terms that a title lets expect of an abstract: what is learned, who gets them, and what they count."""

import pytest
from django.core.management import CommandError, call_command

from search.expected import (
    FILE,
    expected_terms,
    read_associations,
    write_associations,
)
from search.index import refresh_words
from search.learning import learn
from search.models import Posting, Term
from search.question import read
from search.ranking import rank
from search.recounting import recount_words
from search.terms import paper_terms
from search.texts import PaperTexts
from tests.factories import make_paper
from tests.search.benchmark.papers import rows, write_corpus


def terms(title: str, abstract: str = "") -> dict[str, int]:
    texts = PaperTexts(1, title, abstract, [], [], [], [], [])
    return {term: held.fields for term, held in paper_terms(texts).items()}


def order(query: str) -> list[int]:
    return [one.paper_id for one in rank(read(query))]


def test_a_title_lets_expect_what_abstracts_of_such_titles_say():
    expected = expected_terms({"kv", "compress"})
    assert {"cach", "memori", "token"} <= expected.keys()
    assert not {"kv", "compress"} & expected.keys()
    assert all(0 < weight <= 0.5 for weight in expected.values())
    assert "protein" not in expected


def test_a_title_of_unknown_words_lets_expect_nothing():
    assert expected_terms({"qwertzuiop"}) == {}
    assert expected_terms(set()) == {}


def test_few_terms_are_expected_however_long_the_title():
    every = {one.term for one in read_associations()}
    assert 0 < len(expected_terms(every)) <= 100


def test_only_a_paper_without_an_abstract_has_expected_terms_and_they_stand_in_no_field():
    alone = terms("Speculative Decoding")
    assert alone["draft"] == 0
    assert alone["specul"] == 1
    assert "draft" not in terms("Speculative Decoding", "We decode.")


@pytest.mark.django_db
def test_of_two_titles_with_a_word_the_one_that_lets_expect_the_others_comes_first(make_indexed):
    other = make_indexed("Speculative Fiction for Everyone")
    meant = make_indexed("Speculative Decoding for Everyone")
    assert order("speculative drafts of tokens") == [meant.pk, other.pk]


@pytest.mark.django_db
def test_a_word_that_is_only_expected_finds_nothing_by_itself(make_indexed):
    paper = make_indexed("Speculative Decoding for Everyone")
    assert Posting.objects.filter(paper=paper, term__text="draft", fields=0).exists()
    assert order("draft") == []


@pytest.mark.django_db
def test_papers_count_for_a_term_as_far_as_it_is_expected(make_indexed):
    for number in range(8):
        make_indexed(f"Speculative Decoding {number}")
    make_indexed("Drafts")
    recount_words()
    weight = expected_terms({"specul", "decod"})["draft"]
    assert Posting.objects.filter(term__text="draft").count() == 9
    assert 1 + 8 * weight <= Term.objects.get(text="draft").papers < 2 + 8 * weight
    assert Term.objects.get(text="draft").postings == 9  # of which all are read, or some are left
    assert Term.objects.get(text="specul").papers == 8


@pytest.mark.django_db
def test_what_is_left_of_expected_postings_is_looked_up(make_indexed):
    """Few papers are counted for a term that many are only expected to have: its postings tell whether all were read."""
    for number in range(8):
        make_indexed(f"Speculative Decoding {number}")
    long = " ".join(f"filler{number}" for number in range(300))
    meant = make_indexed("Quite Another", abstract=f"Drafts. {long}")
    recount_words()
    few = {"least_read": 2, "most_of_one": 2, "most_read": 2}
    assert [one.paper_id for one in rank(read("drafts another"), settings=few)] == [meant.pk]
    assert (
        rank(read("drafts another"), settings=few)[0].lexical
        == rank(read("drafts another"))[0].lexical
    )


@pytest.mark.django_db
def test_an_abstract_takes_the_place_of_what_was_expected(make_indexed):
    paper = make_indexed("Speculative Decoding for Everyone")
    paper.abstract = "A large model checks what a small one wrote."
    paper.save()
    refresh_words([paper.pk])
    assert not Posting.objects.filter(paper=paper, fields=0).exists()
    assert order("speculative model") == [paper.pk]


TAUGHT = [("Caching Keys", "Throughput grows by 40 percent."), ("On Bees", "Honey grows.")] * 20


def test_what_goes_with_a_word_of_titles_is_learned():
    learned = {one.term: one for one in learn([*TAUGHT, ("On Caching", "Wax melts.")])}
    cache = dict(learned["cach"].weights)
    assert cache["throughput"] > 0.05
    assert not {"honey", "grow", "40", "wax", "cach"} & cache.keys()
    assert learned["cach"].share == pytest.approx(21 / 41)


def test_two_papers_that_have_both_terms_are_chance():
    papers = [
        *[("Caching", "Throughput grows.")] * 5,
        *[("Caching", "Wax melts.")] * 2,
        *[("Fire", "Wax melts.")] * 4,
        *[("On Bees", "Honey.")] * 60,
    ]
    learned = {one.term: dict(one.weights) for one in learn(papers)}
    assert "throughput" in learned["cach"]
    assert "wax" not in learned["cach"]
    assert "wax" in learned["fire"]


def test_a_title_that_says_it_already_teaches_nothing():
    learned = learn([("Caching", "Caching."), ("Bees", "Honey.")] * 5)
    assert {one.term: [term for term, _ in one.weights] for one in learned} == {
        "bee": ["honey"],
        "cach": [],
    }


def test_of_all_weights_those_that_can_move_a_score_most_are_kept():
    [kept] = [one for one in learn(TAUGHT, kept=2) if one.term == "cach"]
    assert len(kept.weights) <= 2


def test_what_is_written_is_read_again_and_the_same_makes_the_same_bytes(tmp_path):
    once, again = tmp_path / "once.gz", tmp_path / "again.gz"
    write_associations(learn(TAUGHT), once)
    write_associations(read_associations(once), again)
    assert once.read_bytes() == again.read_bytes()
    assert {one.term for one in read_associations(once)} == {"bee", "cach", "key"}


def test_what_travels_is_small():
    assert FILE.stat().st_size < 500_000
    assert sum(len(one.weights) for one in read_associations()) <= 101_000


@pytest.mark.django_db
def test_the_command_leaves_out_papers_of_the_catalogue(settings, tmp_path, capsys):
    settings.STEMMA_DATA = write_corpus(tmp_path, 40)
    first = rows(40)[0]
    make_paper(first.title)
    call_command("learn_expected", to=tmp_path / "learned.gz")
    assert capsys.readouterr().out.startswith("39 papers, ")
    learned = {one.term: dict(one.weights) for one in read_associations(tmp_path / "learned.gz")}
    assert "keep" in learned


@pytest.mark.django_db
def test_the_command_says_when_there_is_no_corpus(settings, tmp_path):
    settings.STEMMA_DATA = tmp_path
    with pytest.raises(CommandError, match="STEMMA_DATA"):
        call_command("learn_expected", to=tmp_path / "learned.gz")
    assert not (tmp_path / "learned.gz").exists()
