"""Search the catalogue from the command line; `--from` answers one query a line."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Paper
from search.hits import hit_as_json, papers_of
from search.queries import Results, search


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "query", nargs="?", metavar="QUERY", help="After “--” when it begins with a hyphen."
        )
        parser.add_argument(
            "--from", dest="file", metavar="FILE", help="One query a line; - is standard input."
        )
        parser.add_argument("--limit", type=int, default=10, metavar="N", help="Hits a query (10).")
        parser.add_argument("--json", action="store_true", help="Print one JSON object a query.")

    def handle(self, *args: Any, **options: Any) -> None:
        query, file, limit = options["query"], options["file"], options["limit"]
        if (query is None) == (file is None):
            raise CommandError("Give either a QUERY or --from FILE.")
        if limit < 1:
            raise CommandError("--limit wants a number of hits, 1 or more.")
        if query is not None:
            self._answer(query, limit, as_json=options["json"])
            return
        with _opened(file) as lines:
            for line in lines:
                self._answer(line.rstrip("\r\n"), limit, as_json=options["json"])

    def _answer(self, query: str, limit: int, *, as_json: bool) -> None:
        results = search(query, limit=limit)
        papers = {paper.pk: paper for paper in papers_of(results)}
        if as_json:
            self.stdout.write(json.dumps(_as_dict(query, results, papers), ensure_ascii=False))
        else:
            self._print(results, papers)
        self.stdout.flush()

    def _print(self, results: Results, papers: dict[int, Paper]) -> None:
        if results.not_listed:
            self.stdout.write(f"{results.not_listed} is not listed.")
            return
        more = "more than " if results.capped else ""
        self.stdout.write(f"{results.query}: {more}{results.total} found")
        hits = [(hit, papers[hit.paper_id]) for hit in results.hits if hit.paper_id in papers]
        for number, (hit, paper) in enumerate(hits, 1):
            self.stdout.write(
                f"{number:3}. {paper.title}{f' ({paper.year})' if paper.year else ''}"
            )
            self.stdout.write(f"     {hit.reason}  {paper.get_absolute_url()}")


def _as_dict(query: str, results: Results, papers: dict[int, Paper]) -> dict[str, Any]:
    return {
        "query": query,
        "total": results.total,
        "not_listed": str(results.not_listed) if results.not_listed else None,
        "hits": [
            hit_as_json(hit, paper, paper.get_absolute_url())
            for hit in results.hits
            if (paper := papers.get(hit.paper_id))
        ],
    }


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        with open(file, encoding="utf-8-sig", errors="replace") as lines:
            yield lines
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
