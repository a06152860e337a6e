"""Embed the papers whose text has changed, and bring the index of words up to date."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.locks import AlreadyRunning
from search.embed import Embedded, embed_changed
from search.embeddings import ModelUnavailable, configured_model
from search.index import refresh_words
from search.recounting import recount_if_due


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, metavar="N", help="Embed at most N papers.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument(
            "--progress", action="store_true", help="Show progress when this is no terminal too."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        limit = options["limit"]
        if limit is not None and limit < 1:
            raise CommandError("--limit wants a number of papers, 1 or more.")
        words = refresh_words()
        recount_if_due()
        with tqdm(
            desc="Embedding",
            unit=" papers",
            disable=not (options["progress"] or sys.stderr.isatty()),
        ) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                done = embed_changed("command", limit=limit, progress=progress)
            except (AlreadyRunning, ModelUnavailable) as error:
                raise CommandError(str(error)) from error
        self._print(done, words, as_json=options["json"])

    def _print(self, done: Embedded, words: int, *, as_json: bool) -> None:
        counts = {**asdict(done), "words": done.words + words, "model": configured_model()}
        if as_json:
            self.stdout.write(json.dumps(counts))
        elif done.new or done.changed:
            self.stdout.write(
                f"Embedded {done.new + done.changed} papers ({done.new} new, {done.changed} changed), {done.left} left."
            )
