"""Last step: write a plan, in one transaction and as few statements as the tables allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone
from django.utils.text import slugify

from catalog.folding import fold
from catalog.identifiers import RepositoryName
from catalog.models import (
    Announcement,
    Authorship,
    Catalogue,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Problem,
    Provenance,
    Repository,
    Run,
    Source,
    TitleAlias,
    Topic,
    Venue,
)
from catalog.models.upkeep import RunJob
from catalog.people import authors_of
from catalog.signals import announce_changed_papers
from catalog.topics import free_path, move_topic, next_hue
from ingest.lists.identity import Known
from ingest.lists.names import display_name
from ingest.lists.plan import GonePaper, PaperPlan, Plan, RepositoryKey
from ingest.lists.records import AnnouncementLine, ReadingList, TopicPath
from ingest.lists.stored import venue_index
from ingest.lists.topics import TopicMove, TopicPlan
from ingest.lists.venues import venue_kind

_M = TypeVar("_M", bound=models.Model)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written: the catalogue, the list's topics, and the rows of its announcements."""

    catalogue: Catalogue
    topic_at: dict[TopicPath, Topic]
    news: list[tuple[AnnouncementLine, int]]


def apply_plan(plan: Plan, run: Run | None) -> Applied:
    """Write the plan; call it inside the transaction that made the plan."""
    return _Applier(plan, run).apply()


def note_paths(topics: TopicPlan) -> None:
    """Remember where the list has its topics now."""
    for topic, path in topics.relisted:
        topic.heading = topic.heading or path[-1][:200]
        topic.listed_path = [fold(name) for name in path]
        topic.save(update_fields=["heading", "listed_path"])


class _Applier:
    def __init__(self, plan: Plan, run: Run | None) -> None:
        self.plan = plan
        self.run = run
        self.now = timezone.now()
        self.catalogue = plan.catalogue or _new_catalogue(plan.slug, plan.reading)
        self.touched: set[int] = set()
        self.topic_at: dict[TopicPath, Topic] = {}

    def apply(self) -> Applied:
        self._topics()
        self._venues()
        self._repositories()
        self._papers()
        self._authors()
        self._names()
        self._provenance()
        self._placements()
        self._stated_rows()
        self._gone(self.plan.gone)
        self._retire_topics()
        self._announcements()
        self._problems()
        announce_changed_papers(self.touched)
        return Applied(self.catalogue, self.topic_at, self.news)

    # Topics

    def _topics(self) -> None:
        plan = self.plan.topics
        self.topic_at = plan.joined | plan.rows
        places = plan.places
        self.taken = set(self.catalogue.topics.values_list("path", flat=True))
        self.taken |= set(self.catalogue.topic_redirects.values_list("path", flat=True))
        for topic in plan.revived:
            topic.retired_at = None
            topic.save(update_fields=["retired_at"])
        for topic, position in plan.placed:
            topic.position = position
            topic.save(update_fields=["position"])
        moved = {move.topic.pk: move for move in plan.moved}
        for path in plan.paths:
            if path in plan.rows:
                if move := moved.get(plan.rows[path].pk):
                    self._move_topic(move)
            elif path not in self.topic_at and path not in plan.left_out:
                self._create_topic(path, places[path])
        note_paths(plan)

    def _create_topic(self, path: TopicPath, position: int) -> None:
        parent = self.topic_at[path[:-1]] if len(path) > 1 else None
        slug, address = free_path(parent.path if parent else "", path[-1], self.taken)
        self.topic_at[path] = Topic.objects.create(
            catalogue=self.catalogue,
            parent=parent,
            name=path[-1][:200],
            heading=path[-1][:200],
            slug=slug,
            path=address,
            position=position,
            listed_path=[fold(name) for name in path],
            created_at=self.now,
            hue=parent.hue if parent else next_hue(self.catalogue),
        )

    def _move_topic(self, move: TopicMove) -> None:
        topic, path = move.topic, move.path
        parent = self.topic_at.get(path[:-1]) if move.place else topic.parent
        if move.name and (topic.curated or topic.name == topic.heading):
            topic.name = path[-1][:200]
        topic.heading = path[-1][:200]
        move_topic(topic, parent)

    def _retire_topics(self) -> None:
        for topic in self.plan.topics.gone:
            topic.retired_at = self.now
            topic.save(update_fields=["retired_at"])

    # Papers

    def _venues(self) -> None:
        self.venues = venue_index()
        slugs = set(Venue.objects.values_list("slug", flat=True))
        for plan in self._changing():
            name = plan.facts.venue.name
            if name and fold(name) not in self.venues:
                base = slugify(name, allow_unicode=False)[:100] or "venue"
                slug = next(s for s in _numbered(base) if s not in slugs)
                slugs.add(slug)
                self.venues[fold(name)] = Venue.objects.create(
                    name=name, slug=slug, kind=venue_kind(name)
                )

    def _changing(self) -> list[PaperPlan]:
        return [plan for plan in self.plan.papers if plan]

    def _papers(self) -> None:
        new = [(plan, self._new_paper(plan)) for plan in self.plan.papers if plan.paper is None]
        Paper.objects.bulk_create([paper for _, paper in new], batch_size=_BATCH)
        for plan, paper in new:
            plan.paper = paper
        for plan in self._changing():
            self.touched.add(_paper(plan).pk)
        for plan in self.plan.papers:
            if plan.fields:
                self._change_paper(plan)

    def _new_paper(self, plan: PaperPlan) -> Paper:
        facts = plan.facts
        return Paper(
            title=facts.title,
            year=facts.venue.year,
            venue=self.venues[fold(facts.venue.name)] if facts.venue.name else None,
            distinction=facts.venue.distinction,
            published_on=facts.published_on,
            published_precision=facts.precision,
        )

    def _change_paper(self, plan: PaperPlan) -> None:
        paper = _paper(plan)
        for name, (_, new) in plan.fields.items():
            if name == "venue":
                paper.venue = self.venues[fold(new)]
            else:
                setattr(paper, name, new)
            if name == "published_on":
                paper.published_precision = plan.facts.precision
        paper.save()

    def _authors(self) -> None:
        plans = [plan for plan in self.plan.papers if plan.authors is not None]
        people = authors_of({_paper(plan).pk: plan.authors or () for plan in plans}, display_name)
        existing = [_paper(plan).pk for plan in plans if not plan.is_first_met]
        if existing:
            Authorship.objects.filter(paper__in=existing).delete()
        Authorship.objects.bulk_create(
            [
                Authorship(
                    paper=_paper(plan),
                    author=people[_paper(plan).pk, name],
                    position=position,
                    printed_name=name,
                )
                for plan in plans
                for position, name in enumerate(plan.authors or (), 1)
            ],
            batch_size=_BATCH,
        )

    def _names(self) -> None:
        aliases, identifiers = [], []
        for plan in self._changing():
            paper = _paper(plan)
            stated = {"paper": paper, "stated_at": self.now}
            aliases += [
                TitleAlias(title=title, source=source, **stated) for title, source in plan.aliases
            ]
            identifiers += [
                Identifier(scheme=i.scheme, value=i.value, source=Source.LIST, **stated)
                for i in plan.add_identifiers
            ]
            for ident in plan.drop_identifiers:
                Identifier.objects.filter(
                    paper=paper, scheme=ident.scheme, value=ident.value, source=Source.LIST
                ).delete()
        TitleAlias.objects.bulk_create(aliases, batch_size=_BATCH)
        Identifier.objects.bulk_create(identifiers, batch_size=_BATCH)

    def _provenance(self) -> None:
        rows = [
            Provenance(
                paper=_paper(plan),
                field=name,
                stated_at=self.now,
                **_said_by(plan, name, self.plan.slug),
            )
            for plan in self._changing()
            for name in _stated_fields(plan)
        ]
        Provenance.objects.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["paper", "field"],
            update_fields=["source", "detail", "stated_at"],
        )

    # Rows that belong to a paper

    def _placements(self) -> None:
        retired = [row for plan in self.plan.papers for row in plan.placements.retire]
        self._retire(Placement, retired)
        changed = [change for plan in self.plan.papers for change in plan.placements.change]
        # The primary one is made last: there is never a moment with two.
        self._change(changed)
        Placement.objects.bulk_create(
            [
                Placement(
                    paper=_paper(plan),
                    topic=self.topic_at[key],  # type: ignore[index]  # only listed paths are created
                    source=Source.LIST,
                    stated_at=self.now,
                    **values,
                )
                for plan in self.plan.papers
                for key, values in plan.placements.create.items()
            ],
            batch_size=_BATCH,
        )

    def _stated_rows(self) -> None:
        stated: dict[str, Any] = {"source": Source.LIST, "stated_at": self.now}
        links, code = [], []
        for plan in self._changing():
            paper = _paper(plan)
            links += [
                Link(paper=paper, url=url, **values, **stated)
                for url, values in plan.links.create.items()
            ]
            code += [
                PaperRepository(
                    paper=paper,
                    repository=self.repositories[key],
                    **self._with_badge(dict(values)),
                    **stated,
                )
                for key, values in plan.repositories.create.items()
            ]
            self._change(plan.links.change)
            self._change([(r, self._with_badge(dict(v))) for r, v in plan.repositories.change])
            self._retire(Link, plan.links.retire)
            self._retire(PaperRepository, plan.repositories.retire)
        Link.objects.bulk_create(links, batch_size=_BATCH)
        PaperRepository.objects.bulk_create(code, batch_size=_BATCH)

    def _with_badge(self, values: dict[str, Any]) -> dict[str, Any]:
        """Replace the key of a badge's repository by its row."""
        if "badge_key" in values:
            key = values.pop("badge_key")
            values["badge_repository"] = self.repositories[key] if key else None
        return values

    def _repositories(self) -> None:
        named: dict[RepositoryKey, RepositoryName] = {}
        for plan in self._changing():
            for entry in plan.known.entries:
                for listed in entry.repositories:
                    for name in filter(None, (listed.target, listed.badge)):
                        named.setdefault(name.key, name)
        owners = {name.owner for name in named.values()}
        self.repositories: dict[RepositoryKey, Repository] = {
            row.key: row
            for row in Repository.objects.annotate(folded=models.functions.Lower("owner")).filter(
                folded__in={owner.lower() for owner in owners}
            )
        }
        fresh = {
            key: Repository(host=name.host, owner=name.owner, name=name.name)
            for key, name in named.items()
            if key not in self.repositories
        }
        Repository.objects.bulk_create(fresh.values(), batch_size=_BATCH)
        self.repositories |= fresh

    def _change(self, changes: Iterable[tuple[models.Model, Any]]) -> None:
        """Save the changed columns, grouped so that rows with the same columns go together."""
        groups: dict[tuple[type[models.Model], tuple[str, ...]], list[models.Model]] = {}
        for row, values in changes:
            for name, value in values.items():
                setattr(row, name, value)
            groups.setdefault((type(row), tuple(sorted(values))), []).append(row)
        for (model, names), rows in groups.items():
            model._default_manager.bulk_update(rows, names, batch_size=_BATCH)

    def _retire(self, model: type[_M], rows: list[_M]) -> None:
        if not rows:
            return
        values: dict[str, Any] = {"retired_at": self.now}
        if model is Placement:
            values["is_primary"] = False
        model._default_manager.filter(pk__in=[row.pk for row in rows]).update(**values)

    def _gone(self, gone: list[GonePaper]) -> None:
        rows = [row for item in gone for row in item.placements]
        self._retire(Placement, rows)
        self.touched |= {item.paper.pk for item in gone}
        primary = {row.paper_id for row in rows if row.is_primary}
        for paper_id in primary:  # another catalogue may list it still
            other = Placement.objects.filter(paper=paper_id, retired_at=None).order_by("pk").first()
            if other:
                other.is_primary = True
                other.save(update_fields=["is_primary"])

    # Announcements and problems

    def _announcements(self) -> None:
        plan = self.plan.announcements
        Announcement.objects.filter(pk__in=[row.pk for row in plan.delete]).delete()
        fresh = [
            Announcement(
                catalogue=self.catalogue,
                source=Source.LIST,
                stated_at=self.now,
                **self._with_paper(values),
            )
            for values in plan.create
        ]
        Announcement.objects.bulk_create(fresh, batch_size=_BATCH)
        self.news = [(line, row.pk) for line, row in plan.joined]
        self.news += [
            (values["line"], row.pk) for values, row in zip(plan.create, fresh, strict=True)
        ]
        self._change([(row, self._with_paper(values)) for row, values in plan.change])

    def _with_paper(self, values: dict[str, Any]) -> dict[str, Any]:
        """Put the row of a paper in its place, and the key beside a title: a bulk update computes none."""
        values = {name: value for name, value in values.items() if name != "line"}
        if "title" in values:
            values["title_key"] = fold(values["title"])
        if "known" in values:
            values["paper_id"] = self._key_of(values.pop("known"))
        return values

    def _key_of(self, known: Known | None) -> int | None:
        if known is None or known.pk:
            return known.pk if known else None
        return next(_paper(plan).pk for plan in self.plan.papers if plan.known is known)

    def _problems(self) -> None:
        plan = self.plan.problem_rows
        papers = {
            entry.line: _paper(item) for item in self.plan.papers for entry in item.known.entries
        }
        Problem.objects.bulk_create(
            [
                Problem(
                    job=RunJob.IMPORT_LIST,
                    kind=problem.kind,
                    message=problem.message,
                    fingerprint=name,
                    line=problem.line,
                    catalogue=self.catalogue,
                    paper=papers.get(problem.entry),
                    run=self.run,
                )
                for name, problem in plan.create.items()
            ],
            batch_size=_BATCH,
        )
        for row, problem in plan.change:
            row.line, row.message = problem.line, problem.message
            row.paper = papers.get(problem.entry)
            if row.status == Problem.Status.GONE:
                row.status = Problem.Status.OPEN
            row.save(update_fields=["line", "message", "paper", "status"])
        Problem.objects.filter(pk__in=[row.pk for row in plan.gone]).update(
            status=Problem.Status.GONE
        )


def _new_catalogue(slug: str, reading: ReadingList) -> Catalogue:
    return Catalogue.objects.create(
        slug=slug,
        title=(reading.title or slug.replace("-", " ").capitalize())[:200],
        origin_name=reading.origin.name[:200],
        origin_url=reading.origin.url[:500],
        licence=reading.origin.licence[:60],
    )


def _paper(plan: PaperPlan) -> Paper:
    if plan.paper is None:
        raise RuntimeError("papers are created before what hangs on them")
    return plan.paper


def _stated_fields(plan: PaperPlan) -> list[str]:
    """The fields this import gave a value to."""
    if not plan.is_first_met:
        return [*plan.fields, *(["authors"] if plan.authors is not None else [])]
    facts = plan.facts
    values = {
        "title": facts.title,
        "authors": facts.authors,
        "venue": facts.venue.name,
        "year": facts.venue.year,
        "distinction": facts.venue.distinction,
        "published_on": facts.published_on,
    }
    return [name for name, value in values.items() if value]


def _said_by(plan: PaperPlan, name: str, slug: str) -> dict[str, str]:
    """A month of publication is no statement of the list: it is read off the arXiv identifier."""
    if name == "published_on" and plan.facts.precision == "month":
        return {"source": Source.DERIVED, "detail": "arXiv identifier"}
    return {"source": Source.LIST, "detail": slug}


def _numbered(base: str) -> Iterable[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1
