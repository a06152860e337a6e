"""What is decided on pairs that may be one: kept for good, also when one of the two is merged into a third."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.models import AuthorSuspect, PaperSuspect
from catalog.models.duplicates import SuspectStatus

Model = type[PaperSuspect] | type[AuthorSuspect]
# Which decision stands when two pairs become one: the first of these.
_ORDER = [SuspectStatus.DISTINCT, SuspectStatus.OPEN, SuspectStatus.GONE, SuspectStatus.MERGED]


@transaction.atomic
def decide_distinct(suspects: "QuerySet[Any]", user: AbstractBaseUser) -> int:
    """Remember that these pairs are not the same, so that they are never proposed again; return how many are new."""
    hold_off_imports()
    return suspects.filter(status__in=[SuspectStatus.OPEN, SuspectStatus.GONE]).update(
        status=SuspectStatus.DISTINCT, decided_at=timezone.now(), decided_by=user.pk
    )


@transaction.atomic
def reopen(suspects: "QuerySet[Any]") -> int:
    """Take back "not the same"; return how many wait again."""
    hold_off_imports()
    return suspects.filter(status=SuspectStatus.DISTINCT).update(
        status=SuspectStatus.OPEN, decided_at=None, decided_by=None
    )


def decide_merged(model: Model, one: int, other: int, user: AbstractBaseUser | None) -> None:
    """Note that a suspected pair was merged."""
    first, second = sorted((one, other))
    model._default_manager.filter(first=first, second=second).update(
        status=SuspectStatus.MERGED,
        decided_at=timezone.now(),
        decided_by=user.pk if user else None,
    )


def move_suspects(model: Model, old: int, new: int) -> None:
    """What was said of the duplicate and a third one holds of the survivor and that one."""
    rows = model._default_manager.filter(Q(first=old) | Q(second=old))
    for row in rows.exclude(status=SuspectStatus.MERGED).order_by("pk"):
        third = row.second_id if row.first_id == old else row.first_id
        if third == new:
            continue
        first, second = sorted((new, third))
        twin = model._default_manager.filter(first=first, second=second).first()
        if twin is None:
            row.first_id, row.second_id = first, second
            row.save(update_fields=["first", "second"])
            continue
        if _ORDER.index(SuspectStatus(row.status)) < _ORDER.index(SuspectStatus(twin.status)):
            for name in ("score", "reasons", "status", "decided_at", "decided_by_id"):
                setattr(twin, name, getattr(row, name))
            twin.save()
        row.delete()
