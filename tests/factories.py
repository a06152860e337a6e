"""Small functions with defaults that make the rows a test needs."""

from datetime import date
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone
from django.utils.text import slugify
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from catalog.models import (
    Announcement,
    Author,
    Authorship,
    Catalogue,
    Editorship,
    Identifier,
    Paper,
    PaperRepository,
    Placement,
    Repository,
    Run,
    Source,
    Topic,
    Venue,
)

_number = count(1)


def make_catalogue(slug: str = "long-context", **fields: Any) -> Catalogue:
    catalogue, _ = Catalogue.objects.get_or_create(
        slug=slug, defaults={"title": "Long-context modelling", **fields}
    )
    return catalogue


def make_topic(name: str = "Sparse Attention", parent: Topic | None = None, **fields: Any) -> Topic:
    catalogue = fields.pop("catalogue", None) or (parent.catalogue if parent else make_catalogue())
    slug = slugify(name)
    path = f"{parent.path}/{slug}" if parent else slug
    defaults = {"name": name, "heading": name, "slug": slug, "parent": parent, **fields}
    topic, _ = Topic.objects.get_or_create(catalogue=catalogue, path=path, defaults=defaults)
    return topic


def make_author(name: str = "Ada Lovelace") -> Author:
    return Author.objects.filter(name=name).first() or Author.objects.create(name=name)


def make_venue(name: str = "ICLR", **fields: Any) -> Venue:
    venue, _ = Venue.objects.get_or_create(slug=slugify(name), defaults={"name": name, **fields})
    return venue


def make_paper(
    title: str = "",
    *,
    authors: int | list[str] = 1,
    topics: list[Topic] | None = None,
    arxiv: str = "",
    repository: str = "",
    **fields: Any,
) -> Paper:
    """A listed paper: placed under `topics` (one default topic when None, nowhere when [])."""
    n = next(_number)
    paper = Paper.objects.create(title=title or f"A paper with number {n}", **fields)
    names = [f"Author {n} {i}" for i in range(authors)] if isinstance(authors, int) else authors
    for position, name in enumerate(names, 1):
        Authorship.objects.create(
            paper=paper, author=make_author(name), position=position, printed_name=name
        )
    for index, topic in enumerate([make_topic()] if topics is None else topics):
        Placement.objects.create(
            paper=paper, topic=topic, is_primary=index == 0, source=Source.LIST, position=n
        )
    if arxiv:
        Identifier.objects.create(paper=paper, scheme="arxiv", value=arxiv, source=Source.LIST)
    if repository:
        owner, name = repository.split("/")
        row, _ = Repository.objects.get_or_create(owner=owner, name=name)
        PaperRepository.objects.create(paper=paper, repository=row, source=Source.LIST)
    return paper


def make_announcement(
    title: str = "", *, paper: Paper | None = None, date: date = date(2025, 2, 24), **fields: Any
) -> Announcement:
    n = next(_number)
    return Announcement.objects.create(
        catalogue=make_catalogue(),
        title=title or (paper.title if paper else f"Announced as number {n}"),
        paper=paper,
        date=date,
        position=n,
        source=Source.LIST,
        **fields,
    )


def make_run(job: str = "import_list", *, status: str = "done", **fields: Any) -> Run:
    finished = None if status == "running" else timezone.now()
    return Run.objects.create(job=job, status=status, finished_at=finished, **fields)


def make_staff(*permissions: str, edits: Catalogue | None = None, name: str = "ed") -> User:
    """Somebody who may enter the admin and has these permissions, in one catalogue only where that is said."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    if edits:
        Editorship.objects.create(user=user, catalogue=edits)
    return user


def make_schedule(task: str, **fields: Any) -> PeriodicTask:
    """A schedule of its own: those of the migrations go with the first test that empties all tables."""
    interval, _ = IntervalSchedule.objects.get_or_create(every=1, period="days")
    PeriodicTask.objects.filter(task=task).delete()
    return PeriodicTask.objects.create(
        name=f"Schedule of {task}", task=task, interval=interval, **fields
    )
