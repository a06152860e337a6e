"""What each source says of a paper's fields is kept, chosen or not, and nothing is written when it says the same again."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from catalog import curation, statements
from catalog.models import Author, Authorship, FieldStatement, NamedAuthor, Paper, Provenance
from catalog.statements import keep_statements
from ingest.lists.service import import_list
from ingest.models import Visit
from tests.factories import make_paper
from tests.ingest.running import run_job

pytestmark = pytest.mark.django_db

LIST = """# Long context

## 1. Sparse Attention
1. [**Longformer.**](https://arxiv.org/abs/2004.05150) *Iz Beltagy.* NeurIPS 2020 Oral.
2. [**A Report.**](https://example.org/report) *Ann Bee.* ICLR 2021.
"""


def rows() -> list[Any]:
    """Every statement with where it lies: a row that is written again lies elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ctid::text, xmin::text, f::text FROM catalog_fieldstatement f ORDER BY id"
        )
        return list(cursor.fetchall())


def said(paper: Paper) -> dict[tuple[str, str], Any]:
    return {(row.field, row.source): row.value for row in paper.statements.all()}


@pytest.fixture
def user() -> User:
    return User.objects.create_user("jane")


def load(text: str = LIST) -> None:
    import_list(text.encode(), "long-context")


def test_a_list_says_what_it_says_once():
    load()
    report = Paper.objects.get(title="A Report")
    assert said(report) == {
        ("title", "list"): "A Report",
        ("authors", "list"): ["Ann Bee"],
        ("venue", "list"): "ICLR",
        ("year", "list"): 2021,
        ("published_on", "list"): {"day": "2021-01-01", "precision": "year"},
    }
    longformer = Paper.objects.get(title="Longformer")
    assert said(longformer)["published_on", "derived"] == {
        "day": "2020-04-01",
        "precision": "month",
    }
    before = rows()
    load()
    assert rows() == before


def test_what_a_list_says_is_kept_where_a_curator_s_word_holds(user):
    load()
    paper = Paper.objects.get(title="Longformer")
    paper.year = 2022
    curation.save_paper(paper, ["year"], user)
    load(LIST.replace("NeurIPS 2020 Oral", "ICLR 2021"))
    paper.refresh_from_db()
    assert paper.year == 2022
    assert said(paper)["year", "list"] == 2021
    assert said(paper)["year", "curator"] == 2022
    assert ("distinction", "list") not in said(paper)


def test_a_list_that_drops_a_paper_says_nothing_of_it_any_more():
    load()
    more = "".join(
        f"{n}. [**Paper {n}.**](https://example.org/{n}) *A B.* ICLR 2020.\n" for n in range(3, 30)
    )
    load(LIST + more)
    load(
        (LIST + more).replace(
            "2. [**A Report.**](https://example.org/report) *Ann Bee.* ICLR 2021.\n", ""
        )
    )
    assert not Paper.objects.get(title="A Report").statements.exists()


def test_arxiv_and_the_citation_services_say_theirs(standin):
    paper = make_paper("2305.99005", arxiv="2305.99005", authors=0)
    for job in ("arxiv", "citations"):
        assert run_job(job).status == "done"
    sources: dict[str, set[str]] = {field: set() for field in statements.FIELDS}
    for field, source in said(paper):
        sources[field].add(source)
    assert sources["title"] == {"arxiv", "semantic_scholar", "openalex"}
    assert sources["authors"] == sources["abstract"] == {"arxiv", "semantic_scholar"}
    assert sources["withdrawn_at"] == {"arxiv"}
    assert {"semantic_scholar", "openalex"} <= sources["year"] & sources["published_on"]
    before = rows()
    for job in ("arxiv", "citations"):
        Visit.objects.all().delete()
        run_job(job)
    assert rows() == before


def test_the_same_answer_again_writes_nothing_and_another_only_what_differs():
    one, other = make_paper("One"), make_paper("Other")
    answer: dict[int, dict[str, Any]] = {
        one.pk: {"title": "T", "year": 2020},
        other.pk: {"title": "U"},
    }
    keep_statements("arxiv", answer)
    before = rows()
    keep_statements("arxiv", answer)
    assert rows() == before
    answer[one.pk] = {"title": "T", "year": None}
    answer[other.pk] = {"title": "V"}
    keep_statements("arxiv", answer)
    assert said(one) == {("title", "arxiv"): "T"}
    assert said(other) == {("title", "arxiv"): "V"}
    assert rows()[0] == before[0]


# Choosing


def make_disputed(user: User) -> Paper:
    paper = make_paper("Spelling", year=2020, authors=["A. Bee"])
    keep_statements(
        "list",
        {paper.pk: {"title": "Spelling", "year": 2020, "authors": ["A. Bee"]}},
        detail="long-context",
    )
    keep_statements(
        "arxiv",
        {
            paper.pk: {
                "title": "The Spelling",
                "year": 2019,
                "authors": ["Ann Bee", "Cy Dee"],
                "withdrawn_at": False,
            }
        },
    )
    keep_statements("semantic_scholar", {paper.pk: {"year": 2021, "venue": "ICLR"}})
    paper.title = "My Spelling"
    curation.save_paper(paper, ["title"], user)
    return paper


def statement(paper: Paper, field: str, source: str) -> FieldStatement:
    return paper.statements.get(field=field, source=source)


def test_a_source_s_word_is_taken_as_the_curator_s_choice(user):
    paper = make_disputed(user)
    curation.use_statement(statement(paper, "venue", "semantic_scholar"), user)
    paper.refresh_from_db()
    assert paper.venue is not None
    assert paper.venue.name == "ICLR"
    said_by = paper.provenance.get(field="venue")
    assert (said_by.source, said_by.locked) == ("curator", True)
    assert said_by.detail == "jane: Semantic Scholar’s word"


def test_all_fields_can_be_taken_from_a_source(user):
    paper = make_disputed(user)
    keep_statements("openalex", {paper.pk: {
        "title": "T", "abstract": "A", "authors": ["X Y"], "year": 2001, "venue": "V", "distinction": "Oral",
        "published_on": {"day": "2001-02-03", "precision": "day"}, "withdrawn_at": "2002-02-02",
    }})  # fmt: skip
    for field in statements.FIELDS:
        curation.use_statement(statement(paper, field, "openalex"), user)
        paper.refresh_from_db()
        assert statements.value_of(paper, field) == statement(paper, field, "openalex").value
    assert set(paper.aliases.values_list("title", flat=True)) >= {"My Spelling", "Spelling"}


def test_sources_that_decide_have_their_say_at_once(user):
    paper = make_disputed(user)
    chosen = curation.let_sources_decide(paper, "title")
    assert chosen is not None
    paper.refresh_from_db()
    assert paper.title == "The Spelling"
    assert paper.title_key == "thespelling"
    said_by = paper.provenance.get(field="title")
    assert (said_by.source, said_by.locked) == ("arxiv", False)
    assert not paper.statements.filter(source="curator").exists()
    # A list knows better when a paper appeared than the month of the preprint.
    curation.state_fields(paper, ["year"], user)
    curation.let_sources_decide(paper, "year")
    paper.refresh_from_db()
    assert paper.year == 2020


def test_where_no_source_says_anything_the_value_stays(user):
    paper = make_disputed(user)
    paper.distinction = "Oral"
    curation.save_paper(paper, ["distinction"], user)
    assert curation.let_sources_decide(paper, "distinction") is None
    paper.refresh_from_db()
    assert paper.distinction == "Oral"
    assert not Provenance.objects.get(paper=paper, field="distinction").locked
    with pytest.raises(curation.Refused):
        curation.let_sources_decide(paper, "venue")


def test_an_answer_that_changed_meanwhile_is_not_taken_unseen(user):
    paper = make_disputed(user)
    seen = statement(paper, "year", "arxiv")
    keep_statements("arxiv", {paper.pk: {"year": 2018}})
    with pytest.raises(curation.Refused, match="something else by now"):
        curation.use_statement(seen, user)


# Two people of one name


def test_a_name_that_a_curator_parted_stays_parted_on_import(user):
    text = LIST + "3. [**More.**](https://example.org/more) *Ann Bee.* ICLR 2022.\n"
    load(text)
    ann = Author.objects.get(name="Ann Bee")
    report = Paper.objects.get(title="A Report")
    other, _ = curation.split_author(ann, [report.pk], None, "Ann Bee", user)
    load(text.replace("*Ann Bee.* ICLR 2021", "*Ann Bee, Cy Dee.* ICLR 2021"))
    assert Authorship.objects.get(paper=report, position=1).author == other
    assert report.authorships.count() == 2
    assert Authorship.objects.get(paper__title="More").author == ann


def test_a_new_paper_goes_to_the_one_who_writes_with_its_authors(user):
    load(LIST + "3. [**More.**](https://example.org/more) *Ann Bee, Cy Dee.* ICLR 2022.\n")
    ann = Author.objects.get(name="Ann Bee")
    more = Paper.objects.get(title="More")
    other, _ = curation.split_author(ann, [more.pk], None, "Ann Bee", user)
    assert NamedAuthor.objects.count() == 1
    load(
        LIST
        + "3. [**More.**](https://example.org/more) *Ann Bee, Cy Dee.* ICLR 2022.\n"
        + "4. [**Again.**](https://example.org/again) *Cy Dee, Ann Bee.* ICLR 2022.\n"
    )
    assert Authorship.objects.get(paper__title="Again", position=2).author == other
