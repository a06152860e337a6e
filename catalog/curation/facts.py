"""A curator's choice among what sources say of a field."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from catalog import statements
from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import keep_title, state_fields, write_authors
from catalog.curation.refusal import Refused
from catalog.models import FieldStatement, Paper, Provenance, Source
from catalog.people import venue_named
from catalog.signals import announce_changed_papers


@transaction.atomic
def use_statement(statement: FieldStatement, user: AbstractBaseUser) -> None:
    """Take a source's word on a field as the curator's choice: the field is locked, and it is kept whose word it is."""
    hold_off_imports()
    paper = Paper.objects.select_for_update().get(pk=statement.paper_id)
    if not FieldStatement.objects.filter(pk=statement.pk, value=statement.value).exists():
        raise Refused("The source says something else by now: look at the page again.")
    _set(paper, statement.field, statement.value)
    state_fields(paper, [statement.field], user, whose(statement))


def whose(statement: FieldStatement) -> str:
    """Whose word a statement is: "arXiv", "the list long-context"."""
    if statement.source == Source.LIST:
        return f"the list {statement.detail}".strip()
    return str(statement.get_source_display())


@transaction.atomic
def let_sources_decide(paper: Paper, field: str) -> FieldStatement | None:
    """Unlock a field; what the most trusted source says of it holds at once. Return that statement, if there is one."""
    hold_off_imports()
    paper = Paper.objects.select_for_update().get(pk=paper.pk)
    said = Provenance.objects.filter(paper=paper, field=field).first()
    if said is None:
        raise Refused("Nobody has decided on this field.")
    chosen = statements.best(field, paper.statements.all())
    values: dict[str, Any] = {"locked": False}
    if chosen:
        _set(paper, field, chosen.value)
        values |= {
            "source": chosen.source,
            "detail": chosen.detail,
            "stated_at": chosen.stated_at,
        }
    Provenance.objects.filter(pk=said.pk).update(**values)
    FieldStatement.objects.filter(paper=paper, field=field, source=Source.CURATOR).delete()
    announce_changed_papers([paper.pk])
    return chosen


def _set(paper: Paper, field: str, value: Any) -> None:
    """Give a field a value as statements have it."""
    columns = [field]
    if field == "authors":
        write_authors(paper, value)
        return
    if field == "venue":
        paper.venue = venue_named(value) if value else None
    elif field == "published_on":
        paper.published_on, paper.published_precision = statements.as_date(value)
        columns.append("published_precision")
    elif field == "withdrawn_at":
        paper.withdrawn_at = statements.as_moment(value)
    elif field == "title":
        old, paper.title = paper.title, value
        columns.append("title_key")
        if old != value:
            keep_title(paper, old)
    elif field in statements.FIELDS:
        setattr(paper, field, value)
    else:
        raise Refused("There is no such field.")
    paper.save(update_fields=[*columns, "updated_at"])
