"""What several models share: who says a thing, and since when."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

import pghistory
import pgtrigger
from django.db import models
from django.utils import timezone
from pghistory.trigger import Event
from pgtrigger import Func

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


class _AtOnce(Event):
    """Keeps what a statement has added or deleted, all rows at once. A statement that does nothing leaves no trace of itself."""

    def get_func(self, model: Any) -> Any:
        written = super().get_func(model).func  # type: ignore[no-untyped-call]  # the package has no types here
        rows = "{cond_old_values}" if self.row == "OLD" else "{cond_new_values}"
        is_idle = f"IF NOT EXISTS (SELECT FROM {rows}) THEN RETURN NULL; END IF; "
        return Func(is_idle + written)  # type: ignore[no-untyped-call]


class _ByStatement(pghistory.RowEvent):
    """An event that is kept once for all rows of a statement."""

    def add_event_trigger(self, event_model: Any) -> None:
        trigger = _AtOnce(  # type: ignore[no-untyped-call]
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=pgtrigger.Statement,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


class _InsertEvent(_ByStatement, pghistory.InsertEvent):
    pass


class _DeleteEvent(_ByStatement, pghistory.DeleteEvent):
    pass


def tracked(model: type[_Model]) -> type[_Model]:
    """Keep every row as it was made, and as it was before each change, whoever's hand it is."""
    return tracked_but()(model)


def tracked_but(*restless: str) -> Callable[[type[_Model]], type[_Model]]:
    """Like `tracked`, but a change of nothing else than the restless columns, which jobs count daily, is no event."""
    condition = pghistory.AnyChange(exclude=list(restless)) if restless else pghistory.AnyChange()
    update = pghistory.UpdateEvent(condition=condition, row=pghistory.Old)
    track = pghistory.track(_InsertEvent(), update, _DeleteEvent())

    def follow(model: type[_Model]) -> type[_Model]:
        followed: type[_Model] = track(model)
        followed.restless_columns = restless  # type: ignore[attr-defined]
        return followed

    return follow


# Whether a person is at it by hand. A run says its job, and of whom began it the user, too. (Quotes in what people write are
# escaped in JSON, so that no text can look like either.)
_SAID = "current_setting('pghistory.context_metadata', true)"
_BY_HAND = f"""{_SAID} ~ '"user": [0-9]' AND {_SAID} !~ '"job": "'"""


def tracked_by_hand(model: type[_Model]) -> type[_Model]:
    """Keep what a person does to rows that services state in bulk; what the jobs write of these is theirs to say again."""
    by_hand = pgtrigger.Condition(_BY_HAND)
    changed = pgtrigger.Condition(f"OLD.* IS DISTINCT FROM NEW.* AND {_BY_HAND}")
    track = pghistory.track(
        pghistory.InsertEvent(condition=by_hand),
        pghistory.UpdateEvent(condition=changed, row=pghistory.Old),
        pghistory.DeleteEvent(condition=by_hand),
    )
    followed: type[_Model] = track(model)
    followed.restless_columns = ()  # type: ignore[attr-defined]
    return followed


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
