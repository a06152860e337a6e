"""How soon a browser shows the first picture of the map and of the whole graph: some thousand papers of the corpus, in headless Chromium.

Citations are made up: each paper cites some of those before it, mostly ones that are cited already. The pages come from a server in this
process, with nothing kept in the browser from one time to the next.
"""

import os
import random
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError
from django.urls import reverse

from catalog.graph.measures import measure_changed
from catalog.models import HUES, Catalogue, Citation, Placement, Source, Topic
from search import nearest, serving
from search.benchmark.corpus import Corpus, CorpusMissing, read_corpus
from search.benchmark.figures import Figure, timed
from search.benchmark.load import load
from search.map.job import map_changed
from search.scratch import scratch_database

PAPERS = 5000
_CITED = 6  # papers that each cites in the mean
_TOPICS = 12
_TIMES = 7
_WAIT_MS = 60_000
_FLAGS = ["--disable-background-networking", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # fmt: skip
_BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# The time since the navigation began, once what was drawn is on the screen.
_DRAWN = """
() => document.querySelector("[data-drawn]") && new Promise((tell) =>
    requestAnimationFrame(() => requestAnimationFrame(() => tell(performance.now()))))
"""


def measured(folder: Path, papers: int = PAPERS) -> Iterator[Figure]:
    """Load, compute, and look; nothing of it stays."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:  # an installation without the tests
        yield Figure.missing("pictures", error)
        return
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        yield Figure.missing("pictures", "there is no Chromium")
        return
    try:
        corpus = _some(read_corpus(folder), papers)
        with scratch_database("pictures"):
            yield from _prepared(corpus)
            with _served() as base, sync_playwright() as playwright:
                yield from _looked_at(playwright, browser, base)
    except (CorpusMissing, DatabaseError) as error:
        yield Figure.missing("pictures", error)
    finally:
        serving.forget()
        nearest.forget()


def _some(corpus: Corpus, papers: int) -> Corpus:
    rows = sorted(random.Random(0).sample(range(len(corpus.rows)), min(papers, len(corpus.rows))))  # noqa: S311
    return Corpus([corpus.rows[row] for row in rows], corpus.vectors[rows])


def _prepared(corpus: Corpus) -> Iterator[Figure]:
    load(corpus, 1)
    _spread_over_topics(corpus)
    cited = _cite(len(corpus.rows))
    note = f"{len(corpus.rows):,} papers"
    yield Figure.of("pictures", "the map drawn, a job", [timed(map_changed, "bench")], note=note)
    note += f", {cited:,} citations"
    yield Figure.of("pictures", "the graph measured, a job", [timed(measure_changed, "bench")], note=note)  # fmt: skip


def _spread_over_topics(corpus: Corpus) -> None:
    """A topic for every few venues, so that the map has colours."""
    catalogue = Catalogue.objects.get()
    names = sorted({row.venue for row in corpus.rows})
    topics = Topic.objects.bulk_create(
        Topic(catalogue=catalogue, name=f"Topic {n}", slug=f"topic-{n}", path=f"topic-{n}", hue=n % HUES)
        for n in range(_TOPICS)
    )  # fmt: skip
    for number, topic in enumerate(topics):
        own = [name for place, name in enumerate(names) if place % _TOPICS == number]
        Placement.objects.filter(paper__venue__name__in=own).update(topic=topic)


def _cite(papers: int) -> int:
    """Let each paper cite some before it; one that is cited more is drawn more often."""
    chance = random.Random(0)  # noqa: S311  # the same at every run
    drawn = [1]
    edges = []
    for citing in range(2, papers + 1):
        cited = {chance.choice(drawn) for _ in range(chance.randrange(2 * _CITED + 1))}
        edges += [
            Citation(citing_id=citing, cited_id=one, source=Source.ARXIV) for one in sorted(cited)
        ]
        drawn += [*sorted(cited), citing]
    Citation.objects.bulk_create(edges, batch_size=5000)
    return len(edges)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, allow_reuse_address=False)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _looked_at(playwright: Any, path: str, base: str) -> Sequence[Figure]:
    """Collected before any is told: while the browser runs, Django refuses the database in this thread."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *sandbox])
    figures = []
    for name, url in (("map", reverse("map")), ("graph, whole", f"{reverse('graph')}?all=1")):
        timings = [_first_picture(browser, base + url) for _ in range(_TIMES + 1)][1:]
        figures.append(Figure.of("pictures", f"first picture of the {name}", timings))
    browser.close()
    return figures


def _first_picture(browser: Any, url: str) -> float:
    """Milliseconds from the navigation to the picture, nothing at hand yet."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, extra_http_headers={"X-Forwarded-Proto": "https"}
    )
    page = context.new_page()
    page.goto(url, wait_until="commit", timeout=_WAIT_MS)
    taken = page.wait_for_function(_DRAWN, timeout=_WAIT_MS).json_value()
    context.close()
    return float(taken)
