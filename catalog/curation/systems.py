"""A curator's word on systems, and on the relations that were derived from what papers say of them."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.folding import fold
from catalog.models import Relation, Source, System


@transaction.atomic
def confirm_relations(relations: "QuerySet[Relation]", user: AbstractBaseUser) -> int:
    """Make derived relations the curator's: they stay whatever the texts say later. Return how many there were."""
    return _decide(relations, user, {"retired_at": None})


@transaction.atomic
def reject_relations(relations: "QuerySet[Relation]", user: AbstractBaseUser) -> int:
    """Retire relations in the curator's name, so that they are never derived again. Return how many there were."""
    return _decide(relations, user, {"retired_at": timezone.now()})


def _decide(relations: "QuerySet[Relation]", user: AbstractBaseUser, values: dict[str, Any]) -> int:
    """A curator's word is one row, whether or not the relation was the curator's before."""
    hold_off_imports()
    keys = list(relations.values_list("pk", flat=True))
    values = {"stated_by": user.pk, "stated_at": timezone.now(), **values}
    chosen = Relation.objects.filter(pk__in=keys)
    same = {name: OuterRef(name) for name in ("subject", "object", "kind")}
    doubles = chosen.exclude(source=Source.CURATOR)
    doubles = doubles.filter(Exists(Relation.objects.filter(source=Source.CURATOR, **same)))
    others = Relation.objects.filter(source=Source.CURATOR)
    others.filter(Exists(chosen.filter(**same))).update(**values)
    Relation.objects.filter(pk__in=list(doubles.values_list("pk", flat=True))).delete()
    chosen.exclude(source=Source.CURATOR).update(source=Source.CURATOR, **values)
    return len(keys)


@transaction.atomic
def save_system(system: System) -> None:
    """Save a system as the curator's. A name that it no longer has is remembered as none, so that it is not found again."""
    hold_off_imports()
    system.aliases = list(dict.fromkeys(" ".join(name.split()) for name in system.aliases))
    system.source, system.stated_at, system.retired_at = Source.CURATOR, timezone.now(), None
    before = System.objects.select_for_update().filter(pk=system.pk).first()
    twin = System.objects.filter(introduced_by=system.introduced_by, key=fold(system.name))
    twin.exclude(pk=system.pk).delete()
    system.save()
    if before and (before.introduced_by_id, before.key) != (system.introduced_by_id, system.key):
        _remember_as_none(before)
    kept = {(system.introduced_by_id, fold(name)) for name in system.names}
    others = System.objects.filter(introduced_by=system.introduced_by, source=Source.DERIVED)
    for other in others:
        if (other.introduced_by_id, other.key) in kept:  # it is an alias now
            _move_relations(other, system)
            other.delete()


def _remember_as_none(before: System) -> None:
    System.objects.get_or_create(
        introduced_by_id=before.introduced_by_id,
        key=before.key,
        defaults={
            "name": before.name,
            "source": Source.CURATOR,
            "retired_at": timezone.now(),
        },
    )


def _move_relations(one: System, other: System) -> None:
    Relation.objects.filter(system=one).update(system=other)


@transaction.atomic
def remove_systems(systems: Iterable[System]) -> None:
    """Retire systems in the curator's name: their names are not found again, and what was derived from them goes with the next run."""
    hold_off_imports()
    now = timezone.now()
    keys = [system.pk for system in systems]
    System.objects.filter(pk__in=keys).update(source=Source.CURATOR, stated_at=now, retired_at=now)
    derived = Relation.objects.current().filter(system__in=keys, source=Source.DERIVED)
    derived.update(retired_at=now)


@transaction.atomic
def restore_systems(systems: "QuerySet[System]") -> int:
    """Bring retired systems back, as the curator's."""
    hold_off_imports()
    return systems.filter(retired_at__isnull=False).update(
        source=Source.CURATOR, stated_at=timezone.now(), retired_at=None
    )
