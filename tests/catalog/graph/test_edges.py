"""Edges as they are read from the tables that state them."""

import pytest
from django.utils import timezone

from catalog.graph.edges import LABELS, Edge, Node, NodeKind, around, common, edges_at
from catalog.models import Citation, Paper, Provenance, Relation, SimilarPaper, Source, System
from tests.factories import make_author, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db


def node(paper: Paper) -> Node:
    return Node(NodeKind.PAPER, paper.pk)


def cite(citing: Paper, cited: Paper, source: Source = Source.SEMANTIC_SCHOLAR) -> None:
    Citation.objects.create(citing=citing, cited=cited, source=source)


def test_every_kind_of_edge_is_read_from_both_ends_with_its_source_and_date():
    venue = make_venue()
    one = make_paper("One", authors=["Ada"], repository="a/b", venue=venue)
    two = make_paper("Two", authors=[], topics=[])
    cite(one, two)
    for kind in Relation.Kind:
        Relation.objects.create(subject=one, object=two, kind=kind, source=Source.CURATOR)
    SimilarPaper.objects.create(paper=one, other=two, rank=1, score=0.9)
    System.objects.create(name="One", introduced_by=one)
    for field in ("authors", "venue"):
        Provenance.objects.create(paper=one, field=field, source=Source.LIST)

    out = edges_at([node(one)])
    assert {edge.kind for edge in out} == set(LABELS)
    for edge in out:
        assert edge.tail == node(one)
        assert edge.source
        assert edge.stated_at or edge.kind == "similar"
        assert edge in edges_at([edge.head])


def test_what_two_sources_say_is_one_edge_and_what_is_retired_none():
    one, two = make_paper(), make_paper()
    cite(one, two)
    cite(one, two, Source.OPENALEX)
    Relation.objects.create(subject=two, object=one, kind="extends", retired_at=timezone.now())
    found = edges_at([node(one), node(two)], ["cites", "extends"])
    assert [(edge.tail, edge.kind, edge.head) for edge in found] == [
        (node(one), "cites", node(two))
    ]


def test_only_the_kinds_that_were_asked_for_are_read():
    one, two = make_paper(), make_paper()
    Relation.objects.create(subject=one, object=two, kind="extends")
    Relation.objects.create(subject=one, object=two, kind="surveys")
    assert [edge.kind for edge in edges_at([node(one)], ["surveys"])] == ["surveys"]
    assert edges_at([node(one)], []) == []
    assert edges_at([], ["surveys"]) == []


def test_no_more_is_read_of_one_node_than_was_asked_for():
    hub = make_paper()
    citing = [make_paper(authors=0, topics=[]) for _ in range(6)]
    for paper in citing:
        cite(paper, hub)
    found = edges_at([node(hub)], ["cites"], most=4)
    assert [edge.tail.key for edge in found] == [paper.pk for paper in citing[:1:-1]]


def test_steps_lead_on_over_people_and_topics():
    one = make_paper(authors=["Ada"], topics=[make_topic("Here")])
    two = make_paper(authors=["Ada", "Bob"], topics=[])
    three = make_paper(authors=["Bob"], topics=[])
    nodes, edges = around([node(one)], 1)
    assert set(nodes) == {
        node(one), Node(NodeKind.AUTHOR, make_author("Ada").pk), Node(NodeKind.TOPIC, make_topic("Here").pk),
    }  # fmt: skip
    assert len(edges) == 2
    assert node(two) in around([node(one)], 2)[0]
    assert node(three) not in around([node(one)], 3)[0]
    assert node(three) in around([node(one)], 4)[0]


def test_what_is_around_is_bounded_and_no_edge_leads_out_of_it():
    hub = make_paper(authors=0, topics=[])
    for _ in range(8):
        cite(make_paper(authors=2, topics=[]), hub)
    nodes, edges = around([node(hub)], 2, most_nodes=10)
    assert len(nodes) == 10
    assert {end for edge in edges for end in (edge.tail, edge.head)} <= set(nodes)


def test_what_two_papers_have_in_common_is_told_with_both_edges():
    one, two = make_paper(authors=["Ada"], topics=[]), make_paper(authors=["Ada", "Bob"], topics=[])
    cited = make_paper(authors=0, topics=[])
    cite(one, cited)
    cite(two, cited)
    found = common(node(one), node(two))
    assert set(found) == {node(cited), Node(NodeKind.AUTHOR, make_author("Ada").pk)}
    mine, theirs = found[node(cited)]
    assert (mine.tail, theirs.tail) == (node(one), node(two))


@pytest.mark.parametrize(
    "text",
    ["", "paper", "paper:", "paper:x", "paper:-1", "paper:٣", "thing:1", "paper:" + "9" * 30],
)
def test_what_names_no_node_is_none(text: str):
    assert Node.read(text) is None


def test_a_node_is_read_as_it_is_written():
    for kind in NodeKind:
        assert Node.read(str(Node(kind, 12))) == Node(kind, 12)


def test_an_edge_knows_its_other_end():
    edge = Edge(Node(NodeKind.PAPER, 1), "cites", Node(NodeKind.PAPER, 2))
    assert edge.other(edge.tail) == edge.head
    assert edge.other(edge.head) == edge.tail
