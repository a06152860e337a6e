"""What papers share: each part by itself, their sum, and who may be a hit."""

from math import isclose, sqrt

import pytest
from django.utils import timezone

from catalog.models import Citation, Paper, Placement, Reference, Source
from search.embeddings import PACKAGED
from search.models import Embedding
from search.shares import FEW, WEIGHTS, Share, alike, mean_vector, shares_of
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db


def make_vector(paper: Paper, *vector: float) -> None:
    Embedding.objects.create(paper=paper, model=PACKAGED, text_hash="", vector=list(vector))


def cite(citing: Paper, *cited: Paper, source: str = "openalex") -> None:
    for paper in cited:
        Citation.objects.create(citing=citing, cited=paper, source=source)


def shared(paper: Paper, *asked: Paper) -> dict[str, Share]:
    """What a paper shares with the asked ones, without their vectors."""
    return shares_of([one.pk for one in asked], "", None).get(paper.pk, {})


@pytest.fixture
def elsewhere():
    """Topics that papers have to themselves, so that nothing else is shared."""
    numbers = iter(range(100))
    return lambda: [make_topic(f"Topic of its own {next(numbers)}")]


def test_text_is_the_cosine_to_the_mean_of_the_set(elsewhere):
    one, two, hit = (make_paper(topics=elsewhere()) for _ in range(3))
    make_vector(one, 1, 0)
    make_vector(two, 0, 1)
    make_vector(hit, 0.8, 0.6)
    keys = [one.pk, two.pk]
    vector = mean_vector(keys, PACKAGED, None)
    assert vector == [0.5, 0.5]
    assert isclose(
        shares_of(keys, PACKAGED, vector)[hit.pk]["text"].value, 1.4 / sqrt(2), abs_tol=1e-6
    )
    assert mean_vector([one.pk], PACKAGED, [0.0, 1.0]) == [0.5, 0.5]


def test_shared_references_are_counted_here_and_outside_once_for_all_sources(elsewhere):
    asked, hit, other = (make_paper(topics=elsewhere()) for _ in range(3))
    works = [make_paper(topics=elsewhere()) for _ in range(3)]
    cite(asked, *works[:2])
    cite(asked, works[0], source="semantic_scholar")
    cite(hit, *works)
    for paper in [asked, hit]:
        Reference.objects.create(
            citing=paper, source="openalex", key=f"of {paper.pk}", identifiers=["doi:10.1/x"]
        )
    cite(other, works[2])
    share = shared(hit, asked)["references"]
    assert share.count == 3
    assert isclose(share.value, 3 / sqrt((4 + FEW) * (3 + FEW)), abs_tol=1e-6)
    assert "references" not in shared(other, asked)


def test_a_reference_outside_is_enough_to_be_proposed(elsewhere):
    asked, hit = (make_paper(topics=elsewhere()) for _ in range(2))
    for paper in [asked, hit]:
        Reference.objects.create(
            citing=paper, source="openalex", key="W1", identifiers=["openalex:W1"]
        )
    assert shared(hit, asked)["references"].count == 1


def test_papers_cited_together(elsewhere):
    asked, hit = (make_paper(topics=elsewhere()) for _ in range(2))
    citing = [make_paper(topics=elsewhere()) for _ in range(3)]
    for paper in citing[:2]:
        cite(paper, asked, hit)
    cite(citing[2], hit)
    share = shared(hit, asked)["cited"]
    assert share.count == 2
    assert isclose(share.value, 2 / sqrt((2 + FEW) * (3 + FEW)), abs_tol=1e-6)


def test_one_author_of_many_is_a_smaller_share_than_one_of_few(elsewhere):
    asked = make_paper(authors=["Ada"], topics=elsewhere())
    few = make_paper(authors=["Ada", "Ben"], topics=elsewhere())
    many = make_paper(
        authors=["Ada", *(f"Author number {n}" for n in range(15))], topics=elsewhere()
    )
    assert isclose(shared(few, asked)["authors"].value, 1 / sqrt(2), abs_tol=1e-6)
    assert isclose(shared(many, asked)["authors"].value, 1 / 4, abs_tol=1e-6)


def test_a_set_counts_an_author_as_often_as_members_have_it(elsewhere):
    asked = [make_paper(authors=names, topics=elsewhere()) for names in (["Ada"], ["Ada", "Ben"])]
    hit = make_paper(authors=["Ada"], topics=elsewhere())
    assert isclose(shared(hit, *asked)["authors"].value, 2 / sqrt(4 + 1), abs_tol=1e-6)


def test_the_same_code(elsewhere):
    asked, hit = (
        make_paper(authors=["Ada"], repository="ada/engine", topics=elsewhere()) for _ in range(2)
    )
    assert isclose(shared(hit, asked)["code"].value, 1)
    hit.repository_links.update(retired_at=timezone.now())
    assert set(shared(hit, asked)) == {"authors"}


def test_the_rarest_topic_counts():
    above = make_topic("Attention")
    rare, other = make_topic("Sinks", parent=above), make_topic("Sparse", parent=above)
    far = make_topic("Agents")
    asked, near, sibling = (make_paper(topics=[topic]) for topic in (rare, rare, other))
    unlike = [make_paper(topics=[far]) for _ in range(5)]
    assert shared(near, asked)["topics"].name == "Sinks"
    assert shared(sibling, asked)["topics"].name == "Attention"
    assert shared(near, asked)["topics"].value > shared(sibling, asked)["topics"].value > 0
    assert not shared(unlike[0], asked)


def test_a_topic_counts_by_the_members_that_are_under_it(elsewhere):
    rare = make_topic("Sinks")
    one, two, hit = (make_paper(topics=topics) for topics in ([rare], elsewhere(), [rare]))
    make_paper(topics=elsewhere())
    assert isclose(
        shared(hit, one, two)["topics"].value, shared(hit, one)["topics"].value / 2, abs_tol=1e-9
    )


def test_a_retired_placement_shares_no_topic_and_lists_nothing():
    asked, hit = make_paper(authors=["Ada"]), make_paper(authors=["Ada"])
    [make_paper(topics=[make_topic("Other")]) for _ in range(3)]
    assert "topics" in shared(hit, asked)
    Placement.objects.create(paper=hit, topic=make_topic("Other"), source=Source.LIST, position=1)
    Placement.objects.filter(paper=hit, topic=make_topic()).update(
        is_primary=False, retired_at=timezone.now()
    )
    assert set(shared(hit, asked)) == {"authors"}


def test_members_merged_and_unlisted_papers_are_no_hits():
    asked, hit, merged, unlisted = (make_paper(authors=["Ada"]) for _ in range(4))
    for paper, *vector in [(asked, 1, 0), (hit, 1, 0), (merged, 1, 0), (unlisted, 1, 0)]:
        make_vector(paper, *vector)
    merged.merged_into = hit
    merged.save()
    unlisted.placements.update(is_primary=False, retired_at=timezone.now())
    hits = alike([asked.pk], PACKAGED, [1.0, 0.0], 10)
    assert [one.paper_id for one in hits] == [hit.pk]


def test_the_total_is_the_weighted_sum_of_the_parts_that_speak(elsewhere):
    asked = make_paper(authors=["Ada"], topics=elsewhere())
    both = make_paper(authors=["Ada"], topics=elsewhere())
    near = make_paper(topics=elsewhere())
    for paper in [asked, both, near]:
        make_vector(paper, 1, 0)
    hits = {one.paper_id: one for one in alike([asked.pk], PACKAGED, [1.0, 0.0], 10)}
    assert isclose(hits[both.pk].total, 1, abs_tol=1e-6)
    spoken = WEIGHTS["text"] + WEIGHTS["authors"]
    assert isclose(hits[near.pk].total, WEIGHTS["text"] / spoken, abs_tol=1e-6)


def test_weights_are_shares_of_one():
    assert isclose(sum(WEIGHTS.values()), 1)


def test_no_share_leaves_its_bounds(elsewhere):
    works = [make_paper() for _ in range(3)]
    papers = [make_paper(authors=["Ada"], repository="a/b") for _ in range(4)]
    for paper in papers:
        make_vector(paper, 0.6, 0.8)
        cite(paper, *works)
    keys = [paper.pk for paper in papers]
    for shares in shares_of(keys[:2], PACKAGED, [0.6, 0.8]).values():
        assert all(0 < share.value <= 1 + 1e-9 for share in shares.values())
