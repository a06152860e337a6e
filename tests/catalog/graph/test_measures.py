"""What the whole graph tells of papers, and when it is computed anew."""

from datetime import timedelta

import networkx
import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from catalog.graph.measures import measure, measure_changed
from catalog.models import Citation, Paper, PaperMeasure, Run
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def cite(citing: Paper, cited: Paper) -> None:
    Citation.objects.create(citing=citing, cited=cited, source="arxiv")


def make_two_groups() -> tuple[list[Paper], list[Paper]]:
    groups = [[make_paper(authors=0) for _ in range(5)] for _ in range(2)]
    for group in groups:
        for one in group:
            for other in group:
                if one.pk > other.pk:
                    cite(one, other)
    cite(groups[1][0], groups[0][0])
    return groups[0], groups[1]


def test_pagerank_is_what_another_library_computes():
    one, _ = make_two_groups()
    measure()
    graph = networkx.DiGraph(list(Citation.objects.values_list("citing", "cited")))
    expected = networkx.pagerank(graph, alpha=0.85, tol=1e-12, max_iter=1000)
    found = dict(PaperMeasure.objects.values_list("paper", "pagerank"))
    assert found == pytest.approx(expected, abs=1e-6)
    assert max(found, key=found.__getitem__) == one[0].pk


def test_papers_that_cite_each_other_are_one_community_and_stand_together():
    one, two = make_two_groups()
    lone = make_paper(authors=0)
    assert measure() == 3
    places = {row.paper_id: row for row in PaperMeasure.objects.all()}
    assert len({places[paper.pk].community for paper in one}) == 1
    assert places[one[0].pk].community != places[two[0].pk].community
    assert places[lone.pk].community == 2
    assert all(-1 <= row.x <= 1 and -1 <= row.y <= 1 for row in places.values())

    def apart(a: Paper, b: Paper) -> float:
        return abs(complex(places[a.pk].x - places[b.pk].x, places[a.pk].y - places[b.pk].y))

    assert apart(one[1], one[2]) < apart(one[1], two[1])


def test_the_picture_stays_when_a_paper_arrives():
    make_two_groups()
    measure()
    measure()
    before = {row.paper_id: (row.x, row.y) for row in PaperMeasure.objects.all()}
    cite(make_paper(authors=0), Paper.objects.all()[0])
    measure()
    moved = [
        abs(complex(row.x - before[row.paper_id][0], row.y - before[row.paper_id][1]))
        for row in PaperMeasure.objects.filter(paper__in=before)
    ]
    assert sorted(moved)[len(moved) // 2] < 0.3


def test_what_is_no_longer_listed_loses_its_measures():
    one, _ = make_two_groups()
    measure()
    one[0].placements.update(retired_at=timezone.now(), is_primary=False)
    Paper.objects.filter(pk=one[1].pk).update(merged_into=one[2])
    measure()
    assert not PaperMeasure.objects.filter(paper__in=one[:2]).exists()
    assert PaperMeasure.objects.count() == 8


def test_it_is_computed_anew_when_enough_has_changed_and_after_a_day_when_anything_has():
    assert measure_changed("test") is None  # nothing to measure
    make_two_groups()
    first = measure_changed("test")
    assert first
    assert first.status == Run.Status.DONE
    assert first.details["edges"] == 21
    assert measure_changed("test") is None
    late = [make_paper(authors=0) for _ in range(2)]
    assert measure_changed("test")
    assert measure_changed("test") is None
    for _ in range(300):  # one more edge is less than a hundredth then
        Citation.objects.create(citing=late[0], cited=make_paper(authors=0), source="arxiv")
    assert measure_changed("test")
    cite(late[1], late[0])
    assert measure_changed("test") is None
    Run.objects.update(started_at=F("started_at") - timedelta(days=2))
    Citation.objects.update(stated_at=F("stated_at") - timedelta(days=3))
    assert measure_changed("test")


def test_lost_edges_are_a_change(capsys):
    make_two_groups()
    measure_changed("test")
    Citation.objects.all()[0].delete()
    call_command("measure_graph")
    assert "20 edges between 10 papers" in capsys.readouterr().out
    call_command("measure_graph")
    assert "--always" in capsys.readouterr().out
    call_command("measure_graph", always=True)
    assert Run.objects.count() == 3
