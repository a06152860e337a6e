"""Ask other search engines the questions of a benchmark. Runs in an environment of its own, without Django.

    python engines.py FOLDER

FOLDER holds corpus.jsonl (id, title, abstract, authors) and questions.jsonl (text). For every engine that is there
one JSON object is printed a line: engine, version, built_s, and for each question its milliseconds and the ids found.
An engine that is not there says why: engine, missing.
"""

import importlib.metadata
import json
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FIELDS = ["title", "abstract", "authors"]
DEPTH = 10
Ask = Callable[[str], list[int]]


def main(folder: Path) -> None:
    texts = [one["text"] for one in _rows(folder / "questions.jsonl")]
    for engine in (_tantivy, _sqlite):
        try:
            for made in engine(folder):
                _print(**_asked(texts, **made))
        except (ImportError, sqlite3.OperationalError) as error:
            _print(engine=engine.__name__.strip("_"), missing=str(error))


def _asked(texts: list[str], ask: Ask, **about: Any) -> dict[str, Any]:
    """Ask every question twice, the first time to warm up."""
    for text in texts:
        ask(text)
    milliseconds, found = [], []
    for text in texts:
        began = time.perf_counter()
        found.append(ask(text))
        milliseconds.append(round((time.perf_counter() - began) * 1000, 3))
    return {**about, "milliseconds": milliseconds, "found": found}


def _tantivy(folder: Path) -> Iterator[dict[str, Any]]:
    """Tantivy with English stems, once with all fields alike and once with titles counting threefold."""
    import tantivy

    began = time.perf_counter()
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True)
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="en_stem")
    (folder / "tantivy").mkdir()
    index = tantivy.Index(builder.build(), path=str(folder / "tantivy"))
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    for row in _rows(folder / "corpus.jsonl"):
        writer.add_document(tantivy.Document(**row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    built = time.perf_counter() - began

    def asking(boosts: dict[str, float]) -> Ask:
        def ask(text: str) -> list[int]:
            words = " ".join(_words(text))
            query, _ = index.parse_query_lenient(words, FIELDS, field_boosts=boosts)
            hits = searcher.search(query, DEPTH).hits
            return [searcher.doc(address)["id"][0] for _, address in hits]

        return ask

    about = {"version": importlib.metadata.version("tantivy"), "built_s": round(built, 1)}
    yield {"engine": "tantivy", "ask": asking({}), **about}
    yield {"engine": "tantivy, titles threefold", "ask": asking({"title": 3.0}), **about}


def _sqlite(folder: Path) -> Iterator[dict[str, Any]]:
    """SQLite's FTS5 with the stems of Porter."""
    began = time.perf_counter()
    database = sqlite3.connect(folder / "fts5.db")
    database.execute("PRAGMA journal_mode = off")
    database.execute(
        "CREATE VIRTUAL TABLE papers USING fts5 (title, abstract, authors, tokenize = 'porter unicode61')"
    )
    database.executemany(
        "INSERT INTO papers (rowid, title, abstract, authors) VALUES (:id, :title, :abstract, :authors)",
        _rows(folder / "corpus.jsonl"),
    )
    database.execute("INSERT INTO papers (papers) VALUES ('optimize')")
    database.commit()
    built = time.perf_counter() - began

    def ask(text: str) -> list[int]:
        query = " OR ".join(f'"{word}"' for word in _words(text))
        rows = database.execute(
            "SELECT rowid FROM papers WHERE papers MATCH ? ORDER BY rank LIMIT ?", [query, DEPTH]
        )
        return [row for (row,) in rows]

    about = {"version": sqlite3.sqlite_version, "built_s": round(built, 1)}
    yield {"engine": "SQLite FTS5", "ask": ask, **about}


def _words(text: str) -> list[str]:
    """Words in small letters: no engine is to read operators into them."""
    return re.findall(r"\w+", text.lower())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _print(**row: Any) -> None:
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
