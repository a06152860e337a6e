"""What trends say of a small catalogue whose numbers can be reckoned by hand."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from catalog.models import (
    Candidate,
    Catalogue,
    Citation,
    Identifier,
    Placement,
    Proposal,
    Reference,
    Relation,
    Repository,
    StarCount,
    TopicRedirect,
)
from catalog.trends.cited import gaps, most_cited
from catalog.trends.code import rising_code
from catalog.trends.scope import Scope
from catalog.trends.surveys import survey_coverage
from catalog.trends.topics import topic_trends
from tests.catalog.queries import count_queries
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db
SOURCE = "semantic_scholar"


def paper_of(month: str, topic, title: str = "", **fields):
    day = date.fromisoformat(f"{month}-01")
    return make_paper(
        title, topics=[topic], published_on=day, published_precision="month", **fields
    )


def cite(citing, cited) -> None:
    Citation.objects.create(citing=citing, cited=cited, source=SOURCE)


def refer(citing, *identifiers: str, title: str = "", key: str = "") -> None:
    Reference.objects.create(
        citing=citing,
        source=SOURCE,
        key=key or identifiers[0],
        identifiers=list(identifiers),
        title=title,
    )


@pytest.fixture
def field():
    """A topic with two below it: eight papers in the year before, then three in three months; the other stands still."""
    top = make_topic("Attention")
    sparse, linear = make_topic("Sparse", parent=top), make_topic("Linear", parent=top)
    for month in ("2023-12", "2024-02", "2024-03", "2024-04", "2024-06", "2024-08", "2024-10", "2024-11"):  # fmt: skip
        paper_of(month, linear)
    for month in ("2024-12", "2025-01", "2025-02"):
        paper_of(month, sparse)
        paper_of(month, sparse)
    paper_of("2025-01", linear)
    return top


def test_a_topic_rises_by_what_its_year_before_led_to_expect(field):
    trends = topic_trends(Scope(field.catalogue, field))
    by_name = {one.topic.name: one for one in trends.topics}
    assert (by_name["Sparse"].recent, by_name["Sparse"].expected) == (6, 0)
    assert by_name["Sparse"].rise == 6
    assert (by_name["Linear"].recent, by_name["Linear"].expected) == (1, 2)
    assert by_name["Linear"].rise < 0
    assert [one.topic.name for one in trends.rising] == ["Sparse"]
    assert (trends.months[0], trends.months[-1], len(trends.months)) == (
        date(2022, 3, 1),
        date(2025, 2, 1),
        36,
    )


def test_papers_below_a_topic_count_in_it_once(field):
    sparse = field.children.get(name="Sparse")
    both = paper_of("2025-02", sparse)
    Placement.objects.create(paper=both, topic=field, source="list")
    [trend] = topic_trends(Scope(field.catalogue)).topics
    assert trend.topic == field
    assert trend.total == 16
    assert trend.months[date(2025, 2, 1)] == 3


def test_first_and_latest_paper_and_the_share_with_code(field):
    sparse = field.children.get(name="Sparse")
    first = paper_of("2019-05", sparse, "The First", repository="a/b")
    oldest = make_paper("Of a Year Only", topics=[sparse], published_on=date(2017, 1, 1), published_precision="year")  # fmt: skip
    latest = paper_of("2025-03", sparse, "The Latest")
    [trend] = topic_trends(Scope(field.catalogue)).topics
    assert first.published_on
    assert (trend.first, trend.latest) == (oldest, latest)
    assert (trend.with_code, trend.code_share) == (1, 6)


def test_what_is_dated_ahead_of_today_is_no_trend(field):
    paper_of("2199-01", field)
    assert topic_trends(Scope(field.catalogue)).months[-1] == date(2025, 2, 1)


def test_the_numbers_of_all_months_are_in_the_table(field):
    trends = topic_trends(Scope(field.catalogue, field))
    assert trends.table[0] == (date(2025, 2, 1), [2, 0])
    assert sum(sum(numbers) for _, numbers in trends.table) == 15


def stars(name: str, *counts: tuple[int, int]) -> Repository:
    """A paper's repository with so many stars so many days ago."""
    make_paper(repository=name)
    owner, _, short = name.partition("/")
    today = date(2026, 11, 1)
    Repository.objects.filter(owner=owner, name=short).update(stars=counts[0][1], stars_on=today)
    repository = Repository.objects.get(owner=owner, name=short)
    StarCount.objects.bulk_create(
        StarCount(repository=repository, date=today - timedelta(days=days), stars=number)
        for days, number in counts
    )
    return repository


def test_code_rises_by_stars_gained_in_a_month_against_those_it_had():
    small = stars("a/small", (0, 200), (30, 100), (90, 1))
    large = stars("a/large", (0, 10_100), (31, 9_990), (40, 1))
    stars("a/same", (0, 5), (30, 5))
    stars("a/once", (0, 5))
    stars("a/young", (0, 50), (3, 1))
    found = rising_code(Scope())
    assert [(one.repository, one.gained, one.days) for one in found] == [
        (small, 100, 30),
        (large, 110, 31),
    ]
    assert found[0].rise == pytest.approx(100 / 200**0.5)


def test_the_front_page_shows_what_rises(client):
    stars("a/rising", (0, 1_200), (30, 100))
    page = client.get(reverse("home")).text
    assert "Rising code" in page
    assert "+1,100" in page


def test_a_history_of_less_than_a_month_counts_from_its_beginning():
    stars("a/week", (0, 30), (7, 20), (14, 10), (3, 29))
    [gain] = rising_code(Scope())
    assert (gain.gained, gain.days) == (20, 14)


def test_code_that_is_gone_or_of_another_topic_is_left_out():
    gone = stars("a/gone", (0, 200), (30, 100))
    Repository.objects.filter(pk=gone.pk).update(gone_at="2026-01-01T00:00Z")
    stars("a/other", (0, 200), (30, 100))
    assert rising_code(Scope(make_catalogue(), make_topic("Elsewhere"))) == []


def test_most_cited_counts_citing_papers_of_the_scope_once():
    one, other = make_topic("One"), make_topic("Other")
    cited, less = make_paper("Cited", topics=[other]), make_paper("Less", topics=[one])
    first, second = make_paper(topics=[one]), make_paper(topics=[one])
    cite(first, cited)
    cite(second, cited)
    Citation.objects.create(citing=second, cited=cited, source="openalex")
    cite(make_paper(topics=[other]), less)
    scope = Scope(make_catalogue(), one)
    assert [(row.paper.title, row.citing) for row in most_cited(scope)] == [("Cited", 2)]
    assert [(row.paper.title, row.citing) for row in most_cited(Scope())] == [("Cited", 2), ("Less", 1)]  # fmt: skip


def test_gaps_are_works_that_two_papers_cite_whatever_names_they_use():
    topic = make_topic()
    first, second, third = (make_paper(topics=[topic]) for _ in range(3))
    refer(first, "s2:0123", "arxiv:1706.03762", "doi:10.1/a", title="Attention")
    refer(second, "arxiv:1706.03762")
    refer(second, "openalex:W1", "arxiv:1706.03762", key="again")
    refer(third, "arxiv:2001.00001")
    Reference.objects.create(citing=third, source=SOURCE, key="x", title="Nameless")
    [gap] = gaps(Scope(topic.catalogue, topic))
    assert (gap.name, gap.work, gap.citing) == ("Attention", "arxiv:1706.03762", 2)
    assert gap.url == "https://arxiv.org/abs/1706.03762"
    Identifier.objects.create(paper=third, scheme="arxiv", value="1706.03762", source="list")
    assert gaps(Scope()) == []


def test_what_a_source_knows_by_number_only_is_no_second_gap():
    topic = make_topic()
    first, second, third = (make_paper(topics=[topic]) for _ in range(3))
    for citing in (first, second):
        refer(citing, "arxiv:1706.03762", title="Attention")
        Reference.objects.create(citing=citing, source="openalex", key="w1", identifiers=["openalex:W1"])  # fmt: skip
    for citing in (second, third):
        Reference.objects.create(citing=citing, source="openalex", key="w2", identifiers=["openalex:W2"], title="Other")  # fmt: skip
    assert {gap.work for gap in gaps(Scope())} == {"arxiv:1706.03762", "openalex:W2"}


def test_a_gap_is_one_click_from_a_proposal(client):
    topic = make_topic("Memory")
    for _ in range(2):
        refer(make_paper(topics=[topic]), "arxiv:1706.03762", title="Attention <b>")
    page = client.get(Scope(topic.catalogue, topic).url)
    assert "Attention &lt;b&gt;" in page.text
    sent = {"ident": "arxiv:1706.03762", "catalogue": topic.catalogue.slug, "topic": topic.path}
    assert 'value="arxiv:1706.03762"' in page.text
    assert client.post(reverse("propose"), sent).status_code == 201
    proposal = Proposal.objects.get()
    assert (proposal.after["title"], proposal.topic) == ("Attention <b>", topic)
    page = client.get(Scope(topic.catalogue, topic).url)
    assert "proposed" in page.text
    assert 'value="arxiv:1706.03762"' not in page.text
    Proposal.objects.update(status="rejected")
    assert "not taken by the curators" in client.get(reverse("trends")).text


def test_what_was_decided_for_one_catalogue_says_nothing_of_another(client):
    for slug in ("long-context", "other"):
        topic = make_topic("Memory", catalogue=make_catalogue(slug))
        for _ in range(2):
            refer(make_paper(topics=[topic]), "arxiv:1706.03762")
    first, other = Catalogue.objects.order_by("pk")
    Candidate.objects.create(catalogue=first, scheme="arxiv", value="1706.03762", title="A", status="rejected")  # fmt: skip
    assert [gap.state for gap in gaps(Scope(first))] == ["rejected"]
    assert [gap.state for gap in gaps(Scope(other))] == [""]
    sent = {"ident": "arxiv:1706.03762", "catalogue": "other"}
    assert client.post(reverse("propose"), sent).status_code == 201


@pytest.mark.parametrize("place", [{"catalogue": "nowhere"}, {"topic": "no/topic"}, {"topic": "\x00"}, {"catalogue": "\x00"}])  # fmt: skip
def test_a_proposal_from_nowhere_known_goes_to_the_first_catalogue(client, place):
    make_catalogue()
    assert client.post(reverse("propose"), {"ident": "1706.03762", **place}).status_code == 201
    assert Proposal.objects.get().topic is None


def test_surveys_cover_what_they_cite():
    topic, surveys = make_topic("Memory"), make_topic("Survey Papers")
    covered, also, never = (make_paper(topics=[topic]) for _ in range(3))
    broad = make_paper("A Survey of Memory", topics=[surveys])
    by_topic = make_paper("All That Is Known", topics=[surveys])
    by_relation = make_paper("A Guide", topics=[topic])
    Relation.objects.create(subject=by_relation, object=never, kind="surveys", source="curator")
    cite(broad, covered)
    cite(broad, also)
    cite(by_topic, also)
    cite(never, also)
    coverage = survey_coverage(Scope(topic.catalogue, topic))
    assert (coverage.covered, coverage.total, coverage.percent) == (2, 3, 67)
    assert coverage.known == 3
    assert [(one.paper, one.cites, one.percent) for one in coverage.surveys] == [
        (broad, 2, 67),
        (by_topic, 1, 33),
    ]


def test_what_was_unlisted_or_merged_counts_nowhere(field):
    gone = paper_of("2025-02", field, "Survey of All", repository="a/b")
    cite(gone, paper_of("2025-02", field))
    Placement.objects.filter(paper=gone).update(is_primary=False, retired_at="2025-03-01T00:00Z")
    [trend] = topic_trends(Scope(field.catalogue)).topics
    assert (trend.total, trend.with_code) == (16, 0)
    assert most_cited(Scope()) == []
    assert survey_coverage(Scope()).known == 0


def test_every_page_of_trends_says_what_is_not_known_yet(client, db):
    empty = client.get(reverse("trends")).text
    for said in ("No paper here has a known month", "No repository here has gained", "No citation between papers", "Nothing that is not listed", "No survey is listed"):  # fmt: skip
        assert said in empty
    topic = make_topic()
    for address in (Scope(topic.catalogue).url, Scope(topic.catalogue, topic).url):
        assert client.get(address).status_code == 200


def test_an_old_address_of_a_topic_leads_to_its_trends(client):
    topic = make_topic()
    TopicRedirect.objects.create(catalogue=topic.catalogue, path="old/name", topic=topic)
    response = client.get(reverse("trends-topic", args=[topic.catalogue.slug, "old/name"]))
    assert (response.status_code, response["Location"]) == (301, Scope(topic.catalogue, topic).url)
    assert (
        client.get(reverse("trends-topic", args=[topic.catalogue.slug, "none"])).status_code == 404
    )
    assert client.get(reverse("trends-catalogue", args=["none"])).status_code == 404


def test_number_of_queries_does_not_grow_with_topics_and_papers(client, field):
    url = reverse("trends")
    client.get(url)
    with_few = count_queries(client, url)
    for number in range(5):
        paper_of("2025-02", make_topic(f"Topic {number}"), repository=f"a/r{number}")
    assert count_queries(client, url) == with_few
