"""Citation keys: plain, one for each paper, and kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from catalog.exports.facts import facts_about, facts_of
from catalog.exports.keys import give_keys, letters, stem
from catalog.models import CitationKey
from tests.catalog.exports.papers import NOTHING_KNOWN, facts
from tests.factories import make_paper


@pytest.mark.parametrize(
    ("authors", "title", "key"),
    [
        (("Yi Tay",), "The Efficient Transformers: A Survey", "tay2020efficient"),
        (("Łukasz Kaiser",), "Reformer", "kaiser2020reformer"),
        (("Laurens van der Maaten",), "t-SNE", "maaten2020t"),
        (("Martin Luther King Jr.",), "Dreams", "king2020dreams"),
        (("王小明",), "基于稀疏注意力", "anon2020paper"),
        (("u/bloc97",), "NTK-Aware Scaled RoPE", "ubloc972020ntk"),
        (("Kamradt, G.",), "A Needle", "kamradt2020needle"),
        ((), "On {the} \\Way", "anon2020way"),
        (("x" * 200,), "y" * 300, "x" * 40 + "2020" + "y" * 40),
    ],
)
def test_a_stem_is_family_name_year_and_first_telling_word(authors, title, key):
    assert stem(facts(authors=authors, title=title, year=2020)) == key


def test_a_paper_of_no_year_has_a_stem():
    assert stem(facts(**NOTHING_KNOWN)) == "anonndflashattention"


def test_letters_go_on_after_z():
    every = [letters(number) for number in range(800)]
    assert every[:3] == ["", "b", "c"]
    assert every[25:28] == ["z", "ba", "bb"]
    assert len(set(every)) == len(every)


@pytest.mark.django_db
def test_alike_papers_get_keys_of_their_own():
    papers = [make_paper("Attention", authors=["Yi Tay"], year=2020) for _ in range(30)]
    keys = [one.key for one in facts_of([paper.pk for paper in papers])]
    assert keys[:3] == ["tay2020attention", "tay2020attentionb", "tay2020attentionc"]
    assert len(set(keys)) == 30


@pytest.mark.django_db
def test_a_key_stays_whatever_becomes_of_the_paper_and_of_others():
    paper = make_paper("Attention", authors=["Yi Tay"], year=2020)
    assert facts_about(paper).key == "tay2020attention"
    make_paper("Attention", authors=["Yi Tay"], year=2020)
    paper.title, paper.year = "Efficient attention", 2021
    paper.save()
    assert facts_about(paper).key == "tay2020attention"


@pytest.mark.django_db
def test_a_key_is_the_same_wherever_the_paper_stands():
    first, second = (make_paper("Attention", authors=["Yi Tay"], year=2020) for _ in range(2))
    alone = facts_about(second).key
    assert [one.key for one in facts_of([first.pk, second.pk])] == ["tay2020attentionb", alone]


@pytest.mark.django_db
def test_a_stem_that_is_another_paper_s_key_is_left_to_it():
    first, second = make_paper(), make_paper()
    CitationKey.objects.create(paper=first, stem="tay2020attentio", key="tay2020attention")
    assert give_keys({second.pk: "tay2020attention"}) == {second.pk: "tay2020attentionb"}


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_are_told_the_same():
    keys = [make_paper("Attention", authors=["Yi Tay"], year=2020).pk for _ in range(20)]

    def ask(some: list[int]) -> dict[int, str]:
        try:
            return {one.pk: one.key for one in facts_of(some)}
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, [keys, keys[::-1]])
    assert first == second
    assert len(set(first.values())) == 20
