"""Who may do what in the admin: each page and action, for each kind of user, in their own catalogue and in another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.messages import ERROR, get_messages
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from catalog import curation, models
from catalog.curation.bulk import Edit
from catalog.models import Catalogue, Editorship, Paper, Topic
from catalog.roles import is_shared
from tests.config.permissions import (
    ACTIONS,
    MODELS,
    NO_DELETE_SELECTED,
    OPEN,
    PAGES,
    Action,
    Page,
    Who,
)
from tests.config.scene import Rows

pytestmark = pytest.mark.django_db

PLACES = ("own", "elsewhere")
USERS = [who for who in Who if who is not Who.NOBODY]


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Rows]]:
    """Made once: each test's changes are rolled back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = {}
        for place in PLACES:
            url = "https://raw.githubusercontent.com/x/y/main/README.md"
            made[place] = Rows(Catalogue.objects.create(slug=place, title=place, list_url=url))
        yield made
        transaction.set_rollback(True)


def user_who_is(who: Who, scene: dict[str, Rows]) -> User:
    if who is Who.ROOT:
        return User.objects.create_superuser("root")
    user = User.objects.create_user(who.name.lower(), is_staff=True)
    if who in (Who.READER, Who.EDITOR, Who.CURATOR):
        user.groups.add(Group.objects.get(name=who.name.capitalize()))
    if who is Who.EDITOR:
        Editorship.objects.create(user=user, catalogue=scene["own"].catalogue)
    return user


@pytest.fixture(scope="module")
def everybody(
    scene: dict[str, Rows], django_db_blocker: DjangoDbBlocker
) -> dict[Who, tuple[User | None, Client]]:
    found: dict[Who, tuple[User | None, Client]] = {Who.ANONYMOUS: (None, Client())}
    with django_db_blocker.unblock():
        for who in USERS[1:]:
            user, client = user_who_is(who, scene), Client()
            client.force_login(user)
            found[who] = user, client
    return found


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_open(response: Any) -> bool:
    """Whether the page did what it is for; a page of words like "there is no such row" would be a fault of the test."""
    if response.status_code == 302 and response.url.startswith(reverse("admin:login")):
        return False
    if response.status_code in (403, 405):
        return False
    assert response.status_code in (200, 302, 301), response.status_code
    return True


def holds(who: Who, least: Who, place: str, elsewhere: Who | None = None) -> bool:
    """Whether a user has a right whose least holder is named; an editor is a reader elsewhere."""
    if place == "elsewhere":
        least = elsewhere or (Who.CURATOR if least is Who.EDITOR else least)
    return who >= least


def of_admin(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


# What there is, is in the table


def test_every_model_page_and_action_is_in_the_table():
    registry = admin.site._registry
    assert set(registry) == set(MODELS)
    names = set()
    for pattern in admin.site.get_urls():
        inner = getattr(pattern, "url_patterns", [pattern])
        names |= {one.name for one in inner if one.name}
    standard = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in registry
        for page in ("changelist", "add", "change", "delete", "history")
    }
    standard |= {f"auth_user_{page}" for page in ("password_change",)}
    assert names - standard == set(PAGES) | OPEN
    actions = {
        (model, name)
        for model, model_admin in registry.items()
        for _, name, _ in model_admin._get_base_actions()  # type: ignore[attr-defined]
        if name != "delete_selected"
    }
    assert actions == set(ACTIONS)


# The table is true


def cases() -> Iterator[tuple[str, Who]]:
    """Each kind of user in a catalogue of the editor's, and those in another for whom it may differ."""
    yield from (("own", who) for who in USERS)
    yield from (("elsewhere", who) for who in (Who.EDITOR, Who.CURATOR))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_pages_of_a_model_are_open_to_whom_the_table_says(model, scene, everybody):
    rule = MODELS[model]
    assert not (is_shared(model) and rule.change is Who.EDITOR)
    for place, who in cases():
        key = scene[place][model].pk
        checks: list[tuple[str, tuple[Any, ...], str, bool]] = [
            ("change", (key,), "get", who >= rule.see),
            ("change", (key,), "post", holds(who, rule.change, place)),
            ("delete", (key,), "get", holds(who, rule.delete, place)),
            ("delete", (key,), "post", holds(who, rule.delete, place)),
        ]
        if place == "own":
            checks += [
                ("changelist", (), "get", who >= rule.see),
                ("add", (), "get", who >= rule.add),
                ("add", (), "post", who >= rule.add),
                ("history", (key,), "get", who >= rule.see),
            ]
        _, client = everybody[who]
        for page, args, method, expected in checks:
            data: dict[str, Any] = {}
            if method == "post":
                data = (
                    {"post": "yes"} if page == "delete" else rule.data if page == "change" else {}
                )
            with rolled_back():
                response = getattr(client, method)(of_admin(model, page, *args), data)
                assert is_open(response) == expected, (who.name, place, page, method)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_its_own_is_open_to_whom_the_table_says(name, scene, everybody, monkeypatch):
    monkeypatch.setattr("ingest.tasks.refresh_list.delay", lambda slug: None)
    page: Page = PAGES[name]
    for place, who in cases():
        user, client = everybody[who]
        for method in ("get", "post"):
            least = page.get if method == "get" else page.post
            elsewhere = page.elsewhere_get if method == "get" else page.elsewhere_post
            with rolled_back():
                rows = scene[place]
                rows.user = user or User.objects.get(username="reader")
                data = page.data(rows) if method == "post" else {}
                client.cookies.pop("messages", None)
                response = getattr(client, method)(page.address(name, rows), data)
                expected = holds(who, least, place, elsewhere or least)
                worked = is_open(response)
                if worked and method == "post":
                    worked = page.worked(response) and not went_wrong(response)
                assert worked == expected, (who.name, place, method)


def went_wrong(response: Any) -> list[str]:
    """What a page that led elsewhere said of its failure."""
    if response.status_code == 200:
        return []
    return [str(one) for one in get_messages(response.wsgi_request) if one.level >= ERROR]


@pytest.mark.parametrize(
    ("model", "name"),
    [*ACTIONS, *((model, "delete_selected") for model in MODELS)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_an_action_is_open_to_whom_the_table_says(model, name, scene, everybody):
    if name == "delete_selected":
        rule = MODELS[model]
        least: Who = Who.NOBODY if model in NO_DELETE_SELECTED else rule.delete
        elsewhere: Who = Who.CURATOR if least is Who.EDITOR else least
    else:
        action: Action = ACTIONS[model, name]
        least, elsewhere = action.who, action.elsewhere
    for place, who in cases():
        _, client = everybody[who]
        client.cookies.pop("messages", None)
        with rolled_back():
            rows = [scene[place][model]]
            if name == "merge":
                rows.append(scene[place].twin(model))
            if name != "delete_selected" and ACTIONS[model, name].given:
                given = ACTIONS[model, name].given
                model._default_manager.filter(pk=rows[0].pk).update(**given)
            data = {"action": name, "_selected_action": [row.pk for row in rows]}
            response = client.post(of_admin(model, "changelist"), data)
            expected = holds(who, least, place, max(least, elsewhere))
            assert acted(response) == expected, (who.name, place)


def acted(response: Any) -> bool:
    if not is_open(response):
        return False
    if response.status_code == 200:
        asked = ("delete_selected_confirmation.html", "catalog/bulk_edit.html")
        return any(name in str(response.template_name) for name in asked)
    said = [str(one) for one in get_messages(response.wsgi_request)]
    nothing = ("Nothing was changed", "No action selected")
    return not any(text.startswith(nothing) or ": 0." in text for text in said)


# What is behind the pages


def test_a_selection_with_one_row_out_of_reach_changes_none(scene, everybody):
    _, client = everybody[Who.EDITOR]
    rows = [scene[place][models.Candidate] for place in PLACES]
    data = {"action": "reject", "_selected_action": [row.pk for row in rows]}
    response = client.post(of_admin(models.Candidate, "changelist"), data, follow=True)
    assert "1 of the selected is not in your catalogues: “Proposed”" in response.content.decode()
    assert not models.Candidate.objects.filter(status="rejected").exists()


def test_an_editor_moves_nothing_into_another_catalogue(scene, everybody):
    _, client = everybody[Who.EDITOR]
    other = scene["elsewhere"]
    data = {"paper": scene["own"][Paper].pk, "topic": other[Topic].pk, "position": 0}
    response = client.post(of_admin(models.Placement, "add"), data)
    assert "not among yours" in response.content.decode()
    assert not models.Placement.objects.filter(
        paper=scene["own"][Paper], topic=other[Topic]
    ).exists()


def test_a_paper_of_two_catalogues_leaves_only_the_editors(scene, everybody):
    _, client = everybody[Who.EDITOR]
    paper = scene["own"][Paper]
    there = models.Placement.objects.create(
        paper=paper, topic=scene["elsewhere"][Topic], source="list"
    )
    client.post(of_admin(Paper, "changelist"), {"action": "unlist", "_selected_action": [paper.pk]})
    assert list(models.Placement.objects.current().filter(paper=paper)) == [there]
    there.refresh_from_db()
    assert there.is_primary


def test_a_paper_that_another_catalogue_lists_is_merged_by_who_edits_both(scene, everybody):
    _, client = everybody[Who.EDITOR]
    paper, twin = scene["own"][Paper], scene["own"].twin(Paper)
    models.Placement.objects.create(paper=paper, topic=scene["elsewhere"][Topic], source="list")
    address = f"{of_admin(Paper, 'merge')}?ids={paper.pk},{twin.pk}"
    assert client.get(address).status_code == 403
    assert everybody[Who.CURATOR][1].get(address).status_code == 200


def test_places_in_another_catalogue_stay_on_a_papers_own_page(scene, everybody):
    _, client = everybody[Who.EDITOR]
    paper = scene["own"][Paper]
    there = models.Placement.objects.create(
        paper=paper, topic=scene["elsewhere"][Topic], source="list"
    )
    address = of_admin(Paper, "change", paper.pk)
    page = client.get(address)
    data: dict[str, Any] = {}
    for form in [
        page.context["adminform"].form,
        *(inline.formset.management_form for inline in page.context["inline_admin_formsets"]),
        *(
            form
            for inline in page.context["inline_admin_formsets"]
            for form in inline.formset.forms
        ),
    ]:
        data |= {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    prefix = next(
        form.prefix
        for inline in page.context["inline_admin_formsets"]
        for form in inline.formset.forms
        if form.instance == there
    )
    response = client.post(address, {**data, f"{prefix}-DELETE": "on"})
    assert "is not in one of your catalogues" in response.content.decode()
    assert models.Placement.objects.current().filter(pk=there.pk).exists()


def test_staff_without_permissions_see_where_they_are_and_what_to_do(everybody):
    _, client = everybody[Who.STRANGER]
    text = client.get(reverse("admin:index")).content.decode()
    assert "Ask a superuser" in text


def test_an_editor_undoes_what_was_done_to_their_own(scene, everybody):
    _, client = everybody[Who.EDITOR]
    for place, expected in (("own", 0), ("elsewhere", 1)):
        rows = scene[place]
        address = reverse("admin:change_undo", args=[rows.group])
        page = client.get(address)
        client.post(address, {"digest": page.context["digest"]})
        left = models.Placement.objects.filter(pk=rows[models.Placement].pk).count()
        assert left == expected, place


def test_an_act_that_moved_another_catalogues_papers_is_taken_back_by_who_edits_both(
    scene, everybody
):
    _, client = everybody[Who.EDITOR]
    paper, there = scene["own"][Paper], scene["elsewhere"][Topic]
    root = User.objects.create_superuser("boss")
    for edit in (Edit(put_under=[there]), Edit(take_out_of=[there])):
        seen = [one.seen for one in curation.plan_edit([paper.pk], edit)]
        act, _ = curation.apply_edit(seen, edit, root)
        assert act
        assert client.post(address_of_undo(act)).status_code == 403, act.title
    own = scene["own"].act()
    assert client.post(address_of_undo(own)).status_code == 302


def test_one_click_is_taken_back_by_who_may_take_back_all_of_it(scene, everybody):
    _, client = everybody[Who.EDITOR]
    together = uuid4()
    acts = [scene[place].act() for place in PLACES]
    models.Act.objects.filter(pk__in=[act.pk for act in acts]).update(together=together)
    for act in acts:
        assert client.post(address_of_undo(act)).status_code == 403
    assert everybody[Who.CURATOR][1].post(address_of_undo(acts[0])).status_code == 302
    assert models.Act.objects.standing().filter(together=together).count() == 0


def address_of_undo(act: models.Act) -> str:
    return reverse("admin:catalog_act_undo", args=[act.pk])


def test_a_correction_moves_no_paper_into_another_catalogue(scene, everybody):
    _, client = everybody[Who.EDITOR]
    there = scene["elsewhere"][Topic]
    proposal = scene["own"][models.Proposal]
    models.Proposal.objects.filter(pk=proposal.pk).update(after={"topic": str(there.pk)})
    address = of_admin(models.Proposal, "change", proposal.pk)
    for value in (there.pk, f"={there.pk}", "²", "9" * 30):
        data = {"take-topic": "on", "value-topic": value, "_accept": "1"}
        assert client.post(address, data).status_code == 400, value
    assert not there.placements.filter(paper=scene["own"][Paper]).exists()
    data = {"take-topic": "on", "value-topic": there.pk, "_accept": "1"}
    assert everybody[Who.CURATOR][1].post(address, data).status_code == 302
    assert there.placements.filter(paper=scene["own"][Paper]).exists()


def test_queues_lead_editors_to_what_they_can_decide(scene, everybody):
    _, client = everybody[Who.EDITOR]
    pairs = {place: scene[place][models.PaperSuspect].pk for place in PLACES}
    models.PaperSuspect.objects.filter(pk=pairs["elsewhere"]).update(score=1)
    queue = reverse("admin:catalog_papersuspect_queue")
    page = of_admin(models.PaperSuspect, "change", pairs["own"])
    assert client.get(queue)["Location"] == page
    assert client.get(page).context["waiting"] == 1
    other = client.get(of_admin(models.PaperSuspect, "change", pairs["elsewhere"]))
    assert "<kbd>m</kbd>" not in other.content.decode()
    assert "<kbd>n</kbd>" not in other.content.decode()
    everything = everybody[Who.CURATOR][1].get(queue)["Location"]
    assert everything == of_admin(models.PaperSuspect, "change", pairs["elsewhere"])


@pytest.mark.parametrize(
    ("model", "page"),
    [
        (models.PaperSuspect, "change"),
        (models.AuthorSuspect, "change"),
        (models.Proposal, "change"),
        (models.VenueSuggestion, "queue"),
        (models.Act, "change"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_who_only_looks_is_offered_no_button(model, page, scene, everybody):
    args = [] if page == "queue" else [scene["own"][model].pk]
    shown = everybody[Who.READER][1].get(of_admin(model, page, *args)).content.decode()
    content = shown[shown.index('id="content"') :]
    assert "<button" not in content
    assert 'type="submit"' not in content


def test_groups_are_brought_up_to_date_with_each_migration():
    from catalog.role_groups import refresh_groups

    curator = Group.objects.get(name="Curator")
    before = set(curator.permissions.all())
    curator.permissions.clear()
    refresh_groups()
    assert set(curator.permissions.all()) == before
    assert not curator.permissions.filter(content_type__app_label="auth").exists()
    reader = Group.objects.get(name="Reader")
    assert not reader.permissions.exclude(codename__startswith="view_").exists()
