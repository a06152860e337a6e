"""Collections in the format of BEIR, read for an empty database.

Source: github.com/beir-cellar/beir: corpus.jsonl (_id, title, text, perhaps metadata), queries.jsonl (_id, text), and
judgements as tab-separated lines of query id, corpus id and score, mostly with a heading. Collections come with judgements of
other splits, of queries and documents that they leave out: what is there is judged, and the rest is told.
"""

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.models import Catalogue, Paper, Placement, Source, Topic

_BATCH = 2000
_JUDGEMENTS = ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv", "qrels/train.tsv")


class CollectionRefused(Exception):
    """The folder holds no collection; the message is one line."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A query with its relevant documents, by their ids: how right each is."""

    id: str
    text: str
    wanted: dict[str, float]


@dataclass(frozen=True, slots=True)
class Questions:
    """The queries that can be judged, and what of the judgements could not be used, each in a line."""

    asked: list[Judged]
    notes: list[str]

    def missing(self, documents: Container[str]) -> list[str]:
        """Say which relevant documents are not among these: nobody can find them, and they count all the same."""
        lost = sum(name not in documents for one in self.asked for name in one.wanted)
        said = f"{_number(lost, 'relevant document')} not in corpus.jsonl, counted as not found"
        return [said] if lost else []


def read_queries(folder: Path) -> Questions:
    """Read the queries that have a relevant document; raise CollectionRefused."""
    judgements = _judgements(folder)
    texts = {
        name: str(row["text"])
        for row in _rows(folder / "queries.jsonl", "text")
        if (name := str(row["_id"])) in judgements
    }
    asked, lost, empty = [], [], []
    for name, judged in judgements.items():
        wanted = {document: score for document, score in judged.items() if score > 0}
        if name not in texts:
            lost.append(name)
        elif not wanted:
            empty.append(name)
        else:
            asked.append(Judged(name, texts[name], wanted))
    if not asked:
        raise CollectionRefused(f"{folder}: no query of queries.jsonl has a relevant document")
    notes = []
    if lost:
        count = _number(sum(len(judgements[name]) for name in lost), "judgement")
        notes.append(
            f"{count} left out: of {_number(len(lost), 'query', 'queries')} that queries.jsonl lacks, such as {lost[0]}"
        )
    if empty:
        notes.append(
            f"{_number(len(empty), 'query', 'queries')} left out: without a relevant document"
        )
    return Questions(asked, notes)


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def load_documents(folder: Path) -> dict[str, int]:
    """Make a listed paper of every document; return their keys by the documents' ids."""
    catalogue = Catalogue.objects.create(slug="beir", title="BEIR")
    topic = Topic.objects.create(
        catalogue=catalogue, name="Documents", slug="documents", path="documents"
    )
    path = folder / "corpus.jsonl"
    found: dict[str, int] = {}
    batch: list[tuple[str, Paper]] = []
    seen: set[str] = set()
    for row in _rows(path, "text"):
        if str(row["_id"]) in seen:
            raise CollectionRefused(f"{path}: two documents have the _id {row['_id']}")
        seen.add(str(row["_id"]))
        title, text = _line(row.get("title")), _line(row["text"])
        name = str(row["_id"])
        batch.append((name, Paper(title=title or text[:200] or f"Document {name}", abstract=text)))
        if len(batch) == _BATCH:
            found |= _store(topic, batch)
            batch = []
    return found | _store(topic, batch)


def _store(topic: Topic, batch: list[tuple[str, Paper]]) -> dict[str, int]:
    papers = Paper.objects.bulk_create([paper for _, paper in batch])
    Placement.objects.bulk_create(
        Placement(paper=paper, topic=topic, is_primary=True, source=Source.LIST, position=number)
        for number, paper in enumerate(papers)
    )
    return {name: paper.pk for (name, _), paper in zip(batch, papers, strict=True)}


def _line(value: Any) -> str:
    return " ".join(str(value or "").replace("\x00", " ").split())


def _rows(path: Path, needed: str) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict) or "_id" not in row or needed not in row:
                    raise CollectionRefused(f"{path}, line {number}: expected _id and {needed}")
                yield row
    except OSError as error:
        raise CollectionRefused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise CollectionRefused(f"{path}: broken JSON") from error


def _judgements(folder: Path) -> dict[str, dict[str, float]]:
    path = next((folder / name for name in _JUDGEMENTS if (folder / name).is_file()), None)
    if path is None:
        raise CollectionRefused(f"{folder}: none of {', '.join(_JUDGEMENTS)}")
    found: dict[str, dict[str, float]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CollectionRefused(f"{path}: cannot be read") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        parts = line.strip("\r\n").split("\t")
        try:
            query, document, score = parts[0], parts[-2], float(parts[-1])
        except (ValueError, IndexError) as error:
            if number == 1:
                continue  # the heading
            raise CollectionRefused(
                f"{path}, line {number}: expected query id, corpus id and score between tabs"
            ) from error
        found.setdefault(query, {})[document] = score
    if not found:
        raise CollectionRefused(f"{path}: no judgements")
    return found
