"""Loading what is broken, cut, too new or hostile: one line, and nothing has changed."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.dumps.manifest import VERSION
from catalog.dumps.tables import tables
from catalog.models import Catalogue, Paper, Run
from search.models import MapPlace
from tests.catalog.dumps.everything import fill
from tests.factories import make_paper, make_run

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="module")
def sound():
    """The files of a sound dump, once there is one."""
    return {}


@pytest.fixture
def dumped(tmp_path, sound):
    """A folder with a sound dump, and an empty catalogue to load it into."""
    if not sound:
        fill(papers=6)
        call_command("dump", str(tmp_path / "made"), verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        sound.update({path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()})
        shutil.rmtree(tmp_path / "made")
    (tmp_path / "dump").mkdir()
    for name, data in sound.items():
        (tmp_path / "dump" / name).write_bytes(data)
    return tmp_path / "dump"


def load(path, **options):
    call_command("load", str(path), facts_only=True, verbosity=0, **options)


def refusal(path, **options):
    with pytest.raises(CommandError) as caught:
        load(path, **options)
    text = str(caught.value)
    assert text.startswith("Nothing was loaded: ")
    assert "\n" not in text
    assert not Paper.objects.exists()
    assert not Catalogue.objects.exists()
    return text


def edit_manifest(folder, change):
    path = folder / "manifest.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))


def write_rows(folder, name, change, **facts):
    """Change the lines of a file, and let the manifest know, as somebody would who means ill."""
    path = folder / f"{name}.jsonl.gz"
    content = change(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(content))

    def note(manifest):
        entry = next(one for one in manifest["files"] if one["name"] == path.name)
        entry["bytes"] = path.stat().st_size
        entry["rows"] = content.count(b"\n")
        entry["content_bytes"] = len(content)
        entry["content_sha256"] = hashlib.sha256(content).hexdigest()
        entry.update(facts)

    edit_manifest(folder, note)


def test_a_sound_dump_is_loaded_from_a_folder_and_from_an_archive(dumped, tmp_path):
    load(dumped)
    number = Paper.objects.count()
    assert number
    with tarfile.open(tmp_path / "dump.tar", "w") as tar:
        tar.add(dumped, "stemma-2026-01-01")
    load(tmp_path / "dump.tar", replace=True)
    assert Paper.objects.count() == number


def test_a_catalogue_that_is_not_empty_is_left_alone(dumped):
    make_paper("Mine")
    with pytest.raises(CommandError, match=r"not empty .* --replace"):
        load(dumped)
    assert [paper.title for paper in Paper.objects.all()] == ["Mine"]


def test_replacing_deletes_what_was_noted_of_the_former_rows(dumped):
    make_paper("Mine")
    make_run()
    load(dumped, replace=True)
    assert not Paper.objects.filter(title="Mine").exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda facts: facts.update(version=VERSION + 1),
            f"of version {VERSION + 1}, and this Stemma reads no later one than {VERSION}",
        ),
        (lambda facts: facts.update(version="1"), "of version 1, and"),
        (lambda facts: facts.update(version=0), "of version 0, and"),
        (lambda facts: facts.update(format="other"), "not that of a Stemma dump"),
        (lambda facts: facts.pop("files"), "damaged"),
        (lambda facts: facts["files"].pop(3), "the dump has no"),
        (lambda facts: facts["files"][6]["fields"].append("colour"), "does not know: colour"),
        (lambda facts: facts["files"][6]["fields"].extend([7, "colour"]), "damaged"),
        (lambda facts: facts["files"][6].update(fields=[["id"]]), "damaged"),
        (lambda facts: facts["files"][6].update(name=["papers.jsonl.gz"]), "damaged"),
        (lambda facts: facts["files"].insert(0, 7), "damaged"),
        (lambda facts: facts["files"][6].update(last_id="9"), "damaged"),
        (lambda facts: facts["files"][6]["fields"].remove("title"), "other fields than"),
        (lambda facts: facts["files"][6].update(rows=99), "instead of 99"),
        (lambda facts: facts["files"][6].update(content_sha256="0" * 64), "its SHA-256 is another"),
        (lambda facts: facts["files"][6].update(name="../../etc/passwd"), "damaged"),
        (
            lambda facts: facts["files"][6].update(bytes=10**9),
            "and the manifest says 1,000,000,000",
        ),
        (lambda facts: facts["files"][6].update(content_bytes=10), "more than the manifest says"),
        (lambda facts: facts["files"][6].update(content_bytes=10**12), "would unpack to"),
        (lambda facts: facts.update(is_demonstration=True), "made up: load it with STEMMA_DEMO=1"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(dumped, change, said):
    edit_manifest(dumped, change)
    assert said in refusal(dumped)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff\xfe", '"text"', "[" * 10**5])
def test_what_is_no_manifest_is_refused(dumped, text):
    (dumped / "manifest.json").write_bytes(text.encode("latin-1"))
    refusal(dumped)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-40], "is cut or damaged"),
        (lambda data: data[: len(data) // 2], "is cut or damaged"),
        (lambda data: b"", "is cut"),
        (lambda data: b"plain text", "is cut or damaged"),
        (lambda data: data[:60] + bytes([data[60] ^ 255]) + data[61:], "papers.jsonl.gz"),
        (lambda data: data + gzip.compress(b'{"id":9}\n'), "more than the manifest says"),
    ],
)
def test_a_cut_or_damaged_file_is_refused(dumped, change, said):
    path = dumped / "papers.jsonl.gz"
    path.write_bytes(change(path.read_bytes()))
    assert said in refusal(dumped)


def test_a_file_that_is_missing_is_named(dumped):
    (dumped / "relations.jsonl.gz").unlink()
    assert "the dump has no relations.jsonl.gz" in refusal(dumped)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("papers", lambda text: text + b"not json\n", "line 7 is no JSON"),
        ("papers", lambda text: text + b"[" * 10**5 + b"\n", "line 7 is no JSON"),
        ("papers", lambda text: text + b'{"id": 1}\n', "line 7 has other fields"),
        ("papers", lambda text: text + text.splitlines()[0] + b"\n", "unique"),
        ("papers", lambda text: re.sub(rb'"id":\d+', b'"id":"two"', text, count=1), "two"),
        ("papers", lambda text: text.replace(b'"title":"', b'"title":"\\u0000'), "0x00"),
        ("papers", lambda text: text.replace(b'"title":"', b'"title":"\\ud800'), "surrogates"),
        (
            "papers",
            lambda text: text.replace(b'"title":"', b'"title":["').replace(
                b'","abstract"', b'"],"abstract"'
            ),
            "has a list",
        ),
        ("identifiers", lambda text: text.replace(b'"arxiv"', b'"isbn"'), "scheme_known"),
        ("authors", lambda text: text.replace(b'"name":"', b'"name":7,"x":"'), "other fields"),
        ("authors", lambda text: b"\n".join(text.split(b"\n")[1:]), "not present"),
        ("citations", lambda text: text.replace(b'"cited_id":', b'"cited_id":99'), "not present"),
        ("synonyms", lambda text: text.rstrip(b"\n"), "is cut"),
    ],
)
def test_rows_that_do_not_fit_are_refused(dumped, name, change, said):
    write_rows(dumped, name, change)
    assert said in refusal(dumped)


def test_a_line_without_end_does_not_fill_the_memory(dumped, monkeypatch):
    monkeypatch.setattr("catalog.dumps.load._MOST_OF_LINE", 10_000)
    write_rows(dumped, "papers", lambda text: os.urandom(2 << 20).hex().encode())
    assert "far too long" in refusal(dumped)


def test_columns_that_came_after_the_dump_get_their_defaults(dumped):
    def drop(text):
        rows = [json.loads(line) for line in text.splitlines()]
        for row in rows:
            del row["comment"], row["categories"]
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    write_rows(dumped, "papers", drop)
    edit_manifest(
        dumped,
        lambda facts: [
            facts["files"][6]["fields"].remove(name) for name in ("comment", "categories")
        ],
    )
    load(dumped)
    assert {(paper.comment, tuple(paper.categories)) for paper in Paper.objects.all()} == {("", ())}


def test_tables_that_came_after_the_dump_stay_empty(dumped, monkeypatch):
    later = replace(next(one for one in tables() if one.name == "synonyms"), since=VERSION + 1)
    kept = [one for one in tables() if one.name != "synonyms"]
    (dumped / later.file).unlink()
    monkeypatch.setattr("catalog.dumps.load.tables", lambda: [*kept, later])
    load(dumped)
    assert Paper.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "neither a folder nor"), (b"no archive at all" * 99, "neither a folder nor")],
)
def test_what_is_no_archive_is_refused(tmp_path, data, said):
    (tmp_path / "dump.tar").write_bytes(data)
    assert said in refusal(tmp_path / "dump.tar")


def test_what_is_not_there_is_refused(tmp_path):
    assert "there is no" in refusal(tmp_path / "nothing.tar")


def test_an_archive_is_never_unpacked(dumped, tmp_path):
    """Names that lead out of it, links and devices come to nothing."""
    with tarfile.open(tmp_path / "dump.tar", "w") as tar:
        for path in dumped.iterdir():
            tar.add(path, f"../../{path.name}")
        link = tarfile.TarInfo("papers.jsonl.gz")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link, io.BytesIO())
    load(tmp_path / "dump.tar")
    assert Paper.objects.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"dump", "dump.tar"}


@contextmanager
def manage(*arguments):
    """A command of its own process, on the database of the test."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    url = f"postgresql://{database['USER']}@{host}:{database['PORT'] or 5432}/{database['NAME']}"
    with subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "STEMMA_HOME": str(django_settings.STEMMA_HOME), "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        yield process


def wait_for(query, process):
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(query)
            if cursor.fetchone()[0]:
                return
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.05)
    pytest.fail("it never came so far")


def test_a_load_that_is_killed_in_the_middle_leaves_nothing(dumped):
    whole = (dumped / "papers.jsonl.gz").read_bytes()
    (dumped / "papers.jsonl.gz").unlink()
    os.mkfifo(dumped / "papers.jsonl.gz")  # which it waits at, authors loaded
    with manage("load", str(dumped), "--facts-only") as process:
        wait_for("SELECT EXISTS (SELECT FROM pg_stat_progress_copy WHERE relid = 'catalog_paper'::regclass)", process)  # fmt: skip
        process.kill()
    wait_for("SELECT NOT EXISTS (SELECT FROM pg_stat_progress_copy)", _Gone)
    assert not Catalogue.objects.exists()

    (dumped / "papers.jsonl.gz").unlink()
    (dumped / "papers.jsonl.gz").write_bytes(whole)
    load(dumped)
    assert Paper.objects.exists()


class _Gone:
    @staticmethod
    def poll():
        return None


def test_a_dump_that_is_killed_in_the_middle_is_no_dump(tmp_path):
    fill(papers=6)
    folder = tmp_path / "dump"
    blocker = connection.copy()
    try:
        with blocker.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE catalog_venuesuggestion IN ACCESS EXCLUSIVE MODE")
        with manage("dump", str(folder)) as process:
            wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)", process)
            assert (tmp_path / "dump.part" / "papers.jsonl.gz").exists()
            process.kill()
        assert not folder.exists()
    finally:
        blocker.close()
    wait_for("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')", _Gone)
    call_command("dump", str(folder), verbosity=0)
    assert [path.name for path in tmp_path.iterdir()] == ["dump"]


def test_a_folder_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "dump").mkdir()
    with pytest.raises(CommandError, match="exists already"):
        call_command("dump", str(tmp_path / "dump"), verbosity=0)


def test_a_folder_that_cannot_be_written_is_told_in_a_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError) as caught:
        call_command("dump", str(tmp_path / "file" / "dump"), verbosity=0)
    assert "cannot be written" in str(caught.value)


def test_after_a_load_search_finds_the_graph_is_measured_and_the_map_drawn(dumped, client):
    call_command("load", str(dumped), verbosity=0)
    paper = Paper.objects.exclude(measure=None).first()
    assert paper
    assert paper.search_text.words
    assert paper.embeddings.exists()
    assert MapPlace.objects.filter(paper=paper).exists()
