"""Which tables have a past, and in which order rows of one can only come after rows of another."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import models
from pghistory import core

Model = type[models.Model]

# Columns that follow from others, or that only say when: no curator has to hear of them.
SILENT = {"title_key", "name_key", "key", "updated_at", "stated_at", "path", "slug", "stem"}


@cache
def tracked_models() -> tuple[Model, ...]:
    """The models whose rows have a past, each behind those that its rows point to."""
    events: list[Any] = core.event_models()
    models_: set[Model] = {event.pgh_tracked_model for event in events}
    ordered: list[Model] = []

    def visit(model: Model) -> None:
        if model in ordered:
            return
        for field in foreign_keys(model):
            if field.related_model in models_ and field.related_model is not model:
                visit(field.related_model)
        ordered.append(model)

    for model in sorted(models_, key=lambda one: one._meta.label):
        visit(model)
    return tuple(ordered)


def model_named(label: str) -> Model | None:
    """The tracked model that is called so: "catalog.paper"."""
    return next((one for one in tracked_models() if one._meta.label_lower == label.lower()), None)


def events_of(model: Model) -> Any:
    """The model of what was kept of a model's rows."""
    return model.pgh_event_model  # type: ignore[attr-defined]


def is_tracked(model: Model) -> bool:
    return hasattr(model, "pgh_event_model")


def foreign_keys(model: Model) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def columns_of(model: Model) -> list[Any]:
    """The columns that the past keeps, without those that change by themselves."""
    kept = {field.name for field in events_of(model)._meta.concrete_fields}
    restless = model.restless_columns  # type: ignore[attr-defined]
    return [
        field
        for field in model._meta.concrete_fields
        if field.name in kept and field.name not in restless
    ]


def pointing_to(model: Model) -> Iterator[tuple[Model, Any]]:
    """Each table that points to a model's rows, with the field that does."""
    for relation in model._meta.related_objects:
        if relation.concrete or relation.field.many_to_many:
            continue
        yield relation.related_model, relation.field  # type: ignore[misc]  # "self" is resolved by now
