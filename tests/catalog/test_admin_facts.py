"""The table of sources on the page of a paper: what each says, which is shown, and a click to take another."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import curation
from catalog.admin.facts import sheet_of
from catalog.models import Paper
from catalog.statements import keep_statements
from tests.factories import make_catalogue, make_paper, make_staff, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper() -> Paper:
    row = make_paper("A Spelling", year=2020, authors=["A. Bee"])
    keep_statements("list", {row.pk: {"title": "A Spelling.", "year": 2020}}, detail="long-context")
    keep_statements(
        "arxiv", {row.pk: {"title": "<b>Another</b>", "year": 2019, "withdrawn_at": False}}
    )
    keep_statements("openalex", {row.pk: {"year": 2021, "abstract": "Long. " * 99}})
    return row


def url(paper: Paper, name: str = "facts") -> str:
    return reverse(f"admin:catalog_paper_{name}", args=[paper.pk])


def test_each_source_has_a_column_and_what_differs_is_marked(client, curator, paper):
    sheet = sheet_of(paper)
    assert list(sheet.columns) == ["arXiv", "OpenAlex", "List long-context"]
    assert sheet.disputed == ["title", "abstract", "year"]
    text = client.get(url(paper, "change")).content.decode()
    assert "they disagree on title, abstract, year" in text
    assert "&lt;b&gt;Another&lt;/b&gt;" in text
    assert "<b>Another" not in text


def test_a_spelling_is_no_disagreement(paper):
    (title,) = [row for row in sheet_of(paper).rows if row.field == "title"]
    assert [cell.differs for cell in title.cells] == [True, False, False]


def test_use_this_and_let_sources_decide(client, curator, paper):
    wanted = paper.statements.get(field="year", source="openalex")
    response = client.post(url(paper), {"use": wanted.pk})
    assert response.url.endswith("#sources")
    paper.refresh_from_db()
    assert paper.year == 2021
    text = client.get(url(paper, "change")).content.decode()
    assert "OpenAlex’s word now, and locked" in text
    assert "Let sources decide (the list long-context)" in text
    client.post(url(paper), {"release": "year"})
    paper.refresh_from_db()
    assert paper.year == 2020
    said = paper.provenance.get(field="year")
    assert (said.source, said.detail, said.locked) == ("list", "long-context", False)
    history = client.get(url(paper, "history")).content.decode()
    assert "The year is OpenAlex’s word now, and locked." in history


@pytest.mark.parametrize(
    "data", [{}, {"use": ""}, {"use": "x"}, {"use": "²"}, {"use": "9" * 40}, {"release": "nonsense"}, {"release": "\x00"}]
)  # fmt: skip
def test_odd_wishes_are_answered_in_words(client, curator, paper, data):
    response = client.post(url(paper), data, follow=True)
    assert response.status_code == 200
    assert 'class="error"' in response.content.decode()


def test_a_statement_about_another_paper_is_not_taken(client, curator, paper):
    other = make_paper("Other")
    client.post(url(other), {"use": paper.statements.get(field="year", source="openalex").pk})
    other.refresh_from_db()
    assert other.year is None


def test_the_page_asks_no_more_for_more_sources(client, curator, paper):
    def number() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(url(paper, "change"))
        return len(captured)

    before = number()
    for source in ("semantic_scholar", "crossref"):
        keep_statements(source, {paper.pk: {"title": "T", "year": 1999, "venue": "ICLR"}})
    assert number() == before


def test_who_may_not_change_the_paper_is_shown_the_table_without_buttons(client, paper):
    client.force_login(make_staff("view_paper"))
    text = client.get(url(paper, "change")).content.decode()
    assert "they disagree on" in text
    assert "Use this</button>" not in text
    assert client.post(url(paper), {"release": "year"}).status_code == 403
    assert client.get(url(paper)).status_code == 405


def test_an_editor_chooses_on_papers_of_their_catalogue_only(client, paper):
    client.force_login(make_staff("view_paper", "change_paper", edits=make_catalogue()))
    wanted = paper.statements.get(field="year", source="openalex").pk
    assert client.post(url(paper), {"use": wanted}).status_code == 302
    elsewhere = make_topic("Elsewhere", catalogue=make_catalogue("other"))
    paper.placements.update(topic=elsewhere)
    assert client.post(url(paper), {"use": wanted}).status_code == 403


def test_a_curators_edit_is_kept_beside_the_sources(curator, paper):
    paper.title = "Mine"
    curation.save_paper(paper, ["title"], curator)
    row = next(row for row in sheet_of(paper).rows if row.field == "title")
    assert row.said is not None
    assert (row.said.source, row.said.detail, row.would_be) == ("curator", "jane", "arXiv")


def test_a_page_that_was_left_open_takes_no_word_that_it_did_not_show(client, curator, paper):
    text = client.get(url(paper, "change")).content.decode()
    said = paper.statements.get(field="year", source="openalex")
    shown = re.search(rf'name="use" value="({said.pk}@[^"]+)"', text)
    assert shown
    keep_statements("openalex", {paper.pk: {"year": 2022}}, about=["year"])
    answer = client.post(url(paper), {"use": shown[1]}, follow=True)
    assert "The source says something else by now" in answer.content.decode()
    paper.refresh_from_db()
    assert paper.year == 2020
    said = paper.statements.get(field="year", source="openalex")
    client.post(url(paper), {"use": f"{said.pk}@{said.stated_at.isoformat()}"})
    paper.refresh_from_db()
    assert paper.year == 2022
