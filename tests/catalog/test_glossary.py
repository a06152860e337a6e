"""Pages of the glossary, and what papers show of it."""

import pytest
from django.urls import reverse

from catalog.models import GlossaryEntry, GlossaryMention, Paper, System
from tests.catalog.queries import count_queries
from tests.factories import make_paper

pytestmark = pytest.mark.django_db


def make_entry(name: str, meaning: str, *papers: Paper, **fields: object) -> GlossaryEntry:
    entry = GlossaryEntry.objects.create(name=name, meaning=meaning, **fields)
    for paper in papers:
        GlossaryMention.objects.create(entry=entry, paper=paper, place=0)
    return entry


@pytest.fixture
def listed() -> Paper:
    return make_paper("Serving with PagedAttention")


def test_the_index_has_entries_that_listed_papers_name(client, listed):
    shown = make_entry("PagedAttention", "Keeps <blocks>.", listed, others=["paging"])
    make_entry("Nobody", "Is in no title.")
    make_entry("Unused", "Is taken away.", listed, is_active=False)
    make_entry("Gone", "Is of a paper that nobody lists.", make_paper("Gone", topics=[]))
    page = client.get(reverse("glossary-index")).content.decode()
    assert f'<a href="{shown.get_absolute_url()}">PagedAttention</a>' in page
    assert "also paging" in page
    assert "Keeps &lt;blocks&gt;." in page
    assert "1\xa0paper" in page
    for name in ("Nobody", "Unused", "Gone"):
        assert name not in page


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({"letter": "p"}, True),
        ({"letter": "q"}, False),
        ({"name": "paged"}, True),
        ({"name": "BLOCKS"}, True),
        ({"name": "zzz"}, False),
    ],
)
def test_the_index_is_narrowed_by_letter_name_and_meaning(client, listed, query, is_there):
    make_entry("PagedAttention", "Keeps blocks.", listed)
    page = client.get(reverse("glossary-index"), query).content.decode()
    assert ("Keeps blocks." in page) is is_there
    assert ("Nothing in the glossary" in page) is not is_there


def test_a_wrong_letter_is_said(client):
    answer = client.get(reverse("glossary-index"), {"letter": "ä"})
    assert answer.status_code == 400
    assert "not understood" in answer.content.decode()


def test_the_page_of_an_entry_shows_its_papers_and_who_speaks_of_it(client, listed):
    system = System.objects.create(name="PagedAttention", introduced_by=listed)
    entry = make_entry("PagedAttention", "Keeps blocks.", listed)
    assert entry.get_absolute_url() == "/glossary/pagedattention/"
    page = client.get(entry.get_absolute_url()).content.decode()
    assert "Keeps blocks." in page
    assert listed.get_absolute_url() in page
    assert system.get_absolute_url() in page


def test_other_spellings_lead_to_the_entry_and_what_is_not_used_is_not_there(client, listed):
    entry = make_entry("PagedAttention", "Keeps blocks.", listed, others=["Paged Kernels"])
    for other in ("Paged-Attention", "paged kernels"):
        answer = client.get(f"/glossary/{other}/")
        assert (answer.status_code, answer["Location"]) == (301, entry.get_absolute_url())
    GlossaryEntry.objects.update(is_active=False)
    assert client.get(entry.get_absolute_url()).status_code == 404
    assert client.get("/glossary/unknown/").status_code == 404


def test_a_paper_shows_what_names_in_its_title_mean(client, listed):
    entry = make_entry("PagedAttention", "Keeps blocks.", listed)
    make_entry("Serving", "Answers many people.", listed, is_active=False)
    page = client.get(listed.get_absolute_url()).content.decode()
    assert f'<a href="{entry.get_absolute_url()}">PagedAttention</a>' in page
    assert "Keeps blocks." in page
    assert "Answers many people." not in page
    other = make_paper("Other")
    assert "In the glossary" not in client.get(other.get_absolute_url()).content.decode()


def test_the_site_map_has_them(client, listed):
    entry = make_entry("PagedAttention", "Keeps blocks.", listed)
    parts = client.get(reverse("sitemap-part", args=[1])).content.decode()
    assert entry.get_absolute_url() in parts
    assert reverse("glossary-index") in parts


def test_number_of_queries_does_not_grow_with_the_lists(client, listed):
    entry = make_entry("PagedAttention", "Keeps blocks.", listed)
    urls = [one.get_absolute_url() for one in (entry, listed)] + [reverse("glossary-index")]
    client.get(listed.get_absolute_url())  # what is remembered between requests
    before = [count_queries(client, url) for url in urls]
    for number in range(10):
        paper = make_paper(f"PagedAttention {number}", authors=["Ada Lovelace"])
        GlossaryMention.objects.create(entry=entry, paper=paper, place=0)
        make_entry(f"Name {number}", "Means something.", listed, paper)
    assert [count_queries(client, url) for url in urls] == before
