"""How the catalogue tells what is built upon it that papers have changed, without importing it."""

from collections.abc import Iterable

from django.db import transaction
from django.dispatch import Signal

# Sent after the commit with `ids`: a sorted list of primary keys of papers whose text may have changed.
papers_changed = Signal()


def announce_changed_papers(ids: Iterable[int]) -> None:
    """Tell, once the transaction is committed, that these papers' title, abstract, people or places changed."""
    changed = sorted(set(ids))
    if changed:
        transaction.on_commit(lambda: papers_changed.send(sender=None, ids=changed))
