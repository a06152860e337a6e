"""One author who is two people is split by co-authors; names that papers print can be chosen to be shown."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.admin.splitting import groups_of, variants_of
from catalog.models import Act, Author, AuthorSuspect, NamedAuthor
from catalog.people import authors_named, authors_of
from tests.factories import make_author, make_paper, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def wei() -> Author:
    make_paper("Vision one", authors=["Wei Wang", "Ann Bee"], year=2020)
    make_paper("Vision two", authors=["Ann Bee", "Cy Dee", "Wei Wang"], year=2022)
    make_paper("Law", authors=["Wei Wang", "Zed Why"], year=2010)
    make_paper("Alone <b>", authors=["Wei Wang"])
    return make_author("Wei Wang")


def url(author: Author, name: str = "split") -> str:
    return reverse(f"admin:catalog_author_{name}", args=[author.pk])


def test_papers_stand_together_that_share_a_co_author(client, curator, wei):
    groups = groups_of(wei)
    assert sorted(row.paper.title for row in groups[0].rows) == ["Vision one", "Vision two"]
    assert (groups[0].named, groups[0].years) == ("Ann Bee, Cy Dee", "2020–2022")
    assert len(groups) == 3
    page = client.get(url(wei) + "?group=1").content.decode()
    assert page.count(" checked") == 2
    assert "Alone &lt;b&gt;" in page


def test_the_ticked_papers_become_another_persons_and_can_come_back(client, curator, wei):
    law = wei.papers.get(title="Law")
    response = client.post(url(wei), {"papers": [law.pk], "name": "Wei Wang"})
    other = law.authors.get(name="Wei Wang")
    assert other != wei
    assert response.url == url(other, "change")
    assert wei.papers.count() == 3
    assert NamedAuthor.objects.get().author == other
    assert AuthorSuspect.objects.get().status == "distinct"
    assert "imports leave it so" in client.get(response.url).content.decode()
    client.post(reverse("admin:catalog_act_undo", args=[Act.objects.get().pk]))
    assert wei.papers.count() == 4
    assert not Author.objects.filter(pk=other.pk).exists()


def test_papers_are_given_to_an_author_who_is_known(client, curator, wei):
    known = make_author("W. Wang")
    law = wei.papers.get(title="Law")
    client.post(url(wei), {"papers": [law.pk], "to": known.pk, "name": "ignored"})
    assert list(known.papers.all()) == [law]
    assert not Author.objects.filter(name="ignored").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "Wei Wang"}, "Tick the papers"),
        ({"papers": "law"}, "Give the other person’s name"),
        ({"papers": "law", "name": "x\x00"}, "Null characters"),
        ({"papers": "law", "to": "999999"}, "valid choice"),
        ({"papers": "law", "to": "same"}, "Choose another author"),
        ({"papers": "law", "to": "beside"}, "names both of them"),
        ({"papers": "all", "name": "Wei Wang"}, "Leave at least one paper"),
        ({"papers": ["x"], "name": "Wei Wang"}, "“x” is not a valid value"),
    ],
)
def test_odd_splits_are_refused_in_words(client, curator, wei, data, words):
    law = wei.papers.get(title="Law")
    names = {
        "law": [law.pk],
        "all": list(wei.papers.values_list("pk", flat=True)),
        "same": wei.pk,
        "beside": make_author("Zed Why").pk,
    }
    wanted = {
        key: names.get(value, value) if isinstance(value, str) else value
        for key, value in data.items()
    }
    assert words in client.post(url(wei), wanted).content.decode()
    assert not Act.objects.exists()


def test_a_split_author_s_new_papers_go_to_whom_the_co_authors_know(client, curator, wei):
    law = wei.papers.get(title="Law")
    client.post(url(wei), {"papers": [law.pk], "name": "Wei Wang"})
    other = law.authors.get(name="Wei Wang")
    fresh = make_paper("Fresh", authors=0)
    again = make_paper("Again", authors=0)
    found = authors_of(
        {fresh.pk: ["Zed Why", "Wei Wang"], again.pk: ["Wei Wang", "Cy Dee"], law.pk: ["Wei Wang"]}
    )
    assert found[fresh.pk, "Wei Wang"] == other
    assert found[again.pk, "Wei Wang"] == wei
    assert found[law.pk, "Wei Wang"] == other


def test_the_page_asks_no_more_for_more_papers(client, curator, wei):
    def number() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(url(wei))
        return len(captured)

    before = number()
    for n in range(20):
        make_paper(f"More {n}", authors=["Wei Wang", f"Somebody {n}"])
    assert number() == before <= 20


# Names


def test_a_printed_name_is_chosen_to_be_shown_and_still_known_by_the_old_one(client, curator):
    make_paper("One", authors=["J. Doe"])
    jane = make_author("J. Doe")
    jane.authorships.update(printed_name="Jane Doe")
    make_paper("Two", authors=["J. Doe"])
    assert variants_of(jane) == [("J. Doe", 1, "Two"), ("Jane Doe", 1, "One")]
    assert "Show as Jane Doe" in client.get(url(jane, "change")).content.decode()
    client.post(url(jane, "name"), {"name": "Jane Doe"})
    jane.refresh_from_db()
    assert (jane.name, jane.name_key) == ("Jane Doe", "janedoe")
    assert authors_named(["J. Doe"])["J. Doe"] == jane
    answer = client.post(url(jane, "name"), {"name": "Mallory"}, follow=True)
    assert "No paper prints this name" in answer.content.decode()
    assert "Is shown as Jane Doe." in client.get(url(jane, "history")).content.decode()


def test_who_may_not_change_authors_splits_none(client, wei):
    client.force_login(make_staff("view_author"))
    assert "Printed as" in client.get(url(wei, "change")).content.decode()
    assert client.get(url(wei)).status_code == 403
    assert client.post(url(wei), {"papers": [1], "name": "X"}).status_code == 403
    assert client.post(url(wei, "name"), {"name": "Wei Wang"}).status_code == 403


def test_merged_and_missing_authors_are_not_split(client, curator, wei):
    Author.objects.filter(pk=wei.pk).update(merged_into=make_author("Other"))
    assert client.get(url(wei)).status_code == 404
    assert client.get(reverse("admin:catalog_author_split", args=[999999])).status_code == 404
