"""The table of permissions: who may do what in the admin, one line for each model, page and action.

A model, page or action that is not here makes tests/config/test_permissions.py fail: add its line.
Each right names the least of those who have it; everybody further down has it too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
    data: dict[str, Any] = field(
        default_factory=dict
    )  # what its page is for, where it is no form of columns


KEPT = Model_(see=R, add=NOBODY, change=NOBODY, delete=NOBODY)  # what jobs write
STATED = Model_(see=R, add=E, change=E, delete=E)  # of a catalogue or a paper
SHARED = Model_(see=R, add=C, change=C, delete=ROOT)
BEAT = Model_(see=R, add=C, change=C, delete=C)
USERS = Model_(see=ROOT, add=ROOT, change=ROOT, delete=ROOT)

DECIDED = {"_distinct": "1"}

MODELS: dict[type[Model], Model_] = {
    models.Act: KEPT,
    models.Announcement: STATED,
    models.Author: SHARED,
    models.AuthorSuspect: Model_(see=R, add=NOBODY, change=C, delete=NOBODY, data=DECIDED),
    models.Authorship: STATED,
    models.Candidate: Model_(see=R, add=NOBODY, change=E, delete=ROOT),
    models.Catalogue: Model_(see=R, add=C, change=E, delete=ROOT),
    models.Citation: STATED,
    models.CitationCount: KEPT,
    models.CitationKey: KEPT,
    models.CitingWork: KEPT,
    models.CodeSuggestion: KEPT,
    models.Dump: Model_(see=R, add=NOBODY, change=NOBODY, delete=ROOT),
    models.Evidence: KEPT,
    models.FieldStatement: KEPT,
    models.GlossaryEntry: Model_(see=R, add=C, change=C, delete=C),
    models.GlossaryMention: KEPT,
    models.HarvestQuery: STATED,
    models.Identifier: STATED,
    models.Link: STATED,
    models.LinkCheck: KEPT,
    models.LinkCheckChange: KEPT,
    models.NamedAuthor: Model_(see=R, add=NOBODY, change=NOBODY, delete=ROOT),
    models.Paper: Model_(see=R, add=E, change=E, delete=ROOT),
    models.PaperMeasure: KEPT,
    models.PaperRepository: STATED,
    models.PaperSuspect: Model_(see=R, add=NOBODY, change=E, delete=NOBODY, data=DECIDED),
    models.Placement: STATED,
    models.Problem: KEPT,
    models.Proposal: Model_(
        see=R, add=NOBODY, change=E, delete=ROOT, data={"take-year": "on", "_accept": "1"}
    ),
    models.Provenance: Model_(see=R, add=NOBODY, change=E, delete=NOBODY),
    models.Readme: KEPT,
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
    models.TreeChange: KEPT,
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
    """An action of a list. `elsewhere`: the least who may do it to what is in another catalogue.

    `given`: how the row stands for the action to have something to do.
    """

    who: Who
    elsewhere: Who = C
    given: dict[str, Any] = field(default_factory=dict)


# "Delete the selected" is where a model's line says who deletes, but for these, which are deleted one by one.
NO_DELETE_SELECTED = {models.Announcement, models.Relation, models.Topic}
RETIRED = {"retired_at": datetime(2025, 1, 1, tzinfo=UTC)}
ACTIONS: dict[tuple[type[Model], str], Action] = {
    (models.Author, "merge"): Action(C),
    (models.AuthorSuspect, "distinct"): Action(C),
    (models.AuthorSuspect, "reopen"): Action(C, given={"status": "distinct"}),
    (models.Candidate, "accept"): Action(E),
    (models.Candidate, "reject"): Action(E),
    (models.CodeSuggestion, "accept"): Action(E),
    (models.CodeSuggestion, "reject"): Action(E),
    (models.Link, "restore"): Action(E, given=RETIRED),
    (models.LinkCheck, "check_now"): Action(E),
    (models.LinkCheck, "replace"): Action(E),
    (models.LinkCheck, "take_away"): Action(E),
    (models.Paper, "edit_many"): Action(E),
    (models.Paper, "merge"): Action(E),
    (models.Paper, "unlist"): Action(E),
    (models.PaperRepository, "count_own_stars"): Action(E),
    (models.PaperRepository, "restore"): Action(E, given=RETIRED),
    (models.PaperSuspect, "distinct"): Action(E),
    (models.PaperSuspect, "reopen"): Action(E, given={"status": "distinct"}),
    (models.Placement, "restore"): Action(E, given={**RETIRED, "is_primary": False}),
    (models.Problem, "ignore"): Action(E),
    (models.Problem, "reopen"): Action(E, given={"status": "ignored"}),
    (models.Problem, "resolve"): Action(E),
    (models.Proposal, "reject_selected"): Action(E),
    (models.Relation, "confirm"): Action(E),
    (models.Relation, "reject"): Action(E),
    (models.Run, "end"): Action(E, given={"status": "running", "finished_at": None}),
    (models.SourceState, "close"): Action(C),
    (models.System, "restore"): Action(E, given=RETIRED),
    (models.Topic, "restore"): Action(E, given=RETIRED),
    (models.VenueSuggestion, "accept"): Action(E),
    (models.VenueSuggestion, "reject"): Action(E),
    (models.VenueSuggestion, "reopen"): Action(E, given={"status": "rejected"}),
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
    worked: Callable[[Any], bool] = lambda response: (
        True
    )  # whether a form was taken, and not shown again

    def address(self, name: str, rows: Any) -> str:
        return reverse(f"admin:{name}", args=self.args(rows)) + self.query(rows)


def _led_on(response: Any) -> bool:
    """Forms that are taken lead elsewhere; those that are refused are shown again."""
    return bool(response.status_code == 302)


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
    "change_undo": Page(
        E,
        E,
        lambda rows: [rows.group],
        elsewhere_post=C,
        # It shows why it is forbidden, beside what would be taken back.
        worked=lambda response: not response.context["forbidden"],
    ),
    "change_undo_run": Page(R, E, lambda rows: [rows.undo_run().pk], elsewhere_post=C),
    "catalog_act_undo": Page(NOBODY, E, lambda rows: [rows.act().pk], elsewhere_post=C),
    "catalog_author_merge": _merge(models.Author, C),
    "catalog_author_name": Page(
        C,
        C,
        lambda rows: [rows[models.Authorship].author_id],
        data=lambda rows: {"name": rows[models.Authorship].printed_name},
    ),
    "catalog_author_revert": _revert(models.Author, C),
    "catalog_author_split": Page(
        C,
        C,
        lambda rows: [rows.author_of_two().pk],
        data=lambda rows: {"papers": [rows[models.Paper].pk], "name": "Another"},
        worked=_led_on,
    ),
    "catalog_author_unmerge": _unmerge(models.Author, C),
    "catalog_authorsuspect_queue": Page(R, NOBODY),
    "catalog_authorsuspect_undo": Page(
        R, NOBODY, lambda rows: [rows.merged_pair(models.AuthorSuspect).pk]
    ),
    "catalog_catalogue_archive": Page(R, R, lambda rows: [rows[models.Catalogue].pk]),
    "catalog_catalogue_declined": Page(
        E, E, lambda rows: [rows[models.Catalogue].pk], elsewhere_get=C, elsewhere_post=C
    ),
    "catalog_catalogue_waiting": Page(
        E, E, lambda rows: [rows[models.Catalogue].pk], elsewhere_get=C, elsewhere_post=C
    ),
    "catalog_catalogue_write": Page(
        R, E, lambda rows: [rows[models.Catalogue].pk], elsewhere_post=C
    ),
    "catalog_catalogue_export": Page(R, R, lambda rows: [rows[models.Catalogue].pk]),
    "catalog_catalogue_import": Page(E, E),
    "catalog_catalogue_import_now": Page(
        NOBODY, E, lambda rows: [rows[models.Catalogue].pk], elsewhere_post=C
    ),
    "catalog_catalogue_plan": Page(
        E, E, lambda rows: [rows.upload().pk], elsewhere_get=C, elsewhere_post=C
    ),
    "catalog_catalogue_revert": _revert(models.Catalogue),
    "catalog_paper_add_by_hand": Page(E, E, data=lambda rows: rows.by_hand(), worked=_led_on),
    "catalog_paper_bulk_edit": Page(NOBODY, E, data=lambda rows: rows.edit(), elsewhere_post=C),
    "catalog_paper_draft": Page(
        E,
        E,
        lambda rows: [rows.draft().pk],
        data=lambda rows: {"title": "Quite new", "topic": rows[models.Topic].pk},
        elsewhere_post=C,
        worked=_led_on,
    ),
    "catalog_paper_facts": Page(
        NOBODY,
        E,
        lambda rows: [rows[models.Paper].pk],
        data=lambda rows: {"use": rows[models.FieldStatement].pk},
        elsewhere_post=C,
    ),
    "catalog_paper_merge": _merge(models.Paper, E),
    "catalog_paper_paste": Page(
        E,
        E,
        lambda rows: [rows.draft().paste_id],
        data=lambda rows: rows.pasted(),
        elsewhere_post=C,
        worked=_led_on,
    ),
    "catalog_paper_draft_topics": Page(E, NOBODY, lambda rows: [rows.draft().pk]),
    "catalog_paper_paste_progress": Page(E, NOBODY, lambda rows: [rows.draft().paste_id]),
    "catalog_paper_revert": _revert(models.Paper),
    "catalog_paper_unmerge": _unmerge(models.Paper, E),
    "catalog_papersuspect_queue": Page(R, NOBODY),
    "catalog_papersuspect_undo": Page(
        R, NOBODY, lambda rows: [rows.merged_pair(models.PaperSuspect).pk]
    ),
    "catalog_repository_revert": _revert(models.Repository, C),
    "catalog_topic_merge": Page(
        E,
        E,
        lambda rows: [rows[models.Topic].pk],
        data=lambda rows: {"into": rows.second_topic().pk},
        elsewhere_get=C,
        elsewhere_post=C,
        worked=_led_on,
    ),
    "catalog_topic_revert": _revert(models.Topic),
    "catalog_topic_split": Page(
        E,
        E,
        lambda rows: [rows[models.Topic].pk],
        data=lambda rows: rows.part(),
        elsewhere_get=C,
        elsewhere_post=C,
        worked=_led_on,
    ),
    "catalog_topic_tree": Page(
        R,
        E,
        lambda rows: [rows.catalogue.slug],
        data=lambda rows: {"do": f"rename:{rows[models.Topic].pk}", "name": "Renamed"},
        elsewhere_post=C,
    ),
    "catalog_topic_trees": Page(R, NOBODY),
    "catalog_topic_undo": Page(NOBODY, E, lambda rows: [rows.tree_change().pk], elsewhere_post=C),
    "catalog_venue_revert": _revert(models.Venue, C),
    "catalog_venuesuggestion_accept_all": Page(
        E,
        E,
        query=lambda rows: "?kind=remark",
        data=lambda rows: {"seen": rows.seen()},
        elsewhere_post=C,
    ),
    "catalog_venuesuggestion_queue": Page(
        R, E, data=lambda rows: {"accept": rows.seen()}, elsewhere_post=C
    ),
}
# Pages that Django shows to everybody, or that only lead elsewhere.
OPEN = {"login", "logout", "app_list"}
