"""The queue of duplicates: side by side, merged, told apart, taken back; and who may."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import curation
from catalog.models import (
    Act,
    Author,
    AuthorSuspect,
    Citation,
    Paper,
    PaperSuspect,
)
from tests.factories import make_author, make_catalogue, make_paper, make_staff, make_topic

pytestmark = pytest.mark.django_db
LIST = "admin:catalog_papersuspect_changelist"


def make_pair(score: float = 0.9, **fields) -> PaperSuspect:
    one = make_paper(
        "Ring <b>Attention</b> with Blockwise Transformers",
        arxiv=f"2310.0{Paper.objects.count():04}",
    )
    other = make_paper("RingAttention with Transformers", year=2024)
    return PaperSuspect.objects.create(
        first=one, second=other, score=score, reasons=["nearly <i>the same</i> title"], **fields
    )


def page_of(suspect) -> str:
    return reverse(f"admin:catalog_{suspect._meta.model_name}_change", args=[suspect.pk])


def test_a_pair_stands_side_by_side_with_what_differs_marked(client, curator):
    suspect = make_pair()
    Citation.objects.create(citing=make_paper("C"), cited=suspect.second, source="openalex")
    text = client.get(page_of(suspect)).content.decode()
    assert "<mark>RingAttention</mark>" in text
    assert "<b>Attention" not in text
    assert "suggested: it is cited more often" in text
    assert "arxiv:2310.0" in text


def test_a_pair_in_the_list_is_one_link_and_not_a_link_within_a_link(client, curator):
    suspect = make_pair()
    page = client.get(reverse(LIST)).content.decode()
    assert page.count(f'href="{page_of(suspect)}"') == 1
    assert f"{page_of(suspect)}?" not in page


def test_merging_leads_to_the_next_pair_and_can_be_undone_at_once(client, curator):
    first, second = make_pair(0.9), make_pair(0.8)
    response = client.post(page_of(first), {"_merge": "1", "keep": first.second_id})
    assert response.url == page_of(second)
    first.refresh_from_db()
    assert (first.status, first.first.merged_into_id) == ("merged", first.second_id)
    undo = reverse("admin:catalog_act_undo", args=[Act.objects.get().pk])
    assert undo in client.get(response.url).content.decode()
    back = client.post(undo, {"next": page_of(first)})
    assert back.url == page_of(first)
    first.refresh_from_db()
    assert (first.status, first.first.merged_into) == ("open", None)
    assert "Taken back" in client.get(back.url).content.decode()


def test_not_the_same_is_remembered_and_can_be_decided_again(client, curator):
    suspect = make_pair()
    response = client.post(page_of(suspect), {"_distinct": "1"})
    assert response.url == f"{reverse(LIST)}?status__exact=open"
    suspect.refresh_from_db()
    assert (suspect.status, suspect.decided_by) == ("distinct", curator)
    assert "by jane" in client.get(page_of(suspect)).content.decode()
    client.post(page_of(suspect), {"_reopen": "1"})
    suspect.refresh_from_db()
    assert suspect.status == "open"


def test_many_are_told_apart_at_once(client, curator):
    pairs = [make_pair(), make_pair(), make_pair(status="merged")]
    data = {"action": "distinct", "_selected_action": [pair.pk for pair in pairs]}
    assert "not the same: 2" in client.post(reverse(LIST), data, follow=True).content.decode()
    assert PaperSuspect.objects.filter(status="distinct").count() == 2


def test_the_queue_begins_with_the_likeliest_and_ends_at_the_list(client, curator):
    queue = reverse("admin:catalog_papersuspect_queue")
    assert client.get(queue).url == f"{reverse(LIST)}?status__exact=open"
    make_pair(0.6)
    likeliest = make_pair(0.9)
    assert client.get(queue).url == page_of(likeliest)


def test_a_pair_that_was_merged_leads_to_its_undoing(client, curator):
    suspect = make_pair()
    curation.merge_papers(suspect.first, [suspect.second], curator)
    way = reverse("admin:catalog_papersuspect_undo", args=[suspect.pk])
    assert way in client.get(reverse(LIST)).content.decode()
    act = reverse("admin:catalog_act_change", args=[Act.objects.get().pk])
    assert client.get(way).url == act
    assert "Take it back" in client.get(act).content.decode()
    survivor = reverse("admin:catalog_paper_change", args=[suspect.first_id])
    assert act in client.get(survivor).content.decode()


@pytest.mark.parametrize("keep", ["", "0", "x", "²"])
def test_merging_needs_one_of_the_two(client, curator, keep):
    suspect = make_pair()
    response = client.post(page_of(suspect), {"_merge": "1", "keep": keep}, follow=True)
    assert "Choose the one to keep" in response.content.decode()
    assert not Act.objects.exists()


def test_a_pair_that_was_merged_meanwhile_is_refused_in_words(client, curator):
    suspect = make_pair()
    Paper.objects.filter(pk=suspect.second_id).update(merged_into=make_paper("Third"))
    data = {"_merge": "1", "keep": suspect.first_id}
    response = client.post(page_of(suspect), data, follow=True)
    assert "was already merged into another" in response.content.decode()


@pytest.mark.parametrize("pk", ["0", "999999", "x", "9" * 30])
def test_odd_addresses_are_not_found(client, curator, pk):
    for model in ("papersuspect", "act"):
        address = reverse(f"admin:catalog_{model}_changelist") + f"{pk}/change/"
        assert client.get(address).status_code == 404


def test_a_chain_names_what_comes_first_on_the_page(client, curator):
    a, b, c = (make_paper(f"Paper {n}") for n in "ABC")
    first = curation.merge_papers(b, [a])[0]
    later = curation.merge_papers(c, [b])[0]
    text = client.get(reverse("admin:catalog_act_change", args=[first.pk])).content.decode()
    assert reverse("admin:catalog_act_change", args=[later.pk]) in text
    assert "Take it back" not in text
    answer = client.post(reverse("admin:catalog_act_undo", args=[first.pk]), follow=True)
    assert "First take back what was done later" in answer.content.decode()


def test_going_on_leads_to_no_other_site(client, curator):
    act = curation.merge_papers(make_paper(), [make_paper()])[0]
    undo = reverse("admin:catalog_act_undo", args=[act.pk])
    assert client.post(undo, {"next": "https://evil.example/"}).url.startswith("/admin/")


def test_the_number_of_queries_does_not_grow_with_the_queue(client, curator):
    numbers = []
    for _ in range(2):
        for _ in range(5):
            make_pair()
            make_pair(status="merged")
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        numbers.append(len(captured))
        with CaptureQueriesContext(connection) as pair:
            client.get(page_of(PaperSuspect.objects.open().first()))
        assert len(pair) <= 30
    assert numbers[0] == numbers[1] <= 20


def test_authors_are_compared_and_merged_in_the_same_way(client, curator):
    make_paper(authors=["Jane Doe", "Ann Bee"])
    make_paper(authors=["J. Doe", "Ann Bee"])
    jane, j = make_author("Jane Doe"), make_author("J. Doe")
    suspect = AuthorSuspect.objects.create(first=jane, second=j, score=0.6)
    text = client.get(page_of(suspect)).content.decode()
    assert "Ann Bee" in text
    assert "suggested: the name is written out" in text
    client.post(page_of(suspect), {"_merge": "1", "keep": jane.pk})
    assert jane.papers.count() == 2
    client.post(reverse("admin:catalog_act_undo", args=[Act.objects.get().pk]))
    assert Author.objects.filter(merged_into=None).count() == 3


# Who may


def allow(user: User, *names: str) -> None:
    user.user_permissions.set(Permission.objects.filter(codename__in=names))


@pytest.fixture
def editor(client) -> User:
    """Edits the catalogue of the default topic only."""
    names = ["view_papersuspect", "change_papersuspect", "change_paper", "view_act"]
    user = make_staff(*names, edits=make_catalogue())
    client.force_login(user)
    return user


def test_who_only_looks_decides_nothing(client):
    suspect = make_pair()
    reader = make_staff()
    client.force_login(reader)
    assert client.get(page_of(suspect)).status_code == 403
    allow(reader, "view_papersuspect", "view_act")
    assert "Merge <kbd>" not in client.get(page_of(suspect)).content.decode()
    for data in ({"_merge": "1", "keep": suspect.first_id}, {"_distinct": "1"}, {"_reopen": "1"}):
        assert client.post(page_of(suspect), data).status_code == 403
    act = curation.merge_papers(suspect.first, [suspect.second])[0]
    assert client.post(reverse("admin:catalog_act_undo", args=[act.pk])).status_code == 403
    actions = client.get(reverse(LIST)).context["cl"].model_admin.get_actions
    assert client.get(reverse(LIST)).status_code == 200
    assert actions is not None


def test_an_editor_merges_what_only_their_catalogue_lists(client, editor):
    own = make_pair()
    assert client.post(page_of(own), {"_merge": "1", "keep": own.first_id}).status_code == 302
    assert Act.objects.count() == 1
    elsewhere = make_topic("Elsewhere", catalogue=make_catalogue("other"))
    foreign = make_pair()
    foreign.second.placements.update(topic=elsewhere)
    assert (
        client.post(page_of(foreign), {"_merge": "1", "keep": foreign.first_id}).status_code == 403
    )
    assert client.post(page_of(foreign), {"_distinct": "1"}).status_code == 403
    client.post(reverse(LIST), {"action": "distinct", "_selected_action": [foreign.pk]})
    foreign.refresh_from_db()
    assert foreign.status == "open"
    ids = f"{foreign.first_id},{foreign.second_id}"
    merge = f"{reverse('admin:catalog_paper_merge')}?ids={ids}"
    assert client.post(merge, {"survivor": foreign.first_id}).status_code == 403
    act = curation.merge_papers(foreign.first, [foreign.second])[0]
    assert client.post(reverse("admin:catalog_act_undo", args=[act.pk])).status_code == 403
    merged = Act.objects.exclude(pk=act.pk).get()
    assert client.post(reverse("admin:catalog_act_undo", args=[merged.pk])).status_code == 302
    merged.refresh_from_db()
    assert merged.undone_at
