"""Who may do what in the admin: each page and action, for each kind of user, in their own catalogue and in another."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pghistory
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from pytest_django import DjangoDbBlocker

from catalog import models
from catalog.models import Catalogue, Editorship, Paper, Topic
from catalog.roles import is_shared
from ingest.models import UploadedList, Visit
from search.models import Embedding, PaperText, Synonym, Word
from tests.config.permissions import ACTIONS, MODELS, NO_DELETE_SELECTED, OPEN, PAGES, Page, Who
from tests.factories import make_author, make_paper, make_topic, make_venue

pytestmark = pytest.mark.django_db

PLACES = ("own", "elsewhere")
USERS = [who for who in Who if who is not Who.NOBODY]


class Rows(dict[type[Model], Any]):
    """A row of every model, in one catalogue or in none; and what single pages need besides."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue
        self.user: User | None = None
        self._fill()

    def _fill(self) -> None:
        name = self.catalogue.slug
        topic = make_topic(f"Topic of {name}", catalogue=self.catalogue)
        with pghistory.context(act="added a paper") as value:
            self.group = value.id
            paper = make_paper(
                f"Paper of {name}",
                topics=[topic],
                arxiv=f"2401.{topic.pk:05}",
                venue=make_venue(name),
            )
        with pghistory.context():  # a transaction goes on naming the last one
            self._fill_up(name, topic, paper)

    def _fill_up(self, name: str, topic: Topic, paper: Paper) -> None:
        other = make_paper(f"Another of {name}", topics=[topic])
        repository = models.Repository.objects.create(owner=name, name="code")
        run = models.Run.objects.create(
            job="import_list", status="done", finished_at=timezone.now(), catalogue=self.catalogue
        )
        of_paper: dict[str, Any] = {"paper": paper}
        rows: list[Model] = [
            self.catalogue,
            topic,
            paper,
            run,
            repository,
            make_author(f"Author of {name}"),
            make_venue(name),
            paper.authorships.get(),
            paper.identifiers.get(),
            paper.placements.get(),
            models.Announcement.objects.create(
                catalogue=self.catalogue, date="2025-01-01", position=1, title="News"
            ),
            models.Candidate.objects.create(
                catalogue=self.catalogue,
                scheme="arxiv",
                value=f"2501.{topic.pk:05}",
                title="Proposed",
                suggested_topic=topic,
            ),
            models.Citation.objects.create(citing=paper, cited=other, source="openalex"),
            models.CitationCount.objects.create(
                source="openalex", counted_on="2025-01-01", **of_paper
            ),
            models.CitationKey.objects.create(key=name, stem=name, **of_paper),
            models.CitingWork.objects.create(cited=paper, source="openalex", key="W"),
            models.Dump.objects.create(date=date(2025, 1, topic.pk % 28 + 1), manifest="{}"),
            models.HarvestQuery.objects.create(catalogue=self.catalogue, query="all:x"),
            models.Link.objects.create(kind="blog", url="https://example.org/", **of_paper),
            models.PaperMeasure.objects.create(
                pagerank=0.5, community=0, x=0, y=0, computed_at=timezone.now(), **of_paper
            ),
            models.PaperRepository.objects.create(repository=repository, **of_paper),
            models.Problem.objects.create(
                job="import_list",
                kind="odd",
                message="Odd.",
                fingerprint=name,
                catalogue=self.catalogue,
            ),
            models.Provenance.objects.create(field="title", source="list", **of_paper),
            models.Reference.objects.create(citing=paper, source="openalex", key="W"),
            models.RejectedIdentifier.objects.create(
                scheme="arxiv", value="2401.99999", **of_paper
            ),
            models.Relation.objects.create(subject=paper, object=other, kind="extends"),
            models.RepositoryAlias.objects.create(
                repository=repository, host="github.com", owner=name, name="former"
            ),
            models.SimilarPaper.objects.create(other=other, rank=1, score=0.5, **of_paper),
            models.SourceState.objects.get_or_create(source="arxiv")[0],
            models.StarCount.objects.create(repository=repository, date="2025-01-01", stars=1),
            models.System.objects.create(name="Thing", introduced_by=paper),
            models.TitleAlias.objects.create(title="Also", source="list", **of_paper),
            models.TopicRedirect.objects.create(
                catalogue=self.catalogue, path="former", topic=topic
            ),
            models.VenueSuggestion.objects.create(
                source="arxiv", text="ICLR", venue_name="ICLR", **of_paper
            ),
            Visit.objects.create(
                source="arxiv",
                kind="x",
                subject=topic.pk,
                visited_at=timezone.now(),
                outcome="found",
            ),
            PaperText.objects.get_or_create(paper=paper, defaults={"words": "x"})[0],
            Word.objects.create(word=f"word{name}", papers=1),
            Synonym.objects.create(short=f"S{name}", long="something", is_curated=True),
            Embedding.objects.create(paper=paper, model="m", text_hash="h", vector=[0.6, 0.8]),
            ClockedSchedule.objects.create(clocked_time=timezone.now()),
            CrontabSchedule.objects.create(),
            SolarSchedule.objects.get_or_create(
                event="sunset", latitude=1, longitude=topic.pk % 90
            )[0],
            interval := IntervalSchedule.objects.create(every=10 + topic.pk, period="days"),
            PeriodicTask.objects.create(name=name, task="none", interval=interval),
            Group.objects.create(name=f"Group of {name}"),
            User.objects.create_user(f"user of {name}"),
        ]
        self.update({type(row): row for row in rows})

    # What single pages need

    def type_of(self, model: type[Model]) -> int:
        return int(ContentType.objects.get_for_model(model).pk)

    def twin(self, model: type[Model]) -> Any:
        if model is Paper:
            return make_paper("Twin", topics=[self[Topic]])
        return make_author("Twin")

    def merged(self, model: type[Model]) -> Any:
        twin = self.twin(model)
        model._default_manager.filter(pk=twin.pk).update(merged_into=self[model])
        return twin

    def change_of(self, row: Any) -> int:
        """An edit of the row, which can be put back."""
        name = next(one for one in ("title", "name", "description") if hasattr(row, one))
        if isinstance(row, models.Repository):
            name = "description"
        type(row)._default_manager.filter(pk=row.pk).update(**{name: "Edited"})
        events: Any = type(row).pgh_event_model.objects
        return int(events.filter(pgh_obj_id=row.pk, pgh_label="update").latest("pgh_id").pk)

    def upload(self) -> UploadedList:
        assert self.user
        text = b"# List\n\n## One\n1. [**A paper.**](https://arxiv.org/abs/2004.05150) *A. B.* Arxiv 2020.\n"
        return UploadedList.objects.keep(self.user.pk, self.catalogue.slug, "", "list.md", text)


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
            data = {"post": "yes"} if page == "delete" and method == "post" else {}
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
                response = getattr(client, method)(page.address(name, rows), data)
                expected = holds(who, least, place, elsewhere or least)
                if name == "change_undo" and method == "post":
                    assert may_undo(response) == expected, (who.name, place)
                    continue
                assert is_open(response) == expected, (who.name, place, method)


def may_undo(response: Any) -> bool:
    """Taking back shows why it is forbidden, beside what would be taken back."""
    return is_open(response) and not response.context["forbidden"]


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
        least, elsewhere = ACTIONS[model, name].who, ACTIONS[model, name].elsewhere
    for place, who in cases():
        _, client = everybody[who]
        client.cookies.pop("messages", None)
        with rolled_back():
            rows = [scene[place][model]]
            if name == "merge":
                rows.append(scene[place].twin(model))
            data = {"action": name, "_selected_action": [row.pk for row in rows]}
            response = client.post(of_admin(model, "changelist"), data)
            expected = holds(who, least, place, max(least, elsewhere))
            assert acted(response) == expected, (who.name, place)


def acted(response: Any) -> bool:
    if not is_open(response):
        return False
    if response.status_code == 200:
        return "delete_selected_confirmation.html" in str(response.template_name)
    said = [str(one) for one in get_messages(response.wsgi_request)]
    return not any(text.startswith(("Nothing was changed", "No action selected")) for text in said)


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


def test_topics_of_other_catalogues_are_not_reordered_in_the_list(scene, everybody):
    _, client = everybody[Who.EDITOR]
    page = client.get(of_admin(Topic, "changelist"))
    forms = page.context["cl"].formset.forms
    data: dict[str, Any] = {
        "form-TOTAL_FORMS": len(forms),
        "form-INITIAL_FORMS": len(forms),
        "_save": "1",
    }
    for number, form in enumerate(forms):
        data |= {f"form-{number}-id": form.instance.pk, f"form-{number}-position": 77}
    client.post(of_admin(Topic, "changelist"), data)
    assert not Topic.objects.filter(position=77).exists()
    own = next(number for number, form in enumerate(forms) if form.instance == scene["own"][Topic])
    for number, form in enumerate(forms):
        data[f"form-{number}-position"] = 77 if number == own else form.instance.position
    client.post(of_admin(Topic, "changelist"), data)
    assert Topic.objects.get(position=77) == scene["own"][Topic]


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
