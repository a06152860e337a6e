"""How the catalogue tells what is built upon it that papers have changed, without importing it."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.dispatch import Signal

# Sent after the commit with `ids`: a sorted list of primary keys of papers whose text may have changed.
papers_changed = Signal()

# Sent after the commit when entries of the glossary were taken back or put back.
glossary_changed = Signal()

# Sent by the page about the state of the data. A receiver answers with a line on what of its own fails, or with "".
state_asked = Signal()


def announce_changed_papers(ids: Iterable[int]) -> None:
    """Tell, once the transaction is committed, that these papers' title, abstract, people or places changed."""
    if changed := set(ids):
        batch = _waiting() or _Batch()
        batch.ids |= changed
        transaction.on_commit(batch.tell)


class _Batch:
    """The papers that one transaction changes: told once, however often they are announced."""

    def __init__(self) -> None:
        self.ids: set[int] = set()

    def tell(self) -> None:
        ids, self.ids = sorted(self.ids), set()
        if ids:
            papers_changed.send(sender=None, ids=ids)


def _waiting() -> _Batch | None:
    """The batch of this transaction. Every savepoint adds its own call, so that none is lost with another."""
    calls = (getattr(entry[1], "__self__", None) for entry in connection.run_on_commit)
    return next((batch for batch in calls if isinstance(batch, _Batch)), None)
