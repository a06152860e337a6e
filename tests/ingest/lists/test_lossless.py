"""Export, then import: every fact that a list states comes back, however odd its letters are."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from catalog.folding import fold
from catalog.identifiers import arxiv_month
from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Catalogue,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Repository,
    Source,
    TitleAlias,
    Topic,
    Venue,
)
from ingest import starter
from ingest.lists.as_json import write_json
from ingest.lists.changes import changes_of
from ingest.lists.options import ListOptions
from ingest.lists.reader import read_list
from ingest.lists.service import import_list, plan_list
from ingest.lists.writer import write_markdown
from tests.factories import make_catalogue, make_paper, make_topic
from tests.ingest.lists.test_export import start_anew

pytestmark = pytest.mark.django_db

_PIECES = st.sampled_from(
    [
        "Attention", "memory", "of", "the", "and", "&", "X", "Long", "4", "2024", "3.1", "1.", "12)", "Jr.",
        "**bold**", "*it*", "_under_", "a_b", "[sic]", "[x](y)", "|", "`code`", "``", "<b>", "</p>", "<p x>", "<!--", "-->",
        "&amp;", "&lt;", "&copy", "#", "#1", "##", "$O(n^2)$", "~~no~~", "\\", "\\*", "“q”", "'s", "…", "...", ".", "..", ",",
        ";", ":", "http://a.b/c", "hhttps://x.y", "1/2", "🔥", "🚀🚀", "长上下文", "综述：", "Łukasz", "ñ", "É", "∞", "→", "—",
        "(a)", "(", ")", "!", "?", "@me", "+", "=", "{}", "%20", "^", "- dash", "et al.", "others", "Oral", "Best", "Workshop",
        "12 May 2024", "[2024.02.03]", "2024.02.24", "News", "Contents", "ICLR", "arXiv", "Paper:", "by", "in", "√©", "Ã©",
    ]
)  # fmt: skip


def _text(most: int, least_letters: int = 1) -> st.SearchStrategy[str]:
    return (
        st.lists(_PIECES, min_size=1, max_size=most)
        .map(lambda pieces: " ".join(" ".join(pieces).split()))
        .filter(lambda text: sum(char.isalnum() for char in text) >= least_letters)
    )


_TITLE = _text(7, 3)
_NAME = _text(3, 2)
_VENUE = st.one_of(
    st.sampled_from(["ICLR", "NeurIPS", "EMNLP", "Journal of Long Things"]), _text(3, 2)
)
_SHORT = st.one_of(st.just(""), st.sampled_from(["Oral", "Spotlight"]), _text(3, 2))
_KINDS = st.sampled_from([kind.value for kind in Link.Kind])


@st.composite
def _papers(draw: st.DrawFn) -> list[dict[str, Any]]:
    number = draw(st.integers(1, 4))
    papers = []
    for index in range(number):
        papers.append(
            {
                "title": draw(_TITLE),
                "authors": draw(st.lists(_NAME, max_size=4, unique_by=fold)),
                "venue": draw(st.one_of(st.none(), _VENUE)),
                "year": draw(st.one_of(st.none(), st.integers(1995, 2026))),
                "distinction": draw(_SHORT),
                "arxiv": draw(st.one_of(st.none(), st.just(f"24{index + 1:02}.{index + 1:05}"))),
                "page": draw(st.one_of(st.none(), st.just(f"https://page.example.org/{index}"))),
                "links": draw(
                    st.lists(st.tuples(_KINDS, st.one_of(st.just(""), _text(2))), max_size=3)
                ),
                "code": draw(st.sampled_from(["", "o/r", "o/r badge x/y", "gitlab.com"])),
                "alias": draw(st.one_of(st.none(), _TITLE)),
                "topics": draw(st.sets(st.integers(0, 3), min_size=1, max_size=3)),
                "by_hand": draw(st.booleans()),
            }
        )
    keys = [
        fold(str(paper[name])) for paper in papers for name in ("title", "alias") if paper[name]
    ]
    assume(len(set(keys)) == len(keys))
    return papers


def _published(paper: dict[str, Any]) -> dict[str, Any]:
    month = arxiv_month(paper["arxiv"]) if paper["arxiv"] else None
    if month:
        return {"published_on": month, "published_precision": "month"}
    if paper["year"]:
        return {"published_on": date(paper["year"], 1, 1), "published_precision": "year"}
    return {}


def build(names: list[str], papers: list[dict[str, Any]], news: list[tuple[int, str, str]]) -> None:
    catalogue = Catalogue.objects.create(slug="field", title="A field")
    topics: list[Topic] = []
    for index, name in enumerate(names):
        parent = topics[0] if index == 1 else topics[1] if index == 2 else None
        topics.append(
            Topic.objects.create(
                catalogue=catalogue, parent=parent, name=name, heading=name, slug=f"t{index}",
                path=f"{parent.path}/t{index}" if parent else f"t{index}", position=index + 1,
            )
        )  # fmt: skip
    for index, spec in enumerate(papers):
        _build_paper(index, spec, topics)
    titles = {row.title_key: row.paper for row in TitleAlias.objects.select_related("paper")}
    titles |= {paper.title_key: paper for paper in Paper.objects.all()}
    days: dict[int, int] = {}
    for day, title, venue in news:
        days[day] = days.get(day, 0) + 1
        paper = titles.get(fold(title))
        page = paper.identifiers.order_by("pk").first() if paper else None
        Announcement.objects.create(
            catalogue=catalogue, date=date(2024, 3, day), position=days[day], title=title,
            url=page.url if page else "", venue_text=venue, paper=paper, source=Source.LIST,
        )  # fmt: skip


def _build_paper(index: int, spec: dict[str, Any], topics: list[Topic]) -> None:
    stated = {"source": Source.CURATOR if spec["by_hand"] else Source.LIST}
    venue = None
    if spec["venue"]:
        same = [one for one in Venue.objects.all() if fold(one.name) == fold(spec["venue"])]
        venue = same[0] if same else Venue.objects.create(name=spec["venue"], slug=f"v{index}")
    paper = Paper.objects.create(
        title=spec["title"], venue=venue, year=spec["year"], distinction=spec["distinction"],
        **_published(spec),
    )  # fmt: skip
    for position, name in enumerate(spec["authors"], 1):
        author = Author.objects.create(name=name)
        Authorship.objects.create(paper=paper, author=author, position=position, printed_name=name)
    for scheme, value in (("arxiv", spec["arxiv"]), ("url", spec["page"])):
        if value:
            Identifier.objects.create(paper=paper, scheme=scheme, value=value, **stated)
    for position, (kind, label) in enumerate(spec["links"]):
        url = f"https://site.example.org/{index}/{position}_(a)?q=1&r=%20"
        Link.objects.create(
            paper=paper, kind=kind, label=label, url=url, position=position, **stated
        )
    if spec["code"]:
        host = "gitlab.com" if spec["code"] == "gitlab.com" else "github.com"
        code = Repository.objects.create(host=host, owner="o", name=f"r{index}")
        badge = None
        if "badge" in spec["code"]:
            badge = Repository.objects.create(host=host, owner="x", name=f"y_{index}")
        PaperRepository.objects.create(
            paper=paper, repository=code, badge_repository=badge, **stated
        )
    if spec["alias"]:
        TitleAlias.objects.create(paper=paper, title=spec["alias"], source=Source.LIST)
    for rank, number in enumerate(sorted(spec["topics"])):
        place = topics[number].placements.count() + 1
        Placement.objects.create(
            paper=paper, topic=topics[number], position=place, is_primary=rank == 0, **stated
        )


def facts() -> dict[str, Any]:
    """What the tables state, without numbers and in an order that does not depend on them."""
    found = write_json(Catalogue.objects.get())
    keys = {paper["id"]: paper["title"] for paper in found["papers"]}
    for row in found["announcements"]:
        row["paper"] = keys.get(row["paper"])
    names = {topic["path"]: topic["name"] for topic in found["topics"]}
    for topic in found["topics"]:
        topic["path"] = [names[above] for above in _above(topic["path"])]
    for paper in found["papers"]:
        del paper["id"]
        paper["topics"] = sorted(
            [names[above] for above in _above(t["path"])] for t in paper["topics"]
        )
        paper["identifiers"].sort(key=str)
        paper["other_titles"].sort()
    found["papers"].sort(key=lambda paper: fold(paper["title"]))
    return found


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(st.data())
def test_any_catalogue_comes_back_equal_and_into_itself_changes_nothing(data):
    names = data.draw(st.lists(_text(3), min_size=4, max_size=4, unique_by=fold))
    papers = data.draw(_papers())
    line = st.tuples(
        st.integers(1, 5),
        st.one_of(st.sampled_from([paper["title"] for paper in papers]), _TITLE),
        st.one_of(st.just(""), st.just("ICLR 2024 Oral"), _text(3, 2)),
    )
    news = data.draw(st.lists(line, max_size=3, unique_by=lambda one: (one[0], fold(one[1]))))
    start_anew()
    Venue.objects.all().delete()
    Author.objects.all().delete()
    Repository.objects.all().delete()
    build(names, papers, news)
    markdown = write_markdown(Catalogue.objects.get())
    plan = plan_list(markdown.encode(), "field")
    assert [change.text for change in changes_of(plan)] == []
    before = facts()
    start_anew()
    import_list(markdown.encode(), "field")
    after = facts()
    assert after["topics"] == before["topics"]
    assert after["papers"] == before["papers"]
    assert after["announcements"] == before["announcements"]
    assert write_markdown(Catalogue.objects.get()) == markdown


def test_the_starter_list_comes_back_equal_and_into_itself_changes_nothing():
    import_list(starter.LIST.read_bytes(), "field")
    before = facts()
    options = ListOptions(weeks=3, months=2)
    markdown = write_markdown(Catalogue.objects.get(), options)
    assert changes_of(plan_list(markdown.encode(), "field")) == []
    start_anew()
    import_list(markdown.encode(), "field")
    assert facts() == before


def test_weeks_and_months_make_no_topic_no_placement_and_no_announcement():
    topic = make_topic("Memory")
    make_paper(
        "In a week",
        topics=[topic],
        arxiv="2402.00001",
        published_on=date(2024, 2, 14),
        published_precision="day",
    )
    make_paper(
        "In a month",
        topics=[topic],
        arxiv="2401.00001",
        published_on=date(2024, 1, 1),
        published_precision="month",
    )
    markdown = write_markdown(make_catalogue(), ListOptions(weeks=2, months=2))
    assert (
        "## Week Papers\n\n- **12 – 18 Feb 2024**\n  - [In a week](https://arxiv.org/abs/2402.00001)"
        in markdown
    )
    assert "- **January 2024**\n  - [In a month]" in markdown
    reading = read_list(markdown.encode())
    assert reading.topics == [("Memory",)]
    assert len(reading.entries) == 2
    assert reading.announcements == []
    assert reading.problems == []


@pytest.mark.parametrize("arxiv", ["", "2401.00001"])
@pytest.mark.parametrize(
    ("day", "precision"),
    [(None, ""), (date(2018, 11, 5), "day"), (date(2018, 11, 1), "month"), (date(2018, 1, 1), "year")],
)  # fmt: skip
def test_an_export_proposes_no_date_for_a_paper_whatever_date_it_has(day, precision, arxiv):
    make_paper("By hand", year=2019, arxiv=arxiv, published_on=day, published_precision=precision)
    slug = make_catalogue().slug
    Topic.objects.update(position=1)
    Placement.objects.update(position=1)
    markdown = write_markdown(make_catalogue())
    assert [change.text for change in changes_of(plan_list(markdown.encode(), slug))] == []


def test_another_year_in_the_list_corrects_a_date_that_is_only_a_year():
    make_paper("Old", year=2019, published_on=date(2019, 1, 1), published_precision="year")
    make_paper("Undated", year=2019)
    markdown = write_markdown(make_catalogue()).replace("2019", "2020")
    import_list(markdown.encode(), make_catalogue().slug)
    assert dict(Paper.objects.values_list("title", "published_on")) == {
        "Old": date(2020, 1, 1),
        "Undated": None,
    }
    assert set(Paper.objects.values_list("year", flat=True)) == {2020}
