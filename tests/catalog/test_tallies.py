"""Charts and tallies of the pages of authors, venues, years, repositories and topics."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.charts import HEIGHT, WIDTH, Row, bars, line_chart, row_path
from catalog.models import Author, Paper, Repository, StarCount
from catalog.tallies import (
    code_share,
    top_authors,
    top_repositories,
    top_topics,
    topics_over_time,
    years_chart,
)
from tests.factories import make_paper, make_topic, make_venue


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=60))
def test_bars_stay_in_their_picture(numbers):
    rows = [Row("x", max(pair), min(pair)) for pair in numbers]
    for bar in bars(rows):
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1
        assert 0 <= bar.y <= bar.part_y <= HEIGHT
        assert bar.part_height <= bar.height <= HEIGHT


def test_a_row_draws_what_has_a_number():
    assert row_path([0, 0]) == ""
    assert row_path([2, 0, 1]).count("M") == 2


def test_a_line_needs_two_counts_and_begins_at_the_least():
    assert line_chart("Stars", [(date(2026, 1, 1), 5)]) is None
    chart = line_chart("Stars", [(date(2026, 1, 1), 5), (date(2026, 1, 11), 10), (date(2026, 2, 1), 5)])  # fmt: skip
    assert chart
    assert chart.path.split()[0] == f"0.0,{HEIGHT}.0"
    assert chart.path.split()[1].endswith(",0.0")
    assert chart.table == [(date(2026, 2, 1), 5), (date(2026, 1, 11), 10)]


def test_years_of_days_are_drawn_by_few_points_and_keep_their_ends():
    days = [(date(2020, 1, 1) + timedelta(days=day), day) for day in range(2000)]
    chart = line_chart("Stars", days)
    assert chart
    points = chart.path.split()
    assert len(points) < 150
    assert (points[0], points[-1]) == (f"0.0,{HEIGHT}.0", f"{WIDTH}.0,0.0")


@pytest.fixture
def papers(db):
    topic, other = make_topic("Memory"), make_topic("Agents")
    venue = make_venue("ICLR")
    make_paper(
        "A", authors=["Ada", "Bob"], topics=[topic], year=2022, venue=venue, repository="x/a"
    )
    make_paper("B", authors=["Ada"], topics=[topic, other], year=2024, venue=venue)
    make_paper("C", authors=["Ada"], topics=[other], year=2024)
    return Paper.objects.public()


def test_years_tell_those_with_code(papers):
    chart = years_chart(papers)
    assert chart
    assert [(bar.label, bar.number, bar.part) for bar in chart.bars] == [
        ("2022", 1, 1),
        ("2023", 0, 0),
        ("2024", 2, 0),
    ]
    assert [bar.label for bar in chart.table] == ["2024", "2022"]
    assert years_chart(papers.filter(year=2024)) is None


def test_tallies_count_papers_once(papers):
    assert [(one.what.name, one.number) for one in top_authors(papers)] == [("Ada", 3)]
    assert [(one.what.name, one.number) for one in top_topics(papers)] == [("Memory", 2), ("Agents", 2)]  # fmt: skip
    assert (code_share(papers).number, code_share(papers).percent) == (1, 33)
    assert top_repositories(papers) == []
    Repository.objects.update(stars=5, stars_on=date(2026, 1, 1))
    assert [one.what.name for one in top_repositories(papers)] == ["a"]


def test_topics_over_time_have_their_numbers_as_a_table(papers):
    found = topics_over_time(papers)
    assert found
    assert [one.topic.name for one in found.topics] == ["Memory", "Agents"]
    assert found.table == [(2024, [1, 2]), (2023, [0, 0]), (2022, [1, 0])]
    assert topics_over_time(papers.filter(year=2022)) is None


def test_pages_show_them_with_their_tables(client, papers):
    author = client.get(Author.objects.get(name="Ada").get_absolute_url()).text
    assert "Topics over time" in author
    assert "Papers by year" in author
    venue = client.get(reverse("venue-detail", args=["iclr"])).text
    assert '<td class="number">1 <span class="meta">(100\u00a0%)</span></td>' in venue.replace("&nbsp;", "\u00a0")  # fmt: skip
    year = client.get(reverse("year-detail", args=[2024])).text
    assert "0&nbsp;% with code" in year
    assert 'aria-label="Topics"' in year
    topic = client.get(make_topic("Memory").get_absolute_url()).text
    assert "Trends of this topic" in topic
    assert 'aria-label="Authors"' in topic


def test_stars_over_time_are_drawn_from_the_second_count_on(client, papers):
    repository = Repository.objects.get()
    StarCount.objects.create(repository=repository, date=date(2026, 1, 1), stars=10)
    assert "from the second day on" in client.get(repository.get_absolute_url()).text
    StarCount.objects.create(repository=repository, date=date(2026, 3, 1), stars=1500)
    page = client.get(repository.get_absolute_url()).text
    assert "Stars, from 10 on 1 Jan 2026 to 1,500 on 1 Mar 2026." in page
    paper = client.get(Paper.objects.get(title="A").get_absolute_url()).text
    assert "Stars from 10 on 1 Jan 2026 to 1,500." in paper
