"""The table of permissions: who may do what in the admin, one line for each model, page and action.

A model, page or action that is not here makes tests/config/test_permissions.py fail: add its line.
Each right names the least of those who have it; everybody further down has it too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from catalog import models
from ingest.models import Visit
from search.models import Embedding, PaperText, Synonym, Word


class Who(IntEnum):
    """Those who come to the admin, from the least to the most trusted."""

    ANONYMOUS = 0
    STRANGER = 1  # staff, without any permission
    READER = 2
    EDITOR = 3  # of one catalogue; what belongs to another is as closed as to a reader
    CURATOR = 4
    ROOT = 5
    NOBODY = 6


A, S, R, E, C, ROOT, NOBODY = Who


@dataclass(frozen=True)
class Model_:
    """The pages that every model has."""

    see: Who
    add: Who
    change: Who
    delete: Who


KEPT = Model_(see=R, add=NOBODY, change=NOBODY, delete=NOBODY)  # what jobs write
STATED = Model_(see=R, add=E, change=E, delete=E)  # of a catalogue or a paper
SHARED = Model_(see=R, add=C, change=C, delete=ROOT)
BEAT = Model_(see=R, add=C, change=C, delete=C)
USERS = Model_(see=ROOT, add=ROOT, change=ROOT, delete=ROOT)

MODELS: dict[type[Model], Model_] = {
    models.Announcement: STATED,
    models.Author: SHARED,
    models.Authorship: STATED,
    models.Candidate: Model_(see=R, add=NOBODY, change=E, delete=ROOT),
    models.Catalogue: Model_(see=R, add=C, change=E, delete=ROOT),
    models.Citation: STATED,
    models.CitationCount: KEPT,
    models.CitationKey: KEPT,
    models.CitingWork: KEPT,
    models.Dump: Model_(see=R, add=NOBODY, change=NOBODY, delete=ROOT),
    models.HarvestQuery: STATED,
    models.Identifier: STATED,
    models.Link: STATED,
    models.Paper: Model_(see=R, add=E, change=E, delete=ROOT),
    models.PaperMeasure: KEPT,
    models.PaperRepository: STATED,
    models.Placement: STATED,
    models.Problem: KEPT,
    models.Provenance: Model_(see=R, add=NOBODY, change=E, delete=NOBODY),
    models.Reference: STATED,
    models.RejectedIdentifier: STATED,
    models.Relation: STATED,
    models.Repository: SHARED,
    models.RepositoryAlias: KEPT,
    models.Run: KEPT,
    models.SimilarPaper: KEPT,
    models.SourceState: KEPT,
    models.StarCount: KEPT,
    models.System: STATED,
    models.TitleAlias: STATED,
    models.Topic: STATED,
    models.TopicRedirect: STATED,
    models.Venue: SHARED,
    models.VenueSuggestion: KEPT,
    Visit: KEPT,
    Embedding: KEPT,
    PaperText: KEPT,
    Word: KEPT,
    Synonym: Model_(see=R, add=C, change=C, delete=C),
    ClockedSchedule: BEAT,
    CrontabSchedule: BEAT,
    IntervalSchedule: BEAT,
    PeriodicTask: BEAT,
    SolarSchedule: BEAT,
    Group: USERS,
    User: USERS,
}


@dataclass(frozen=True)
class Action:
    """An action of a list. `elsewhere`: the least who may do it to what is in another catalogue."""

    who: Who
    elsewhere: Who = C


# "Delete the selected" is where a model's line says who deletes, but for these, which are deleted one by one.
NO_DELETE_SELECTED = {models.Announcement, models.Relation, models.Topic}
ACTIONS: dict[tuple[type[Model], str], Action] = {
    (models.Author, "merge"): Action(C),
    (models.Candidate, "accept"): Action(E),
    (models.Candidate, "reject"): Action(E),
    (models.Link, "restore"): Action(E),
    (models.Paper, "merge"): Action(E),
    (models.Paper, "unlist"): Action(E),
    (models.PaperRepository, "restore"): Action(E),
    (models.Placement, "restore"): Action(E),
    (models.Problem, "ignore"): Action(E),
    (models.Problem, "reopen"): Action(E),
    (models.Problem, "resolve"): Action(E),
    (models.Relation, "confirm"): Action(E),
    (models.Relation, "reject"): Action(E),
    (models.Run, "end"): Action(E),
    (models.SourceState, "close"): Action(C),
    (models.System, "restore"): Action(E),
    (models.Topic, "restore"): Action(E),
    (models.VenueSuggestion, "accept"): Action(E),
    (models.VenueSuggestion, "reject"): Action(E),
    (Visit, "ask_again"): Action(C),
    (PeriodicTask, "disable_tasks"): Action(C),
    (PeriodicTask, "enable_tasks"): Action(C),
    (PeriodicTask, "run_tasks"): Action(C),
    (PeriodicTask, "toggle_tasks"): Action(C),
}


@dataclass(frozen=True)
class Page:
    """A page of its own, by the name of its URL; `args` makes its address of a scene's rows, the own or another catalogue's."""

    get: Who
    post: Who
    args: Callable[[Any], list[Any]] = lambda rows: []
    query: Callable[[Any], str] = lambda rows: ""
    data: Callable[[Any], dict[str, Any]] = lambda rows: {}
    elsewhere_get: Who | None = None  # where another catalogue's differs
    elsewhere_post: Who | None = None

    def address(self, name: str, rows: Any) -> str:
        return reverse(f"admin:{name}", args=self.args(rows)) + self.query(rows)


def _revert(model: type[Model], who: Who = E) -> Page:
    return Page(
        NOBODY, who, lambda rows: [rows[model].pk, rows.change_of(rows[model])], elsewhere_post=C
    )


def _merge(model: type[Model], who: Who) -> Page:
    def pair(rows: Any) -> str:
        return f"?ids={rows[model].pk},{rows.twin(model).pk}"

    return Page(who, who, query=pair, elsewhere_get=C, elsewhere_post=C)


def _unmerge(model: type[Model], who: Who) -> Page:
    return Page(who, who, lambda rows: [rows.merged(model).pk], elsewhere_get=C, elsewhere_post=C)


PAGES: dict[str, Page] = {
    "index": Page(S, S),
    "password_change": Page(S, S),
    "password_change_done": Page(S, NOBODY),
    "jsi18n": Page(S, NOBODY),
    "view_on_site": Page(S, S, lambda rows: [rows.type_of(models.Paper), rows[models.Paper].pk]),
    "autocomplete": Page(
        R,
        NOBODY,
        query=lambda rows: "?app_label=catalog&model_name=placement&field_name=topic&term=",
    ),
    "changes": Page(R, NOBODY),
    "change_group": Page(R, NOBODY, lambda rows: [rows.group]),
    "change_undo": Page(E, E, lambda rows: [rows.group], elsewhere_post=C),
    "catalog_author_merge": _merge(models.Author, C),
    "catalog_author_revert": _revert(models.Author, C),
    "catalog_author_unmerge": _unmerge(models.Author, C),
    "catalog_catalogue_export": Page(R, R, lambda rows: [rows[models.Catalogue].pk]),
    "catalog_catalogue_import": Page(E, E),
    "catalog_catalogue_import_now": Page(
        NOBODY, E, lambda rows: [rows[models.Catalogue].pk], elsewhere_post=C
    ),
    "catalog_catalogue_plan": Page(
        E, E, lambda rows: [rows.upload().pk], elsewhere_get=C, elsewhere_post=C
    ),
    "catalog_catalogue_revert": _revert(models.Catalogue),
    "catalog_paper_merge": _merge(models.Paper, E),
    "catalog_paper_revert": _revert(models.Paper),
    "catalog_paper_unmerge": _unmerge(models.Paper, E),
    "catalog_repository_revert": _revert(models.Repository, C),
    "catalog_topic_revert": _revert(models.Topic),
    "catalog_venue_revert": _revert(models.Venue, C),
}
# Pages that Django shows to everybody, or that only lead elsewhere.
OPEN = {"login", "logout", "app_list"}
