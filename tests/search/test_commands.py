"""`manage.py search` and `manage.py embed`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from catalog.models import Catalogue, Identifier, Paper, Source
from config.management.commands import bench
from ingest import starter
from ingest.lists.service import import_list
from search.index import refresh_words

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_an_answer_in_json_says_all_about_its_hits(make_indexed):
    paper = make_indexed("Sparse Attention", arxiv="2401.00001")
    Identifier.objects.create(paper=paper, scheme="acl", value="P19-1424", source=Source.LIST)
    answer = json.loads(run("search", "sparse attention", "--json"))
    assert answer["query"] == "sparse attention"
    [hit] = answer["hits"]
    score = hit.pop("score")
    assert score > 0
    assert hit["id"] == paper.pk
    assert hit["title"] == "Sparse Attention"
    assert hit["identifiers"] == {"arxiv": "2401.00001", "acl": "P19-1424"}
    assert hit["url"] == f"/papers/{paper.pk}/sparse-attention/"
    assert hit["why"] == "title: Sparse Attention"


def test_command_and_page_say_the_same_of_a_hit(client, make_indexed):
    make_indexed("Sparse Attention", arxiv="2401.00001", authors=["Tri Dao"], repository="a/b")
    [said] = json.loads(run("search", "sparse attention", "--json"))["hits"]
    [shown] = client.get(reverse("search-json"), {"q": "sparse attention"}).json()["hits"]
    del shown["matches"]  # computed for pages only
    assert {**said, "url": f"http://testserver{said['url']}"} == shown


def test_an_identifier_gives_its_paper_alone(make_indexed):
    make_indexed("Sparse Attention", arxiv="2401.00001")
    make_indexed("2401.00001 Is a Number")
    [hit] = json.loads(run("search", "arXiv:2401.00001v2", "--json"))["hits"]
    assert (hit["title"], hit["why"]) == ("Sparse Attention", "identifier")


def test_each_line_of_a_file_is_answered_by_a_line(make_indexed, tmp_path):
    make_indexed("Sparse Attention")
    file = tmp_path / "queries.txt"
    file.write_bytes("sparse\r\n\n-sparse\nnothing like it\n\xff\nsparse".encode("latin-1"))
    answers = [
        json.loads(line) for line in run("search", "--from", str(file), "--json").splitlines()
    ]
    assert [len(answer["hits"]) for answer in answers] == [1, 0, 0, 0, 0, 1]
    assert answers[0]["query"] == "sparse"
    assert answers[1] == {"query": "", "total": 0, "not_listed": None, "hits": []}


def test_queries_are_read_from_standard_input(make_indexed, monkeypatch):
    make_indexed("Sparse Attention")
    monkeypatch.setattr("sys.stdin", StringIO("sparse\nattention\n"))
    assert len(run("search", "--from", "-", "--json").splitlines()) == 2


def test_a_person_reads_a_list(make_indexed):
    make_indexed("Sparse Attention", year=2024)
    text = run("search", "sparse")
    assert "1. Sparse Attention (2024)" in text
    assert "title: Sparse Attention" in text
    assert "arxiv:2301.99999 is not listed." in run("search", "2301.99999")


def test_a_query_may_begin_with_a_hyphen(make_indexed):
    make_indexed("Sparse Attention")
    assert "0 found" in run("search", "--", "-sparse attention")
    assert "1. Sparse Attention" in run("search", "--", "-dense")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either a QUERY or --from"),
        (("words", "--from", "-"), "either a QUERY or --from"),
        (("--from", "/nowhere"), "/nowhere: No such file"),
        (("words", "--limit", "0"), "1 or more"),
    ],
)
def test_impossible_arguments_are_told_in_a_line(arguments, message):
    with pytest.raises(CommandError, match=message):
        run("search", *arguments)


def test_embedding_tells_its_counts(make_indexed):
    make_indexed("Sparse Attention")
    done = json.loads(run("embed", "--json"))
    assert (done["new"], done["left"], done["model"]) == (1, 0, "all-MiniLM-L6-v2")
    assert json.loads(run("embed", "--json"))["same"] == 1
    with pytest.raises(CommandError, match="1 or more"):
        run("embed", "--limit", "0")


def test_each_title_of_the_starter_list_finds_its_paper_first(tmp_path):
    import_list(starter.LIST.read_bytes(), "long-context")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a server does by itself, but not within a test's transaction
    refresh_words()
    titles = list(Paper.objects.order_by("pk").values_list("title", flat=True))
    assert len(titles) > 800
    file = tmp_path / "titles.txt"
    file.write_text("\n".join(titles))
    lines = run("search", "--from", str(file), "--limit", "1", "--json").splitlines()
    first = [json.loads(line)["hits"][0]["title"] for line in lines]
    assert first == titles


def test_the_benchmark_asks_for_every_kind_of_page(make_indexed):
    make_indexed("Sparse Attention", repository="lab/code", year=2024)
    kinds = bench.addresses()
    assert {name for name, urls in kinds.items() if not urls} == {
        "venue-detail",
        "system-detail",
        "glossary-detail",
    }
    assert len(kinds["search"]) == len(bench.QUERIES)
    figures = list(bench.pages())
    assert [figure.name for figure in figures if figure.note] == []
    assert all(figure.queries is not None for figure in figures)


def test_the_benchmark_takes_an_empty_catalogue():
    Catalogue.objects.all().delete()
    assert [figure.note for figure in bench.pages() if figure.note] == []
    assert list(bench.searches()) == []
    assert list(bench.embedding()) == []
