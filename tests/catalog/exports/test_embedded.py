"""What pages tell machines: Zotero's documented rules for embedded metadata, schema.org, COinS."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from lxml import html

from catalog.exports.embedded import coins, highwire, json_ld, paper_ld
from tests.catalog.exports.papers import HOSTILE, NOTHING_KNOWN, PREPRINT, facts, titles
from tests.factories import make_paper, make_topic, make_venue

BASE = "https://stemma.example"


def tags_of(paper: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in highwire(paper, BASE):
        found.setdefault(name, []).append(value)
    return found


def test_a_conference_paper_is_one_to_zotero():
    assert tags_of(facts()) == {
        "citation_title": ["FlashAttention: Fast and Memory-Efficient Exact Attention"],
        "citation_author": ["Dao, Tri", "Fu, Daniel Y."],
        "citation_publication_date": ["2022"],
        "citation_conference_title": ["Advances in Neural Information Processing Systems"],
        "citation_doi": ["10.1000/xyz_1"],
        "citation_arxiv_id": ["2205.14135"],
        "citation_pdf_url": ["https://arxiv.org/pdf/2205.14135"],
        "citation_abstract_html_url": ["https://stemma.example/papers/7/flashattention/"],
        "citation_public_url": ["https://arxiv.org/abs/2205.14135"],
        "citation_keywords": ["Efficient Attention › IO"],
        "citation_abstract": ["Transformers are slow."],
    }


def test_a_journal_paper_is_one_to_zotero():
    assert "citation_journal_title" in tags_of(facts(venue_kind="journal"))


def test_a_preprint_has_a_publisher_and_a_whole_date():
    tags = tags_of(facts(**PREPRINT))
    assert tags["citation_publisher"] == ["arXiv"]
    assert tags["citation_publication_date"] == ["2022/05/27"]
    assert not {"citation_conference_title", "citation_journal_title"} & set(tags)


def test_what_is_not_known_has_no_tag():
    assert set(tags_of(facts(**NOTHING_KNOWN))) == {
        "citation_title",
        "citation_abstract_html_url",
    }


def test_an_openurl_has_the_facts():
    assert parse_qs(coins(facts(), BASE)) == {
        "ctx_ver": ["Z39.88-2004"],
        "rft_val_fmt": ["info:ofi/fmt:kev:mtx:journal"],
        "rft.genre": ["proceeding"],
        "rft.atitle": ["FlashAttention: Fast and Memory-Efficient Exact Attention"],
        "rft.jtitle": ["Advances in Neural Information Processing Systems"],
        "rft.date": ["2022"],
        "rft.au": ["Dao, Tri", "Fu, Daniel Y."],
        "rft_id": ["info:doi/10.1000/xyz_1", "info:arxiv/2205.14135"],
    }


@given(titles())
def test_any_title_stays_itself_in_an_openurl(title):
    assert parse_qs(coins(facts(title=title), BASE))["rft.atitle"] == [title]


def test_schema_org_has_the_facts():
    thing = paper_ld(facts(distinction="Oral", withdrawn_at=datetime(2024, 5, 6, tzinfo=UTC)), BASE)
    assert thing["@type"] == "ScholarlyArticle"
    assert thing["@id"] == "https://stemma.example/papers/7/"
    assert [author["name"] for author in thing["author"]] == ["Tri Dao", "Daniel Y. Fu"]
    assert thing["datePublished"] == "2022"
    assert thing["award"] == "Oral"
    assert thing["creativeWorkStatus"] == "Withdrawn"
    assert thing["isPartOf"]["name"] == "Advances in Neural Information Processing Systems"
    assert thing["sameAs"] == ["https://arxiv.org/abs/2205.14135", "https://doi.org/10.1000/xyz_1"]
    assert thing["subjectOf"][0]["codeRepository"] == "https://github.com/dao-ailab/flash-attention"


@pytest.mark.parametrize("title", ["</script><script>alert(1)</script>", "<!--", "]]>", *HOSTILE])
def test_no_title_ends_the_block_of_data(title):
    text = json_ld(paper_ld(facts(title=title), BASE))
    assert not re.search("[<>&]", text)
    assert json.loads(text)["name"] == title


# Pages


@pytest.mark.django_db
def test_a_paper_s_page_says_it_all_once(client):
    paper = make_paper(
        'A "quoted" <title> & more', authors=["Tri Dao", "王小明"], arxiv="2205.14135", year=2022
    )
    page: Any = html.fromstring(client.get(paper.get_absolute_url()).content)
    tags = [(tag.get("name"), tag.get("content")) for tag in page.xpath("//meta[@name]")]
    assert ("citation_title", 'A "quoted" <title> & more') in tags
    assert [value for name, value in tags if name == "citation_author"] == ["Dao, Tri", "王小明"]
    [data] = page.xpath('//script[@type="application/ld+json"]/text()')
    thing = json.loads(data)
    assert (thing["@context"], thing["name"]) == ("https://schema.org", 'A "quoted" <title> & more')
    assert thing["author"][0]["url"].startswith("http://testserver/authors/")
    kinds = [link.get("type") for link in page.xpath('//head/link[@rel="alternate"]')]
    assert kinds == [
        "application/x-bibtex",
        "application/x-research-info-systems",
        "application/vnd.citationstyles.csl+json",
        "text/csv",
    ]


@pytest.mark.django_db
def test_no_openurl_of_another_paper_stands_on_a_paper_s_page(client):
    """Zotero would offer the papers around it and not the paper itself: COinS come before embedded metadata."""
    author = ["Tri Dao"]
    paper, _ = make_paper(authors=author), make_paper(authors=author)
    text = client.get(paper.get_absolute_url()).text
    assert "By the same authors" in text
    assert "Z3988" not in text


@pytest.mark.django_db
def test_every_list_has_openurls_links_to_all_forms_and_data(client):
    topic, venue = make_topic(), make_venue("ICLR", kind="conference")
    paper = make_paper(
        "Sparse & linear",
        topics=[topic],
        venue=venue,
        year=2024,
        repository="o/n",
        published_on="2024-02-06",
        published_precision="day",
    )
    pages = {
        topic.get_absolute_url(),
        topic.catalogue.get_absolute_url(),
        venue.get_absolute_url(),
        paper.authorships.get().author.get_absolute_url(),
        "/repositories/github.com/o/n/",
        "/years/2024/",
        "/new/2024/w06/",
        "/new/2024/02/",
    }
    for address in pages:
        page: Any = html.fromstring(client.get(address).content)
        [openurl] = page.xpath('//span[@class="Z3988"]/@title')
        assert parse_qs(openurl)["rft.atitle"] == ["Sparse & linear"], address
        links = page.xpath('//link[@rel="alternate"]/@href')
        assert len(links) == 5, address
        shown = page.xpath('//p[@class="exports meta"]/a/@href')
        assert shown == links, address
        for link in links:
            response = client.get(link)
            assert response.status_code == 200, link
            assert "Sparse" in response.text, link
