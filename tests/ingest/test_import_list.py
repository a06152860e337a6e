"""The commands import_list and export_list, as a person at a terminal meets them."""

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Catalogue, HarvestQuery, Paper
from ingest import starter
from ingest.lists import sources
from ingest.lists.records import ListRefused
from ingest.lists.sources import fetch, raw_address
from tests.ingest.lists.test_import import BASE

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "list.md"
    file.write_text(BASE)
    return file


def call(*args) -> str:
    out = StringIO()
    call_command(*[str(arg) for arg in args], stdout=out)
    return out.getvalue()


def test_the_json_tells_what_was_read_and_done(path):
    found = json.loads(call("import_list", path, "--catalogue", "field", "--json"))
    assert found["status"] == "applied"
    assert (found["entries"], found["papers"], found["new"]) == (5, 4, 4)
    (problem,) = found["problems"]
    assert set(problem) == {"line", "kind", "message"}
    assert (problem["line"], problem["kind"]) == (6, "announcement-unmatched")


def test_a_dry_run_changes_nothing_and_is_a_success(path):
    found = json.loads(call("import_list", path, "--catalogue", "field", "--dry-run", "--json"))
    assert (found["status"], found["new"]) == ("planned", 4)
    assert not Catalogue.objects.exists()


def test_a_refused_plan_fails_with_the_reason_and_still_prints_its_json(path):
    call("import_list", path, "--catalogue", "field")
    path.write_text(BASE[: BASE.index("### 1.2")])
    out = StringIO()
    with pytest.raises(CommandError, match="would drop 3 of 5 entries"):
        call_command("import_list", path, "--catalogue", "field", "--json", stdout=out)
    assert json.loads(out.getvalue())["status"] == "refused"
    assert (
        json.loads(call("import_list", path, "--catalogue", "field", "--json", "--force"))["gone"]
        == 2
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x00\x01", "binary"),
        (b"caf\xe9", "UTF-8"),
        (b"<!doctype html><p>", "web page"),
        (b"a" * 50_000_000, "50 MB|48 MB"),
        (b"# only words", "No entry"),
    ],
    ids=["empty", "binary", "latin-1", "web page", "50 MB", "no entries"],
)
def test_what_is_no_list_gives_one_clear_line(tmp_path, content, words):
    file = tmp_path / "bad.md"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words) as error:
        call("import_list", file, "--catalogue", "field")
    assert "\n" not in str(error.value)
    assert not Catalogue.objects.exists()


@pytest.mark.parametrize(
    ("source", "words"), [("/no/such/file.md", "There is no file"), ("/", "is a folder")]
)
def test_a_path_that_cannot_be_read_gives_one_clear_line(source, words):
    with pytest.raises(CommandError, match=words):
        call("import_list", source, "--catalogue", "field")


def test_a_catalogue_needs_a_slug(path):
    with pytest.raises(CommandError, match="is no slug"):
        call("import_list", path, "--catalogue", "Long context!")


def test_a_new_catalogue_takes_the_title_asked_for(path):
    call("import_list", path, "--catalogue", "field", "--title", "My Field")
    assert Catalogue.objects.get().title == "My Field"


def test_export_to_a_file_and_back(path, tmp_path):
    call("import_list", path, "--catalogue", "field")
    target = tmp_path / "out.md"
    assert call("export_list", "field", "-o", target) == ""
    assert "**First things.**" in target.read_text()
    assert call("export_list", "field") == target.read_text()
    found = json.loads(call("export_list", "field", "--format", "json"))
    assert len(found["papers"]) == Paper.objects.count()


def test_export_says_what_is_wrong(path, tmp_path):
    call("import_list", path, "--catalogue", "field")
    with pytest.raises(CommandError, match=r"no catalogue “other” \(there is: field\)"):
        call("export_list", "other")
    with pytest.raises(CommandError, match="cannot be written"):
        call("export_list", "field", "-o", tmp_path / "none" / "out.md")


class _Server(BaseHTTPRequestHandler):
    is_over = Event()

    def do_GET(self):
        if self.path == "/list.md":
            self._answer(200, BASE.encode())
        elif self.path == "/elsewhere":
            self._answer(302, b"", "https://elsewhere.invalid/list.md")
        elif self.path == "/loop":
            self._answer(302, b"", "/loop")
        elif self.path == "/moved":
            self._answer(301, b"", "/list.md")
        elif self.path == "/cut":
            self._answer(200, b"# half", stated=100)
        elif self.path == "/slow":
            self.send_response(200)
            self.wfile.flush()
            self.is_over.wait(5)
        elif self.path == "/large":
            self._answer(200, b"x" * (11 * 1024 * 1024))
        else:
            self._answer(404, b"none")

    def _answer(self, status: int, body: bytes, location: str = "", stated: int = 0) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(stated or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    _Server.is_over.set()
    httpd.shutdown()
    httpd.server_close()


@pytest.mark.parametrize("page", ["/list.md", "/moved"])
def test_a_list_is_fetched_from_its_address(server, page):
    assert (
        json.loads(call("import_list", server + page, "--catalogue", "field", "--json"))["entries"]
        == 5
    )


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/none", "answered 404"),
        ("/elsewhere", "leads on to elsewhere.invalid, which is not among the hosts"),
        ("/loop", "redirects more than"),
        ("/large", "more than 10 MB"),
        ("/cut", "its answer was broken off"),
        ("/slow", "it did not answer in time"),
    ],
)
def test_an_address_that_gives_no_list_says_so_in_one_line(server, page, words, monkeypatch):
    monkeypatch.setattr(sources, "_TOTAL_SECONDS", 0.5)
    with pytest.raises(CommandError, match=words):
        call("import_list", server + page, "--catalogue", "field")
    assert not Catalogue.objects.exists()


def test_nobody_listening_is_one_clear_line():
    with pytest.raises(CommandError, match="cannot be fetched: nobody answers there"):
        call("import_list", "http://127.0.0.1:9/l.md", "--catalogue", "field")


def test_a_host_that_there_is_not_is_called_so(monkeypatch):
    def fails(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(CommandError, match="cannot be fetched: there is no such host"):
        call("import_list", "http://nowhere.invalid/l.md", "--catalogue", "field")


@pytest.mark.parametrize("address", ["http://[::1", "http://", "https://a b/"])
def test_an_address_that_is_none_is_one_clear_line(address):
    with pytest.raises(CommandError, match=r"cannot be fetched|not among the hosts"):
        call("import_list", address, "--catalogue", "field")


def test_a_scheduled_import_asks_known_hosts_only(server):
    with pytest.raises(ListRefused, match="LIST_HOSTS"):
        fetch(f"{server}/list.md", trusted_host=False)


@pytest.mark.parametrize(
    ("page", "raw"),
    [
        (
            "https://github.com/o/r/blob/main/a/README.md",
            "https://raw.githubusercontent.com/o/r/main/a/README.md",
        ),
        ("https://github.com/o/r", "https://raw.githubusercontent.com/o/r/HEAD/README.md"),
        ("https://github.com/o/r.git", "https://raw.githubusercontent.com/o/r/HEAD/README.md"),
        ("https://example.org/o/r", "https://example.org/o/r"),
    ],
)
def test_pages_of_github_lead_to_the_markdown(page, raw):
    assert raw_address(page) == raw


def test_the_starter_catalogue_comes_with_queries_for_arxiv_and_no_other_does(path):
    call("import_list", path, "--catalogue", starter.SLUG)
    call("import_list", path, "--catalogue", "another")
    assert set(HarvestQuery.objects.values_list("catalogue__slug", flat=True)) == {starter.SLUG}
    HarvestQuery.objects.all().delete()
    path.write_text(BASE.replace("2024", "2023"))
    call("import_list", path, "--catalogue", starter.SLUG)
    assert not HarvestQuery.objects.exists()
