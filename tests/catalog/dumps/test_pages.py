"""The dumps that the site offers: made each week, kept in the database, downloaded whole or in parts."""

import gzip
import hashlib
import io
import json
import tarfile
from datetime import date, timedelta

import pytest
from django.core.management import call_command

from catalog.dumps import kept
from catalog.models import Dump, DumpFile, DumpPart, Paper, Run
from catalog.tasks import publish_dump
from tests.catalog.dumps.everything import fill
from tests.catalog.queries import count_queries
from tests.factories import make_paper

pytestmark = pytest.mark.django_db(transaction=True)


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def dump(monkeypatch):
    monkeypatch.setattr(kept, "PART", 1000)
    fill(papers=40)
    publish_dump()
    return Dump.objects.get()


def test_before_the_first_dump_the_page_says_when_it_comes(client):
    response = client.get("/data/")
    assert response.status_code == 200
    assert "No dump has been made yet" in response.text
    assert client.get("/data.json").json()["dumps"] == []
    assert client.get("/data/latest/").status_code == 404


def test_the_page_lists_dumps_with_size_counts_and_licence(client, dump):
    page = client.get("/data/").text
    assert f"/data/{dump.date}/" in page
    assert "CC0-1.0" in page
    assert "A list" in page
    assert "MIT" in page
    detail = client.get(dump.get_absolute_url()).text
    for file in dump.facts["files"]:
        assert file["name"] in detail
        assert file["sha256"] in detail


def test_the_twin_of_the_page_leads_to_every_file(client, dump):
    (row,) = client.get("/data.json").json()["dumps"]
    assert row["papers"] == Paper.objects.count()
    for file in row["files"]:
        data = body(client.get(file["url"].removeprefix("http://testserver")))
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert len(data) == file["bytes"]
        assert gzip.decompress(data).count(b"\n") == file["rows"]


def test_a_file_says_what_it_is(client, dump):
    response = client.get(f"/data/{dump.date}/papers.jsonl.gz")
    assert response["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in response
    assert response["Content-Disposition"] == 'attachment; filename="papers.jsonl.gz"'
    assert int(response["Content-Length"]) == len(body(response))
    manifest = client.get(f"/data/{dump.date}/manifest.json")
    assert manifest["Content-Type"] == "application/json"
    assert json.loads(body(manifest))["abstracts"] == "arxiv"
    head = client.head(f"/data/{dump.date}/papers.jsonl.gz")
    assert head["Content-Length"] == response["Content-Length"]
    again = client.get(
        f"/data/{dump.date}/papers.jsonl.gz", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-2500", 206, 10, 2501),
        ("bytes=999-1000", 206, 999, 1001),
        ("bytes=1000-", 206, 1000, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=5-99999999", 206, 5, None),
        ("bytes=9-3", 416, 0, 0),
        ("bytes=99999999-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=-", 200, None, None),
        ("bytes=0-1,5-6", 200, None, None),
        ("lines=1-2", 200, None, None),
    ],
)
def test_a_download_can_go_on_where_it_broke_off(client, dump, asked, status, start, stop):
    url = f"/data/{dump.date}/papers.jsonl.gz"
    whole = body(client.get(url))
    assert len(whole) > 1000
    response = client.get(url, headers={"Range": asked})
    assert response.status_code == status
    data = body(response)
    assert data == whole[start:stop]
    if status == 206:
        first = response["Content-Range"].removeprefix("bytes ").partition("-")[0]
        assert whole[int(first) :].startswith(data)
        assert int(response["Content-Length"]) == len(data)


def test_a_part_of_another_file_than_before_is_not_sent(client, dump):
    headers = {"Range": "bytes=5-", "If-Range": '"another"'}
    response = client.get(f"/data/{dump.date}/papers.jsonl.gz", headers=headers)
    assert response.status_code == 200


def test_a_copy_stands_up_from_the_archive_alone(client, dump, tmp_path):
    response = client.get(f"/data/{dump.date}/{dump}.tar")
    data = body(response)
    assert int(response["Content-Length"]) == len(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        names = [member.name for member in tar]
    assert names == [f"{dump}/{file.name}" for file in dump.files.all()]
    path = tmp_path / "dump.tar"
    path.write_bytes(data)
    call_command("load", str(path), replace=True, facts_only=True, verbosity=0)
    assert kept.publish("test").message.startswith("Nothing has changed")
    assert Dump.objects.get() == dump


def test_sums_are_those_that_sha256sum_checks(client, dump):
    lines = client.get(f"/data/{dump.date}/SHA256SUMS").text.splitlines()
    assert lines == [f"{file.sha256}  {file.name}" for file in dump.files.all()]


def test_the_newest_is_at_an_address_that_stays(client, dump):
    assert client.get("/data/latest/").url == dump.get_absolute_url()
    assert client.get("/data/latest/papers.jsonl.gz").url == f"/data/{dump.date}/papers.jsonl.gz"
    assert client.get("/data/latest/stemma.tar").url == f"/data/{dump.date}/{dump}.tar"


@pytest.mark.parametrize(
    "path", ["/data/2020-01-01/", "/data/2020-13-01/", "/data/2020-01-01/papers.jsonl.gz"]
)
def test_what_is_not_there_is_not_found(client, dump, path):
    assert client.get(path).status_code == 404
    assert client.get(f"/data/{dump.date}/nothing.gz").status_code == 404


def test_nothing_new_makes_no_dump_and_a_change_replaces_that_of_the_day(dump):
    assert kept.publish("test").message == f"Nothing has changed since the dump of {dump.date}."
    assert Dump.objects.get() == dump
    make_paper("New")
    publish_dump()
    assert Dump.objects.get().manifest != dump.manifest
    assert DumpFile.objects.count() == len(dump.facts["files"]) + 1


def test_only_the_last_few_are_kept(settings):
    settings.DUMPS_KEPT = 2
    for days in (21, 14, 7):
        Dump.objects.create(date=date.today() - timedelta(days=days), manifest="{}")
    make_paper()
    publish_dump()
    ages = [(date.today() - one.date).days for one in Dump.objects.all()]
    assert len(ages) == 2
    assert ages[-1] in {7, 6, 8}


def test_a_dump_can_be_taken_back(client, dump, admin_user):
    client.force_login(admin_user)
    client.post(f"/admin/catalog/dump/{dump.pk}/delete/", {"post": "yes"})
    assert not DumpPart.objects.exists()
    assert "No dump has been made yet" in client.get("/data/").text


def test_a_dump_that_fails_leaves_nothing_but_the_word_of_it(monkeypatch):
    make_paper()

    def fail(**options):
        raise RuntimeError("no more room")
        yield ""

    monkeypatch.setattr("catalog.dumps.write.statements", fail)
    with pytest.raises(RuntimeError):
        publish_dump()
    assert not Dump.objects.exists()
    assert not DumpPart.objects.exists()
    run = Run.objects.get(job="dump")
    assert (run.status, run.message) == ("failed", "RuntimeError: no more room")


def test_queries_of_the_page_do_not_grow_with_the_dumps(client, dump):
    with_one = count_queries(client, "/data/")
    for days in range(7, 35, 7):
        Dump.objects.create(date=dump.date - timedelta(days=days), manifest=dump.manifest)
    assert count_queries(client, "/data/") == with_one


def test_the_page_is_linked_from_every_page_and_known_to_crawlers(client):
    assert 'href="/data/"' in client.get("/").text
    assert 'href="/data/"' in client.get("/status").text
    assert "/data/" in client.get("/sitemap.xml").text
    assert "Disallow: /data/2\n" in client.get("/robots.txt").text
