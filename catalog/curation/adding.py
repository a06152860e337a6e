"""Adding a paper: all that is known of it in one go, each fact with who says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import state_fields, write_authors
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_placements, save_rows
from catalog.identifiers import EXCLUSIVE, Ident, RepositoryName
from catalog.models import (
    Candidate,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Provenance,
    Repository,
    Source,
    Topic,
)
from catalog.people import venue_named
from catalog.readable import readable
from catalog.renames import present_names
from catalog.signals import announce_changed_papers


@dataclass(frozen=True, slots=True)
class NewPaper:
    """What a curator says a paper is. `said` tells of each field that was taken over unchanged who says it."""

    title: str
    abstract: str = ""
    authors: Sequence[str] = ()
    published_on: date | None = None
    published_precision: str = ""
    venue: str = ""
    year: int | None = None
    distinction: str = ""
    topics: Sequence[Topic] = ()  # the first is the primary one
    identifiers: Sequence[tuple[Ident, Source]] = ()
    repositories: Sequence[tuple[RepositoryName, Source]] = ()
    links: Sequence[tuple[str, str]] = ()  # kind and address
    said: Mapping[str, tuple[Source, str]] = field(default_factory=dict)


@transaction.atomic
def add_paper(new: NewPaper, user: AbstractBaseUser) -> Paper:
    """Make a paper. One that bears an identifier of it already is named in the refusal."""
    hold_off_imports()
    check_identifiers(new.identifiers)
    paper = Paper.objects.create(
        title=new.title,
        abstract=new.abstract,
        year=new.year,
        venue=venue_named(new.venue) if new.venue else None,
        distinction=new.distinction,
        published_on=new.published_on,
        published_precision=new.published_precision if new.published_on else "",
    )
    for ident, source in new.identifiers:
        Identifier.objects.create(
            paper=paper, scheme=ident.scheme, value=ident.value, source=source
        )
    write_authors(paper, new.authors)
    _state(paper, new, user)
    add_rows(paper, new)
    settle_candidates(paper, user)
    announce_changed_papers([paper.pk])
    return paper


def _state(paper: Paper, new: NewPaper, user: AbstractBaseUser) -> None:
    """What sources said stays open to their next word; what the curator wrote is locked."""
    values = {
        "title": new.title,
        "abstract": new.abstract,
        "authors": new.authors,
        "year": new.year,
        "venue": new.venue,
        "distinction": new.distinction,
        "published_on": new.published_on,
    }
    given = [name for name, value in values.items() if value]
    Provenance.objects.bulk_create(
        Provenance(
            paper=paper, field=name, source=new.said[name][0], detail=new.said[name][1][:200]
        )
        for name in given
        if name in new.said
    )
    own = [name for name in given if name not in new.said]
    # What a source gave and the curator took out is the curator's word too.
    own += [name for name in new.said if name in values and not values[name]]
    state_fields(paper, own, user)


def check_identifiers(
    identifiers: Sequence[tuple[Ident, Source]], own: Paper | None = None
) -> None:
    """Refuse identifiers of another paper, and two of a registry that gives a paper only one."""
    met: dict[str, str] = {}
    for ident, _ in identifiers:
        other = met.setdefault(ident.scheme, ident.value)
        if ident.scheme in EXCLUSIVE and other != ident.value:
            label = dict(Identifier.Scheme.choices)[ident.scheme]
            raise Refused(f"{label} gives a paper one identifier; these are two: {other} and {ident.value}.")  # fmt: skip
        taken = Identifier.objects.filter(scheme=ident.scheme, value=ident.value)
        row = taken.exclude(paper=own).select_related("paper").first()
        if row:
            raise Refused(f"“{readable(row.paper.title)}” has the identifier {ident} already.")


@transaction.atomic
def list_paper(paper: Paper, topics: Sequence[Topic], user: AbstractBaseUser) -> None:
    """Place a paper that is known already under topics."""
    hold_off_imports()
    if paper.merged_into_id:
        raise Refused(f"“{paper}” was merged into another paper: list that one.")
    if not topics:
        raise Refused("Choose a topic.")
    rows = [Placement(topic=topic) for topic in topics]
    is_listed = Placement.objects.current().filter(paper=paper).exists()
    save_placements(paper, rows, primary=None if is_listed else rows[0])
    settle_candidates(paper, user)


def add_rows(paper: Paper, new: NewPaper) -> None:
    """Its topics, links and code. Code that a source names bears that source's name."""
    places = [Placement(topic=topic) for topic in dict.fromkeys(new.topics)]
    if places:
        save_placements(paper, places, primary=places[0])
    if new.links:
        links = {url: kind for kind, url in new.links}
        rows = [
            Link(kind=kind, url=url, position=at) for at, (url, kind) in enumerate(links.items())
        ]
        save_rows(paper, rows)
    if new.repositories:
        _add_code(paper, new)


def _add_code(paper: Paper, new: NewPaper) -> None:
    code = repositories_named([name for name, _ in new.repositories])
    said = {code[name.key].pk: (name, source) for name, source in new.repositories}
    rows = [
        PaperRepository(repository_id=key, url=name.inner_url, position=at)
        for at, (key, (name, _)) in enumerate(said.items())
    ]
    save_rows(paper, rows)
    for key, (_, source) in said.items():
        if source != Source.CURATOR:
            PaperRepository.objects.filter(paper=paper, repository=key).update(source=source)


def repositories_named(
    names: Sequence[RepositoryName],
) -> dict[tuple[str, str, str], Repository]:
    """The repository of each name, whatever it is called today; those not met before are made."""
    found = dict(present_names(names))
    for name in names:
        if name.key in found:
            continue
        row = Repository.objects.filter(
            host__iexact=name.host, owner__iexact=name.owner, name__iexact=name.name
        ).first()
        found[name.key] = row or Repository.objects.create(
            host=name.host, owner=name.owner, name=name.name
        )
    return found


def settle_candidates(paper: Paper, user: AbstractBaseUser) -> None:
    """Candidates of this paper in the catalogues that list it now wait no more."""
    listed = Placement.objects.current().filter(paper=paper).values("topic__catalogue")
    for ident in paper.identifiers.all():
        waiting: Any = Candidate.objects.filter(
            scheme=ident.scheme, value=ident.value, catalogue__in=listed
        ).exclude(status=Candidate.Status.ACCEPTED)
        waiting.update(
            status=Candidate.Status.ACCEPTED,
            paper=paper,
            decided_at=timezone.now(),
            decided_by=user.pk,
        )
