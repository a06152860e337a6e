"""Whose catalogue is whose: an editor of one catalogue changes nothing of the others.

What a user may do at all is Django's permissions; this narrows where. Superusers, and users without
an editorship, are not narrowed.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from catalog.link_uses import uses_of
from catalog.models import (
    Announcement,
    Authorship,
    Candidate,
    Catalogue,
    Citation,
    CodeSuggestion,
    Editorship,
    Evidence,
    FieldStatement,
    HarvestQuery,
    Identifier,
    Link,
    LinkCheck,
    NamedAuthor,
    Paper,
    PaperRepository,
    PaperSuspect,
    Placement,
    Problem,
    Proposal,
    Provenance,
    Reference,
    RejectedIdentifier,
    Relation,
    Run,
    System,
    TitleAlias,
    Topic,
    TopicRedirect,
    VenueSuggestion,
)


def is_narrowed(user: Any) -> bool:
    """Whether the user edits certain catalogues only."""
    return not user.is_superuser and Editorship.objects.filter(user=user.pk).exists()


def catalogues_of(user: Any) -> QuerySet[Catalogue]:
    """The catalogues whose topics, lists and candidates the user's permissions reach."""
    if not is_narrowed(user):
        return Catalogue.objects.all()
    return Catalogue.objects.filter(editorships__user=user.pk)


def may_edit(user: Any, catalogue: Catalogue | None) -> bool:
    """Whether the user's permissions reach this catalogue; None, what belongs to none, is for the not narrowed."""
    if not is_narrowed(user):
        return True
    return catalogue is not None and catalogues_of(user).filter(pk=catalogue.pk).exists()


def may_edit_paper(user: Any, paper: Paper) -> bool:
    """Whether the user's permissions reach this paper: one of their catalogues lists it, or none lists it at all."""
    if not is_narrowed(user):
        return True
    listed = Placement.objects.current().filter(paper=paper.pk)
    return listed.filter(topic__catalogue__in=catalogues_of(user)).exists() or not listed.exists()


# Where the catalogue of a row stands, or the paper that it says something of. A model in neither is
# shared by all catalogues: whoever edits certain ones only looks at it.
_BY_CATALOGUE: dict[type[Model], str] = {
    Catalogue: "",
    Topic: "catalogue",
    TopicRedirect: "catalogue",
    Placement: "topic__catalogue",
    Announcement: "catalogue",
    Candidate: "catalogue",
    HarvestQuery: "catalogue",
    Problem: "catalogue",
    Run: "catalogue",
}
_BY_PAPER: dict[type[Model], str] = {
    Paper: "",
    Identifier: "paper",
    RejectedIdentifier: "paper",
    TitleAlias: "paper",
    Provenance: "paper",
    FieldStatement: "paper",
    NamedAuthor: "paper",
    Evidence: "paper",
    Authorship: "paper",
    Link: "paper",
    PaperRepository: "paper",
    VenueSuggestion: "paper",
    CodeSuggestion: "paper",
    System: "introduced_by",
    Relation: "subject",
    Citation: "citing",
    Reference: "citing",
}
# A pair is within reach with both of its papers; a proposal with what its kind is about.
_BY_RULE = frozenset({PaperSuspect, Proposal})


def stands_in_catalogue(model: type[Model], path: str = "catalogue") -> None:
    """Let an application above say where the catalogue of its rows stands."""
    _BY_CATALOGUE[model] = path


def is_shared(model: type[Model]) -> bool:
    """Whether rows of a model belong to all catalogues together."""
    return model not in _BY_CATALOGUE and model not in _BY_PAPER and model not in _BY_RULE


def reachable(user: Any, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Those of the rows that the user's permissions reach."""
    if not is_narrowed(user):
        return rows
    model = rows.model
    reached = Q(pk__in=[])
    if model in _BY_CATALOGUE:
        reached |= Q(**{f"{_BY_CATALOGUE[model] or 'pk'}__in": catalogues_of(user)})
    if model in _BY_PAPER:
        reached |= Q(**{f"{_BY_PAPER[model] or 'pk'}__in": _papers_of(user)})
    if model is Problem:  # one of no list is about a paper
        reached |= Q(catalogue=None, paper__in=_papers_of(user))
    if model is PaperSuspect:
        reached |= Q(first__in=_papers_of(user), second__in=_papers_of(user))
    if model is Proposal:
        reached |= _proposals_of(user)
    if model is LinkCheck:
        reached |= Q(url__in=_addresses_of(user, rows.values_list("url", flat=True)))
    return rows.filter(reached)


def _papers_of(user: Any) -> QuerySet[Paper]:
    current = Placement.objects.current().filter(paper=OuterRef("pk"))
    own = current.filter(topic__catalogue__in=catalogues_of(user))
    return Paper.objects.filter(Exists(own) | ~Exists(current))


def _proposals_of(user: Any) -> Q:
    own, papers, kinds = catalogues_of(user), _papers_of(user), Proposal.Kind
    return (
        Q(kind=kinds.PAPER, catalogue__in=own)
        | Q(kind=kinds.TOPIC, topic__catalogue__in=own)
        | Q(kind=kinds.FIX, paper__merged_into=None, paper__in=papers)
        | Q(kind=kinds.FIX, paper__merged_into__in=papers)
        | Q(kind=kinds.FIX, paper=None, catalogue__in=own)
    )


def _addresses_of(user: Any, urls: Iterable[str]) -> list[str]:
    """Those of the addresses that a paper within reach links to: what is done about them is done to its links."""
    uses = {url: {use.paper.pk for use in some} for url, some in uses_of(urls).items()}
    papers = {paper for some in uses.values() for paper in some}
    own = set(_papers_of(user).filter(pk__in=papers).values_list("pk", flat=True))
    return [url for url, some in uses.items() if some & own]


def reaches(user: Any, row: Model) -> bool:
    """Whether the user's permissions reach this row, as it is in memory: stored or about to be."""
    if not is_narrowed(user):
        return True
    model = type(row)
    if isinstance(row, PaperSuspect):
        return may_edit_paper(user, row.first) and may_edit_paper(user, row.second)
    if model in _BY_RULE or model is LinkCheck:  # nobody edits what their place hangs on
        return reachable(user, model._default_manager.filter(pk=row.pk)).exists()
    if model is Problem and _at(row, "catalogue") is None:
        paper = _at(row, "paper")
        return paper is not None and may_edit_paper(user, paper)
    if model in _BY_CATALOGUE:
        catalogue = _at(row, _BY_CATALOGUE[model])
        return catalogue is not None and catalogue.pk is not None and may_edit(user, catalogue)
    if model in _BY_PAPER:
        paper = _at(row, _BY_PAPER[model])
        return paper is not None and (paper.pk is None or may_edit_paper(user, paper))
    return False


def reaches_past(user: Any, model: type[Model], events: "QuerySet[Any]") -> bool:
    """Whether the user's permissions reach rows as they were, in as many queries however many there are."""
    if not is_narrowed(user):
        return True
    path = "pgh_obj" if model is Paper else _BY_CATALOGUE.get(model, _BY_PAPER.get(model, ""))
    if not path or model is Problem:  # these are few, or have rules of their own
        return all(reaches(user, event_as_row(model, event)) for event in events.iterator())
    name = path.partition("__")[0]
    target: Any = events.model._meta.get_field(name).related_model
    ends = set(events.order_by().values_list(f"{name}_id", flat=True).distinct())
    there = target._default_manager.filter(pk__in=ends)  # what is gone does not come back by this
    return not there.exclude(pk__in=reachable(user, there).values("pk")).exists()


def event_as_row(model: type[Model], event: Any) -> Any:
    """A row as the history kept it."""
    kept = {one.attname for one in event._meta.concrete_fields}
    names = [one.attname for one in model._meta.concrete_fields if one.attname in kept]
    return model(**{name: getattr(event, name) for name in names})


def _at(row: Any, path: str) -> Any:
    for name in filter(None, path.split("__")):
        row = (
            getattr(row, name, None)
            if row is not None and getattr(row, f"{name}_id", None)
            else None
        )
    return row


def may_merge(user: Any, rows: Iterable[Model]) -> bool:
    """Whether these may become one, or be parted again, as far as whose they are goes.

    It changes them for all lists: a paper is merged by who edits every catalogue that lists it, an author, who is shared by
    all, by who is not narrowed.
    """
    if not is_narrowed(user):
        return True
    papers = list(rows)
    listed = Placement.objects.current().filter(paper__in=[paper.pk for paper in papers])
    beyond = listed.exclude(topic__catalogue__in=catalogues_of(user))
    return all(isinstance(paper, Paper) for paper in papers) and not beyond.exists()
