"""What a curator did and why, in the words that the history shows beside every row it changed."""

import pghistory

from catalog.models import Act, TreeChange


def note_act(act: str, why: str = "") -> None:
    """Name what the changes of this request are: "merged two papers". Outside of a request or `pghistory.context` it does nothing."""
    pghistory.context(act=act[:200], **({"why": why[:500]} if why else {}))


def note_undoing(record: Act | TreeChange) -> None:
    """Say that the changes of this request take back a group: that of this record, when nothing else of it stands.

    To be called before the undoing: what the history says of a request is written with each change.
    """
    acts = Act.objects.standing().filter(group=record.group)
    trees = TreeChange.objects.filter(group=record.group, undone_at=None)
    if isinstance(record, TreeChange):
        trees = trees.exclude(pk=record.pk)
    else:
        acts = acts.exclude(pk=record.pk)
        acts = acts.exclude(together=record.together) if record.together else acts
    if record.group and not acts.exists() and not trees.exists():
        pghistory.context(undoes=str(record.group))
