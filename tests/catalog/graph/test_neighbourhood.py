"""The picture of what stands around a paper, and its table."""

from itertools import pairwise

import pytest

from catalog.graph.neighbourhood import MOST, neighbourhood
from catalog.models import Citation, Paper, Relation
from tests.catalog.queries import count_queries
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def cite(citing: Paper, cited: Paper) -> None:
    Citation.objects.create(citing=citing, cited=cited, source="openalex")


def test_what_it_builds_on_stands_left_and_what_builds_on_it_right():
    paper, old, older, new = (make_paper(f"P{n}: on", year=year) for n, year in enumerate([2022, 2020, 2019, 2024]))  # fmt: skip
    cite(paper, old)
    cite(paper, older)
    cite(new, paper)
    cite(new, old)
    Relation.objects.create(subject=new, object=paper, kind="extends", source="curator")
    found = neighbourhood(paper)
    assert found
    assert [spot.label for spot in found.before] == ["P2", "P1"]
    assert [(spot.label, set(spot.links)) for spot in found.after] == [("P3", {"extended by", "cited by"})]  # fmt: skip
    assert [(line.is_near, line.is_relation) for line in found.lines] == [
        (False, False),
        (True, False),
        (True, False),
        (True, True),
    ]


def test_typed_relations_come_before_the_most_cited():
    paper, related = make_paper(), make_paper("Related")
    for number in range(MOST + 3):
        cited = make_paper(f"Cited {number}")
        cite(paper, cited)
        cite(make_paper(), cited)
    Relation.objects.create(subject=paper, object=related, kind="uses", source="derived")
    found = neighbourhood(paper)
    assert found
    assert "Related" in [spot.label for spot in found.before]
    assert (len(found.before), found.more_before) == (MOST, 4)
    ys = [spot.y for spot in found.before]
    assert all(below - above == 24 for above, below in pairwise(ys))


def test_a_paper_on_both_sides_is_drawn_once():
    paper, other = make_paper(), make_paper("Other")
    cite(paper, other)
    cite(other, paper)
    found = neighbourhood(paper)
    assert found
    assert [(spot.label, list(spot.links)) for spot in found.spots] == [("Other", ["cites", "cited by"])]  # fmt: skip


def test_without_citations_and_relations_there_is_no_picture(client):
    paper, merged = make_paper(), make_paper()
    cite(paper, merged)
    Paper.objects.filter(pk=merged.pk).update(merged_into=make_paper())
    assert neighbourhood(paper) is None
    assert "Around it" not in client.get(paper.get_absolute_url()).text


def test_the_page_says_the_same_as_a_table_and_escapes(client):
    paper, other = make_paper(), make_paper('<b>Bold</b> "&"', year=2020)
    cite(paper, other)
    page = client.get(paper.get_absolute_url()).text
    assert "<b>Bold" not in page
    assert page.count(other.get_absolute_url()) >= 2
    assert "<td>cites</td>" in page


def test_number_of_queries_does_not_grow_with_the_neighbours(client):
    paper = make_paper()
    cite(paper, make_paper())
    cite(make_paper(), paper)
    url = paper.get_absolute_url()
    client.get(url)
    before = count_queries(client, url)
    for _ in range(5):
        cite(paper, make_paper())
        cite(make_paper(), paper)
    assert count_queries(client, url) == before
