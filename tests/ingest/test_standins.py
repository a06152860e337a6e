"""The stand-ins: what each protocol answers, and how each fault spoils it."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from xml.etree import ElementTree

import httpx
import pytest
from django.core.management import CommandError, call_command

from ingest.management.commands.standin import listed_papers
from ingest.standins import Standin, World
from ingest.standins.faults import FAULTS
from tests.factories import make_paper

ATOM = {
    "a": "http://www.w3.org/2005/Atom",
    "o": "http://a9.com/-/spec/opensearch/1.1/",
    "x": "http://arxiv.org/schemas/atom",
}
TOKEN = {"Authorization": "bearer t"}


@pytest.fixture
def standin():
    with Standin(World.small()) as standin:
        yield standin


@pytest.fixture
def http():
    with httpx.Client(timeout=5, trust_env=False) as client:
        yield client


# arXiv


def feed(http, standin, **query):
    answer = http.get(standin.arxiv_url, params=query)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return answer.status_code, ElementTree.fromstring(answer.content)


def ids(http, standin, **query):
    _, found = feed(http, standin, **query)
    return [item.text.rpartition("/abs/")[2] for item in found.iterfind("a:entry/a:id", ATOM)]


def test_arxiv_answers_by_id_in_another_order_and_leaves_out_the_unknown(standin, http):
    asked = ["2301.99001", "2303.99003v2", "math/0309998", "2399.00001", "2303.99003v9"]
    found = ids(http, standin, id_list=",".join(asked))
    assert sorted(found) == ["2301.99001v1", "2303.99003v2", "math/0309998v1"]
    assert found != ["2301.99001v1", "2303.99003v2", "math/0309998v1"]


def test_an_entry_of_arxiv_holds_what_arxiv_tells(standin, http):
    _, found = feed(http, standin, id_list="2302.99002")
    entry = found.find("a:entry", ATOM)
    assert "\n  " in entry.findtext("a:title", namespaces=ATOM)
    assert "\\mathcal{O}" in entry.findtext("a:title", namespaces=ATOM)
    assert entry.findtext("a:published", namespaces=ATOM) == "2023-02-14T12:30:00Z"
    assert entry.findtext("x:doi", namespaces=ATOM) == "10.5555/standin.2023.2"
    assert entry.find("x:primary_category", ATOM).get("term") == "stat.ML"
    assert len(entry.findall("a:author/a:name", ATOM)) == 2
    assert found.findtext("o:totalResults", namespaces=ATOM) == "1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cat:cs.CL", {"2301.99001", "2305.99005", "2404.99006"}),
        ("cat:cs.CL ANDNOT ti:lanterns", {"2404.99006"}),
        ('ti:"three versions" OR abs:fog', {"2303.99003", "2404.99006"}),
        ("(cat:cs.CL OR cat:math.GT) AND all:wharves", {"math/0309998"}),
        ("submittedDate:[202305010000 TO 202404302359]", {"2305.99005", "2404.99006"}),
        ("cat:cs.CL AND submittedDate:[20230101 TO 20230131]", {"2301.99001"}),
        ("visibility", {"2404.99006"}),
    ],
)
def test_arxiv_searches(standin, http, query, expected):
    found = ids(http, standin, search_query=query)
    assert {name.partition("v")[0] for name in found} == expected


def test_arxiv_sorts_and_pages(standin, http):
    order = {"search_query": "cat:cs.*", "sortBy": "submittedDate", "sortOrder": "ascending"}
    everything = ids(http, standin, **order)
    assert everything[0] == "0704.9907v1"
    assert ids(http, standin, **order, start=2, max_results=3) == everything[2:5]
    assert len(ids(http, standin, id_list=",".join(standin.world.arxiv), max_results=3)) == 3


@pytest.mark.parametrize(
    "query",
    [{"id_list": "abc"}, {"id_list": "2301.99001", "max_results": "2001"}]
    + [{"search_query": text} for text in ("(cat:cs.CL", "AND", "zz:x", "submittedDate:x")],
)
def test_arxiv_refuses_with_its_error_feed(standin, http, query):
    status, found = feed(http, standin, **query)
    assert status == 400
    assert found.findtext("a:entry/a:title", namespaces=ATOM) == "Error"


# GitHub


def ask(http, standin, query, **variables):
    body = {"query": query, "variables": variables}
    return http.post(f"{standin.github_url}/graphql", json=body, headers=TOKEN)


def test_graphql_answers_what_was_asked_and_names_what_it_cannot(standin, http):
    answer = ask(
        http,
        standin,
        """query Stars($o: String!, $n: String!) {
          r0: repository(owner: $o, name: $n) { ...facts }
          r1: repository(owner: "KGoedeler", name: "tides", followRenames: true) { ...facts }
          r2: repository(owner: "olu", name: "claim") { ...facts }
          r3: repository(owner: "fogworks", name: "blocked") { ...facts }
          rateLimit { cost remaining limit resetAt }
        }
        fragment facts on Repository {
          __typename databaseId nameWithOwner stars: stargazerCount owner { login }
          licenseInfo { spdxId } repositoryTopics(first: 1) { nodes { topic { name } } }
          defaultBranchRef { name }
        }""",
        o="lighthouse",
        n="lanterns",
    )
    data, errors = answer.json()["data"], answer.json()["errors"]
    assert data["r0"] == {
        "__typename": "Repository",
        "databaseId": 9000001,
        "nameWithOwner": "lighthouse/lanterns",
        "stars": 1234,
        "owner": {"login": "lighthouse"},
        "licenseInfo": {"spdxId": "Apache-2.0"},
        "repositoryTopics": {"nodes": [{"topic": {"name": "attention"}}]},
        "defaultBranchRef": {"name": "main"},
    }
    assert data["r1"]["nameWithOwner"] == "tidal-lab/tidal-kernels"
    assert data["r1"]["licenseInfo"] is None
    assert (data["r2"], data["r3"]) == (None, None)
    assert [(error["type"], error["path"]) for error in errors] == [
        ("NOT_FOUND", ["r2"]),
        ("FORBIDDEN", ["r3"]),
    ]
    assert data["rateLimit"]["remaining"] == 4999
    assert answer.headers["x-ratelimit-remaining"] == "4999"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ r: repository(owner: $o, name: 'x') { name } }", "Parse error"),
        ('{ r: repository(owner: "o", name: "n") { stars } }', None),
        ('{ r: repository(owner: "lighthouse", name: "lanterns") { stars } }', "doesn't exist"),
        ('{ r: repository(owner: "lighthouse", name: "lanterns") }', "must have selections"),
        ('{ r: repository(owner: "lighthouse") { name } }', "missing required"),
        ("{ r: repository", "unexpected end"),
        (
            " ".join(
                ["{"]
                + [f'r{n}: repository(owner: "o", name: "n{n}") {{ name }}' for n in range(101)]
                + ["}"]
            ),
            "too many",
        ),
    ],
)
def test_graphql_refuses_what_it_cannot_read(standin, http, query, message):
    (error,) = ask(http, standin, query).json()["errors"]
    assert (message or "Could not resolve") in error["message"]


def test_graphql_needs_a_token(standin, http):
    url = f"{standin.github_url}/graphql"
    assert http.post(url, json={"query": "{ __typename }"}).status_code == 401
    standin.world.token = "right"
    answer = http.post(url, json={"query": "{ __typename }"}, headers=TOKEN)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_repository_by_name_by_number_and_unchanged(standin, http):
    by_name = http.get(f"{standin.github_url}/repos/lighthouse/lanterns")
    by_number = http.get(f"{standin.github_url}/repositories/9000001")
    assert by_name.json() == by_number.json()
    assert by_name.json()["license"]["spdx_id"] == "Apache-2.0"
    assert by_number.headers["x-ratelimit-remaining"] == "58"
    seen = {"If-None-Match": by_name.headers["etag"]}
    same = http.get(f"{standin.github_url}/repos/lighthouse/lanterns", headers=seen)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["x-ratelimit-remaining"] == "58"
    standin.world.repositories[9000001].stars += 1
    assert http.get(same.url, headers=seen).status_code == 200


def test_repositories_that_moved_or_are_gone(standin, http):
    moved = http.get(f"{standin.github_url}/repos/kgoedeler/tides")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{standin.github_url}/repositories/9000002"
    assert http.get(moved.headers["location"]).json()["full_name"] == "tidal-lab/tidal-kernels"
    assert http.get(f"{standin.github_url}/repos/olu/claim").status_code == 404
    blocked = http.get(f"{standin.github_url}/repos/fogworks/blocked")
    assert (blocked.status_code, blocked.json()["block"]["reason"]) == (451, "dmca")


def test_the_hourly_allowance_runs_out(standin, http):
    standin.world.rest_allowance = 1
    url = f"{standin.github_url}/repos/lighthouse/lanterns"
    first, second = http.get(url), http.get(url)
    assert (first.status_code, second.status_code) == (200, 403)
    assert second.headers["x-ratelimit-remaining"] == "0"
    assert int(second.headers["x-ratelimit-reset"]) > time.time()
    assert http.get(f"{standin.github_url}/rate_limit").json()["rate"]["remaining"] == 0
    assert http.get(url, headers=TOKEN).headers["x-ratelimit-limit"] == "5000"


# Semantic Scholar


def batch(http, standin, ids, fields="title"):
    url = f"{standin.semantic_scholar_url}/paper/batch"
    return http.post(url, params={"fields": fields}, json={"ids": ids})


def test_a_batch_answers_in_place(standin, http):
    key = standin.world.works["2301.99001"]
    asked = ["ARXIV:2301.99001", "DOI:10.5555/STANDIN.ACL.5", "arXiv:2399.00001", key.s2_id]
    asked += [f"CorpusId:{key.corpus_id}", "ACL:2023.standin-long.5", "nonsense"]
    asked += ["DOI:10.48550/arXiv.2301.99001"]
    found = batch(http, standin, asked, "title,externalIds,citationCount").json()
    assert [bool(paper) for paper in found] == [True, True, False, True, True, True, False, True]
    assert found[0] == found[3] == found[4] == found[7]
    assert set(found[0]) == {"paperId", "title", "externalIds", "citationCount"}
    assert found[0]["citationCount"] == 44
    assert found[1]["externalIds"]["ACL"] == "2023.standin-long.5"


def test_nested_rows_are_cut_in_silence(standin, http):
    asked = ["ARXIV:2305.99005", "ARXIV:2302.99002"]
    fields = "references.externalIds,citations.title,referenceCount"
    first, second = batch(http, standin, asked, fields).json()
    assert (len(first["references"]), len(second["references"])) == (3, 3)
    assert second["references"][2] == {"paperId": None, "externalIds": None}
    assert set(first["citations"][0]) == {"paperId", "title"}
    standin.world.nested_rows = 4
    first, second = batch(http, standin, asked, fields).json()
    assert (len(first["references"]), len(second["references"])) == (3, 1)
    assert second["referenceCount"] == 3


@pytest.mark.parametrize(
    ("ids", "fields", "message"),
    [
        (["arXiv:2399.00001"], "title", "No valid paper ids given"),
        ([], "title", "No valid paper ids given"),
        (["arXiv:2301.99001"] * 501, "title", "Too many"),
        (["arXiv:2301.99001"], "title,stars", "Unrecognized or unsupported fields: [stars]"),
        (["arXiv:2301.99001"], "references.stars", "[references.stars]"),
    ],
)
def test_a_batch_is_refused(standin, http, ids, fields, message):
    answer = batch(http, standin, ids, fields)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_one_paper_with_its_references_and_citations_in_pages(standin, http):
    paper = f"{standin.semantic_scholar_url}/paper"
    one = http.get(f"{paper}/DOI:10.5555/standin.2023.2", params={"fields": "year"}).json()
    assert one == {"paperId": standin.world.works["2302.99002"].s2_id, "year": 2023}
    assert http.get(f"{paper}/arXiv:2399.00001").status_code == 404
    page = http.get(f"{paper}/arXiv:2301.99001/citations", params={"limit": 3}).json()
    assert (page["offset"], page["next"], len(page["data"])) == (0, 3, 3)
    last = http.get(f"{paper}/arXiv:2301.99001/citations", params={"offset": 3}).json()
    assert "next" not in last
    assert last["data"][0]["citingPaper"]["title"] == "Lanterns at Sea"
    fields = {"fields": "title,isInfluential"}
    references = http.get(f"{paper}/arXiv:2305.99005/references", params=fields).json()
    assert set(references["data"][0]) == {"citedPaper", "isInfluential"}
    for wrong in ({"limit": 1001}, {"offset": 9990, "limit": 10}):
        assert http.get(f"{paper}/arXiv:2301.99001/citations", params=wrong).status_code == 400


# OpenAlex


def works(http, standin, **query):
    return http.get(f"{standin.openalex_url}/works", params=query)


def test_openalex_has_two_records_for_a_preprint_published_elsewhere(standin, http):
    dois = ["10.48550/arXiv.2305.99005", "https://doi.org/10.5555/standin.acl.5", "10.5555/none"]
    answer = works(http, standin, filter="doi:" + "|".join(dois)).json()
    assert answer["meta"]["count"] == 2
    by_type = {work["type"]: work for work in answer["results"]}
    assert by_type["preprint"]["doi"] == "https://doi.org/10.48550/arxiv.2305.99005"
    assert by_type["preprint"]["primary_location"]["source"]["type"] == "repository"
    assert by_type["article"]["doi"] == "https://doi.org/10.5555/standin.acl.5"
    assert by_type["article"]["referenced_works_count"] == 3


def test_openalex_tells_who_cites_and_pages_by_cursor(standin, http):
    cited = http.get(f"{standin.openalex_url}/works/doi:10.48550/arxiv.2301.99001").json()
    assert http.get(f"{standin.openalex_url}/works/{cited['doi']}").json() == cited
    name = cited["id"].rpartition("/")[2]
    assert http.get(f"{standin.openalex_url}/works/{name}").json() == cited
    found, cursor = [], "*"
    while cursor:
        page = works(http, standin, filter=f"cites:{name}", cursor=cursor, **{"per-page": 2})
        found += page.json()["results"]
        cursor = page.json()["meta"]["next_cursor"]
    assert len(found) == 6  # three works, two of them twice, and one by its number of ACL
    assert all(cited["id"] in work["referenced_works"] for work in found)
    assert cited["cited_by_count"] == 46
    assert page.headers["x-ratelimit-remaining"] == str(100_000 - 4)


def test_openalex_selects_and_refuses(standin, http):
    answer = works(http, standin, select="id,doi", per_page=1).json()
    assert set(answer["results"][0]) == {"id", "doi"}
    for wrong in (
        {"filter": "doi:" + "|".join(f"10.1/{number}" for number in range(101))},
        {"per-page": "201"},
        {"select": "stars"},
        {"filter": "stars:1"},
        {"cursor": "?"},
        {"page": "101", "per-page": "100"},
    ):
        assert works(http, standin, **wrong).status_code == 400, wrong
    assert http.get(f"{standin.openalex_url}/works/W1").status_code == 404
    standin.world.openalex_allowance = 1
    assert works(http, standin).status_code == 429


# faults

QUERY = '{ r0: repository(owner: "lighthouse", name: "lanterns") { name } r1: __typename }'


def arxiv_get(http, standin):
    return http.get(standin.arxiv_url, params={"id_list": "2301.99001"})


@pytest.mark.parametrize(
    ("fault", "details", "status", "body"),
    [
        ("429", {"retry_after": "7"}, 429, "Rate exceeded"),
        ("403-reset", {"reset_in": 60}, 403, "exceeded"),
        ("500", {}, 500, ""),
        ("503", {"retry_after": 3}, 503, ""),
        ("status", {"status": 420}, 420, ""),
        ("html", {}, 200, "<!DOCTYPE html>"),
        ("empty-feed", {}, 200, "<opensearch:totalResults>0<"),
        ("wrong-type", {}, 200, "2301.99001v1"),
        ("entity-bomb", {}, 200, "<title>&e9;</title>"),
        ("external-entity", {}, 200, '<!ENTITY e SYSTEM "file:///etc/passwd">'),
        ("empty-body", {}, 200, "^$"),
        ("json-scalar", {}, 200, "^null$"),
        ("redirect", {"to": "https://example.org/"}, 302, ""),
        ("redirect-private", {}, 302, ""),
        ("delay", {"seconds": 0.05}, 200, "2301.99001v1"),
    ],
)
def test_a_fault_of_one_answer(standin, http, fault, details, status, body):
    standin.misbehave("arxiv", fault, **details)
    answer = arxiv_get(http, standin)
    assert answer.status_code == status
    assert re.search(body, answer.text) if body.startswith("^") else body in answer.text
    headers = {
        "429": ("retry-after", "7"),
        "503": ("retry-after", "3"),
        "403-reset": ("x-ratelimit-remaining", "0"),
        "wrong-type": ("content-type", "image/png"),
        "redirect-private": ("location", "http://10.0.0.1/"),
    }
    if fault in headers:
        name, value = headers[fault]
        assert answer.headers[name] == value
    assert arxiv_get(http, standin).status_code == 200


def test_a_truncated_feed_shows_only_when_it_is_read(standin, http):
    standin.misbehave("arxiv", "truncated")
    answer = arxiv_get(http, standin)
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(answer.content)


def test_letters_that_are_none(standin, http):
    standin.misbehave("openalex", "invalid-utf8")
    with pytest.raises(UnicodeDecodeError):
        works(http, standin).content.decode()


def test_a_connection_that_is_reset(standin, http):
    standin.misbehave("arxiv", "reset")
    with pytest.raises(httpx.ReadError):
        arxiv_get(http, standin)


@pytest.mark.parametrize("headers", [False, True])
def test_an_answer_that_drips(standin, headers):
    standin.misbehave("arxiv", "slow-drip", interval=0.01, headers=headers)
    host, port = standin.url.removeprefix("http://").split(":")
    pieces: list[bytes] = []
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /arxiv/api/query HTTP/1.1\r\nHost: a\r\n\r\n")
        while len(pieces) < 5:
            pieces.append(connection.recv(65_536))
    head = pieces.pop(0)
    assert (head == b"H") is headers
    assert {len(piece) for piece in pieces} <= {1, 2}


def test_an_answer_that_never_comes(standin, http):
    standin.misbehave("arxiv", "hang")
    with pytest.raises(httpx.ReadTimeout):
        http.get(standin.arxiv_url, timeout=0.2)
    deadline = time.monotonic() + 2
    while standin.requests[0].ended_at is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert standin.requests[0].ended_at  # the client left


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_without_end(standin, http, chunked):
    standin.misbehave("arxiv", "huge", chunked=chunked)
    taken = 0
    with http.stream("GET", standin.arxiv_url) as answer:
        assert answer.headers.get("content-length") == (None if chunked else "10000000000")
        for piece in answer.iter_raw():
            taken += len(piece)
            if taken > 1_000_000:
                break


def test_a_small_answer_that_inflates(standin, http):
    standin.misbehave("arxiv", "gzip-bomb")
    with http.stream("GET", standin.arxiv_url) as answer:
        body = b"".join(answer.iter_raw())
    assert len(body) < 100_000
    assert len(gzip.decompress(body)) > 60_000_000


def test_redirects_for_ever(standin):
    standin.misbehave("openalex", "redirect-loop")
    with (
        httpx.Client(follow_redirects=True, max_redirects=5, trust_env=False) as http,
        pytest.raises(httpx.TooManyRedirects),
    ):
        works(http, standin)


def test_answers_without_content(standin, http):
    standin.misbehave("semantic_scholar", "nulls")
    assert batch(http, standin, ["arXiv:2301.99001"] * 2).json() == [None, None]
    standin.misbehave("github", "nulls")
    assert ask(http, standin, QUERY).json() == {"data": {"r0": None, "r1": None}}


def test_a_graphql_answer_that_fails_in_part(standin, http):
    standin.misbehave("github", "partial")
    answer = ask(http, standin, QUERY).json()
    assert answer["data"] == {"r0": None, "r1": "Query"}
    assert [error["path"] for error in answer["errors"]] == [["r0"]]


def test_faults_come_in_order_for_as_often_as_asked(standin, http):
    standin.misbehave("arxiv", "503", times=2, after=1)
    standin.misbehave("arxiv", "500")
    codes = [arxiv_get(http, standin).status_code for _ in range(5)]
    assert codes == [200, 503, 503, 500, 200]
    standin.misbehave("arxiv", "503", times=None)
    assert {arxiv_get(http, standin).status_code for _ in range(3)} == {503}
    assert works(http, standin).status_code == 200
    standin.behave()
    assert arxiv_get(http, standin).status_code == 200


@pytest.mark.parametrize(
    ("source", "fault", "details"),
    [
        ("arxiv", "unheard-of", {}),
        ("crossref", "503", {}),
        ("arxiv", "503", {"reset_in": 2}),
        ("arxiv", "partial", {}),
        ("arxiv", "redirect", {}),
    ],
)
def test_a_fault_that_there_is_not(standin, source, fault, details):
    with pytest.raises(ValueError, match=r"fault|source"):
        standin.misbehave(source, fault, **details)


def test_every_fault_is_tried_here():
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    assert [name for name in FAULTS if f'"{name}"' not in text] == []


# the server and its world


def test_requests_are_noted_with_their_times(standin, http):
    before = time.monotonic()
    batch(http, standin, ["arXiv:2301.99001"], "year")
    (seen,) = standin.requests
    assert (seen.source, seen.method) == ("semantic_scholar", "POST")
    assert seen.path == "/semantic_scholar/graph/v1/paper/batch"
    assert seen.query == {"fields": "year"}
    assert json.loads(seen.body) == {"ids": ["arXiv:2301.99001"]}
    assert seen.headers["content-type"] == "application/json"
    assert before <= seen.at <= seen.ended_at <= time.monotonic()
    assert http.get(f"{standin.url}/elsewhere").status_code == 404


def test_requests_at_one_time_are_counted(standin, http):
    for _ in range(20):
        arxiv_get(http, standin)
    assert standin.most_at_once("arxiv") == 1
    standin.misbehave("arxiv", "delay", times=4, seconds=0.2)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: httpx.get(standin.arxiv_url, trust_env=False), range(4)))
    assert standin.most_at_once("arxiv") == 4
    assert standin.most_at_once("github") == 0


def test_what_is_invented_for_a_listed_paper_bears_its_title(http):
    world = World(invent=True, papers={"2401.00007": ("Of Tides", ["Ida Kvist"])})
    known, other = world.record("2401.00007"), world.record("2401.00008")
    assert known
    assert other
    assert (known.title, known.authors) == ("Of Tides", ["Ida Kvist"])
    assert "stands in for" in other.title


@pytest.mark.django_db
def test_the_command_knows_the_papers_that_are_listed():
    make_paper("Of Tides", arxiv="2401.00007", authors=["Ida Kvist"])
    assert listed_papers() == {"2401.00007": ("Of Tides", ["Ida Kvist"])}


def test_an_invented_world_has_all_that_is_asked_for(http):
    with Standin(World(invent=True)) as standin:
        assert sorted(ids(http, standin, id_list="2401.00001,2401.00002v1,2413.00001")) == [
            "2401.00001v1",
            "2401.00002v1",
        ]
        url = f"{standin.github_url}/repos/any/thing"
        assert http.get(url).json() == http.get(url).json()
        assert batch(http, standin, ["arXiv:2005.00003"]).json()[0]["title"]
        assert works(http, standin, filter="doi:10.48550/arxiv.2005.00004").json()["results"]


def test_a_world_is_read_from_a_folder(tmp_path):
    record = {"arxiv_id": "2005.14999", "title": "One", "authors": None, "published": None}
    (tmp_path / "arxiv_records.jsonl").write_text(json.dumps(record) + "\n")
    edge = {"citing": "2005.14999", "cited": "1706.03762"}
    (tmp_path / "citations.jsonl").write_text(json.dumps(edge) + "\n")
    repository = {"id": 5, "owner": "o", "name": "n", "pushed_at": "2024-01-02T03:04:05Z"}
    (tmp_path / "repositories.jsonl").write_text(json.dumps(repository) + "\n")
    world = World.load(tmp_path)
    published = world.arxiv["2005.14999"].published
    assert (published.year, published.month) == (2020, 5)
    assert world.works["1706.03762"].title == "arXiv:1706.03762"
    assert world.citing() == {"1706.03762": ["2005.14999"]}
    assert world.repositories[5].pushed_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_interrupted(http, end):
    """Also in the background of a shell, whose jobs are started with SIGINT ignored."""
    command = [sys.executable, "manage.py", "standin", "--port", "0", "--fault", "arxiv=503:1"]
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    finally:
        signal.signal(signal.SIGINT, ignored)
    with server:
        assert server.stdout
        urls = {}
        for line in server.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                urls[name] = value
            elif "Ctrl-C" in line:
                break
        assert http.get(urls["ARXIV_API_URL"]).status_code == 503
        assert http.get(f"{urls['GITHUB_API_URL']}/repos/olu/claim").status_code == 404
        server.send_signal(end)
        rest = server.stdout.read()
    assert server.returncode == 0
    assert rest.splitlines()[:2] == [
        "GET /arxiv/api/query 503",
        "GET /github/repos/olu/claim 404",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere/arxiv_records.jsonl cannot be read: No such file"),
        (["--fault", "arxiv=unheard-of"], "no fault “unheard-of”"),
        (["--fault", "crossref=503"], "no source “crossref”"),
        (["--fault", "arxiv=503:often"], "should end in a number"),
        (["--port", "70000"], "Port 70000 cannot be used"),
    ],
)
def test_the_command_says_in_a_line_what_is_wrong(arguments, message):
    with pytest.raises(CommandError) as error:
        call_command("standin", "--port", "0", *arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_command_says_that_a_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            CommandError, match=f"Port {port} cannot be used: Address already in use"
        ):
            call_command("standin", "--port", str(port))
