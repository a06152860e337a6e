"""A small corpus of made-up papers."""

import gzip
import json
from pathlib import Path

import numpy

from search.benchmark.corpus import PAPERS, VECTORS, Row

_THINGS = ["bees", "lighthouses", "caches", "rivers", "clocks", "poems", "bridges", "maps"]
_FIRST = ["Ada", "Grace", "Alan", "Mary", "Kurt"]
_LAST = ["Lovelace", "Hopper", "Turing", "Somerville", "Gödel", "Noether", "Hilbert"]


def rows(number: int) -> list[Row]:
    return [
        Row(
            title=f"Keeping {_THINGS[n % 8]} and {_THINGS[(n % 8 + 1 + n // 8 % 7) % 8]} in order {_letters(n)}",
            abstract=f"Some people like {_THINGS[n % 8]} more than topic{_letters(n)} and others never will agree.",
            authors=(
                f"{_FIRST[n % 5]} {_LAST[n % 7]}",
                f"{_FIRST[n // 7 % 5]} {_LAST[n // 7 % 7]}",
            ),
            venue="ICLR",
            year=2020 + n % 5,
        )
        for n in range(number)
    ]


def write_corpus(folder: Path, papers: int, vectors: int | None = None) -> Path:
    """Write a corpus with vectors of chance as the real one is kept."""
    with gzip.open(folder / PAPERS, "wt", encoding="utf-8") as file:
        for row in rows(papers):
            made = {"title": row.title, "abstract": row.abstract, "authors": row.authors}
            file.write(json.dumps({**made, "venue": row.venue, "year": row.year}) + "\n")
    drawn = numpy.random.default_rng(0).standard_normal(
        (papers if vectors is None else vectors, 384)
    )
    unit = drawn / numpy.linalg.norm(drawn, axis=1, keepdims=True)
    numpy.save(folder / VECTORS, unit.astype(numpy.float16))
    return folder


def _letters(number: int) -> str:
    return chr(ord("a") + number // 26) + chr(ord("a") + number % 26)
