"""The three groups that users are put into: Reader, Editor, Curator. Each migration brings them up to date.

A reader sees everything in the admin and changes nothing. An editor changes all that belongs to catalogues and papers; an
editorship on the user's page narrows that to certain catalogues. A curator changes everything but users and their rights.
What is deleted outright, and not retired or taken back by the history, is left to superusers.
"""

from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Model

from catalog.models import Editorship
from catalog.roles import is_shared

# The applications whose tables people look at.
_APPS = (*settings.OUR_APPS, "django_celery_beat")
# What of these is deleted stays in the history, is retired, or is found again by a job.
_DELETED_BY_CURATORS = frozenset(
    [
        "announcement",
        "authorship",
        "citation",
        "harvestquery",
        "identifier",
        "link",
        "paperrepository",
        "placement",
        "reference",
        "rejectedidentifier",
        "relation",
        "glossaryentry",
        "system",
        "titlealias",
        "topic",
        "topicredirect",
        "synonym",
        "visit",
        "periodictask",
        "intervalschedule",
        "crontabschedule",
        "solarschedule",
        "clockedschedule",
    ]
)


def refresh_groups(**kwargs: object) -> None:
    """Give each group what its name says, of all models there are."""
    for name in (*_APPS, "pghistory"):
        create_permissions(apps.get_app_config(name), verbosity=0)
    rights = _rights()
    known = {
        f"{one.content_type.app_label}.{one.codename}": one.pk
        for one in Permission.objects.select_related("content_type")
    }
    for name, codes in rights.items():
        group, _ = Group.objects.get_or_create(name=name)
        wanted = {known[code] for code in codes if code in known}
        if set(group.permissions.values_list("pk", flat=True)) != wanted:
            group.permissions.set(wanted)


def _rights() -> dict[str, set[str]]:
    reader: set[str] = {"pghistory.view_context"}
    curator: set[str] = set()
    editor: set[str] = set()
    for model in _models():
        app, name = model._meta.app_label, str(model._meta.model_name)
        reader.add(f"{app}.view_{name}")
        codes = {f"{app}.add_{name}", f"{app}.change_{name}"}
        if name in _DELETED_BY_CURATORS:
            codes.add(f"{app}.delete_{name}")
        curator |= codes
        if not is_shared(model):
            editor |= codes
    editor.discard("catalog.add_catalogue")
    return {"Reader": reader, "Editor": reader | editor, "Curator": reader | curator}


def _models() -> list[type[Model]]:
    """The models that people look at: not what the history keeps of them, nor the ledgers of schedules."""
    return [
        model
        for name in _APPS
        for model in apps.get_app_config(name).get_models()
        if not hasattr(model, "pgh_tracked_model") and model is not Editorship
    ]
