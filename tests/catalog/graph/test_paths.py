"""The shortest ways between two papers, beside networkx on graphs drawn by chance."""

import random
from itertools import pairwise

import networkx
import pytest

from catalog.graph.edges import Node, NodeKind
from catalog.graph.paths import shortest_paths
from catalog.models import Citation, Paper
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def make_graph(papers: int, edges: int, seed: int) -> tuple[list[Node], networkx.Graph]:
    chance = random.Random(seed)
    made = [make_paper(authors=0, topics=[]) for _ in range(papers)]
    nodes = [Node(NodeKind.PAPER, paper.pk) for paper in made]
    graph = networkx.Graph()
    graph.add_nodes_from(nodes)
    for _ in range(edges):
        citing, cited = chance.sample(made, 2)
        Citation.objects.get_or_create(citing=citing, cited=cited, source="arxiv")
        graph.add_edge(Node(NodeKind.PAPER, citing.pk), Node(NodeKind.PAPER, cited.pk))
    return nodes, graph


@pytest.mark.parametrize("seed", range(3))
def test_paths_are_as_short_as_there_are_and_lead_from_one_to_the_other(seed: int):
    nodes, graph = make_graph(30, 36, seed)
    for target in nodes[1:]:
        found = shortest_paths(nodes[0], target, most=100)
        if not networkx.has_path(graph, nodes[0], target):
            assert found == []
            continue
        expected = list(networkx.all_shortest_paths(graph, nodes[0], target))
        walked = []
        for path in found:
            at = nodes[0]
            steps = [at]
            for edge in path:
                at = edge.other(at)
                steps.append(at)
            walked.append(steps)
        if len(expected[0]) <= 7:
            assert sorted(walked) == sorted(expected)


def test_a_paper_is_no_step_from_itself():
    paper = make_paper()
    here = Node(NodeKind.PAPER, paper.pk)
    assert shortest_paths(here, here) == [[]]


def test_only_so_many_and_so_far():
    made = [make_paper(authors=0, topics=[]) for _ in range(9)]
    nodes = [Node(NodeKind.PAPER, paper.pk) for paper in made]
    for one, other in pairwise(made):
        Citation.objects.create(citing=one, cited=other, source="arxiv")
    assert len(shortest_paths(nodes[0], nodes[6])[0]) == 6
    assert shortest_paths(nodes[0], nodes[8]) == []
    extra: Paper = make_paper(authors=0, topics=[])
    Citation.objects.create(citing=made[0], cited=extra, source="arxiv")
    Citation.objects.create(citing=extra, cited=made[2], source="arxiv")
    assert len(shortest_paths(nodes[0], nodes[2])) == 2
    assert len(shortest_paths(nodes[0], nodes[2], most=1)) == 1
