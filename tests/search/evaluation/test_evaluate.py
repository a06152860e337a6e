"""`manage.py evaluate`, on small catalogues and collections of our own."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.locks import AlreadyRunning
from catalog.models import GlossaryEntry, Paper
from search import embed, glossary
from search.evaluation.questions import HELD_OUT, QuestionsRefused, read_questions
from search.index import refresh_words
from search.models import Posting
from tests.factories import make_paper


def run(*arguments: object) -> Any:
    out = StringIO()
    call_command("evaluate", *map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def catalogue(db: None) -> None:
    make_paper("Keeping bees in winter", arxiv="2401.00001")
    make_paper("Compressing the cache of a transformer", arxiv="2401.00002")
    make_paper("A history of lighthouses")
    refresh_words()
    embed.embed_changed("test")


def test_each_part_and_kind_is_measured(catalogue, tmp_path):
    file = write(
        tmp_path / "questions.jsonl",
        {"kind": "topical", "question": "bees in winter", "answers": ["2401.00001"]},
        {"kind": "topical", "question": "insects and honey", "answers": ["2401.00001"]},
        {"kind": "title", "question": "lighthouses", "answers": ["A History of Lighthouses"]},
        {"kind": "title", "question": "no such thing", "answers": ["2401.09999"]},
    )
    found = run("--questions", file)
    assert (found["questions"], found["left_out"]) == (3, 1)
    assert set(found["parts"]) == {"lexical", "vector", "fused"}
    kinds = found["parts"]["fused"]["kinds"]
    assert (kinds["all"]["questions"], kinds["topical"]["questions"]) == (3, 2)
    assert kinds["all"]["hit_1"] == 1
    assert found["parts"]["lexical"]["kinds"]["topical"]["hit_1"] == 0.5
    assert found["parts"]["vector"]["kinds"]["topical"]["hit_1"] == 1


def test_two_settings_are_compared_question_by_question(catalogue, tmp_path):
    question = {"question": "insects and honey", "answers": ["2401.00001"]}
    file = write(tmp_path / "questions.jsonl", *[question] * 12)
    found = run("--questions", file, "--against", "nearest=0")["against"]
    assert found["settings"] == {"nearest": 0}
    test = found["parts"]["fused"]["mrr_10"]
    assert (test["ours"], test["theirs"]) == (1, 0)
    assert test["p"] < 0.01


GLOSSARY = "lighthouses\tTowers whose lamps warn ships of rocks at night, seen from far away.\n"


@pytest.fixture
def brought(monkeypatch, tmp_path):
    """A glossary that Stemma brings, and no job has read yet."""
    (tmp_path / "glossary.tsv").write_text(GLOSSARY)
    monkeypatch.setattr(glossary, "FILE", tmp_path / "glossary.tsv")


def test_what_search_would_be_without_the_glossary_and_nothing_is_kept(
    catalogue, tmp_path, brought
):
    file = write(
        tmp_path / "questions.jsonl",
        {"kind": "k", "question": "lamps", "answers": ["A History of Lighthouses"]},
    )
    assert hit(run("--questions", file, "--without-glossary")) == 0
    assert not GlossaryEntry.objects.exists()
    embed.embed_changed("test")
    before = list(Posting.objects.order_by("pk").values())
    assert hit(run("--questions", file)) == 1
    assert hit(run("--questions", file, "--without-glossary")) == 0
    assert hit(run("--questions", file)) == 1
    assert list(Posting.objects.order_by("pk").values()) == before


def hit(found: Any) -> Any:
    return found["parts"]["lexical"]["kinds"]["k"]["hit_1"]


def test_the_table_is_for_people(catalogue, tmp_path):
    file = write(tmp_path / "q.jsonl", {"kind": "k", "question": "bees", "answers": ["2401.00001"]})
    out = StringIO()
    call_command("evaluate", "--questions", str(file), stdout=out)
    assert "fused, k (1)" in out.getvalue()


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", '{"question": "x"}', '{"question": "x", "answers": []}', '{"question": 1, "answers": ["x"]}', '{"question": " ", "answers": ["x"]}'],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_its_line(db, tmp_path, text):
    file = tmp_path / "questions.jsonl"
    file.write_text(text)
    with pytest.raises(QuestionsRefused) as raised:
        read_questions(file)
    assert str(file) in str(raised.value)


def test_without_the_glossary_beside_a_job_that_embeds_is_refused_in_one_line(
    catalogue, tmp_path, monkeypatch
):
    def refuse(reason: str) -> None:
        raise AlreadyRunning("The embedding job is running already.")

    monkeypatch.setattr("search.management.commands.evaluate.embed_changed", refuse)
    entry = GlossaryEntry.objects.create(name="YOCO", meaning="Caches once.")
    file = write(tmp_path / "q.jsonl", {"question": "bees", "answers": ["2401.00001"]})
    with pytest.raises(CommandError, match="running already"):
        run("--questions", file, "--without-glossary")
    entry.refresh_from_db()
    assert entry.is_active


def test_an_unknown_setting_names_the_known_ones(db):
    with pytest.raises(CommandError, match="lexical_share"):
        call_command("evaluate", "--against", "magic=1")


def test_our_own_questions_are_many_and_of_every_kind(db):
    questions = read_questions(HELD_OUT)
    kinds = [one.kind for one in questions]
    assert len(questions) >= 150
    assert set(kinds) == {"topical", "navigational", "author", "typo", "filter", "chinese"}
    assert len({one.text for one in questions}) == len(questions)


@pytest.fixture
def collection(tmp_path):
    write(
        tmp_path / "corpus.jsonl",
        {
            "_id": "d1",
            "title": "Bees",
            "metadata": {"year": 2020},
            "text": "Bees keep warm in winter by shivering.",
        },
        {"_id": "d2", "title": "", "text": "A cache holds keys and values."},
        {"_id": "q2", "title": "Caches", "text": "A cache of keys."},
    )
    write(
        tmp_path / "queries.jsonl",
        {"_id": "q1", "text": "How do bees survive the cold?"},
        {"_id": "q2", "text": "a cache of keys"},
        {"_id": "q3", "text": "never judged"},
    )
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td2\t1\n"
    )
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_a_collection_is_read_into_a_database_of_its_own(collection):
    kept = make_paper("Stays as it is")
    name = connection.settings_dict["NAME"]
    found = run("--beir", collection)
    assert (found["documents"], found["questions"], found["notes"]) == (3, 2, [])
    assert found["parts"]["fused"]["kinds"]["all"]["ndcg_10"] == 1
    assert found["parts"]["vector"]["kinds"]["all"]["recall_100"] == 1
    assert run("--beir", collection, "--without-glossary")["documents"] == 3
    assert connection.settings_dict["NAME"] == name
    assert list(Paper.objects.all()) == [kept]


@pytest.mark.django_db(transaction=True)
def test_where_papers_ask_those_similar_to_them_are_judged_too(collection):
    assert "similar" not in run("--beir", collection)["parts"]
    (collection / "queries.jsonl").write_text('{"_id": "d1", "text": "sparse attention"}\n')
    (collection / "qrels" / "test.tsv").write_text("d1\td2\t1\n")
    found = run("--beir", collection, "--against", "lexical_share=0.5")
    assert found["parts"]["similar"]["kinds"]["all"]["recall_100"] == 1
    assert set(found["against"]["parts"]) == {"lexical", "vector", "fused"}


JUDGED = "q1\td1\t1\nq1\td9\t1\nq2\td2\t0\nq8\td1\t1\nq8\td2\t0\nq9\td1\t1\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qrels.tsv", JUDGED),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n" + JUDGED),
        ("qrels/test.tsv", "\ufeff" + JUDGED.replace("\n", "\r\n\r\n").replace("\td", "\t0\td")),
    ],
)
def test_judgements_of_other_splits_are_left_out_and_told(collection, name, text):
    (collection / "qrels" / "test.tsv").unlink()
    (collection / name).write_text(text, encoding="utf-8")
    found = run("--beir", collection)
    assert found["questions"] == 1
    assert found["notes"] == [
        "3 judgements left out: of 2 queries that queries.jsonl lacks, such as q8",
        "1 query left out: without a relevant document",
        "1 relevant document not in corpus.jsonl, counted as not found",
    ]
    assert found["parts"]["fused"]["kinds"]["all"]["recall_100"] == 0.5
    assert found["parts"]["fused"]["kinds"]["all"]["ndcg_10"] < 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "corpus.jsonl").unlink(), "corpus.jsonl"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"_id": "q1"}\n'), "line 1"),
        (lambda folder: (folder / "queries.jsonl").write_text('{"_id": "q3", "text": "x"}\n'), "no query of"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("a\tb\tc\n"), "no judgements"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("q\td\t1\nq1\n"), "line 2"),
        (lambda folder: (folder / "qrels" / "test.tsv").write_text("q1\td1\t0\n"), "no query of"),
        (lambda folder: (folder / "qrels" / "test.tsv").unlink(), "none of"),
        (lambda folder: (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "x"}\n' * 2), "two documents have the _id d1"),
    ],
)  # fmt: skip
@pytest.mark.django_db(transaction=True)
def test_what_is_no_collection_is_refused_in_one_line(collection, spoil, reason):
    spoil(collection)
    with pytest.raises(CommandError, match=reason) as raised:
        run("--beir", collection)
    assert "\n" not in str(raised.value)
