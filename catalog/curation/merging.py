"""Two rows for one paper become one; the other stays and leads to it, and the merge can be taken back exactly."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import pghistory.models
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import Q

from catalog.curation.locks import hold_off_imports
from catalog.curation.recording import recorded, undo
from catalog.curation.refusal import Refused
from catalog.curation.rows import choose_primary
from catalog.curation.suspects import decide_merged, move_suspects
from catalog.dumps.tables import is_computed
from catalog.evidence import gather
from catalog.models import (
    Act,
    Announcement,
    Author,
    Authorship,
    Candidate,
    Citation,
    CitationCount,
    CitingWork,
    CodeSuggestion,
    Evidence,
    FieldStatement,
    Identifier,
    Link,
    NamedAuthor,
    Paper,
    PaperRepository,
    PaperSuspect,
    Placement,
    Problem,
    Provenance,
    Reference,
    RejectedIdentifier,
    Relation,
    Source,
    System,
    TitleAlias,
    VenueSuggestion,
)
from catalog.signals import announce_changed_papers


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that points to papers, and what besides the paper makes a row the same as another."""

    model: type[models.Model]
    paper: str = "paper"
    same: tuple[str, ...] = ()


_MOVED = (
    _Table(Identifier),
    _Table(Placement, same=("topic",)),
    _Table(Link, same=("url",)),
    _Table(PaperRepository, same=("repository",)),
    _Table(System, "introduced_by", ("key",)),
    _Table(Relation, "subject", ("object", "kind", "source")),
    _Table(Relation, "object", ("subject", "kind", "source")),
    _Table(Citation, "citing", ("cited", "source")),
    _Table(Citation, "cited", ("citing", "source")),
    _Table(Reference, "citing", ("source", "key")),
    _Table(CitingWork, "cited", ("source", "key")),
    _Table(CitationCount, same=("source",)),
    _Table(Announcement),
    _Table(Candidate),
    _Table(Problem),
    _Table(VenueSuggestion, same=("source", "text")),
    _Table(CodeSuggestion, same=("host__iexact", "owner__iexact", "name__iexact")),
    _Table(FieldStatement, same=("field", "source", "detail")),
    _Table(Evidence, same=("repository", "kind")),
)
# What a service of its own sees to.
_SEEN_TO = (
    Authorship,
    NamedAuthor,
    Paper,
    PaperSuspect,
    Provenance,
    RejectedIdentifier,
    TitleAlias,
)
AnyMerged = TypeVar("AnyMerged", bound=Paper | Author)
# Of these the survivor has one already when the duplicate's cannot move.
_ONE_IS_ENOUGH = (Citation, Reference, CitingWork, CitationCount, Relation)
_FACTS = ("abstract", "year", "venue", "distinction", "published_on", "withdrawn_at")
_ARXIVS_OWN = ("revised_on", "arxiv_version", "categories", "comment", "journal_ref")


@transaction.atomic
def merge_papers(
    survivor: Paper, duplicates: Iterable[Paper], user: AbstractBaseUser | None = None
) -> list[Act]:
    """Move all that is known of the duplicates to the survivor; their addresses lead to it from now on.

    Each duplicate is an act of its own, so that it can be parted again; one click's acts belong together.
    """
    hold_off_imports()
    kept, others = to_merge(survivor, duplicates)
    together = uuid4()
    acts = []
    for duplicate in others:
        title = f"“{duplicate.title}” merged into “{kept.title}”"
        subjects = [kept.pk, duplicate.pk]
        reached = Reached(Paper, subjects)
        with recorded(Act.Kind.MERGE_PAPERS, title, subjects, reached, user, together) as act:
            _merge(kept, duplicate, user)
        acts.append(act)
    announce_changed_papers([kept.pk, *(paper.pk for paper in others)])
    survivor.refresh_from_db()
    return acts


def _merge(survivor: Paper, duplicate: Paper, user: AbstractBaseUser | None) -> None:
    decide_merged(PaperSuspect, survivor.pk, duplicate.pk, user)
    _drop_edges_between(survivor, duplicate)
    _keep_links(survivor, duplicate)
    for table in tables_of_papers():
        _move(table, duplicate, survivor)
    _join_systems(duplicate, survivor)
    _copy_titles(duplicate, survivor)
    _copy_rejections(duplicate, survivor)
    _fill_gaps(survivor, duplicate)
    move_suspects(PaperSuspect, duplicate.pk, survivor.pk)
    Paper.objects.filter(merged_into=duplicate).update(merged_into=survivor)
    Paper.objects.filter(pk=duplicate.pk).update(merged_into=survivor)
    choose_primary(survivor)
    gather([survivor.pk, duplicate.pk])  # now, so that it is on record with the rest


def to_merge(
    survivor: AnyMerged, duplicates: Iterable[AnyMerged]
) -> tuple[AnyMerged, list[AnyMerged]]:
    """The one to keep and the others as they are stored now, locked; Refused where they cannot become one."""
    asked = list(duplicates)
    model: Any = type(survivor)
    locked = model._default_manager.select_for_update().order_by("pk")
    rows = locked.in_bulk([survivor.pk, *(one.pk for one in asked)])
    others = [rows[one.pk] for one in asked if one.pk in rows]
    kept = rows.get(survivor.pk)
    if kept is None:
        raise Refused(f"The {model._meta.verbose_name} to keep is not there any more.")
    if kept.merged_into_id:
        raise Refused(f"“{kept}” was itself merged into another.")
    if not others or any(other.pk == kept.pk for other in others):
        raise Refused("Choose at least two, and one of them to keep.")
    if merged := next((other for other in others if other.merged_into_id), None):
        raise Refused(f"“{merged}” was already merged into another.")
    return kept, others


# Which rows


@dataclass(frozen=True, slots=True)
class Reached:
    """Every row that a merge of these papers or authors may change."""

    model: type[models.Model]
    keys: list[int]

    def __call__(self) -> Mapping[type[models.Model], Q]:
        found: dict[type[models.Model], Q] = {self.model: Q(pk__in=self.keys)}
        for model, name in _pointing(self.model):
            found[model] = found.get(model, Q()) | Q(**{f"{name}__in": self.keys})
        return found


def _pointing(to: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Tables with facts about papers, of applications above, too; not what is computed of them, but for evidence: a
    list's word that a curator has taken over stands nowhere else.
    """
    for relation in to._meta.related_objects:
        model = relation.related_model
        if relation.many_to_many or not isinstance(model, type):
            continue
        is_kept = model is Evidence or not is_computed(model)
        if is_kept and not issubclass(model, pghistory.models.Event):
            yield model, relation.field.name


def tables_of_papers() -> list[_Table]:
    """The tables named above, and any other that points to papers: what makes its rows the same is its constraints."""
    known = {(table.model, table.paper) for table in _MOVED}
    more = [
        _Table(model, name, _rest_of_key(model, name))
        for model, name in _pointing(Paper)
        if (model, name) not in known and model not in _SEEN_TO
    ]
    return [*_MOVED, *more]


def _rest_of_key(model: type[models.Model], name: str) -> tuple[str, ...]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and name in constraint.fields:
            return tuple(field for field in constraint.fields if field != name)
    return ()


# Moving


def _drop_edges_between(one: Paper, other: Paper) -> None:
    """A work neither cites nor relates to itself."""
    pair = [one.pk, other.pk]
    Citation.objects.filter(citing__in=pair, cited__in=pair).delete()
    Relation.objects.filter(subject__in=pair, object__in=pair).delete()


def _keep_links(*papers: Paper) -> None:
    """A place without a link of its own leads to its paper's first identifier: to the same one when the papers are one."""
    firsts = [paper.identifiers.order_by("pk").first() for paper in papers]
    first = min((row.pk for row in firsts if row), default=None)
    for paper, row in zip(papers, firsts, strict=True):
        if row and row.pk != first:
            paper.placements.filter(listed_url="").update(listed_url=row.url)


def _move(table: _Table, old: Paper, new: Paper) -> None:
    """Point rows to the survivor; where it has the same row already, the duplicate's is left behind.

    A row that its source dropped gives way to one that still stands; a curator's removal never does.
    """
    rows = table.model._default_manager.filter(**{table.paper: old})
    own = table.model._default_manager.filter(**{table.paper: new})
    field = table.model._meta.get_field(table.paper)
    if isinstance(field, models.OneToOneField) and own.exists():
        return
    if table.same:
        twin = own.filter(**{name: models.OuterRef(name.partition("__")[0]) for name in table.same})
        if table.model in (Placement, Link, PaperRepository):
            _drop_stale(own, rows.filter(retired_at=None), table.same)
        rows = rows.exclude(models.Exists(twin))
    values: dict[str, Any] = {table.paper: new}
    if table.model in (Link, PaperRepository):  # behind the survivor's own
        behind = own.aggregate(last=models.Max("position"))["last"]
        values["position"] = models.F("position") + (0 if behind is None else behind + 1)
    if table.model is Placement:
        old.placements.update(is_primary=False)
    # An update by key: the condition above must not be asked again while rows move.
    table.model._default_manager.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
        **values
    )
    if table.model in _ONE_IS_ENOUGH:
        table.model._default_manager.filter(**{table.paper: old}).delete()


def _drop_stale(
    own: "models.QuerySet[Any]", standing: "models.QuerySet[Any]", same: tuple[str, ...]
) -> None:
    twin = standing.filter(**{name: models.OuterRef(name.partition("__")[0]) for name in same})
    stale = own.filter(retired_at__isnull=False).exclude(source=Source.CURATOR)
    stale.filter(models.Exists(twin)).delete()


def _join_systems(old: Paper, new: Paper) -> None:
    """Relations speak of the survivor's system, where both papers introduced one of that name."""
    own = dict(new.systems.values_list("key", "pk"))
    for left in old.systems.filter(key__in=own):
        Relation.objects.filter(system=left, object=new).update(system=own[left.key])


def _copy_titles(old: Paper, new: Paper) -> None:
    """Lists that print the duplicate's titles mean the survivor."""
    titles = {old.title: str(Source.DERIVED)} | dict(old.aliases.values_list("title", "source"))
    titles.pop(new.title, None)
    for title, source in titles.items():
        TitleAlias.objects.get_or_create(paper=new, title=title, defaults={"source": source})


def _copy_rejections(old: Paper, new: Paper) -> None:
    """What a curator took from the duplicate does not come back, unless the survivor bears it."""
    for row in old.rejected_identifiers.all():
        if not new.identifiers.filter(scheme=row.scheme, value=row.value).exists():
            new.rejected_identifiers.get_or_create(scheme=row.scheme, value=row.value)


def _fill_gaps(survivor: Paper, duplicate: Paper) -> None:
    """Facts that the survivor lacks are taken from the duplicate, with who said them."""
    taken = [name for name in _FACTS if not getattr(survivor, name) and getattr(duplicate, name)]
    if survivor.venue_id and not _appeared_together(survivor, duplicate):
        taken = [name for name in taken if name != "distinction"]
    columns = [*taken]
    if survivor.arxiv_version is None and duplicate.arxiv_version is not None:
        columns += _ARXIVS_OWN
    for name in columns:
        setattr(survivor, name, getattr(duplicate, name))
    if "published_on" in taken:
        survivor.published_precision = duplicate.published_precision
    if columns:
        survivor.save(update_fields=[*columns, "published_precision", "updated_at"])
    if not survivor.authorships.exists() and duplicate.authorships.exists():
        taken.append("authors")
        _copy_authors(duplicate, survivor)
    for said in duplicate.provenance.filter(field__in=taken):
        Provenance.objects.update_or_create(
            paper=survivor,
            field=said.field,
            defaults={
                "source": said.source,
                "detail": said.detail,
                "stated_at": said.stated_at,
                "locked": said.locked,
            },
        )


def _appeared_together(one: Paper, other: Paper) -> bool:
    """Whether what one was distinguished with is told of the venue and year that the other has too."""
    return one.venue_id == other.venue_id and one.year in (None, other.year)


def _copy_authors(old: Paper, new: Paper) -> None:
    for row in old.authorships.all():
        Authorship.objects.create(
            paper=new, author=row.author, position=row.position, printed_name=row.printed_name
        )
    for said in old.named_authors.all():
        NamedAuthor.objects.get_or_create(
            paper=new, name_key=said.name_key, defaults={"author": said.author}
        )


# Parting


def merge_of(duplicate: Paper | Author) -> Act | None:
    """The act that made a paper or an author lead to another, while it stands."""
    kind = Act.Kind.MERGE_PAPERS if isinstance(duplicate, Paper) else Act.Kind.MERGE_AUTHORS
    acts = Act.objects.standing().filter(kind=kind, subjects__contains=[duplicate.pk])
    return next((act for act in acts.order_by("-pk") if act.subjects[0] != duplicate.pk), None)


@transaction.atomic
def unmerge_paper(duplicate: Paper, user: AbstractBaseUser | None = None) -> Paper:
    """Let a merged paper stand for itself again, with all that was its own; return the paper it led to."""
    hold_off_imports()
    survivor = duplicate.merged_into
    if survivor is None:
        raise Refused(f"“{duplicate}” is not merged into another.")
    act = merge_of(duplicate)
    if act:
        undo_act(act, user)
    else:  # merged on another machine, or before merges were recorded
        Paper.objects.filter(pk=duplicate.pk).update(merged_into=None)
        announce_changed_papers([survivor.pk, duplicate.pk])
    duplicate.refresh_from_db()
    return survivor


@transaction.atomic
def undo_act(act: Act, user: AbstractBaseUser | None = None) -> list[str]:
    """Take an act back; return what was left because it was changed since."""
    hold_off_imports()
    left = undo(act, user)
    papers = _papers_of(act)
    if left:
        for paper in Paper.objects.filter(pk__in=papers):
            choose_primary(paper)
    announce_changed_papers(papers)
    return left


@transaction.atomic
def undo_together(act: Act, user: AbstractBaseUser | None = None) -> list[str]:
    """Take back all that one click did, the latest first."""
    acts = [act]
    if act.together:
        acts = list(Act.objects.standing().filter(together=act.together).order_by("-pk"))
    if not acts:
        raise Refused("This was taken back already.")
    return [line for one in acts for line in undo_act(one, user)]


def _papers_of(act: Act) -> list[int]:
    if act.kind in {Act.Kind.MERGE_AUTHORS, Act.Kind.SPLIT_AUTHOR}:
        rows = Authorship.objects.filter(author__in=act.subjects)
        return list(rows.values_list("paper", flat=True).distinct())
    return list(act.subjects)
