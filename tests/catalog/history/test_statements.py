"""What sources and lists said goes back with the run that noted it; what a person decides is on record."""

import pghistory
import pytest
from celery import shared_task
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog import curation
from catalog.evidence import gather
from catalog.history.contexts import by_run
from catalog.history.groups import Wanted, group_of_run, latest
from catalog.history.plan import plan_undo
from catalog.history.tables import events_of, tracked_models
from catalog.history.words import changes
from catalog.models import (
    CitationCount,
    Evidence,
    FieldStatement,
    Identifier,
    NamedAuthor,
    Paper,
    PaperSuspect,
    Relation,
    Run,
)
from ingest.lists.service import import_list, plan_list
from ingest.models import ListStatement
from tests.catalog.test_undo import CHANGED, LIST, bring, request_of, undo
from tests.config.scene import Rows
from tests.factories import make_catalogue, make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane() -> User:
    return User.objects.create_superuser("jane")


def said() -> list[tuple[object, ...]]:
    fields = FieldStatement.objects.order_by("pk")
    lists = ListStatement.objects.order_by("pk")
    return [
        *fields.values_list("pk", "paper", "field", "source", "detail", "value", "stated_at"),
        *lists.values_list("pk", "paper", "topic", "announcement", "says", "stated_at"),
    ]


def test_what_the_list_said_goes_back_with_an_import(jane):
    bring(LIST)
    before = said()
    group = bring(CHANGED, force=True)
    assert said() != before
    undo(group, jane)
    assert said() == before


def test_the_import_after_an_undone_one_proposes_the_same_again(jane):
    bring(LIST)
    wanted = plan_list(CHANGED.encode(), "long-context").counts()
    undo(bring(CHANGED, force=True), jane)
    paper = Paper.objects.get(title__startswith="Big Bird")
    paper.year = 2022
    with request_of(jane):
        curation.save_paper(paper, ["year"], jane)
    plan = plan_list(CHANGED.encode(), "long-context")
    assert [one.key for one in plan.conflicts] == [f"paper:{paper.pk}:year"]
    assert plan.counts()["new"] == wanted["new"]


def test_what_is_left_away_for_good_is_no_conflict_with_the_next_import(jane):
    bring(LIST)
    undo(bring(CHANGED, force=True), jane, for_good=True)
    plan = plan_list(CHANGED.encode(), "long-context")
    assert not plan
    assert plan.conflicts == []


def test_what_a_list_says_beside_a_curators_word_is_noted_in_the_lists_name(jane):
    bring(LIST)
    bird = Paper.objects.get(title__startswith="Big Bird")
    with request_of(jane):
        bird.year = 2021
        curation.save_paper(bird, ["year"], jane)
    conflict = LIST.replace("NeurIPS 2020", "NeurIPS 2022").encode()
    import_list(conflict, "long-context")
    FieldStatement.objects.filter(paper=bird, field="year", source="list").update(value=2020)
    outcome = import_list(conflict, "long-context")
    assert (outcome.run, outcome.open_conflicts) == (None, 1)
    group = next(one for one in latest()[0] if one.by.run is None and one.by.job)
    assert group.by.who == "a job: list import"
    assert "field statement: 1 changed" in [one.words for one in group.counts]


def test_a_split_of_authors_in_a_group_takes_its_word_along(jane):
    paper, other = make_paper(authors=["A. Person"]), make_paper(authors=["A. Person"])
    author = paper.authorships.get().author
    with request_of(jane) as group:
        curation.split_author(author, [other.pk], None, "Another Person", jane)
    assert NamedAuthor.objects.exists()
    with request_of(jane):
        undo_of_undo = undo(group, jane)
    assert not NamedAuthor.objects.exists()
    undo(undo_of_undo, jane)
    assert NamedAuthor.objects.exists()


def test_a_decision_on_a_pair_is_on_record_and_goes_back(jane):
    one, other = make_paper(), make_paper()
    pair = PaperSuspect.objects.create(first=one, second=other, score=0.9)
    with request_of(jane, why="another year") as group:
        curation.decide_distinct(PaperSuspect.objects.all(), jane)
    assert [one.by.why for one in latest()[0] if one.key == group] == ["another year"]
    undo(group, jane)
    pair.refresh_from_db()
    assert (pair.status, pair.decided_by) == ("open", None)


def test_what_a_run_states_in_bulk_is_not_its_beginners_own_hand(jane):
    one, other = make_paper(), make_paper()
    run = Run.objects.create(job="systems", user=jane)
    with by_run(run):
        PaperSuspect.objects.create(first=one, second=other, score=0.9)
    assert not events_of(PaperSuspect).objects.exists()
    with request_of(jane, why='says "job": "x"'):
        PaperSuspect.objects.all().delete()
    assert events_of(PaperSuspect).objects.get().pgh_label == "delete"


def test_what_goes_with_a_paper_that_was_added_does_not_stay(jane):
    bring(LIST)
    group = bring(CHANGED, force=True)
    said = FieldStatement.objects.filter(paper__title__startswith="Memorizing", field="year")
    with request_of(None):
        said.update(value=2023)
    assert plan_undo(group).obstacles == []
    undo(group, jane)
    assert not said.exists()


# Merges give back the very rows


COMPUTED = {"PaperMeasure", "SimilarPaper"}


def everything_of_the_catalogue() -> dict[str, list[dict[str, object]]]:
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("catalog").get_models()
        if not hasattr(model, "pgh_tracked_model") and model.__name__ not in {"Act", *COMPUTED}
    }


@pytest.mark.parametrize("by_group", [False, True])
def test_a_merge_taken_back_leaves_the_very_rows(
    jane, by_group, django_capture_on_commit_callbacks
):
    badge = "\n   [![GitHub Repo stars](https://img.shields.io/github/stars/a/b)](https://github.com/a/b)"
    bring(LIST.replace("NeurIPS 2020.", f"NeurIPS 2020.{badge}"))
    bird, other = Paper.objects.exclude(title__startswith="Longformer").order_by("pk")
    text = "Code is at https://github.com/a/b, and at https://github.com/c/d."
    Paper.objects.filter(pk__in=[bird.pk, other.pk]).update(abstract=text)
    CitationCount.objects.create(paper=other, source="openalex", counted_on="2025-01-01")
    gather()
    before = everything_of_the_catalogue()
    for row in before["Paper"]:
        row.pop("updated_at")
    with django_capture_on_commit_callbacks(execute=True), request_of(jane) as group:
        act = curation.merge_papers(bird, [other], jane)[0]
    assert not Evidence.objects.filter(paper=other).exists()
    with django_capture_on_commit_callbacks(execute=True):
        if by_group:
            undo(group, jane)
        else:
            assert curation.undo_act(act, jane) == []
    after = everything_of_the_catalogue()
    for row in after["Paper"]:
        row.pop("updated_at")
    assert after == before


# Words


def test_every_row_of_the_history_has_a_line_that_tells_it(jane):
    with request_of(jane):
        Rows(make_catalogue())
        bring(LIST, force=True)
    lines = {
        model._meta.label: [one.what for one in changes(model, events_of(model).objects.all())]
        for model in tracked_models()
    }
    for model in tracked_models():
        for line in lines[model._meta.label]:
            about = line.removeprefix(str(model._meta.verbose_name)).removesuffix("added").strip()
            assert about, line
            assert "“”" not in line
            assert "None" not in line
    assert "field statement title (reading list) of “Big Bird” added" in lines["catalog.FieldStatement"]  # fmt: skip


@shared_task
def forget_names() -> None:
    Identifier.objects.all().delete()


def test_what_a_task_changes_names_the_task(settings):
    make_paper(arxiv="2004.05150")
    forget_names()
    assert [one.by.who for one in latest()[0]] == ["a job: forget names"]


def test_deleting_the_selected_asks_why_and_keeps_it():
    client = Client()
    client.force_login(User.objects.create_superuser("jane"))
    paper = make_paper(arxiv="2004.05150")
    row = paper.identifiers.get()
    page = reverse("admin:catalog_identifier_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "why": "it is <another’s>"}
    asked = client.post(page, chosen).content.decode()
    assert 'value="it is &lt;another’s&gt;"' in asked
    assert Identifier.objects.exists()
    client.post(page, {**chosen, "post": "yes"})
    assert not Identifier.objects.filter(paper=paper).exists()
    hands = [one.by for one in latest(Wanted(model=Identifier))[0]]
    assert ("jane", "it is <another’s>") in [(hand.who, hand.why) for hand in hands]


def test_a_run_that_is_still_at_work_is_not_taken_back(jane):
    paper = make_paper()
    run = Run.objects.create(job="arxiv")
    with by_run(run):
        Paper.objects.filter(pk=paper.pk).update(title="Other")
    group = group_of_run(run.pk)
    assert group
    with pytest.raises(curation.Refused, match="still at work"):
        undo(group, jane)


def test_relations_and_their_reasons_are_listed_too(jane):
    one, other = make_paper(), make_paper()
    with pghistory.context(user=jane.pk, why="seen in the text"):
        Relation.objects.create(subject=one, object=other, kind="extends", source="curator")
    assert "relation: 1 added" in [
        count.words for count in latest(Wanted(model=Relation))[0][0].counts
    ]
