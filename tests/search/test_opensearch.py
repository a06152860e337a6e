"""The search box of the reader's browser."""

import pytest
from django.urls import reverse
from lxml import etree

pytestmark = pytest.mark.django_db

SPEC = "{http://a9.com/-/spec/opensearch/1.1/}"


def test_the_description_has_what_the_specification_asks_for(client):
    response = client.get(reverse("opensearch"))
    assert response["Content-Type"] == "application/opensearchdescription+xml; charset=utf-8"
    root = etree.fromstring(response.content)
    assert root.tag == f"{SPEC}OpenSearchDescription"
    assert 0 < len(root.findtext(f"{SPEC}ShortName", "")) <= 16
    assert 0 < len(root.findtext(f"{SPEC}Description", "")) <= 1024
    urls = {url.get("type"): url.get("template") for url in root.iterfind(f"{SPEC}Url")}
    assert urls["text/html"] == "http://testserver/search?q={searchTerms}"
    for template in urls.values():
        address = str(template).replace("{searchTerms}", "sparse+attention")
        assert client.get(address).status_code == 200


def test_every_page_names_it(client):
    link = '<link rel="search" type="application/opensearchdescription+xml" title="Stemma" href="/opensearch.xml">'
    assert link in client.get("/").text
