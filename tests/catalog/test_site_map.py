"""The sitemap: every public page once, in files that crawlers take."""

from datetime import date, datetime

import pytest
from lxml import etree

from catalog import site_map
from tests.catalog.queries import count_queries
from tests.factories import make_author, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITEMAP = f"{{{NAMESPACE}}}"
# What sitemaps.org's schemas ask for, less the fields that are not used here.
SCHEMA = etree.XMLSchema(
    etree.fromstring(f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
  <xs:simpleType name="loc"><xs:restriction base="xs:anyURI"><xs:minLength value="12"/><xs:maxLength value="2048"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="lastmod"><xs:union memberTypes="xs:date xs:dateTime"/></xs:simpleType>
  <xs:complexType name="one"><xs:sequence><xs:element name="loc" type="loc"/><xs:element name="lastmod" type="lastmod" minOccurs="0"/></xs:sequence></xs:complexType>
  <xs:element name="urlset"><xs:complexType><xs:sequence><xs:element name="url" type="one" maxOccurs="50000"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="sitemapindex"><xs:complexType><xs:sequence><xs:element name="sitemap" type="one" maxOccurs="50000"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>""")
)


def addresses(client, path="/sitemap.xml") -> dict[str, str | None]:
    response = client.get(path)
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    tree = etree.fromstring(response.content)
    SCHEMA.assertValid(tree)
    found = [(one.findtext(f"{SITEMAP}loc"), one.findtext(f"{SITEMAP}lastmod")) for one in tree]
    assert len(dict(found)) == len(found)
    return {str(loc).removeprefix("http://testserver"): lastmod for loc, lastmod in found}


def test_every_page_is_there_once_and_can_be_read(client):
    topic = make_topic("Sparse Attention")
    make_topic("Retired", retired_at="2024-01-01T00:00:00Z")
    paper = make_paper(
        "Q & <A>", topics=[topic], venue=make_venue("ICLR"), year=2024, repository="o/n"
    )
    make_paper("Twice", merged_into=paper)
    make_author("Nobody")
    found = addresses(client)
    assert paper.get_absolute_url() in found
    for address in found:
        assert client.get(address).status_code == 200, address
    expected = {
        "/",
        "/topics/",
        "/topics/long-context/",
        "/topics/long-context/sparse-attention/",
        "/venues/iclr/",
        "/years/2024/",
        "/repositories/github.com/o/n/",
        "/new/",
        "/lookup",
    }
    assert expected <= set(found)
    assert not [address for address in found if "nobody" in address or "twice" in address]


def test_a_page_says_when_it_changed_last(client):
    paper = make_paper(venue=make_venue("ICLR"))
    paper.refresh_from_db()
    found = addresses(client)
    changed = paper.updated_at.replace(microsecond=0)
    author = paper.authorships.get().author
    for address in [paper.get_absolute_url(), "/venues/iclr/", author.get_absolute_url()]:
        assert datetime.fromisoformat(str(found[address])) == changed


def test_too_many_addresses_are_several_files_and_an_index(client, monkeypatch):
    for number in range(25):
        make_paper(f"Paper {number}")
    whole = addresses(client)
    monkeypatch.setattr(site_map, "MOST", 20)
    index = addresses(client)
    assert list(index) == [f"/sitemap-{number}.xml" for number in range(1, len(index) + 1)]
    files = [addresses(client, path) for path in index]
    assert all(len(file) <= 20 for file in files)
    assert sum(map(len, files)) == len(whole)
    assert {address for file in files for address in file} == set(whole)
    assert client.get(f"/sitemap-{len(index) + 1}.xml").status_code == 404


def test_an_empty_catalogue_has_a_sitemap(client):
    assert "/" in addresses(client)


def test_queries_do_not_grow_with_the_catalogue(client):
    make_paper()
    with_one = count_queries(client, "/sitemap.xml")
    for _ in range(5):
        make_paper()
    assert count_queries(client, "/sitemap.xml") == with_one


def test_robots_are_told_where_it_is_and_kept_from_exports_of_everything(client):
    assert "\nDisallow: /papers.\n" in client.get("/robots.txt").text
    assert "\nSitemap: http://testserver/sitemap.xml\n" in client.get("/robots.txt").text


def test_a_sitemap_that_a_crawler_has_is_not_sent_again(client):
    first = client.get("/sitemap.xml")
    again = client.get("/sitemap.xml", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_weeks_and_months_with_anything_new_and_trends_are_there(client):
    topic = make_topic("Memory")
    make_paper(topics=[topic], published_on=date(2024, 3, 14), published_precision="day")
    make_paper(topics=[topic], published_on=date(2023, 1, 1), published_precision="month")
    found = addresses(client)
    assert {"/new/2024/w11/", "/new/2024/03/", "/new/2023/01/"} <= set(found)
    assert {"/trends/", "/trends/long-context/", "/trends/long-context/memory/"} <= set(found)
    assert not [address for address in found if address.startswith("/new/2023/w")]
