import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import TopicRedirect
from catalog.paper_lists import PER_PAGE
from tests.catalog.queries import count_queries
from tests.factories import make_catalogue, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script> & "quotes" <b>\''


@pytest.fixture
def topic():
    return make_topic("Efficient Attention")


def titles(response) -> list[str]:
    return [paper.title for paper in response.context["list"].page]


def test_a_topic_shows_the_papers_below_it_once(client, topic):
    below = make_topic("Sparse Attention", topic)
    other = make_topic("Linear Attention", topic)
    make_paper("In two subtopics", topics=[below, other])
    make_paper("Elsewhere", topics=[make_topic("Agents")])
    response = client.get(topic.get_absolute_url())
    assert titles(response) == ["In two subtopics"]
    assert "1\u00a0paper<" in response.text


def test_a_topic_whose_name_begins_like_another_does_not_get_its_papers(client):
    longer = make_topic("Agents and Tools")
    make_paper("Under the longer name", topics=[longer])
    assert titles(client.get(make_topic("Agents").get_absolute_url())) == []


def test_removed_placements_and_merged_papers_are_left_out(client, topic):
    make_paper("Stays", topics=[topic])
    gone = make_paper("Gone", topics=[topic])
    gone.placements.update(is_primary=False, retired_at=timezone.now())
    merged = make_paper("Merged", topics=[topic])
    merged.merged_into = make_paper("Survivor", topics=[])
    merged.save()
    assert titles(client.get(topic.get_absolute_url())) == ["Stays"]


def test_sorting(client, topic):
    for title, venue, day in [
        ("B paper", "ICLR", "2024-01-01"),
        ("A paper", "TACL", "2025-01-01"),
        ("C paper", "ACL", "2023-01-01"),
    ]:
        make_paper(
            title,
            topics=[topic],
            venue=make_venue(venue),
            published_on=day,
            published_precision="month",
        )
    url = topic.get_absolute_url()

    def initials(sort: str) -> str:
        return "".join(title[0] for title in titles(client.get(url, {"sort": sort})))

    assert initials("newest") == initials("") == "ABC"
    assert initials("title") == "ABC"
    assert initials("venue") == "CBA"
    assert initials("listed") == "BAC"


def test_listed_order_follows_the_topics_of_the_list(client, topic):
    late = make_topic("Late", topic, position=9)
    early = make_topic("Early", topic, position=3)
    make_paper("In the later subtopic", topics=[late])
    make_paper("In the earlier subtopic", topics=[early])
    response = client.get(topic.get_absolute_url(), {"sort": "listed"})
    assert titles(response) == ["In the earlier subtopic", "In the later subtopic"]


def test_filters(client, topic):
    make_paper("Wanted", topics=[topic], year=2024, venue=make_venue("ICLR"), repository="a/b")
    make_paper("Other year", topics=[topic], year=2023, venue=make_venue("ICLR"), repository="a/b")
    make_paper("No code", topics=[topic], year=2024, venue=make_venue("ICLR"))
    make_paper("Other venue", topics=[topic], year=2024, venue=make_venue("ACL"), repository="a/b")
    asked = {"year": "2024", "venue": "iclr", "code": "on"}
    assert titles(client.get(topic.get_absolute_url(), asked)) == ["Wanted"]


def test_a_month_of_the_chart_leads_to_its_papers(client, topic):
    for title, day, precision in (("In", "2024-03-14", "day"), ("Also in", "2024-03-01", "month"), ("Out", "2024-04-01", "month"), ("Year", "2024-03-01", "year")):  # fmt: skip
        make_paper(title, topics=[topic], published_on=date.fromisoformat(day), published_precision=precision)  # fmt: skip
    url = topic.get_absolute_url()
    assert 'href="?month=2024-03"' in client.get(url).text
    page = client.get(url, {"month": "2024-03"})
    assert [paper.title for paper in page.context["list"].page] == ["In", "Also in"]
    assert 'value="2024-03" checked' in page.text
    assert "month=2024-03" in page.context["list"].exports[0].url
    for odd in ("2024", "2024-13", "x", "2024-03-14", "\x00"):
        assert client.get(url, {"month": odd}).status_code == 400


def test_a_filter_that_leaves_nothing_says_so_and_leads_back(client, topic):
    make_paper(topics=[topic], year=2024)
    response = client.get(topic.get_absolute_url(), {"year": "1999"})
    assert response.status_code == 200
    assert "No paper here matches these filters" in response.text


@pytest.mark.parametrize(
    "query",
    [
        "year=abc",
        "year=" + "9" * 5000,
        "venue=%00",
        "venue=" + "x" * 9000,
        "sort=%00",
        "sort=stars",
    ],
)
def test_malformed_filters_are_left_out_with_status_400(client, topic, query):
    make_paper("Still shown", topics=[topic])
    response = client.get(f"{topic.get_absolute_url()}?{query}")
    assert response.status_code == 400
    assert titles(response) == ["Still shown"]


@pytest.mark.parametrize("page", ["abc", "-1", "0", "9" * 5000, "%00", "1e9", "2"])
def test_any_page_number_gives_a_page(client, topic, page):
    make_paper("Shown", topics=[topic])
    response = client.get(f"{topic.get_absolute_url()}?page={page}")
    assert response.status_code == 200
    assert titles(response) == ["Shown"]


def test_long_lists_are_paged_and_keep_their_filters(client, topic):
    for _ in range(PER_PAGE + 1):
        make_paper(topics=[topic], year=2024)
    first = client.get(topic.get_absolute_url(), {"year": 2024})
    assert len(titles(first)) == PER_PAGE
    assert "?year=2024&amp;page=2" in first.text
    second = client.get(topic.get_absolute_url(), {"year": 2024, "page": 2})
    assert len(titles(second)) == 1


def test_a_full_page_stays_light(client, topic):
    below = make_topic("A subtopic with a rather long name", topic)
    title = "A title of some hundred characters, which is more than most titles have, about attention {}"
    for number in range(PER_PAGE):
        make_paper(
            title.format(number),
            authors=[f"Firstname Familyname{name}" for name in range(6)],
            topics=[below],
            venue=make_venue("ICLR"),
            year=2024,
            published_on="2024-01-01",
            published_precision="month",
            repository=f"an-organisation/a-repository-{number}",
        )
    text = client.get(topic.get_absolute_url()).text
    for_machines = re.findall(r'<span class="Z3988".*?</span>', text)
    assert len(text.encode()) - len("".join(for_machines)) < 51_000
    assert len(text.encode()) < 72_000


def test_an_old_address_leads_to_the_topic_for_good(client, topic):
    TopicRedirect.objects.create(catalogue=topic.catalogue, path="old/name", topic=topic)
    response = client.get(reverse("topic-detail", args=["long-context", "old/name"]))
    assert response.status_code == 301
    assert response["Location"] == topic.get_absolute_url()


@pytest.mark.parametrize("path", ["nothing", "a/b/c", "%00", "x" * 5000])
def test_an_unknown_topic_is_not_found(client, path):
    make_catalogue()
    assert client.get(f"/topics/long-context/{path}/").status_code == 404


def test_hostile_titles_and_names_are_escaped(client):
    topic = make_topic(HOSTILE, slug="hostile")
    make_paper(HOSTILE, topics=[topic], authors=[HOSTILE])
    text = client.get(topic.get_absolute_url()).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_row_names_three_authors_and_counts_the_rest(client, topic):
    make_paper(topics=[topic], authors=["Ann A", "Bo B", "Cy C", "Di D", "Ed E"])
    text = client.get(topic.get_absolute_url()).text
    assert ">Cy C</a> and 2 more" in text
    assert "Di D" not in text


def test_the_chart_counts_papers_by_month_and_has_a_table(client, topic):
    for day in ["2024-01-01", "2024-01-01", "2024-03-01"]:
        make_paper(topics=[topic], published_on=day, published_precision="month")
    make_paper(topics=[topic], published_on="2020-01-01", published_precision="year")
    response = client.get(topic.get_absolute_url())
    chart = response.context["chart"]
    assert [(bar.label, bar.number) for bar in chart.table] == [("Mar 2024", 1), ("Jan 2024", 2)]
    assert len(chart.bars) == 24
    assert "1 more known by year only" in response.text


def test_an_empty_topic_and_an_empty_catalogue_say_so(client, topic):
    assert "No paper is listed here yet" in client.get(topic.get_absolute_url()).text
    assert "No paper is listed here yet" in client.get(topic.catalogue.get_absolute_url()).text


def test_counts_in_the_index_take_each_paper_once(client, topic):
    below, other = make_topic("Sparse", topic), make_topic("Linear", topic)
    make_paper(topics=[below, other])
    make_paper(topics=[topic])
    tree = client.get(reverse("topic-index")).context["catalogues"][0]
    assert [branch.total for branch in tree.branches] == [2]
    assert sorted(branch.total for branch in tree.branches[0].branches) == [1, 1]


def test_number_of_queries_does_not_grow_with_the_list(client, topic):
    below = make_topic("Sparse Attention", topic)
    urls = [topic.get_absolute_url(), topic.catalogue.get_absolute_url(), reverse("topic-index")]

    def fill() -> None:
        for number in range(3):
            make_paper(
                topics=[topic, below], authors=3, venue=make_venue(f"V{number}"), repository="a/b"
            )

    fill()
    before = [count_queries(client, url) for url in urls]
    for _ in range(4):
        fill()
    make_topic("Another", below)
    assert [count_queries(client, url) for url in urls] == before
    assert max(before) < 30
