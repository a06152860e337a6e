"""Whose catalogue is whose: an editor of one catalogue changes nothing of the others.

What a user may do at all is Django's permissions; this narrows where. Superusers, and users without
an editorship, are not narrowed.
"""

from typing import Any

from django.db.models import QuerySet

from catalog.models import Catalogue, Editorship, Paper, Placement


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
