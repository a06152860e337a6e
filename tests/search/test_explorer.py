"""The explorer: what an address chooses, drawn, listed and exported."""

from io import BytesIO
from itertools import pairwise

import networkx
import pytest
from django.urls import reverse

from catalog.graph.measures import measure_changed
from catalog.graph.overview import Narrowed, overview
from catalog.models import Citation, Paper, Relation
from search import explorer
from tests.factories import make_paper, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> list[Paper]:
    """Each cites the one before it; the first has an author, code and a topic of its own."""
    first = make_paper(
        "First & <Best>",
        authors=["Ada"],
        repository="lab/code",
        topics=[make_topic("Roots")],
        year=2019,
    )
    papers = [first, *(make_paper(f"Paper {n}", authors=0, year=2020 + n) for n in range(1, 5))]
    for cited, citing in pairwise(papers):
        Citation.objects.create(citing=citing, cited=cited, source="arxiv")
    return papers


def labels(client, query: str) -> list[str]:
    return sorted(node[1] for node in client.get(f"/graph.json?{query}").json()["nodes"])


def test_it_begins_with_a_form(client):
    page = client.get("/graph")
    assert page.status_code == 200
    assert "Choose papers to start from" in page.text
    assert "noindex" not in page.text


def test_what_is_around_papers_is_listed_with_links_and_sources(client, chain):
    page = client.get(f"/graph?node=paper:{chain[1].pk}")
    assert "3 papers, 2 citations" in page.text
    assert "First &amp; &lt;Best&gt;" in page.text
    assert '<td class="meta">arXiv' in page.text.replace("\n", "")
    assert page.text.count(">cites</td>") == 2


def test_steps_kinds_years_and_topics_narrow_and_widen(client, chain):
    start = f"node=paper:{chain[0].pk}"
    assert labels(client, f"{start}&hops=0") == ["First & <Best>"]
    assert labels(client, f"{start}&hops=2") == ["First & <Best>", "Paper 1", "Paper 2"]
    assert labels(client, f"{start}&kind=written_by&kind=has_code") == [
        "Ada",
        "First & <Best>",
        "lab/code",
    ]
    assert labels(client, f"{start}&hops=2&from=2022") == ["First & <Best>", "Paper 2"]
    assert labels(client, f"{start}&hops=2&to=2021") == ["First & <Best>", "Paper 1"]
    roots = f"{make_topic('Roots').catalogue.slug}/{make_topic('Roots').path}"
    assert labels(client, f"node=paper:{chain[1].pk}&topic={roots}") == [
        "First & <Best>",
        "Paper 1",
    ]


def test_what_is_hidden_is_not_shown_nor_are_its_links(client, chain):
    found = client.get(f"/graph.json?node=paper:{chain[1].pk}&hide=paper:{chain[2].pk}").json()
    assert sorted(node[1] for node in found["nodes"]) == ["First & <Best>", "Paper 1"]
    assert len(found["edges"]) == 1


def test_a_path_leads_from_one_paper_to_another(client, chain):
    ends = f"path=paper:{chain[0].pk}&path=paper:{chain[4].pk}"
    assert len(labels(client, ends)) == 5
    lone = make_paper("Lone")
    page = client.get(f"/graph?path=paper:{chain[0].pk}&path=paper:{lone.pk}")
    assert "No short path" in page.text


def test_the_whole_catalogue_is_drawn_with_all_its_links(client, chain):
    found = client.get("/graph.json?all=1").json()
    assert len(found["nodes"]) == 5
    assert len(found["edges"]) == 4
    assert all(-1 <= node[3] <= 1 and -1 <= node[4] <= 1 for node in found["nodes"])


def test_a_search_and_a_pasted_list_are_starts(client, make_indexed):
    one = make_indexed("Quite Sparse Attention", arxiv="2401.00001")
    assert labels(client, "q=sparse+attention") == ["Quite Sparse Attention"]
    assert "No paper was found" in client.get("/graph?q=zzzzz").text
    answer = client.post(
        "/graph", {"text": "arXiv:2401.00001v2\nhttps://arxiv.org/abs/2401.09999", "hops": "2"}
    )
    assert answer.status_code == 302
    assert answer.url == f"{reverse('graph')}?node=paper%3A{one.pk}&hops=2&lost=1"


def test_bibtex_is_a_start(client, make_indexed):
    one = make_indexed("Quite Sparse Attention", arxiv="2401.00001")
    other = make_indexed("Something Else Entirely")
    text = "@misc{a, title={Quite}, eprint={2401.00001}, archiveprefix={arXiv}}\n@article{b, title={{Something} Else Entirely}}"
    answer = client.post("/graph", {"text": text})
    assert answer.url == f"{reverse('graph')}?node=paper%3A{one.pk}&node=paper%3A{other.pk}"


def test_a_list_that_names_nothing_here_is_told(client):
    answer = client.post("/graph", {"text": "arXiv:2401.99999"}, follow=True)
    assert "No paper was found for" in answer.text


def test_an_address_says_all_that_is_chosen(client, chain):
    Relation.objects.create(subject=chain[1], object=chain[0], kind="extends")
    query = f"node=paper%3A{chain[0].pk}&hide=paper%3A{chain[3].pk}&kind=extends&hops=2&from=2019"
    page = client.get(f"/graph?{query}")
    assert page.context["address"] == query
    assert labels(client, query) == ["First & <Best>", "Paper 1"]


@pytest.mark.parametrize(
    "query",
    ["node=paper:999999", "node=x", "node=paper:1&hops=9&from=abc&kind=zzz", "topic=%00", "q=%00", "path=paper:1", "hide=x",
     "node=paper:1&path=author:1&path=paper:2", "all=2", "node=" + "9" * 500],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(client, query):
    for path in ("/graph", "/graph.json", "/graph.graphml"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_graphml_reads_back_as_the_same_graph(client, chain):
    answer = client.get(
        f"/graph.graphml?node=paper:{chain[1].pk}&kind=cites&kind=written_by&hops=2"
    )
    graph = networkx.read_graphml(BytesIO(answer.content))
    shown = client.get(
        f"/graph.json?node=paper:{chain[1].pk}&kind=cites&kind=written_by&hops=2"
    ).json()
    assert {data["label"] for _, data in graph.nodes(data=True)} == {
        node[1] for node in shown["nodes"]
    }
    assert graph.number_of_edges() == len(shown["edges"])
    assert graph.nodes[f"paper:{chain[0].pk}"]["year"] == 2019
    assert {data["link"] for *_, data in graph.edges(data=True)} == {"cites", "written_by"}


def test_merged_papers_are_not_shown(client, chain):
    Paper.objects.filter(pk=chain[2].pk).update(merged_into=chain[1])
    assert labels(client, f"node=paper:{chain[1].pk}&hops=1") == ["First & <Best>", "Paper 1"]


def test_queries_do_not_grow_with_what_is_shown(client, chain, django_assert_max_num_queries):
    for _ in range(30):
        Citation.objects.create(citing=make_paper(authors=0), cited=chain[0], source="arxiv")
    with django_assert_max_num_queries(16):
        client.get(f"/graph?node=paper:{chain[0].pk}")


def test_entries_of_a_pasted_list_that_are_not_here_are_counted(client):
    make_paper(arxiv="2401.00001")
    pasted = "2401.00001\n2401.00002\narXiv:2401.00003"
    page = client.post(reverse("graph"), {"text": pasted}, follow=True)
    assert "2 entries of the pasted list are not listed here" in page.text
    assert "pasted list" not in client.get(reverse("graph"), {"lost": "x"}).text


def test_papers_that_go_with_one_are_listed_with_what_they_share(client):
    one, twin, other, cited, also, survey = (make_paper(f"Paper {n}") for n in range(6))
    for citing, works in {
        one: [cited, also],
        twin: [cited, also],
        other: [cited],
        survey: [one, twin],
    }.items():
        for work in works:
            Citation.objects.create(citing=citing, cited=work, source="openalex")
    Citation.objects.create(citing=twin, cited=cited, source="semantic_scholar")
    found = client.get(reverse("graph"), {"node": f"paper:{one.pk}"}).context["kinship"]
    assert [(kin.shown.label, kin.shared) for kin in found.coupled] == [
        ("Paper 1", 2),
        ("Paper 2", 1),
    ]
    assert [(kin.shown.label, kin.shared) for kin in found.cocited] == [("Paper 1", 1)]


def test_what_two_papers_have_in_common_is_listed(client):
    topic = make_topic("Memory")
    one, other, cited = (make_paper(f"Paper {n}", topics=[topic], authors=0) for n in range(3))
    for citing in (one, other):
        Citation.objects.create(citing=citing, cited=cited, source="openalex")
    ends = [f"paper:{one.pk}", f"paper:{other.pk}"]
    found = client.get(reverse("graph"), {"path": ends}).context["kinship"].common
    assert {(row.shown.label, row.one, row.other) for row in found} == {
        ("Paper 2", "cites", "cites"),
        ("Memory", "placed in", "placed in"),
    }


@pytest.fixture
def measured(chain: list[Paper]) -> list[Paper]:
    measure_changed("test", always=True)
    return chain


def test_the_whole_is_sent_by_what_matters_most(client, measured):
    answer = client.get("/graph.json?all=1").json()
    assert (len(answer["nodes"]), len(answer["edges"])) == (5, 4)
    assert answer["nodes"][0][0] == f"paper:{measured[0].pk}"
    assert not answer["is_part"]
    assert client.get("/graph.json?all=1&kind=extends").json()["edges"] == []
    few = overview(Narrowed(), ["cites"], most=3, most_links=1)
    assert (len(few.nodes), few.total, few.is_part) == (3, 5, True)
    assert few.links == [(1, 0, "cites")]


def test_a_part_of_the_whole_is_what_lies_in_it(client, measured):
    every = client.get("/graph.json?all=1").json()["nodes"]
    key, _, _, x, y, *_ = every[3]
    box = f"{x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001}"
    assert [node[0] for node in client.get(f"/graph.json?all=1&box={box}").json()["nodes"]] == [key]
    for odd in ("1,2", "a,b,c,d", "nan,0,0,0", "inf,0,1,1", "\x00"):
        assert len(client.get("/graph.json", {"all": "1", "box": odd}).json()["nodes"]) == 5


def test_the_whole_narrows_by_years_topics_and_what_is_hidden(client, measured):
    assert labels(client, "all=1&from=2022&to=2023") == ["Paper 2", "Paper 3"]
    assert labels(client, "all=1&topic=long-context/roots") == ["First & <Best>"]
    assert len(labels(client, f"all=1&hide=paper:{measured[0].pk}")) == 4


def test_the_whole_can_be_had_complete_and_says_who_has_no_place_yet(client, measured):
    make_paper("Newcomer", authors=0)
    page = client.get("/graph?all=1").text
    assert "1 paper has no place in it yet" in page
    assert "complete" in page
    assert "Newcomer" not in labels(client, "all=1")
    assert "Newcomer" in labels(client, "all=1&complete")


def test_queries_for_the_whole_do_not_grow(client, measured, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        client.get("/graph.json?all=1")


def test_a_large_whole_is_had_as_files(client, measured, monkeypatch):
    monkeypatch.setattr(explorer, "MOST_NODES_OF_FILE", 4)
    assert 'href="/data/">the whole as files' in client.get("/graph?all=1").text
    for address in ("/graph.json?all=1&complete", "/graph.graphml?all=1"):
        assert client.get(address)["Location"] == reverse("data-index")
    assert len(client.get("/graph.json?all=1").json()["nodes"]) == 5


def test_links_that_were_left_out_are_told(client, chain, monkeypatch):
    monkeypatch.setattr(explorer, "MOST_EDGES", 2)
    answer = client.get(f"/graph.json?node=paper:{chain[2].pk}&hops=2").json()
    assert any("Only 2 links are in it" in note for note in answer["notes"])
