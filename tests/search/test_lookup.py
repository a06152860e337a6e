"""The page that says which of a reader's references are listed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Identifier, Link, Proposal, TitleAlias
from search import lookup_views
from tests.factories import make_catalogue, make_paper

pytestmark = pytest.mark.django_db


def look_up(client, text="", **more):
    return client.post(reverse("lookup"), {"text": text, **more})


def listed(response) -> list[tuple[int, str, str]]:
    rows = response.context["found"].listed
    return [(row.entry.line, row.paper.title, row.how) for row in rows]


def missing(response) -> list[tuple[int, str | None]]:
    rows = response.context["found"].missing
    return [(row.entry.line, str(row.ident) if row.ident else None) for row in rows]


def test_the_page_is_a_form_and_its_answer_is_not_indexed(client):
    response = client.get(reverse("lookup"))
    assert response.status_code == 200
    assert "noindex" not in response.text
    assert 'name="robots" content="noindex"' in look_up(client, "A title").text
    assert client.head(reverse("lookup")).status_code == 200
    assert client.put(reverse("lookup")).status_code == 405


def test_papers_are_known_by_identifiers_pages_code_and_titles(client):
    paper = make_paper("Sparse Attention", arxiv="2205.14135", repository="a/b", year=2022)
    Identifier.objects.create(paper=paper, scheme="doi", value="10.1000/xyz")
    Link.objects.create(paper=paper, kind="homepage", url="https://sparse.example/home/")
    TitleAlias.objects.create(paper=paper, title="SpAtt", source="list")
    response = look_up(
        client,
        "\n".join(
            [
                "arXiv:2205.14135v3",
                "https://doi.org/10.1000/XYZ",
                "https://sparse.example/home",
                "https://github.com/A/b",
                f"http://testserver{paper.get_absolute_url()}",
                "sparse  attention",
                "Spatt",
                "2401.00001",
                "Unheard of",
            ]
        ),
    )
    title = "Sparse Attention"
    assert listed(response) == [
        (1, title, "arXiv 2205.14135"),
        (2, title, "DOI 10.1000/xyz"),
        (3, title, "address"),
        (4, title, "code A/b"),
        (5, title, "its page here"),
        (6, title, "title"),
        (7, title, "title"),
    ]
    assert missing(response) == [(8, "arxiv:2401.00001"), (9, None)]
    text = " ".join(response.text.replace("&nbsp;", " ").split())
    assert "Of 9 entries, 7 are listed here and 2 are not." in text
    assert response.context["found"].keys == [paper.pk]


def test_bibtex_is_looked_up_with_its_latex_titles(client):
    make_paper("Où α-entmax meets $O(n^2)$ & Żółć")
    response = look_up(
        client,
        r"@article{x, title = {O{\`u} {$\alpha$}-{Entmax} Meets $O(n^2)$ \& \.{Z}\'{o}\l{}\'{c}}}",
    )
    assert [how for _, _, how in listed(response)] == ["title"]


def test_ris_in_a_file_is_looked_up(client):
    make_paper("Sparse attention")
    content = "TY  - JOUR\r\nTI  - Sparse Attention\r\nER  - \r\n"
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "cp1252"]:
        file = SimpleUploadedFile("list.ris", content.encode(encoding))
        assert len(listed(look_up(client, file=file))) == 1, encoding


def test_a_merged_paper_is_known_as_what_it_became(client):
    survivor = make_paper("Once")
    make_paper("Twice", arxiv="2205.14135", merged_into=survivor)
    response = look_up(client, "2205.14135\nTwice")
    assert [title for _, title, _ in listed(response)] == ["Once", "Once"]


def test_a_withdrawn_paper_says_so(client):
    make_paper("Gone", withdrawn_at=timezone.now())
    assert "withdrawn</strong>" in look_up(client, "Gone").text


def test_of_papers_that_share_a_title_the_year_tells(client):
    make_paper("Attention", year=2019)
    later = make_paper("Attention", year=2021)
    response = look_up(client, "@misc{x, title={Attention}, year=2021}")
    [row] = response.context["found"].listed
    assert row.paper == later
    assert row.doubt == "2 papers here have this title."


def test_an_identifier_and_a_title_of_two_papers_are_told(client):
    paper, _ = make_paper("Sparse", arxiv="2205.14135"), make_paper("Linear")
    response = look_up(client, "@misc{x, title={Linear}, eprint={2205.14135}}")
    [row] = response.context["found"].listed
    assert row.paper == paper
    assert row.doubt == "Its title is that of another paper here: “Linear”."


def test_what_is_not_listed_can_be_proposed(client):
    make_catalogue()
    response = look_up(client, "2401.00001\nhttps://example.org/paper")
    assert missing(response) == [(1, "arxiv:2401.00001"), (2, "url:https://example.org/paper")]
    assert 'value="https://arxiv.org/abs/2401.00001"' in response.text
    client.post(reverse("propose"), {"ident": "https://arxiv.org/abs/2401.00001"})
    assert Proposal.objects.get().after["key"] == "arxiv:2401.00001"


@pytest.mark.parametrize("ending", ["bib", "ris", "csl.json", "csv"])
def test_the_papers_found_can_be_downloaded(client, ending):
    papers = [make_paper(f"Paper {number}") for number in range(3)]
    merged = make_paper("Twice", merged_into=papers[2])
    address = reverse("lookup-file", args=[ending])
    given = {"papers": f"{papers[1].pk},{merged.pk},{papers[2].pk},999999,x,{'9' * 30}"}
    for response in [client.post(address, given), client.get(address, given)]:
        assert response.status_code == 200
        assert f'filename="stemma-found.{ending}"' in response["Content-Disposition"]
        assert [f"Paper {number}" in response.text for number in range(3)] == [False, True, True]


def test_no_papers_are_an_empty_file(client):
    assert client.get(reverse("lookup-file", args=["bib"])).text == ""


def test_what_was_exported_is_found_again(client):
    for number in range(5):
        make_paper(f"Paper {number} {{with}} 100% $x$ of <it>", authors=["Tri Dao"], year=2020)
    for ending in ["bib", "ris", "csl.json"]:
        text = client.get(f"/papers.{ending}").text
        response = look_up(client, text)
        assert len(response.context["found"].keys) == 5
        assert not response.context["found"].missing
        assert not response.context["read"].faults


def test_other_people_s_text_is_escaped(client):
    hostile = "<script>alert(1)</script>"
    make_paper(f"A {hostile}")
    response = look_up(client, f"A {hostile}\nB {hostile}\nhttps://x.example/{hostile}")
    assert len(listed(response)) == 1
    assert hostile not in response.text
    broken = look_up(client, f"@misc{{{hostile}, note={{x}}}}\n@misc{{y, title={{z}}}}")
    assert "has neither a title" in broken.text
    assert hostile not in broken.text


def test_characters_that_no_database_takes_are_left_out(client):
    make_paper("Sparse attention")
    text = r'[{"title": "Sparse\ud800 attention\u0000", "DOI": "10.1000/\udfff"}]'
    assert [how for _, _, how in listed(look_up(client, text))] == ["title"]


def test_faults_are_told_with_their_lines(client):
    response = look_up(client, "@misc{a, title={A}}\n@misc{b, title={No end\n")
    assert "Line 2: This entry is broken" in response.text


@pytest.mark.parametrize("text", ["", "  \n ", "\x00"])
def test_an_empty_list_is_told_so(client, text):
    response = look_up(client, text)
    assert response.status_code == 200
    assert "There was nothing in it" in response.text


def test_too_much_is_refused_in_words(client, monkeypatch):
    monkeypatch.setattr(lookup_views, "LARGEST", 20)
    file = SimpleUploadedFile("list.bib", b"x" * 21)
    response = look_up(client, file=file)
    assert response.status_code == 400
    assert "The file is larger than 1 MB" in response.text
    response = look_up(client, "x" * 1_000_001)
    assert response.status_code == 400
    assert "longer than a million characters" in response.text
    empty = look_up(client, file=SimpleUploadedFile("list.bib", b""))
    assert empty.status_code == 200


def test_only_this_site_s_form_is_answered():
    assert (
        Client(enforce_csrf_checks=True).post(reverse("lookup"), {"text": "x"}).status_code == 403
    )


def test_queries_do_not_grow_with_the_list(client):
    lines = []
    for number in range(12):
        paper = make_paper(
            f"Paper {number}", arxiv=f"2401.{10000 + number}", repository=f"o/n{number}"
        )
        lines += [
            f"2401.{10000 + number}",
            f"https://github.com/o/n{number}",
            f"Paper {number}",
            f"https://x.example/{number}",
            paper.get_absolute_url(),
        ]

    def count(some: list[str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert look_up(client, "\n".join(some)).status_code == 200
        return len(captured)

    assert count(lines) == count(lines[:5])
