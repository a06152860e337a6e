"""Links, badges and repositories in the admin: what is listed, what the actions do, and who may."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from catalog.evidence import gather
from catalog.models import (
    CodeSuggestion,
    Editorship,
    Identifier,
    Link,
    LinkCheck,
    LinkCheckChange,
    Paper,
    PaperRepository,
    Problem,
    Readme,
    RejectedIdentifier,
    Repository,
    RepositoryAlias,
    Source,
)
from ingest.lists.service import import_list
from tests.factories import make_catalogue, make_paper, make_staff, make_topic

pytestmark = pytest.mark.django_db

URL = "https://example.org/gone"
TABLES = ["link", "identifier", "paperrepository", "codesuggestion"]


def make_check(url: str = URL, outcome: str = "hard", *, dead: bool = True, **fields) -> LinkCheck:
    now = timezone.now()
    failing = (
        {"failing_since": now - timedelta(days=40), "failures": 3}
        if outcome in {"hard", "soft"}
        else {}
    )
    if dead and failing:
        failing["dead_at"] = now
    check = LinkCheck.objects.create(
        url=url, host="example.org", outcome=outcome, checked_at=now, next_at=now + timedelta(days=3), **failing, **fields
    )  # fmt: skip
    LinkCheckChange.objects.create(check_of=check, at=now, outcome=outcome, reason="It said so.")
    return check


def link(paper: Paper | None = None, url: str = URL, **fields) -> Link:
    return Link.objects.create(
        paper=paper or make_paper(), kind="blog", url=url, source=Source.LIST, **fields
    )


def with_permissions(client, *codenames: str) -> User:
    user = make_staff(*codenames)
    client.force_login(user)
    return user


def page(client, model: str, query: str = "") -> str:
    response = client.get(reverse(f"admin:catalog_{model}_changelist") + query)
    assert response.status_code == 200
    return str(response.content.decode())


def act(client, model: str, action: str, *rows) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    url = reverse(f"admin:catalog_{model}_changelist")
    query = "?look=all" if model == "linkcheck" else ""
    response = client.post(url + query, data, follow=True)
    assert response.status_code == 200
    return " ".join(map(str, response.context["messages"]))


def test_the_list_shows_what_is_worth_a_look_with_the_papers_that_use_it(client, curator):
    paper = make_paper("Lanterns")
    link(paper)
    Identifier.objects.create(paper=make_paper("Foghorns"), scheme="url", value=URL)
    make_check(reason="There is no such page (404).")
    make_check("https://example.org/fine", "ok")
    shown = page(client, "linkcheck")
    for words in (URL, "dead", "There is no such page (404).", "Lanterns", "Foghorns"):
        assert words in shown
    assert "example.org/fine" not in shown
    assert "example.org/fine" in page(client, "linkcheck", "?look=all")
    assert URL not in page(client, "linkcheck", "?look=moved")


def test_the_page_of_an_address_shows_its_history(client, curator):
    link(make_paper("Lanterns"))
    url = reverse("admin:catalog_linkcheck_change", args=[make_check().pk])
    shown = client.get(url).content.decode()
    for words in ("It said so.", f"https://web.archive.org/web/{URL}", "Lanterns"):
        assert words in shown


def test_links_are_taken_away_in_the_curators_name(client, curator):
    row, named = link(), Identifier.objects.create(paper=make_paper(), scheme="url", value=URL)
    check = make_check()
    assert "Taken away: 2" in act(client, "linkcheck", "take_away", check)
    row.refresh_from_db()
    assert row.retired_at
    assert row.source == "curator"
    assert not Identifier.objects.filter(pk=named.pk).exists()
    assert RejectedIdentifier.objects.filter(value=URL).exists()
    assert not LinkCheck.objects.exists()  # nobody uses it any more


def test_links_are_replaced_by_where_they_moved(client, curator):
    paper = make_paper()
    row = link(paper, label="Notes")
    Identifier.objects.create(paper=paper, scheme="url", value=URL)
    check = make_check(outcome="moved", moved_to="https://example.com/new")
    other = make_check("https://example.org/still")
    assert "→ https://example.com/new" in page(client, "linkcheck")
    said = act(client, "linkcheck", "replace", check, other)
    assert "Replaced: 2. Not moved, as far as is known: 1." in said
    row.refresh_from_db()
    assert row.retired_at
    new = Link.objects.current().get()
    assert (new.url, new.label, new.source) == ("https://example.com/new", "Notes", "curator")
    assert Identifier.objects.get().value == "https://example.com/new"


def test_an_address_that_moved_to_another_papers_is_not_taken(client, curator):
    Identifier.objects.create(
        paper=make_paper("Theirs"), scheme="url", value="https://example.com/new"
    )
    mine = Identifier.objects.create(paper=make_paper(), scheme="url", value=URL)
    check = make_check(outcome="moved", moved_to="https://example.com/new")
    assert "another paper here, “Theirs”" in act(client, "linkcheck", "replace", check)
    mine.refresh_from_db()
    assert mine.value == URL


def test_a_repository_elsewhere_is_replaced_too(client, curator):
    code = Repository.objects.create(host="gitlab.com", owner="o", name="n")
    paper = make_paper()
    PaperRepository.objects.create(paper=paper, repository=code, source=Source.LIST)
    check = make_check("https://gitlab.com/o/n", "moved", moved_to="https://codeberg.org/o/n")
    odd = make_check("https://gitlab.com/o/m", "moved", moved_to="https://example.org/x")
    code = Repository.objects.create(host="gitlab.com", owner="o", name="m")
    PaperRepository.objects.create(paper=paper, repository=code, source=Source.LIST)
    assert "is no repository" in act(client, "linkcheck", "replace", check, odd)
    names = PaperRepository.objects.current().values_list("repository__host", "repository__name")
    assert set(names) == {("codeberg.org", "n"), ("gitlab.com", "m")}


def test_an_address_can_be_asked_again_at_once(client, curator):
    link()
    check = make_check()
    assert "To be asked again: 1" in act(client, "linkcheck", "check_now", check)
    check.refresh_from_db()
    assert check.next_at < timezone.now()


def test_a_replaced_link_is_not_brought_back_by_the_next_import(client, curator):
    text = (
        "# L\n\n## T\n1. [**Lanterns of ships.**](https://arxiv.org/abs/2401.00001) *Ann Lee.* Arxiv 2024.\n\n"
        f"&nbsp; [![b](https://img.shields.io/badge/Homepage-blue)]({URL})\n"
    )
    import_list(text.encode(), "lanterns")
    assert Link.objects.get().url == URL
    check = make_check(outcome="moved", moved_to="https://example.com/new")
    act(client, "linkcheck", "replace", check)
    import_list((text + "\n").encode(), "lanterns")
    assert [row.url for row in Link.objects.current()] == ["https://example.com/new"]


@pytest.mark.parametrize("action", ["take_away", "replace", "check_now"])
def test_who_may_only_look_changes_nothing(client, action):
    with_permissions(client, "view_linkcheck")
    row = link()
    check = make_check(outcome="moved", moved_to="https://example.com/new")
    act(client, "linkcheck", action, check)
    row.refresh_from_db()
    assert row.retired_at is None
    check.refresh_from_db()
    assert check.next_at > timezone.now()


def test_an_editor_of_one_catalogue_changes_its_links_only(client):
    user = with_permissions(
        client, "view_linkcheck", *(f"change_{table}" for table in TABLES), "view_codesuggestion"
    )
    mine, theirs = make_catalogue("mine"), make_catalogue("theirs")
    Editorship.objects.create(user=user, catalogue=mine)
    inside = link(make_paper(topics=[make_topic("A", catalogue=mine)]))
    outside = link(make_paper(topics=[make_topic("B", catalogue=theirs)]))
    said = act(client, "linkcheck", "take_away", make_check())
    assert "Taken away: 1" in said
    assert "you may not change them: 1" in said
    assert set(Link.objects.current()) == {outside}
    for paper in (inside.paper, outside.paper):
        Paper.objects.filter(pk=paper.pk).update(abstract="https://github.com/o/n")
    gather()
    said = act(client, "codesuggestion", "accept", *CodeSuggestion.objects.all())
    assert "1 of the selected is not in your catalogues" in said
    assert not PaperRepository.objects.exists()
    said = act(client, "codesuggestion", "accept", CodeSuggestion.objects.get(paper=inside.paper))
    assert "Accepted: 1" in said
    check = make_check(url="https://example.org/used-by-nobody")
    said = act(client, "linkcheck", "check_now", check)
    assert "1 of the selected is not in your catalogues" in said
    assert [row.paper for row in PaperRepository.objects.all()] == [inside.paper]


def make_badge() -> PaperRepository:
    paper = make_paper(repository="owner/name")
    other = Repository.objects.create(owner="other", name=f"name{paper.pk}")
    PaperRepository.objects.filter(paper=paper).update(badge_repository=other)
    return PaperRepository.objects.get(paper=paper)


def test_badges_that_count_anothers_stars_are_listed_and_mended_by_the_selected_many(
    client, curator
):
    rows = [make_badge() for _ in range(7)]
    sound = make_paper(repository="sound/code")
    shown = page(client, "paperrepository", "?look=badge")
    assert "sound/code" not in shown
    assert "7 paper repositories" in shown
    assert "Mended: 7" in act(client, "paperrepository", "count_own_stars", *rows)
    assert not PaperRepository.objects.exclude(badge_repository=None).exists()
    assert {row.source for row in PaperRepository.objects.exclude(paper=sound)} == {"curator"}


def test_badges_are_mended_only_by_those_who_may(client):
    with_permissions(client, "view_paperrepository")
    row = make_badge()
    act(client, "paperrepository", "count_own_stars", row)
    row.refresh_from_db()
    assert row.badge_repository


def test_repositories_are_listed_by_what_became_of_them(client, curator):
    for name in ("gone", "archived", "renamed", "well"):
        make_paper(repository=f"owner/{name}")
    Repository.objects.filter(name="gone").update(gone_at=timezone.now())
    Repository.objects.filter(name="archived").update(is_archived=True)
    RepositoryAlias.objects.create(
        repository=Repository.objects.get(name="renamed"),
        host="github.com",
        owner="was",
        name="here",
    )
    for look in ("gone", "archived", "renamed"):
        shown = page(client, "repository", f"?look={look}")
        assert f"owner/{look}" in shown
        assert "owner/well" not in shown
    assert "was/here" in page(client, "repository", "?look=renamed")


def test_code_that_only_a_list_links_while_the_readme_names_others_is_listed(client, curator):
    for name in ("doubtful", "named", "unread"):
        make_paper(repository=f"owner/{name}", arxiv=f"2401.0000{len(name)}")
    for name, ids in (
        ("doubtful", {"arxiv:2401.99999": "x"}),
        ("named", {"arxiv:2401.00005": "x"}),
    ):
        Readme.objects.create(
            repository=Repository.objects.get(name=name), digest="d", identifiers=ids
        )
    gather()
    shown = page(client, "paperrepository", "?look=doubtful")
    assert "owner/doubtful" in shown
    assert "owner/named" not in shown
    assert "owner/unread" not in shown
    assert "owner/named" not in page(client, "paperrepository", "?look=listed")


def test_suggested_code_is_accepted_and_rejected_from_the_list(client, curator):
    for name in ("a", "b"):
        make_paper(abstract=f"Our code: https://github.com/owner/{name}")
    gather()
    assert "Our code: https://github.com/owner/a" in page(client, "codesuggestion")
    first, second = CodeSuggestion.objects.order_by("pk")
    assert "Accepted: 1" in act(client, "codesuggestion", "accept", first)
    assert "Rejected: 1" in act(client, "codesuggestion", "reject", second)
    assert set(CodeSuggestion.objects.values_list("status", flat=True)) == {"accepted", "rejected"}


def test_the_desk_counts_what_there_is_to_look_at_and_leads_there(client, curator):
    link()
    make_check()
    make_check("https://example.org/moved", "moved", moved_to="https://example.com/")
    make_badge()
    Repository.objects.filter(owner="owner").update(gone_at=timezone.now())
    Problem.objects.create(job="github", kind="repository-replaced", message="x", fingerprint="x")
    make_paper(abstract="https://github.com/a/b")
    gather()
    shown = client.get(reverse("admin:index")).content.decode()
    for words in (
        "1 dead link<", "1 link that has moved for good", "1 repository is gone from its host", "1 badge counts another",
        "1 repository named in a text", "1 repository’s name is another one’s by now",
    ):  # fmt: skip
        assert words in shown
    for model, query in (
        ("linkcheck", "look=dead"),
        ("repository", "look=gone"),
        ("paperrepository", "look=badge"),
    ):
        target = reverse(f"admin:catalog_{model}_changelist") + f"?{query}"
        assert target in shown
        assert client.get(target).status_code == 200


def test_an_editor_of_one_catalogue_is_told_of_its_links_alone_and_led_to_them(client):
    user = with_permissions(client, *(f"view_{name}" for name in ("linkcheck", "codesuggestion", "repository", "paperrepository", "problem", "relation")))  # fmt: skip
    mine, theirs = make_catalogue("mine"), make_catalogue("theirs")
    for catalogue in (mine, theirs):
        paper = make_paper(topics=[make_topic("A", catalogue=catalogue)], repository=f"o/{catalogue.slug}")  # fmt: skip
        link(paper, f"https://example.org/{catalogue.slug}")
        make_check(f"https://example.org/{catalogue.slug}")
        Paper.objects.filter(pk=paper.pk).update(abstract=f"https://github.com/n/{catalogue.slug}")
        Problem.objects.create(job="github", kind="repository-replaced", message="x", fingerprint=catalogue.slug, catalogue=catalogue)  # fmt: skip
    Repository.objects.update(is_archived=True)
    gather()
    found = re.compile(r">(\d+) (?:dead link|repositor|open problem)")
    for number in (2, 1):
        assert found.findall(client.get(reverse("admin:index")).text) == [str(number)] * 6
        Editorship.objects.get_or_create(user=user, catalogue=mine)
    for model in ("linkcheck", "codesuggestion", "repository", "problem"):
        lists = reverse(f"admin:catalog_{model}_changelist")
        for query, rows in (("", 2), ("?whose=mine", 1)):
            assert len(client.get(lists + query).context["cl"].result_list) == rows, model
    assert "?look=dead&amp;whose=mine" in client.get(reverse("admin:index")).text


def test_an_empty_desk_says_nothing_of_links(client, curator):
    assert "Links and code" not in client.get(reverse("admin:index")).content.decode()


def test_a_papers_page_in_the_admin_tells_how_its_links_answer_and_why_code_is_linked(
    client, curator
):
    paper = make_paper(repository="owner/name", abstract="https://github.com/owner/name")
    link(paper)
    make_check()
    gather()
    shown = client.get(reverse("admin:catalog_paper_change", args=[paper.pk])).content.decode()
    assert "named in the abstract" in shown
    assert ">dead</a>" in shown


def test_the_public_page_shows_a_dead_link_as_such_and_where_a_copy_is(client):
    paper = make_paper(repository="owner/name")
    link(paper)
    link(paper, "https://example.org/fine")
    Identifier.objects.create(paper=paper, scheme="url", value="https://example.org/also")
    make_check("https://example.org/fine", "ok")
    make_check("https://example.org/failing", "soft", dead=False)
    since = make_check().failing_since
    make_check("https://example.org/also")
    Repository.objects.update(is_archived=True)
    shown = client.get(paper.get_absolute_url()).content.decode()
    assert f'href="{URL}"' in shown  # never hidden
    assert shown.count("gone since") == 2
    assert f"{since:%b}\xa0{since:%Y}" in shown
    assert f"https://web.archive.org/web/{URL}" in shown
    assert "archived: its owners" in shown
    Repository.objects.update(gone_at=timezone.now())
    assert "gone from its host since" in client.get(paper.get_absolute_url()).content.decode()
