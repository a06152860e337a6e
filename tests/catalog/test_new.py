from datetime import date

import pytest
from django.urls import reverse

from tests.catalog.queries import count_queries
from tests.factories import make_announcement, make_paper

pytestmark = pytest.mark.django_db


def lines(response) -> list[tuple[date | None, str]]:
    return [
        (group.day, line.paper.title if line.paper else line.announcement.title)
        for group in response.context["groups"]
        for line in group.lines
    ]


def test_a_week_holds_what_was_announced_and_what_is_dated_to_the_day(client):
    announced = make_paper("Announced", published_on=date(2025, 2, 1), published_precision="month")
    make_announcement(paper=announced, date=date(2025, 2, 24))
    make_paper("Dated", published_on=date(2025, 2, 26), published_precision="day")
    make_paper("Only the month", published_on=date(2025, 2, 24), published_precision="month")
    make_paper("Next week", published_on=date(2025, 3, 3), published_precision="day")
    response = client.get(reverse("new-week", args=[2025, "09"]))
    assert lines(response) == [(date(2025, 2, 26), "Dated"), (date(2025, 2, 24), "Announced")]


def test_a_month_holds_what_is_known_to_the_month_at_the_end(client):
    make_paper("Only the month", published_on=date(2025, 2, 1), published_precision="month")
    make_paper("Only the year", published_on=date(2025, 1, 1), published_precision="year")
    make_announcement(paper=make_paper("Announced"), date=date(2025, 2, 3))
    response = client.get(reverse("new-month", args=[2025, "02"]))
    assert lines(response) == [(date(2025, 2, 3), "Announced"), (None, "Only the month")]
    assert "Day not known" in response.text


def test_a_paper_is_shown_once_where_it_was_announced(client):
    paper = make_paper("Once", published_on=date(2025, 2, 26), published_precision="day")
    make_announcement(paper=paper, date=date(2025, 2, 24))
    make_announcement(paper=paper, date=date(2025, 2, 24))
    assert lines(client.get("/new/2025/w09/")) == [(date(2025, 2, 24), "Once")]


def test_an_announcement_without_a_paper_is_shown_as_such(client):
    make_announcement(
        "<b>Unmatched</b>", url="https://arxiv.org/abs/2502.05252", venue_text="ICLR 2025"
    )
    text = client.get("/new/2025/w09/").text
    assert "matched to no paper" in text
    assert 'href="https://arxiv.org/abs/2502.05252" rel="noopener external"' in text
    assert "said to be at ICLR 2025" in text
    assert "<b>Unmatched" not in text


def test_weeks_and_months_lead_to_their_neighbours(client):
    for day in [date(2024, 12, 30), date(2025, 2, 10), date(2025, 2, 24)]:
        make_announcement(paper=make_paper(), date=day)
    response = client.get("/new/2025/w07/")
    assert response.context["previous"].url == "/new/2025/w01/"  # 30 Dec 2024 lies in week 1
    assert response.context["next"].url == "/new/2025/w09/"
    response = client.get("/new/2025/02/")
    assert response.context["previous"].url == "/new/2024/12/"
    assert response.context["next"] is None


def test_the_front_page_of_the_new_shows_the_latest_weeks(client):
    assert "Nothing has been announced yet" in client.get(reverse("new-index")).text
    make_announcement(paper=make_paper("Lately"), date=date(2025, 2, 24))
    response = client.get(reverse("new-index"))
    assert ">Lately</a>" in response.text
    assert "/new/2025/w09/" in response.text
    assert "/new/2025/02/" in response.text


@pytest.mark.parametrize(
    "path",
    [
        "2025/w54",
        "2025/w00",
        "2025/13",
        "2025/0",
        "0/w1",
        "99999/1",
        "2025/w" + "9" * 50,
        "9999/12",
    ],
)
def test_periods_that_never_were_are_not_found(client, path):
    assert client.get(f"/new/{path}/").status_code == 404


def test_an_empty_week_says_so(client):
    assert "Nothing is known of this week" in client.get("/new/2020/w10/").text


def test_number_of_queries_does_not_grow_with_the_list(client):
    def fill() -> None:
        for day in (3, 4, 5):
            make_announcement(paper=make_paper(authors=2), date=date(2025, 2, day))
            make_announcement(date=date(2025, 2, day))
            make_paper(published_on=date(2025, 2, day), published_precision="day")

    make_announcement(paper=make_paper(), date=date(2024, 2, 5))
    fill()
    urls = ["/new/", "/new/2025/w06/", "/new/2025/02/"]
    before = [count_queries(client, url) for url in urls]
    fill()
    fill()
    assert [count_queries(client, url) for url in urls] == before
