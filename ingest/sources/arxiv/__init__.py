"""arXiv: what it says of the papers that bear its identifiers."""

from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef, QuerySet

from catalog.identifiers import ARXIV
from catalog.models import Identifier, Source
from ingest import visits
from ingest.http import SourceClient
from ingest.models import Visit, VisitOutcome
from ingest.parts import Stored
from ingest.sources.arxiv.ask import fetch_ids
from ingest.sources.arxiv.feed import ArxivRecord
from ingest.sources.arxiv.store import store_records
from ingest.visits import Scope

_FEW = 5  # answers so short that one unknown id can empty them


class Metadata:
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

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[str, ArxivRecord]:
        """Return the records of these identifiers by their ids; those arXiv does not know are missing."""
        rows = Identifier.objects.filter(pk__in=subjects).order_by("pk")
        ids = list(rows.values_list("value", flat=True))
        asked = [*ids, *_witness(ids)]
        records = fetch_ids(client, asked)
        return {record.id: record for record in records if record.id in set(ids)}

    def store(self, subjects: Sequence[int], fetched: Mapping[str, ArxivRecord]) -> Stored:
        return store_records(subjects, fetched)


def _witness(ids: Sequence[str]) -> list[str]:
    """An id that arXiv has answered for, so that an answer without a few unknown ids is not mistaken for a failure."""
    if len(ids) >= _FEW:
        return []
    answered = Visit.objects.filter(
        source=Source.ARXIV,
        kind=Metadata.kind,
        outcome=VisitOutcome.FOUND,
        subject=OuterRef("pk"),
    )
    known = Identifier.objects.filter(Exists(answered), scheme=ARXIV).exclude(value__in=ids)
    return list(known.order_by("pk").values_list("value", flat=True)[:1])
