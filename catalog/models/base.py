"""What several models share: who says a thing, and since when."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

import pghistory
from django.db import models
from django.utils import timezone

from catalog.folding import fold


class Source(models.TextChoices):
    """Who can say a fact, most trusted first (design §6)."""

    CURATOR = "curator", "curator"
    ARXIV = "arxiv", "arXiv"
    GITHUB = "github", "GitHub"
    OPENREVIEW = "openreview", "OpenReview"
    ACL = "acl", "ACL Anthology"
    CROSSREF = "crossref", "Crossref"
    SEMANTIC_SCHOLAR = "semantic_scholar", "Semantic Scholar"
    OPENALEX = "openalex", "OpenAlex"
    LIST = "list", "reading list"
    DERIVED = "derived", "derived"

    @property
    def precedence(self) -> int:
        """0 is the most trusted; a source overwrites only what its equals and lessers have said."""
        return list(Source).index(self)


class KeyField(models.TextField):  # type: ignore[type-arg]  # generic for mypy only
    """The folded form of another text field of the row, kept in step whenever the row is saved."""

    def __init__(self, *, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(editable=False, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["editable"]
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = fold(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key


_Row = TypeVar("_Row", bound=models.Model, covariant=True)
_Model = TypeVar("_Model", bound=models.Model)


def tracked(model: type[_Model]) -> type[_Model]:
    """Keep the row as it was before each change, so that the first one too can be shown and taken back."""
    return tracked_but()(model)


def tracked_but(*restless: str) -> Callable[[type[_Model]], type[_Model]]:
    """Like `tracked`, but a change of nothing else than the restless columns, which jobs count daily, is no event."""
    condition = pghistory.AnyChange(exclude=list(restless)) if restless else pghistory.AnyChange()
    update = pghistory.UpdateEvent(condition=condition, row=pghistory.Old)
    track = pghistory.track(update, pghistory.DeleteEvent())

    def follow(model: type[_Model]) -> type[_Model]:
        followed: type[_Model] = track(model)
        return followed

    return follow


class StatedQuerySet(models.QuerySet[_Row]):
    def current(self) -> Self:
        """Leave out what its source no longer says and what a curator has taken away."""
        return self.filter(retired_at=None)


class StatedManager(models.Manager[_Row]):
    """Written out rather than made `from_queryset`: type checkers lose such a manager between two runs."""

    def get_queryset(self) -> StatedQuerySet[_Row]:
        return StatedQuerySet(self.model, using=self._db)

    def current(self) -> StatedQuerySet[_Row]:
        return self.get_queryset().current()


class Stated(models.Model):
    """A row that somebody states. Retired rows stay: a curator's removal must outlive the next import."""

    source = models.CharField(max_length=20, choices=Source, default=Source.CURATOR)
    stated_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = StatedManager()

    class Meta:
        abstract = True


def one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """Hold a choice field to its choices in the database too."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)
