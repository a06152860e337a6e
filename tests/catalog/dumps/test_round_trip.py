"""Dump, load, dump again: the same bytes, in a catalogue where every table has rows."""

import gzip
import json
from threading import Thread

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.dumps.tables import tables, why_left_out
from catalog.models import (
    Author,
    Candidate,
    GlossaryEntry,
    Paper,
    Provenance,
    Relation,
    System,
    TitleAlias,
)
from search.models import Synonym
from tests.catalog.dumps.everything import SECRET_MAIL, SECRET_NAME, TEXTS, fill
from tests.factories import make_catalogue, make_paper

pytestmark = pytest.mark.django_db(transaction=True)


def dump(folder, **options):
    call_command("dump", str(folder), verbosity=0, **options)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def load(folder, **options):
    call_command("load", str(folder), facts_only=True, verbosity=0, **options)


def rows_of(files, name):
    return [json.loads(line) for line in gzip.decompress(files[name]).splitlines()]


def everything_stored():
    """All rows of the tables that are dumped, as the database has them, users apart."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            columns = ", ".join(f'"{name}"' for name in table.columns)
            keys = "".join(f', "{one.column}"' for one in table.keys)
            cursor.execute(f"SELECT {columns}{keys} FROM {table.db_table} t WHERE {table.only} ORDER BY 1")  # fmt: skip
            found[table.name] = cursor.fetchall()
    found["catalogues"] = [[*row[:4], *row[5:]] for row in found["catalogues"]]
    found["provenance"] = [[one for one in row if SECRET_NAME not in str(one) and one != ""] for row in found["provenance"]]  # fmt: skip
    return found


def test_every_table_is_dumped_or_it_is_said_why_not():
    dumped = {table.model for table in tables()}
    for model in apps.get_models(include_auto_created=True):
        assert (model in dumped) != bool(why_left_out(model)), model._meta.label


def test_no_field_of_a_dump_leads_to_a_user():
    for table in tables():
        for field in table.fields:
            assert field.related_model is not get_user_model(), f"{table.name}.{field.name}"


def test_dump_load_dump_is_the_same(tmp_path):
    fill()
    first = dump(tmp_path / "first")
    before = everything_stored()
    for table in tables():
        assert rows_of(first, table.file), table.name
    load(tmp_path / "first", replace=True)
    assert everything_stored() == before
    assert dump(tmp_path / "second") == first


def test_a_job_that_finds_nothing_new_leaves_the_dump_as_it_was(tmp_path):
    make_paper("FlashThing: Attention That Flashes", abstract="We propose FlashThing.")
    make_paper("On Lamps", abstract="We compare with FlashThing and extend FlashThing.")
    call_command("find_systems", verbosity=0)
    first = dump(tmp_path / "first")
    assert rows_of(first, "systems.jsonl.gz")
    call_command("find_systems", always=True, verbosity=0)
    call_command("embed", verbosity=0)
    assert dump(tmp_path / "second") == first


def test_a_copy_stands_up_in_an_empty_database_and_goes_on_with_other_numbers(tmp_path):
    fill()
    last = Author.objects.order_by("pk").last()
    assert last
    number = last.pk
    last.delete()  # after which its number is free, and yet nobody else's
    first = dump(tmp_path / "first")
    call_command("flush", interactive=False, verbosity=0)
    load(tmp_path / "first")
    assert dump(tmp_path / "second") == first
    assert Author.objects.create(name="New").pk == number + 1
    paper = Paper.objects.exclude(merged_into=None).get()
    assert paper.merged_into


def test_what_is_computed_of_a_row_is_computed_when_it_is_loaded(tmp_path):
    fill()
    files = dump(tmp_path / "first")
    assert "title_key" not in rows_of(files, "papers.jsonl.gz")[0]
    load(tmp_path / "first", replace=True)
    assert not Paper.objects.filter(title_key="").exists()
    assert not Author.objects.filter(name_key="").exists()
    assert not TitleAlias.objects.filter(title_key="").exists()
    assert list(Synonym.objects.values_list("short", "papers")) == [("KV", 0)]
    assert [entry.key for entry in GlossaryEntry.objects.all()] == ["attentionsink"]


@pytest.mark.parametrize("options", [{}, {"published": True}])
def test_nobody_is_named_in_a_dump(tmp_path, options):
    fill()
    for name, data in dump(tmp_path / "dump", **options).items():
        text = gzip.decompress(data) if name.endswith(".gz") else data
        for secret in (SECRET_NAME, SECRET_MAIL, "mallory", "hush", "password"):
            assert secret.encode() not in text, name


def test_a_published_dump_has_the_abstracts_that_arxiv_gave_and_no_others(tmp_path):
    fill()
    every = dump(tmp_path / "all")
    files = dump(tmp_path / "published", published=True)
    of_arxiv = {
        row["paper_id"]
        for row in rows_of(files, "provenance.jsonl.gz")
        if row["field"] == "abstract"
    }
    assert of_arxiv
    assert {row["id"] for row in rows_of(files, "papers.jsonl.gz") if row["abstract"]} == of_arxiv
    assert all(row["abstract"] for row in rows_of(every, "papers.jsonl.gz"))
    assert json.loads(files["manifest.json"])["abstracts"] == "arxiv"
    left = {row["scheme"]: bool(row["abstract"]) for row in rows_of(files, "candidates.jsonl.gz")}
    assert left == {"arxiv": True, "doi": False}
    load(tmp_path / "published", replace=True)
    assert dump(tmp_path / "again", published=True) == files


def test_a_published_dump_quotes_no_abstract_that_arxiv_did_not_give(tmp_path):
    for source in ("arxiv", "semantic_scholar"):
        one = make_paper(f"{source}Thing: Attention of {source}", abstract="We propose it.")
        other = make_paper(f"On {source}", abstract="We extend it.")
        system = System.objects.create(
            name=source, introduced_by=one, note=f"We propose {source}Thing."
        )
        Relation.objects.create(
            subject=other, object=one, kind="extends", system=system, note=f"We extend {source}."
        )
        for paper in (one, other):
            Provenance.objects.create(paper=paper, field="abstract", source=source)
    every = dump(tmp_path / "all")
    files = dump(tmp_path / "published", published=True)
    for name, said in (("systems", "We propose arxivThing."), ("relations", "We extend arxiv.")):
        assert all(row["note"] for row in rows_of(every, f"{name}.jsonl.gz"))
        assert [row["note"] for row in rows_of(files, f"{name}.jsonl.gz")] == [said, ""]
    assert b"We extend semantic" not in gzip.decompress(files["graph.ttl.gz"])


def test_what_readers_propose_is_published_once_a_curator_has_taken_it(tmp_path):
    for scheme in ("arxiv", "url"):
        for status in ("open", "accepted", "rejected"):
            Candidate.objects.create(
                catalogue=make_catalogue(), scheme=scheme, value=f"{scheme}-{status}", title="x", status=status
            )  # fmt: skip
    every = rows_of(dump(tmp_path / "all"), "candidates.jsonl.gz")
    assert len(every) == 6
    published = rows_of(dump(tmp_path / "published", published=True), "candidates.jsonl.gz")
    assert {row["value"] for row in published} == {
        "arxiv-accepted",
        "arxiv-rejected",
        "url-accepted",
    }


def test_edges_are_in_one_file_with_who_says_so(tmp_path):
    fill()
    files = dump(tmp_path / "dump")
    edges = rows_of(files, "edges.jsonl.gz")
    kinds = {edge["kind"] for edge in edges}
    assert kinds == {"cites", "extends", "mentions", "written_by", "placed_in", "published_at", "has_code", "introduces"}  # fmt: skip
    cites = [edge for edge in edges if edge["kind"] == "cites"]
    assert len(cites) == len(rows_of(files, "citations.jsonl.gz"))
    assert all(edge["source"] == "openalex" and edge["date"] for edge in cites)
    assert all(edge["from"].startswith("paper:") for edge in edges)


def test_a_dump_shows_one_moment(tmp_path, monkeypatch):
    make_paper("There before")
    written: list[str] = []

    def meanwhile(name, rows):
        """Another session adds a paper while the first file is written."""
        if not written:
            written.append(name)

            def add():
                make_paper("Added meanwhile", arxiv="2401.00001")
                connection.close()

            thread = Thread(target=add)
            thread.start()
            thread.join()

    monkeypatch.setattr(
        "catalog.management.commands.dump.Bars.show",
        lambda self, name, rows: meanwhile(name, rows),
    )
    files = dump(tmp_path / "dump")
    assert written
    assert Paper.objects.count() == 2
    assert [row["title"] for row in rows_of(files, "papers.jsonl.gz")] == ["There before"]
    assert rows_of(files, "identifiers.jsonl.gz") == []


texts = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=40
)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(titles=st.lists(st.one_of(texts, st.sampled_from(TEXTS)), min_size=1, max_size=5))
def test_any_text_comes_back_as_it_was(tmp_path_factory, titles):
    folder = tmp_path_factory.mktemp("dumps")
    Paper.objects.all().delete()
    Paper.objects.bulk_create(Paper(title=title, abstract=title[::-1]) for title in titles)
    first = dump(folder / "first")
    load(folder / "first", replace=True)
    assert list(Paper.objects.order_by("pk").values_list("title", flat=True)) == titles
    assert dump(folder / "second") == first


def test_the_grown_catalogue_dumps_in_as_many_queries(tmp_path):
    def queries(name):
        with CaptureQueriesContext(connection) as captured:
            dump(tmp_path / name)
        return len(captured)

    make_paper()
    with_one = queries("one")
    for _ in range(30):
        make_paper()
    assert queries("thirty") == with_one
