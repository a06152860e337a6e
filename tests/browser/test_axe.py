"""No page of any kind has what axe calls a violation of WCAG, in light and in dark, wide and narrow."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from catalog.dumps.kept import publish
from catalog.graph.measures import measure_changed
from catalog.models import (
    Citation,
    Dump,
    Paper,
    PaperSuspect,
    Proposal,
    Reference,
    Relation,
    Repository,
    StarCount,
    System,
)
from catalog.trends.scope import trends_url
from search.map.job import map_changed
from tests.factories import make_paper
from tests.search.map.making import embed

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(" | ")}`)"""


@pytest.fixture
def everything(catalogue):
    """The small catalogue with all that pages draw: citations, relations, a system, stars, gaps."""
    paper, other = catalogue.paper, catalogue.others[1]
    newer = make_paper("A Survey of Sinks", topics=[catalogue.topic], year=2025, published_on=date(2025, 2, 1), published_precision="month")  # fmt: skip
    for citing in (newer, other):
        Citation.objects.create(citing=citing, cited=paper, source="openalex")
        Reference.objects.create(citing=citing, source="openalex", key="w1", identifiers=["arxiv:1706.03762"], title="Attention")  # fmt: skip
    Citation.objects.create(citing=paper, cited=other, source="openalex")
    Relation.objects.create(subject=newer, object=paper, kind="extends", source="curator")
    system = System.objects.create(introduced_by=paper, name="StreamingLLM", source="derived")
    for repository in Repository.objects.all():
        for day in (1, 20):
            StarCount.objects.create(repository=repository, date=date(2026, 10, day), stars=100 * day)  # fmt: skip
    measure_changed("test", always=True)
    for number, one in enumerate(Paper.objects.order_by("pk")):
        embed(one, number % 2)
    map_changed("test")
    publish("test")
    proposal = Proposal.objects.create(kind="fix", paper=paper, before={"year": "2023"}, after={"year": "2024", "other": "More."}, note="A note.")  # fmt: skip
    Proposal.objects.create(kind="fix", paper=paper, status="accepted", credit="Ada Reader", after={"year": "2024"}, decided_at=timezone.now())  # fmt: skip
    return [
        *(
            reverse(name)
            for name in (
                "home",
                "topic-index",
                "new-index",
                "author-index",
                "venue-index",
                "year-index",
                "repository-index",
                "system-index",
                "trends",
                "search",
                "lookup",
                "similar",
                "graph",
                "data-index",
                "status",
                "suggest",
                "contributors",
            )
        ),
        *(
            thing.get_absolute_url()
            for thing in (
                catalogue.top.catalogue,
                catalogue.topic,
                paper,
                other,
                catalogue.author,
                paper.venue,
                system,
                Repository.objects.all()[0],
            )
        ),
        *(
            "/years/2024/",
            "/new/2025/w09/",
            "/new/2025/02/",
            "/search?q=attention",
            "/search?q=arXiv:2499.99999",
            f"/similar?paper={paper.pk}",
            f"/graph?node=paper:{paper.pk}",
            "/graph?all=1",
            "/map",
            f"/map?paper={paper.pk}",
            trends_url(topic=catalogue.topic),
            reverse("fix-paper", args=[paper.pk]),
            reverse("fix-topic", args=[catalogue.topic.pk]),
            proposal.get_absolute_url(),
            "/search?q=zyxwvutsrq",
            Dump.objects.get().get_absolute_url(),
            "/catalogues/long-context/at/",
            f"/catalogues/long-context/at/{catalogue.topic.created_at:%Y-%m-%d}/",
            f"/catalogues/long-context/at/{catalogue.topic.created_at:%Y-%m-%d}/{catalogue.topic.path}/",
        ),
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing(live_server, page: Page, everything, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    source = AXE.read_text(encoding="utf-8")
    found = []
    for address in everything:
        page.goto(live_server.url + address)
        for details in page.locator("details").all():
            details.evaluate("one => { one.open = true }")
        page.evaluate(source)
        found += [f"{address}: {one}" for one in page.evaluate(_RUN)]
    assert not found, "\n".join(found)


# What Django's own widgets lack: names of its select boxes while they are empty, heads of its columns without words.
_OF_DJANGO = ("aria-input-field-name", "empty-table-header", "label-title-only")
# Said of a row of the tree, whose name leaves the rows below it out: it is another rule for each reader.
_OF_TREES = ("label-content-name-mismatch",)
# Reading the style sheets of the admin again, axe writes some inline, which the pages refuse.
_RUN_IN_ADMIN = _RUN.replace("resultTypes", "preload: false, resultTypes")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_pages_of_curators(live_server, desk: Page, catalogue, width, scheme):  # fmt: skip
    paper, topic, twin = catalogue.paper, catalogue.topic, make_paper("Twin", topics=[])
    suspect = PaperSuspect.objects.create(first=paper, second=twin, score=0.9, reasons=["near"])
    fix = Proposal.objects.create(kind="fix", paper=paper, before={"year": "2023"}, after={"year": "2024"})  # fmt: skip
    slug = topic.catalogue.slug
    pages = [
        reverse("admin:index"),
        reverse("admin:changes"),
        reverse("admin:catalog_paper_add"),
        reverse("admin:catalog_paper_change", args=[paper.pk]),
        reverse("admin:catalog_paper_merge") + f"?ids={paper.pk},{twin.pk}",
        reverse("admin:catalog_papersuspect_changelist"),
        reverse("admin:catalog_papersuspect_change", args=[suspect.pk]),
        reverse("admin:catalog_proposal_change", args=[fix.pk]),
        reverse("admin:catalog_catalogue_import"),
        reverse("admin:catalog_catalogue_write", args=[topic.catalogue_id]),
        reverse("admin:catalog_topic_tree", args=[slug]) + f"?topic={topic.pk}",
        reverse("admin:catalog_topic_split", args=[topic.pk]),
    ]
    desk.set_viewport_size({"width": width, "height": 900})
    desk.emulate_media(color_scheme=scheme)
    source, found = AXE.read_text(encoding="utf-8"), []
    for address in pages:
        desk.goto(live_server.url + address)
        desk.evaluate(source)
        found += [f"{address}: {one}" for one in desk.evaluate(_RUN_IN_ADMIN)]
    mine = [one for one in found if not any(f": {rule}:" in one for rule in _OF_DJANGO + _OF_TREES)]
    assert not mine, "\n".join(mine)
