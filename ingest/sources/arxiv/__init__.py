"""arXiv: what it says of the papers that bear its identifiers."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from catalog.identifiers import ARXIV
from catalog.models import Identifier, Source
from ingest import visits
from ingest.http import SourceBroken, SourceClient
from ingest.models import Visit, VisitOutcome
from ingest.parts import Part, Stored
from ingest.sources.arxiv.ask import fetch_ids
from ingest.sources.arxiv.feed import Feed
from ingest.sources.arxiv.store import close_stale_doubts, store_records
from ingest.visits import Scope

_FEW = 5  # answers so short that one unknown id can empty them
_WITNESSES = 25


class Metadata(Part):
    """Every paper with an arXiv identifier, asked about by these identifiers."""

    source = Source.ARXIV
    kind = "identifier"
    batch = 100

    def _things(self, scope: Scope) -> QuerySet[Identifier]:
        things = Identifier.objects.filter(scheme=ARXIV, paper__merged_into=None)
        return things.filter(paper=scope.paper) if scope.paper else things

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        return visits.due(self._things(scope), self.source, self.kind, scope, limit)

    def count(self, scope: Scope) -> int:
        return visits.count_due(self._things(scope), self.source, self.kind, scope)

    def begin(self) -> None:
        close_stale_doubts()

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> Feed:
        """Return what arXiv answers for these identifiers; those that it does not know are missing."""
        rows = Identifier.objects.filter(pk__in=subjects).order_by("pk")
        ids = list(rows.values_list("value", flat=True))
        known = _witnesses(ids)
        # An answer without a few unknown ids would be taken for a failure.
        feed = fetch_ids(client, [*ids, *(known[:1] if len(ids) < _FEW else [])], known)
        answered = {record.id for record in feed.records} | feed.faults.keys()
        silent = rows.exclude(value__in=answered).filter(Exists(_answered()))
        if "" not in feed.faults and (lost := silent.count()) >= max(_FEW, len(ids) // 2):
            raise SourceBroken(
                f"arXiv knows {lost} of {len(ids)} papers no more that it knew before: that cannot be"
            )
        return feed

    def store(self, subjects: Sequence[int], fetched: Feed) -> Stored:
        return store_records(subjects, fetched)


def _witnesses(ids: Sequence[str]) -> list[str]:
    """Ids that arXiv has answered for, other than these."""
    known = Identifier.objects.filter(Exists(_answered()), scheme=ARXIV).exclude(value__in=ids)
    return list(known.order_by("pk").values_list("value", flat=True)[:_WITNESSES])


def _answered() -> QuerySet[Visit]:
    """The visits of an identifier at which arXiv had an answer."""
    return Visit.objects.filter(
        source=Source.ARXIV,
        kind=Metadata.kind,
        outcome=VisitOutcome.FOUND,
        subject=OuterRef("pk"),
    )
