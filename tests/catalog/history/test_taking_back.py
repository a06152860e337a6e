"""Who may take what back, and what is too much for one request: done by a job, whole or not at all."""

import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import curation
from catalog.history import large, undo
from catalog.history.groups import Wanted, group_named, latest
from catalog.history.plan import plan_undo
from catalog.history.rights import why_not
from catalog.models import (
    Catalogue,
    Editorship,
    GlossaryEntry,
    GlossaryMention,
    Identifier,
    Paper,
    Placement,
    Run,
    TreeChange,
)
from catalog.signals import glossary_changed
from tests.catalog.test_undo import CHANGED, LIST, bring, everything, request_of
from tests.catalog.test_undo import undo as take_back
from tests.factories import make_catalogue, make_paper, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane() -> User:
    return User.objects.create_superuser("jane")


def in_group(name: str, *catalogues: Catalogue) -> User:
    user = User.objects.create_user(f"{name} {uuid.uuid4()}", is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    with request_of(None):  # a transaction goes on naming the last one
        for catalogue in catalogues:
            Editorship.objects.create(user=user, catalogue=catalogue)
    return user


def address(group: uuid.UUID) -> str:
    return reverse("admin:change_undo", args=[group])


# Rights


def test_an_act_in_a_group_asks_the_same_rights_as_alone(jane):
    one, other = (make_paper(authors=[name]) for name in ("A. Person", "Ann Person"))
    first, second = one.authorships.get().author, other.authorships.get().author
    with request_of(jane) as group:
        curation.merge_authors(first, [second], jane)
    assert "ask somebody who may" in why_not(in_group("Editor"), plan_undo(group))
    assert why_not(in_group("Curator"), plan_undo(group)) == ""


def test_an_editor_takes_back_what_touched_their_catalogue_alone(jane):
    own, theirs = make_catalogue(), make_catalogue("theirs", title="Theirs")
    here, there = make_topic("Here", catalogue=own), make_topic("There", catalogue=theirs)
    editor = in_group("Editor", own)
    paper, shared, other = (make_paper(topics=some) for some in ([here], [here, there], [there]))
    with request_of(jane) as within:
        curation.unlist([paper])
    with request_of(jane) as beyond:
        curation.unlist([shared])
    with request_of(jane) as gone:
        Placement.objects.filter(paper=other).delete()
    with request_of(jane) as renamed:
        curation.rename_topic(there, "Elsewhere", jane)
    assert why_not(editor, plan_undo(within)) == ""
    for group in (beyond, gone, renamed):
        assert "not in your catalogues" in why_not(editor, plan_undo(group))


def test_an_editor_takes_back_an_import_of_theirs_however_long(jane):
    group = bring(LIST)
    editor = in_group("Editor", Catalogue.objects.get())
    with request_of(None):
        stranger = in_group("Editor", make_catalogue("another", title="Another"))
    assert "not in your catalogues" in why_not(stranger, plan_undo(group))
    assert why_not(editor, plan_undo(group)) == ""
    assert why_not(editor, plan_undo(take_back(group, jane))) == ""


def test_parting_is_taken_back_by_who_may_merge(jane):
    own, theirs = make_catalogue(), make_catalogue("theirs", title="Theirs")
    here, there = make_topic("Here", catalogue=own), make_topic("There", catalogue=theirs)
    shared, other = make_paper(topics=[here, there]), make_paper(topics=[here])
    with request_of(jane):
        curation.merge_papers(shared, [other], jane)
    other.refresh_from_db()
    with request_of(jane) as group:
        curation.unmerge_paper(other, jane)
    assert why_not(in_group("Curator"), plan_undo(group)) == ""
    assert "not in your catalogues" in why_not(in_group("Editor", own), plan_undo(group))
    assert why_not(in_group("Editor", own, theirs), plan_undo(group)) == ""


def test_whose_the_papers_of_a_group_were_is_asked_once_however_many(jane):
    own = make_catalogue()
    editor = in_group("Editor", own)
    numbers = []
    for size in (1, 1, 10):  # the first time asks for the editor's permissions, too
        papers = [make_paper(topics=[make_topic(catalogue=own)]) for _ in range(size)]
        with request_of(jane) as group:
            Paper.objects.filter(pk__in=[paper.pk for paper in papers]).update(year=1999)
        plan = plan_undo(group)
        with CaptureQueriesContext(connection) as queries:
            assert why_not(editor, plan) == ""
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]


def test_what_a_group_runs_is_shown_before(client, jane):
    client.force_login(jane)
    one, other, topic = make_paper("One"), make_paper("Other"), make_topic("Old")
    with request_of(jane) as group:
        curation.merge_papers(one, [other], jane)
        curation.rename_topic(topic, "New", jane)
    text = client.get(address(group)).content.decode()
    assert "“Other” merged into “One”" in text
    assert TreeChange.objects.get().words.replace("“", "").split()[0] in text
    assert "placements: 1 put back" in text


def test_the_second_of_two_who_take_the_same_back_is_told(client, jane):
    client.force_login(jane)
    group = bring(LIST)
    digest = client.get(address(group)).context["digest"]
    take_back(group, jane)
    text = client.post(address(group), {"digest": digest}).content.decode()
    assert "nothing was taken back" in text
    assert "There is nothing to take back" in text


# By a job


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(undo, "LARGE", 5)


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    runs: list[int] = []

    def send(run: Run) -> bool:
        runs.append(run.pk)
        return True

    monkeypatch.setattr(large, "send", send)
    return runs


def begin(client, group, capture, **data) -> str:
    digest = client.get(address(group)).context["digest"]
    with capture(execute=True):
        answer = client.post(address(group), {"digest": digest, "why": "the wrong file", **data})
    assert answer.status_code == 302
    return str(answer.url)


@pytest.mark.usefixtures("small")
def test_what_is_large_is_done_by_a_job(client, jane, sent, django_capture_on_commit_callbacks):
    client.force_login(jane)
    group = bring(LIST)
    page = begin(client, group, django_capture_on_commit_callbacks)
    assert Paper.objects.count() == 3
    assert client.get(address(group)).url == page  # whoever comes meanwhile is led there
    assert "A worker will begin" in client.get(page).content.decode()
    cache.set(f"take-back:{sent[0]}", (40, 100))
    assert large.progress_of(Run.objects.get(pk=sent[0])) == (40, 100)
    large.carry_out(sent[0])
    assert everything() == {}
    assert "Taken back:" in client.get(page).content.decode()
    assert client.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    (done,) = (one for one in latest(Wanted(person=jane.pk))[0] if one.undoes == group)
    assert (done.by.who, done.by.why, done.by.run) == ("jane", "the wrong file", sent[0])
    large.carry_out(sent[0])  # a task that comes twice
    take_back(done.key, jane)
    assert Paper.objects.count() == 3


@pytest.mark.usefixtures("small")
def test_a_job_needs_no_cache(client, jane, sent, django_capture_on_commit_callbacks, settings):
    client.force_login(jane)
    page = begin(client, bring(LIST), django_capture_on_commit_callbacks)
    away = {**settings.CACHES["default"], "LOCATION": "redis://localhost:1"}
    settings.CACHES = {"default": away}
    assert "A worker will begin" in client.get(page).content.decode()
    large.carry_out(sent[0])
    assert everything() == {}


@pytest.mark.usefixtures("small")
def test_a_job_that_finds_places_taken_does_nothing_before_that_is_agreed(
    client, jane, sent, django_capture_on_commit_callbacks
):
    client.force_login(jane)
    papers = [make_paper(arxiv=f"2004.0515{number}") for number in range(8)]
    with request_of(jane) as group:
        Identifier.objects.all().delete()
    with request_of(jane):
        Identifier.objects.create(paper=papers[1], scheme="arxiv", value="2004.05150")
    page = begin(client, group, django_capture_on_commit_callbacks)
    large.carry_out(sent[0])
    assert Identifier.objects.count() == 1
    text = client.get(page).content.decode()
    assert "nothing was taken back" in text
    assert "another row has taken its place" in text
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post(page).url
    large.carry_out(sent[1])
    assert Identifier.objects.count() == 8
    assert "1 stayed as it is" in client.get(page).content.decode()
    assert client.post(page).status_code == 403  # it is done


@pytest.mark.usefixtures("small")
def test_a_job_does_nothing_when_something_was_changed_meanwhile_or_rights_were_lost(
    client, jane, sent, django_capture_on_commit_callbacks
):
    client.force_login(jane)
    group = bring(LIST)
    begin(client, group, django_capture_on_commit_callbacks)
    with request_of(None):
        Identifier.objects.first().delete()  # type: ignore[union-attr]
    large.carry_out(sent[0])
    begin(client, group, django_capture_on_commit_callbacks)
    User.objects.filter(pk=jane.pk).update(is_superuser=False)
    large.carry_out(sent[1])
    assert Paper.objects.count() == 3
    messages = Run.objects.filter(pk__in=sent).order_by("pk").values_list("message", flat=True)
    assert "changed since" in messages[0]
    assert "may not" in messages[1]
    assert group_named(group).undone_by == []  # type: ignore[union-attr]


@pytest.mark.usefixtures("small")
def test_a_job_that_fails_leaves_everything_and_says_so(
    client, jane, sent, django_capture_on_commit_callbacks, monkeypatch
):
    client.force_login(jane)
    bring(LIST)
    group = bring(CHANGED, force=True)
    before = everything()
    page = begin(client, group, django_capture_on_commit_callbacks, for_good="1")
    monkeypatch.setattr("catalog.history.carrying_out.Undoing._redirect", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        large.carry_out(sent[0])
    assert everything() == before
    assert "Nothing was taken back. ZeroDivisionError" in client.get(page).content.decode()
    assert client.get(address(group)).status_code == 200  # it can be tried again


# The glossary: which titles name an entry is found by a job, and is nobody's work


def test_an_entry_and_a_paper_go_although_the_title_names_it_and_search_is_told(
    jane, django_capture_on_commit_callbacks
):
    told: list[None] = []

    def hear(sender: object, **kwargs: object) -> None:
        told.append(None)

    with request_of(jane) as group:
        entry = GlossaryEntry.objects.create(name="YOCO", meaning="Caches once.", is_curated=True)
    with request_of(jane) as added:
        paper = make_paper("YOCO")
    GlossaryMention.objects.create(paper=paper, entry=entry, place=0)
    glossary_changed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        take_back(added, jane)
    assert not Paper.objects.exists()
    assert not told
    GlossaryMention.objects.create(paper=make_paper("YOCO Again"), entry=entry, place=0)
    with django_capture_on_commit_callbacks(execute=True):
        take_back(group, jane)
    assert told == [None]
    assert not GlossaryEntry.objects.exists()
