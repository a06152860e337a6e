"""Learn anew, from the corpus, which terms the title of a paper lets expect of its abstract.

Left out of it are the papers of this catalogue and those that search/benchmark/claims.jsonl asks for, so that neither measures
what was learned by heart.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.folding import fold
from catalog.models import Paper
from search.benchmark.corpus import CorpusMissing, read_corpus
from search.benchmark.questions import CLAIMS
from search.expected import FILE, write_associations
from search.learning import learn


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", metavar="FILE", type=Path, default=FILE, help=f"Not {FILE.name}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = read_corpus(settings.STEMMA_DATA).rows
        except CorpusMissing as error:
            raise CommandError(str(error)) from error
        here = set(Paper.objects.values_list("title_key", flat=True))
        claims = CLAIMS.read_text(encoding="utf-8").splitlines()
        asked = {json.loads(line)["id"] for line in claims}
        papers = [
            (row.title, row.abstract)
            for row in rows
            if row.abstract and row.id not in asked and fold(row.title) not in here
        ]
        associations = learn(papers)
        write_associations(associations, options["to"])
        weights = sum(len(one.weights) for one in associations)
        self.stdout.write(
            f"{len(papers)} papers, {len(associations)} terms of titles, {weights} weights in {options['to']}"
        )
