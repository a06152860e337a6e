"""Adding a paper: all that is known of it in one go, each fact with who says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.papers import state_fields
from catalog.curation.refusal import Refused
from catalog.curation.rows import save_placements
from catalog.identifiers import EXCLUSIVE, Ident, RepositoryName
from catalog.models import (
    Authorship,
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
from catalog.people import authors_named, venue_named
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
    (made,) = add_papers([new], user)
    if isinstance(made, Refused):
        raise made
    return made


@transaction.atomic
def add_papers(every: Sequence[NewPaper], user: AbstractBaseUser) -> list[Paper | Refused]:
    """Make papers, hundreds in as many statements as one; in the place of one that cannot be made stands why."""
    hold_off_imports()
    refused = _refusals(every)
    fit = [new for at, new in enumerate(every) if at not in refused]
    venues = {name: venue_named(name) for name in dict.fromkeys(new.venue for new in fit) if name}
    papers = [
        Paper(
            title=new.title,
            abstract=new.abstract,
            year=new.year,
            venue=venues.get(new.venue),
            distinction=new.distinction,
            published_on=new.published_on,
            published_precision=new.published_precision if new.published_on else "",
        )
        for new in fit
    ]
    Paper.objects.bulk_create(papers)
    made = list(zip(papers, fit, strict=True))
    Identifier.objects.bulk_create(
        Identifier(paper=paper, scheme=ident.scheme, value=ident.value, source=source)
        for paper, new in made
        for ident, source in new.identifiers
    )
    people = authors_named({name for new in fit for name in new.authors}, readable)
    Authorship.objects.bulk_create(
        Authorship(paper=paper, author=people[name], position=position, printed_name=name[:200])
        for paper, new in made
        for position, name in enumerate(new.authors, 1)
    )
    _state(made, user)
    _add_rows(made)
    settle_candidates(papers, user)
    announce_changed_papers([paper.pk for paper in papers])
    left = iter(papers)
    return [refused.get(at) or next(left) for at in range(len(every))]


def _state(made: Iterable[tuple[Paper, NewPaper]], user: AbstractBaseUser) -> None:
    """What sources said stays open to their next word; what the curator wrote is locked."""
    said = []
    for paper, new in made:
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
        said += [
            Provenance(
                paper=paper, field=name, source=new.said[name][0], detail=new.said[name][1][:200]
            )
            for name in given
            if name in new.said
        ]
        own = [name for name in given if name not in new.said]
        # What a source gave and the curator took out is the curator's word too.
        own += [name for name in new.said if name in values and not values[name]]
        if own:
            state_fields(paper, own, user)
    Provenance.objects.bulk_create(said)


def _refusals(every: Sequence[NewPaper]) -> dict[int, Refused]:
    """Which of these papers cannot be made, and why: another has an identifier of theirs, here or among themselves."""
    wanted = {(ident.scheme, ident.value) for new in every for ident, _ in new.identifiers}
    rows = Identifier.objects.filter(
        scheme__in={scheme for scheme, _ in wanted}, value__in={value for _, value in wanted}
    ).select_related("paper")
    titles = {(row.scheme, row.value): row.paper.title for row in rows}
    refused: dict[int, Refused] = {}
    for at, new in enumerate(every):
        own = [ident for ident, _ in new.identifiers]
        taken = next((one for one in own if (one.scheme, one.value) in titles), None)
        try:
            _check_registries(own)
        except Refused as error:
            refused[at] = error
        if taken and at not in refused:
            refused[at] = _is_taken(titles[taken.scheme, taken.value], taken)
        if at not in refused:
            titles |= {(one.scheme, one.value): new.title for one in own}
    return refused


def check_identifiers(
    identifiers: Sequence[tuple[Ident, Source]], own: Paper | None = None
) -> None:
    """Refuse identifiers of another paper, and two of a registry that gives a paper only one."""
    _check_registries([ident for ident, _ in identifiers])
    for ident, _ in identifiers:
        taken = Identifier.objects.filter(scheme=ident.scheme, value=ident.value)
        row = taken.exclude(paper=own).select_related("paper").first()
        if row:
            raise _is_taken(row.paper.title, ident)


def _check_registries(identifiers: Iterable[Ident]) -> None:
    met: dict[str, str] = {}
    for ident in identifiers:
        other = met.setdefault(ident.scheme, ident.value)
        if ident.scheme in EXCLUSIVE and other != ident.value:
            label = dict(Identifier.Scheme.choices)[ident.scheme]
            raise Refused(f"{label} gives a paper one identifier; these are two: {other} and {ident.value}.")  # fmt: skip


def _is_taken(title: str, ident: Ident) -> Refused:
    return Refused(f"“{readable(title)}” has the identifier {ident} already.")


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
    settle_candidates([paper], user)


def _add_rows(made: Sequence[tuple[Paper, NewPaper]]) -> None:
    """Topics, links and code of papers that have none yet. Code that a source names bears that source's name."""
    now = timezone.now()
    own = {"source": Source.CURATOR, "stated_at": now}
    Placement.objects.bulk_create(
        Placement(paper=paper, topic=topic, is_primary=at == 0, **own)
        for paper, new in made
        for at, topic in enumerate(dict.fromkeys(new.topics))
    )
    Link.objects.bulk_create(
        Link(paper=paper, kind=kind, url=url, position=at, **own)
        for paper, new in made
        for at, (url, kind) in enumerate({url: kind for kind, url in new.links}.items())
    )
    code = repositories_named([name for _, new in made for name, _ in new.repositories])
    PaperRepository.objects.bulk_create(
        PaperRepository(
            paper=paper,
            repository=row,
            url=name.inner_url,
            position=at,
            source=source,
            stated_at=now,
        )
        for paper, new in made
        for at, (row, (name, source)) in enumerate(
            {code[name.key]: (name, source) for name, source in new.repositories}.items()
        )
    )


def repositories_named(
    names: Sequence[RepositoryName],
) -> dict[tuple[str, str, str], Repository]:
    """The repository of each name, whatever it is called today; those not met before are made."""
    found = dict(present_names(names))
    lacking = {name.key: name for name in names if name.key not in found}
    if not lacking:
        return found
    owners = {name.owner.lower() for name in lacking.values()}
    rows = Repository.objects.annotate(folded=Lower("owner")).filter(folded__in=owners)
    found |= {row.key: row for row in rows.order_by("-pk") if row.key in lacking}
    fresh = {
        key: Repository(host=name.host, owner=name.owner, name=name.name)
        for key, name in lacking.items()
        if key not in found
    }
    Repository.objects.bulk_create(fresh.values())
    return found | fresh


def settle_candidates(papers: Sequence[Paper], user: AbstractBaseUser) -> None:
    """Candidates of these papers in the catalogues that list them now wait no more."""
    named = Identifier.objects.filter(paper__in=papers)
    keys = {(row.scheme, row.value): row.paper_id for row in named}
    waiting = Candidate.objects.filter(
        scheme__in={scheme for scheme, _ in keys}, value__in={value for _, value in keys}
    ).exclude(status=Candidate.Status.ACCEPTED)
    rows = [row for row in waiting if (row.scheme, row.value) in keys]
    if not rows:
        return
    places = Placement.objects.current().filter(paper__in=papers)
    listed = set(places.values_list("paper", "topic__catalogue"))
    for row in rows:
        paper = keys[row.scheme, row.value]
        if (paper, row.catalogue_id) in listed:
            Candidate.objects.filter(pk=row.pk).update(
                status=Candidate.Status.ACCEPTED,
                paper=paper,
                decided_at=timezone.now(),
                decided_by=user.pk,
            )
