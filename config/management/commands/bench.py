"""Show how quick this machine serves pages, searches, imports and embeds, with the data that is there.

Prints figures and judges none. Pages and queries are asked in this process, warm, as in production but for the
network; the import runs in a scratch database that is dropped afterwards.
"""

import json
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from catalog.models import (
    Author,
    Catalogue,
    GlossaryEntry,
    Paper,
    Placement,
    Repository,
    System,
    Topic,
    Venue,
)
from ingest import starter
from ingest.lists.service import import_list
from search.benchmark import admin_lists, graph, malformed, pictures
from search.benchmark.client import page_client
from search.benchmark.figures import Figure, Score, timed
from search.benchmark.measuring import Extent
from search.benchmark.measuring import measured as measured_on_corpus
from search.embeddings import ModelUnavailable, configured_model, encode
from search.index import refresh_words
from search.queries import search
from search.scratch import scratch_database
from search.topic_suggestions import TopicSuggester

SAMPLES = 25
WIDTH = 62  # of a figure's name
QUERIES = [
    "attention sinks", "flash attention 3", "kv cache compression", "how to evict kv cache entries",
    "positional encoding extrapolation", "rotary position embedding", "state space models", "mamba",
    "retrieval augmented generation versus long context", "needle in a haystack", "lost in the middle",
    "long context benchmark", "long document summarization", "prompt compression", "speculative decoding",
    "sparse attention for prefill", "linear attention", "memory augmented transformers", "infinite context",
    "context window extension without training", "video understanding with long context", "long-form generation",
    "chain of thought reasoning length", "agents with long term memory", "in-context learning with many examples",
    "quantization of the kv cache", "ring attention", "distributed training of long sequences", "length generalization",
    "recurrent memory", "yao fu", "tri dao", "song han", "Xiao Guangxuan", "iclr 2024 oral", "neurips benchmark",
    '"attention sinks"', "transformer -attention", "longrag", "longbench", "yarn", "∞Bench", "E2-LLM", "长度外推",
    "attenton sinks", "retreival augmented", "2309.17453", "https://arxiv.org/abs/2309.17453", "transformer", "model",
]  # fmt: skip


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument(
            "--corpus", action="store_true", help="Measure search on the corpus only."
        )
        parser.add_argument(
            "--pictures", action="store_true",
            help="Measure only how soon a browser shows the map and the graph.",
        )  # fmt: skip
        parser.add_argument(
            "--admin", action="store_true",
            help="Measure only the admin's lists, with 100,000 papers.",
        )  # fmt: skip
        parser.add_argument(
            "--times", metavar="N", type=int, default=1,
            help="Measure on N times the corpus as well, and show how the figures grow.",
        )  # fmt: skip
        parser.add_argument(
            "--malformed", metavar="N", type=int, default=600,
            help="How many malformed queries are asked (600).",
        )  # fmt: skip
        parser.add_argument(
            "--keep", action="store_true",
            help="Keep the databases of the corpus, and use those that were kept.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("collectstatic", interactive=False, verbosity=0)
        logging.getLogger("django.request").setLevel(logging.CRITICAL)  # the table tells
        papers = Paper.objects.count()
        found: list[Figure | Score] = []
        if not options["json"]:
            self._print_head(papers)
        for one in _measured(options):
            found.append(one)
            if not options["json"]:
                self.stdout.write(_line(one) if isinstance(one, Figure) else _score_line(one))
        if options["json"]:
            figures = [asdict(one) for one in found if isinstance(one, Figure)]
            scores = [asdict(one) for one in found if isinstance(one, Score)]
            made = {"papers": papers, "figures": figures, "scores": scores}
            self.stdout.write(json.dumps(made, ensure_ascii=False))

    def _print_head(self, papers: int) -> None:
        what = f"{papers} papers" if papers else "The catalogue is empty; import a list first."
        self.stdout.write(
            f"{what}\n\n{'':{WIDTH}} {'runs':>5} {'median':>8} {'p95':>8} {'max':>8}  queries"
        )


def _measured(options: dict[str, Any]) -> Iterator[Figure | Score]:
    if options["pictures"]:
        yield from pictures.measured(settings.STEMMA_DATA)
        return
    if options["admin"]:
        yield from admin_lists.measured(keep=options["keep"])
        return
    if not options["corpus"]:
        yield from measured()
        yield from admin_lists.measured(keep=options["keep"])
        yield from malformed.asked("page", page_client(), options["malformed"])
        yield from pictures.measured(settings.STEMMA_DATA)
        yield from graph.measured(settings.STEMMA_DATA, keep=options["keep"])
    extent = Extent(malformed=options["malformed"])
    yield from measured_on_corpus(
        settings.STEMMA_DATA, options["times"], keep=options["keep"], extent=extent
    )


def _score_line(score: Score) -> str:
    measures = "   ".join(f"{name} {value:.3f}" for name, value in score.measures.items())
    return f"{f'{score.part}: {score.name}':{WIDTH}} {score.questions:5} {measures}"


def _line(figure: Figure) -> str:
    times = f"{figure.median_ms:8.1f} {figure.p95_ms:8.1f} {figure.max_ms:8.1f}"
    queries = "" if figure.queries is None else str(figure.queries)
    name = f"{figure.part}: {figure.name}"
    return f"{name:{WIDTH}} {figure.runs:5} {times}  {queries:>7}  {figure.note}".rstrip()


def measured() -> Iterator[Figure]:
    yield from searches()
    yield from pages()
    yield from embedding()
    yield from importing()
    yield from listing()
    yield from ingesting()
    yield from suggesting()


def pages() -> Iterator[Figure]:
    """Ask for every kind of page, each with up to 25 of its kind."""
    client = page_client()
    for name, urls in addresses().items():
        if urls:
            yield _page_figure(client, name, urls)


def addresses() -> dict[str, list[str]]:
    """Return addresses of each kind of page that this version has."""
    repositories = Repository.objects.order_by("pk")[:SAMPLES]
    years = (
        Paper.objects.exclude(year=None).values_list("year", flat=True).distinct().order_by("year")
    )
    kinds: dict[str, list[list[Any]]] = {
        "home": [[]],
        "topic-index": [[]],
        "catalogue-detail": [[one.slug] for one in Catalogue.objects.all()[:SAMPLES]],
        "author-index": [[]],
        "venue-index": [[]],
        "repository-index": [[]],
        "system-index": [[]],
        "glossary-index": [[]],
        "year-index": [[]],
        "year-detail": [[year] for year in years[:SAMPLES]],
        "repository-detail": [[one.host, one.owner, one.name] for one in repositories],
        "new-index": [[]],
        "map": [[]],
        "status": [[]],
    }
    found = {name: _reversed(name, arguments) for name, arguments in kinds.items()}
    rows: dict[str, Any] = {
        "topic-detail": Topic.objects.current().select_related("catalogue"),
        "paper-detail": Paper.objects.listed(),
        "author-detail": Author.objects.public(),
        "venue-detail": Venue.objects.all(),
        "system-detail": System.objects.current(),
        "glossary-detail": GlossaryEntry.objects.shown(),
    }
    found |= {name: [row.get_absolute_url() for row in _spread(rows[name])] for name in rows}
    found["search"] = [
        f"{url}?{urlencode({'q': q})}" for url in _reversed("search", [[]]) for q in QUERIES
    ]
    return found


def _spread(rows: Any) -> list[Any]:
    """Return samples from the whole of a table, not only its first rows."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return list(rows.filter(pk__in=ids[:: max(1, len(ids) // SAMPLES)][:SAMPLES]))


def _reversed(name: str, arguments: list[list[Any]]) -> list[str]:
    try:
        return [reverse(name, args=one) for one in arguments]
    except NoReverseMatch:
        return []


def _page_figure(client: Client, name: str, urls: list[str]) -> Figure:
    statuses, queries = set(), 0
    for url in urls:
        with CaptureQueriesContext(connection) as captured:
            statuses.add(client.get(url).status_code)
        queries = max(queries, len(captured))
    timings = [timed(client.get, url) for url in urls * max(1, SAMPLES // len(urls))]
    failed = sorted(status for status in statuses if status >= 400)
    note = f"HTTP {', '.join(map(str, failed))}" if failed else ""
    return Figure.of("page", name, timings, queries=queries, note=note)


def searches() -> Iterator[Figure]:
    if not Paper.objects.exists():
        return
    first = timed(search, QUERIES[0])
    queries = 0
    for query in QUERIES:
        with CaptureQueriesContext(connection) as captured:
            search(query)
        queries = max(queries, len(captured))
    timings = [timed(search, query) for query in QUERIES * 2]
    note = f"the first, with the model's loading, {first / 1000:.1f} s"
    yield Figure.of("search", f"{len(QUERIES)} queries", timings, queries=queries, note=note)


def embedding() -> Iterator[Figure]:
    papers = Paper.objects.order_by("pk")[:256]
    for name, texts in {
        "titles": [paper.title for paper in papers],
        "abstracts": [f"{paper.title}. {paper.abstract}" for paper in papers if paper.abstract],
    }.items():
        if not texts:
            continue
        try:
            timing = timed(encode, configured_model(), texts)
        except ModelUnavailable as error:
            yield Figure("embedding", name, 0, 0, 0, 0, note=str(error))
            return
        note = f"{len(texts) / timing * 1000:.0f} a second"
        yield Figure.of("embedding", f"{len(texts)} {name}", [timing], note=note)


def importing() -> Iterator[Figure]:
    """Import the starter list into an empty database, and again; nothing of it stays."""
    data = starter.LIST.read_bytes()
    try:
        with scratch_database("bench"):
            for name in ("starter list", "the same again"):
                yield Figure.of("import", name, [timed(import_list, data, "bench")])
            entries = Placement.objects.count()
            note = f"{Paper.objects.count()} papers, {entries} placements"
            yield Figure.of("index", "words of all papers", [timed(refresh_words)], note=note)
            yield Figure.of("index", "the same again", [timed(refresh_words)])
    except DatabaseError as error:
        yield Figure.missing("import", error)


def listing() -> Iterator[Figure]:
    """Plan and apply a list of 1,500 entries, half of them known, in an empty database; nothing of it stays."""
    try:
        from ingest import benchmark
    except ImportError as error:  # an installation without the tests
        yield Figure.missing("list", error)
        return
    try:
        with scratch_database("bench"):
            for one in benchmark.lists():
                yield Figure.of("list", one.name, [one.milliseconds], note=one.note)
    except DatabaseError as error:
        yield Figure.missing("list", error)


def ingesting() -> Iterator[Figure]:
    """Read and store answers of sources that are stood in for, in an empty database; nothing of it stays."""
    try:
        from ingest import benchmark
    except ImportError as error:  # an installation without the tests
        yield Figure.missing("ingest", error)
        return
    logging.getLogger("ingest").setLevel(logging.WARNING)
    try:
        with scratch_database("bench"):
            for one in benchmark.measured():
                yield Figure.of("ingest", one.name, [one.milliseconds], note=one.note)
    except DatabaseError as error:
        yield Figure.missing("ingest", error)


def suggesting() -> Iterator[Figure]:
    """Suggest a topic for every placed paper as if it were not placed."""
    for catalogue in Catalogue.objects.all():
        suggester = TopicSuggester(catalogue.pk)
        if suggester.papers:
            timing = timed(suggester.leave_one_out)
            first, among_three = suggester.leave_one_out()
            note = f"{len(suggester.papers)} papers: top-1 {first:.3f}, top-3 {among_three:.3f}"
            yield Figure.of("suggest", f"topics of {catalogue.slug}", [timing], note=note)
