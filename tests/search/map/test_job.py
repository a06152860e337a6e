"""The job that keeps the map: what it places, what it leaves, what it records."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from catalog.freshness import freshness
from catalog.locks import MAP, AlreadyRunning
from catalog.models import Paper, Run
from search import serving
from search.map.job import map_changed
from search.models import MapPlace, MapRegion
from search.tasks import map_papers
from tests.factories import make_paper, make_topic
from tests.search.map.making import embed, make_field

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    monkeypatch.setattr("search.map.job.ROUNDS", 100)  # enough for two groups


def spots() -> dict[int, tuple[float, float]]:
    return {place.paper_id: (place.x, place.y) for place in MapPlace.objects.all()}


def test_every_listed_paper_with_a_vector_gets_a_place_and_a_region():
    papers = make_field()
    unlisted, without = make_paper(topics=[]), make_paper()
    embed(unlisted, 0)
    run = map_changed("test")
    assert run
    assert run.status == Run.Status.DONE
    assert (run.new, run.left) == (32, 1)
    assert "32 papers placed of 32 (the whole map drawn)" in run.message
    assert spots().keys() == {paper.pk for paper in papers}
    assert not MapPlace.objects.filter(region=None).exists()
    assert {region.name for region in MapRegion.objects.all()} == {"Sparse Attention", "Long Video"}
    assert without.pk not in spots()
    assert map_changed("test") is None


@pytest.mark.parametrize("at_once", [2000, 5])
def test_a_new_paper_is_put_beside_its_like_and_no_other_moves(monkeypatch, at_once):
    monkeypatch.setattr("search.map.job._AT_ONCE", at_once)
    papers = make_field()
    map_changed("test")
    before = spots()
    new = make_paper(topics=[make_topic("Long Video")])
    embed(new, 1)
    run = map_changed("test")
    assert run
    assert "put beside" in run.message
    after = spots()
    assert {key: after[key] for key in before} == before
    region = MapPlace.objects.get(paper=new).region_id
    assert region == MapPlace.objects.get(paper=papers[-1]).region_id
    assert not MapPlace.objects.get(paper=new).is_settled


def test_when_much_has_come_the_whole_map_is_drawn_and_regions_keep_their_addresses():
    make_field()
    map_changed("test")
    keys = {region.name: region.pk for region in MapRegion.objects.all()}
    for number in range(6):
        embed(make_paper(topics=[make_topic("Long Video")]), number % 2)
    run = map_changed("test")
    assert run
    assert run.details["whole"] is True
    assert not MapPlace.objects.filter(is_settled=False).exists()
    assert {region.name: region.pk for region in MapRegion.objects.all()} == keys


def test_a_paper_of_another_text_is_placed_anew():
    papers = make_field()
    map_changed("test")
    before = spots()
    embed(papers[0], 1, "changed")
    assert map_changed("test")
    after = spots()
    assert after[papers[0].pk] != before[papers[0].pk]
    assert MapPlace.objects.get(paper=papers[0]).region_id == (
        MapPlace.objects.get(paper=papers[-1]).region_id
    )


def test_what_is_no_longer_listed_loses_its_place():
    papers = make_field()
    map_changed("test")
    papers[0].placements.update(retired_at=timezone.now(), is_primary=False)
    Paper.objects.filter(pk=papers[1].pk).update(merged_into=papers[2])
    run = map_changed("test")
    assert run
    assert "2 taken away" in run.message
    assert spots().keys() == {paper.pk for paper in papers[2:]}


def test_without_vectors_there_is_nothing_to_draw(capsys):
    make_paper()
    serving.forget()
    assert map_changed("test", always=True) is None
    call_command("map_papers")
    assert "--always" in capsys.readouterr().out
    assert not Run.objects.exists()


def test_one_process_at_a_time_and_a_failure_is_seen(monkeypatch):
    make_field(8)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MAP])
        with pytest.raises(AlreadyRunning):
            map_changed("test")
        map_papers()  # waits for the next time
        with pytest.raises(CommandError, match="already"):
            call_command("map_papers")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MAP])
    finally:
        other.close()

    def fail(*args):
        raise ValueError("no memory")

    monkeypatch.setattr("search.map.job.laid_out", fail)
    with pytest.raises(ValueError, match="no memory"):
        map_changed("test")
    state = next(one for one in freshness() if one.label == "map")
    assert state.is_failing
    assert state.last
    assert state.last.message == "ValueError: no memory"
