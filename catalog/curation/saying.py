"""A curator's word on one field of many papers, in as many statements however many they are."""

from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from catalog.models import FieldStatement, Provenance, Source
from catalog.statements import Value

_AT_ONCE = 1000


def say(field: str, values: Mapping[int, Value], user: AbstractBaseUser) -> None:
    """Record that these are the curator's values of a field, by paper, and lock it; None and "" are no statement."""
    now = timezone.now()
    Provenance.objects.bulk_create(
        [
            Provenance(
                paper_id=pk,
                field=field,
                source=Source.CURATOR,
                detail=user.get_username()[:200],
                stated_at=now,
                locked=True,
            )
            for pk in values
        ],
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=["paper", "field"],
        update_fields=["source", "detail", "stated_at", "locked"],
    )
    stored = FieldStatement.objects.filter(field=field, source=Source.CURATOR)
    stored.filter(paper__in=list(values)).delete()
    FieldStatement.objects.bulk_create(
        [
            FieldStatement(
                paper_id=pk, field=field, source=Source.CURATOR, value=value, stated_at=now
            )
            for pk, value in values.items()
            if value not in (None, "")
        ],
        batch_size=_AT_ONCE,
    )
