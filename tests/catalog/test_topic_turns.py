"""Two curators at the same tree at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from catalog import curation
from catalog.curation import Place, Refused
from catalog.models import Placement, Topic
from catalog.numbering import numbered
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*wishes) -> list[str]:
    """Carry out wishes at the same moment, each over a connection of its own; what was refused, in words."""
    start = Barrier(len(wishes))

    def carry_out(wish) -> str:
        try:
            start.wait()
            wish()
        except Refused as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(carry_out, wishes))


def test_two_topics_put_under_each_other_make_no_circle():
    for turn in range(5):
        one, two = make_topic(f"One {turn}", position=1), make_topic(f"Two {turn}", position=2)
        refused = at_once(
            lambda one=one, two=two: curation.place_topic(one, Place(two.pk)),
            lambda one=one, two=two: curation.place_topic(two, Place(one.pk)),
        )
        assert sorted(refused) == ["", "A topic cannot lie under itself."]
        assert len(numbered(Topic.objects.all())) == Topic.objects.count()


def test_two_topics_of_one_name_are_not_made_at_once():
    top = make_topic("Top", position=1)
    refused = at_once(
        *[lambda: curation.add_topic(top.catalogue, "New", Place(top.pk)) for _ in range(3)]
    )
    assert refused.count("") == 1
    assert Topic.objects.filter(name="New").count() == 1


def test_a_topic_is_merged_once_and_undone_once():
    one, two, three = (make_topic(name, position=n) for n, name in enumerate(("A", "B", "C"), 1))
    make_paper(topics=[one])
    refused = at_once(
        lambda: curation.merge_topics(one, two), lambda: curation.merge_topics(one, three)
    )
    assert refused.count("") == 1
    assert Placement.objects.current().get().topic in (two, three)
    change = one.catalogue.tree_changes.get()
    refused = at_once(*[lambda: curation.undo_tree_change(change) for _ in range(2)])
    assert sorted(refused) == ["", "That was undone already."]
    assert Placement.objects.current().get().topic == one
