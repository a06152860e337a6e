"""Two authors who are one person become one, and one author who is two becomes two; both can be taken back exactly."""

from collections.abc import Collection, Iterable
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from catalog.curation.locks import hold_off_imports
from catalog.curation.merging import Reached, merge_of, to_merge, undo_act
from catalog.curation.recording import recorded
from catalog.curation.refusal import Refused
from catalog.curation.suspects import decide_merged, move_suspects
from catalog.folding import fold
from catalog.models import Act, Author, Authorship, AuthorSuspect, NamedAuthor
from catalog.signals import announce_changed_papers


@transaction.atomic
def merge_authors(
    survivor: Author, duplicates: Iterable[Author], user: AbstractBaseUser | None = None
) -> list[Act]:
    """Give the survivor the papers of the duplicates; printed names stay as the papers print them."""
    hold_off_imports()
    kept, others = to_merge(survivor, duplicates)
    together, acts = uuid4(), []
    for duplicate in others:
        title = f"{duplicate.name} merged into {kept.name}"
        subjects = [kept.pk, duplicate.pk]
        reached = Reached(Author, subjects)
        with recorded(Act.Kind.MERGE_AUTHORS, title, subjects, reached, user, together) as act:
            _merge(kept, duplicate, user)
        acts.append(act)
    announce_changed_papers(kept.authorships.values_list("paper", flat=True))
    survivor.refresh_from_db()
    return acts


def _merge(survivor: Author, duplicate: Author, user: AbstractBaseUser | None) -> None:
    decide_merged(AuthorSuspect, survivor.pk, duplicate.pk, user)
    _take_orcid(survivor, duplicate)
    Authorship.objects.filter(author=duplicate).update(author=survivor)
    NamedAuthor.objects.filter(author=duplicate).update(author=survivor)
    move_suspects(AuthorSuspect, duplicate.pk, survivor.pk)
    Author.objects.filter(merged_into=duplicate).update(merged_into=survivor)
    Author.objects.filter(pk=duplicate.pk).update(merged_into=survivor)


def _take_orcid(survivor: Author, duplicate: Author) -> None:
    if duplicate.orcid and not survivor.orcid:
        survivor.orcid = duplicate.orcid
        Author.objects.filter(pk=duplicate.pk).update(orcid="")
        survivor.save(update_fields=["orcid"])


@transaction.atomic
def unmerge_author(duplicate: Author, user: AbstractBaseUser | None = None) -> Author:
    """Let a merged author stand alone again, with the papers that were theirs; return the survivor.

    Where no merge is on record, these are the papers that print the name.
    """
    hold_off_imports()
    survivor = duplicate.merged_into
    if survivor is None:
        raise Refused(f"“{duplicate}” is not merged into another.")
    act = merge_of(duplicate)
    if act:
        undo_act(act, user)
    else:
        _part_by_name(survivor, duplicate)
    duplicate.refresh_from_db()
    return survivor


def _part_by_name(survivor: Author, duplicate: Author) -> None:
    Author.objects.filter(pk=duplicate.pk).update(merged_into=None)
    rows = survivor.authorships.all()
    own = [row.pk for row in rows if fold(row.printed_name) == duplicate.name_key]
    Authorship.objects.filter(pk__in=own).update(author=duplicate)
    announce_changed_papers(
        Authorship.objects.filter(author__in=[survivor, duplicate]).values_list("paper", flat=True)
    )


@transaction.atomic
def split_author(
    author: Author,
    papers: Collection[int],
    to: Author | None,
    name: str,
    user: AbstractBaseUser,
) -> tuple[Author, Act]:
    """Give these of an author's papers to another person: `to`, or a new author of that name.

    It is remembered for each paper whom the printed name means, so that no import joins the two again.
    """
    hold_off_imports()
    author = Author.objects.select_for_update().get(pk=author.pk)
    rows = list(author.authorships.filter(paper__in=papers).select_related("paper"))
    _refuse_odd_split(author, rows, to, name)
    title = f"{author.name} split: {len(rows)} of the papers are another person’s"
    keys = [author.pk, *([to.pk] if to else [])]
    with recorded(Act.Kind.SPLIT_AUTHOR, title, keys, Reached(Author, keys), user) as act:
        if to is None:
            to = Author.objects.create(name=" ".join(name.split())[:200])
            keys.append(to.pk)
        act.subjects = keys
        _give(author, to, rows)
    announce_changed_papers(row.paper_id for row in rows)
    return to, act


def _refuse_odd_split(author: Author, rows: list[Authorship], to: Author | None, name: str) -> None:
    if author.merged_into_id:
        raise Refused(f"{author} was merged into another: split that one.")
    if not rows:
        raise Refused("Tick the papers that are another person’s.")
    if to is None and not name.strip():
        raise Refused("Give the other person’s name, or choose an author who is known.")
    if to is not None and (to.pk == author.pk or to.merged_into_id):
        raise Refused("Choose another author, who is not merged into somebody.")
    if to is None and not author.authorships.exclude(pk__in=[row.pk for row in rows]).exists():
        raise Refused("Leave at least one paper: with none, rename the author instead.")
    if to is not None:
        shared = to.authorships.filter(paper__in=[row.paper_id for row in rows])
        if both := shared.select_related("paper").first():
            raise Refused(f"“{both.paper}” names both of them: they cannot be one person there.")


def _give(author: Author, to: Author, rows: list[Authorship]) -> None:
    Authorship.objects.filter(pk__in=[row.pk for row in rows]).update(author=to)
    for row in rows:
        for key in {fold(row.printed_name), author.name_key}:
            NamedAuthor.objects.update_or_create(
                paper=row.paper, name_key=key, defaults={"author": to, "stated_at": timezone.now()}
            )
    first, second = sorted((author.pk, to.pk))
    AuthorSuspect.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={
            "score": 0,
            "status": AuthorSuspect.Status.DISTINCT,
            "decided_at": timezone.now(),
        },
    )
