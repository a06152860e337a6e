"""The map: what is drawn, marked, listed, and said where something is missing."""

import gzip
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Citation, Paper, Topic
from search.index import refresh_words
from search.map.job import map_changed
from search.models import MapPlace, MapRegion
from tests.catalog.queries import count_queries
from tests.factories import make_catalogue, make_paper, make_topic
from tests.search.map.making import embed, make_field

pytestmark = pytest.mark.django_db


@pytest.fixture
def field(monkeypatch) -> list[Paper]:
    monkeypatch.setattr("search.map.job.ROUNDS", 100)  # enough for two groups
    papers = make_field()
    Citation.objects.create(citing=papers[0], cited=papers[1], source="arxiv")
    map_changed("test")
    return papers


def rows(page, section):
    """How many rows the table of a section has."""
    return page.text.split(f'<h2 id="{section}"')[1].split("</section>")[0].count("<tr") - 1


def test_before_it_is_drawn_it_says_so_and_names_who_waits(client):
    paper = make_paper("Waiting <Paper>")
    page = client.get("/map")
    assert page.status_code == 200
    assert "has not been drawn yet" in page.text
    assert "1\xa0paper without a place" in page.text
    assert paper.get_absolute_url() in page.text
    assert "Waiting &lt;Paper&gt;" in page.text
    assert client.get("/map.json").json()["points"]["id"] == []


def test_an_empty_catalogue_has_an_empty_map(client):
    page = client.get("/map?region=3&paper=4&q=x")
    assert page.status_code == 200
    assert "without a place" not in page.text


def test_all_points_are_sent_as_columns(client, field):
    found = client.get("/map.json").json()
    points = found["points"]
    assert points["id"] == [paper.pk for paper in field]
    assert {len(column) for column in points.values()} == {32}
    assert points["cited"][1] == 1
    assert points["year"][:3] == [2018, 2019, 2020]
    assert [found["topics"][place][0] for place in (points["topic"][0], points["topic"][-1])] == [
        "Sparse Attention",
        "Long Video",
    ]
    assert {row[2]: row[6] for row in found["regions"]} == {
        "Sparse Attention": 16,
        "Long Video": 16,
    }


def test_points_are_computed_and_sent_once_until_something_changes(client, field):
    first = client.get("/map.json")
    with CaptureQueriesContext(connection) as queries:
        again = client.get("/map.json")
        has_it = client.get("/map.json", headers={"If-None-Match": first["ETag"]})
    assert not any("WITH placed" in query["sql"] for query in queries)
    assert again.content == first.content
    assert (has_it.status_code, has_it.content) == (304, b"")
    changes = [
        lambda: Paper.objects.filter(pk=field[0].pk).update(year=1999),
        lambda: Topic.objects.filter(name="Long Video").update(name="Film"),
        lambda: Citation.objects.create(citing=field[5], cited=field[2], source="arxiv"),
        lambda: map_changed("test", always=True),
        lambda: field[3].delete(),
    ]
    tags = {first["ETag"]}
    for number, change in enumerate(changes, 2):
        change()
        tags.add(client.get("/map.json", headers={"If-None-Match": first["ETag"]})["ETag"])
        assert len(tags) == number


def test_points_are_sent_packed_to_who_can_unpack(client, field):
    packed = client.get("/map.json", headers={"Accept-Encoding": "gzip"})
    assert len(packed.content) < len(client.get("/map.json").content)
    assert len(json.loads(gzip.decompress(packed.content))["points"]["id"]) == 32


def test_the_tables_say_what_lies_where(client, field):
    page = client.get("/map")
    assert rows(page, "regions") == 2
    assert rows(page, "papers") == 32
    for paper in field:
        assert paper.get_absolute_url() in page.text
    assert "noindex" not in page.text


def test_a_region_lists_its_papers_and_those_around_it_is_one_step_away(client, field):
    region = MapRegion.objects.get(topic__name="Long Video")
    page = client.get(f"/map?region={region.pk}")
    assert rows(page, "papers") == 16
    assert "Sparse Attention number" not in page.text.split('<h2 id="papers"')[1]
    assert "All regions" in page.text
    gone = client.get("/map?region=99999999")
    assert "no longer on the map" in gone.text
    assert rows(gone, "papers") == 32


def test_years_words_and_topics_narrow_what_is_marked(client, field):
    assert rows(client.get("/map?from=2024"), "papers") == 8
    assert rows(client.get("/map?from=2020&to=2019"), "papers") == 8  # either way round
    assert rows(client.get("/map?topic=long-context/long-video"), "papers") == 16
    assert rows(client.get("/map?topic=long-context"), "papers") == 32
    assert rows(client.get("/map?topic=long-context/long-video&to=2018"), "papers") == 2
    marked = client.get("/map/marked.json?topic=long-context/long-video&to=2018").json()["papers"]
    assert len(marked) == 16  # the picture hides other years itself


def test_a_search_marks_what_it_finds_best_first(client, field):
    refresh_words()
    best = next(paper for paper in field if paper.title == "Long Video number 7")
    found = client.get("/map/marked.json?q=long+video+number+7").json()["papers"]
    assert found[0] == best.pk
    page = client.get("/map?q=long+video+number+7")
    assert page.text.split('<h2 id="papers"')[1].index(best.title) == min(
        page.text.split('<h2 id="papers"')[1].index(paper.title)
        for paper in field
        if paper.pk in found[:10]
    )
    none = client.get("/map?q=zzyzx-unheard-of&from=2019")
    assert "No paper was found for “zzyzx-unheard-of”" in none.text
    assert "No paper on the map is of this choice" in none.text


def test_a_paper_looked_at_is_shown_with_those_that_lie_nearest(client, field):
    page = client.get(f"/map?paper={field[0].pk}")
    assert rows(page, "near") == 10
    near = page.text.split('<h2 id="near"')[1].split("</section>")[0]
    assert "Sparse Attention number 1" in near
    assert "Long Video" not in near


def test_what_has_no_place_is_said(client, field):
    waiting, unlisted = make_paper(), make_paper(topics=[])
    assert "has no place on the map yet" in client.get(f"/map?paper={waiting.pk}").text
    assert "is not listed" in client.get(f"/map?paper={unlisted.pk}").text
    assert "1\xa0paper without a place" in client.get("/map").text


def test_papers_of_unknown_year_are_said_when_years_are_chosen(client, field):
    Paper.objects.filter(pk=field[0].pk).update(year=None)
    assert "1\xa0paper of unknown year is left out" in client.get("/map?from=2018").text
    assert "unknown year" not in client.get("/map").text


def test_unlisted_papers_vanish_at_once(client, field):
    field[0].placements.update(retired_at=timezone.now(), is_primary=False)
    Paper.objects.filter(pk=field[1].pk).update(merged_into=field[2])
    keys = {field[0].pk, field[1].pk}
    assert not keys & set(client.get("/map.json").json()["points"]["id"])
    assert not keys & set(client.get("/map/marked.json?topic=long-context").json()["papers"])
    names = client.get(f"/map/names.json?papers={'-'.join(map(str, [*keys, field[2].pk]))}").json()
    assert set(names) == {str(field[2].pk)}
    page = client.get("/map")
    assert rows(page, "papers") == 30
    assert MapPlace.objects.count() == 32  # until the job runs


def test_names_come_with_address_year_topic_and_region(client, field):
    found = client.get(f"/map/names.json?papers={field[-1].pk}").json()
    assert found == {
        str(field[-1].pk): [
            "Long Video number 15",
            field[-1].get_absolute_url(),
            2025,
            "Long Video",
            "Long Video",
        ]
    }
    assert client.get("/map/names.json?papers=x-²-99999999999999--").json() == {}


@pytest.mark.parametrize("path", ["names.json?papers={}", "marked.json?from=2019"])
def test_what_shows_no_counts_does_not_count_the_map(client, field, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/map/{path.format(field[0].pk)}").status_code == 200
    assert not any("WITH placed" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    "query",
    [
        "from=abc", "to=99999", "region=x", "region=-1", "paper=99999999999999999999", "topic=no/such", "topic=nosuch",
        "q=%00", "q=" + "a" * 3000, "page=x", "from=²", "topic=/", "q=%22", "region=2147483647",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out_and_said(client, field, query):
    page = client.get(f"/map?{query}")
    assert page.status_code == 200
    assert client.get(f"/map/marked.json?{query}").status_code == 200
    if not query.startswith(("q=", "page=", "topic=/")):
        assert 'role="note"' in page.text


def test_papers_of_several_catalogues_share_the_map_and_each_can_be_marked(client, field):
    other = make_topic("Proteins", catalogue=make_catalogue("biology", title="Biology"))
    for _ in range(16):
        embed(make_paper(topics=[other]), 2)
    map_changed("test")
    page = client.get("/map")
    assert "all of Biology" in page.text
    assert rows(page, "papers") == 48
    assert rows(client.get("/map?topic=biology"), "papers") == 16
    assert rows(client.get("/map?topic=biology/proteins"), "papers") == 16


def test_a_subtopic_can_be_marked_and_is_named_in_the_form(client, field):
    below = make_topic("Short Video", make_topic("Long Video"))
    field[0].placements.update(topic=below)
    page = client.get("/map?topic=long-context/long-video/short-video")
    assert rows(page, "papers") == 1
    assert "selected>Long Video › Short Video" in page.text


def test_pages_link_to_the_map(client, field):
    assert f"{reverse('map')}?paper={field[0].pk}" in client.get(field[0].get_absolute_url()).text
    topic = client.get("/topics/long-context/long-video/").text
    assert f"{reverse('map')}?topic=long-context/long-video" in topic
    assert f'href="{reverse("map")}"' in client.get("/").text


def test_number_of_queries_does_not_grow_with_the_map(client, field):
    with_few = count_queries(client, "/map")
    for number in range(20):
        embed(make_paper(topics=[make_topic("Long Video")]), number % 2)
    map_changed("test")
    assert count_queries(client, "/map") == with_few
