"""GitHub: stars and facts of the repositories that go with papers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import PaperRepository, Repository, Source
from ingest import visits
from ingest.http import SourceBroken, SourceClient, SourceRefused
from ingest.models import Visit
from ingest.parts import Part, Stored
from ingest.sources.github import graphql, rest
from ingest.sources.github.record import HOST, Failed, Found, Gone, Outcome, Wanted
from ingest.sources.github.store import store_outcomes
from ingest.visits import Scope

_LOOK_UPS = 10  # of repositories whose name means another one by now, in one batch
_FEW = 5  # repositories that may well be gone together
_ANOTHER = "its name means another repository by now"


class Repositories(Part):
    """Every repository of GitHub that a paper's current link uses, for its code or for its stars."""

    source = Source.GITHUB
    kind = "repository"

    def __init__(self) -> None:
        self.batch = 100 if settings.SOURCES["github"]["key"] else 10
        self._in_vain = 0  # batches of which nothing could be had, while GitHub answered

    def _things(self, scope: Scope) -> QuerySet[Repository]:
        uses = Q(repository=OuterRef("pk")) | Q(badge_repository=OuterRef("pk"))
        links = PaperRepository.objects.current().filter(uses, paper__merged_into=None)
        if scope.paper:
            links = links.filter(paper=scope.paper)
        return Repository.objects.filter(Exists(links), host__iexact=HOST)

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        return visits.due(self._things(scope), self.source, self.kind, scope, limit)

    def count(self, scope: Scope) -> int:
        return visits.count_due(self._things(scope), self.source, self.kind, scope)

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[int, Outcome]:
        """Return what came of each repository; those that the allowance did not suffice for are missing."""
        wanted = self._wanted(subjects)
        if not wanted:
            return {}
        outcomes = (graphql if client.key else rest).fetch(client, wanted)
        self._doubt_the_end_of_all(outcomes)
        self._bear_failures(outcomes)
        return _follow_numbers(client, wanted, outcomes)

    def _doubt_the_end_of_all(self, outcomes: Mapping[int, Outcome]) -> None:
        """That every repository is gone at once, some that were there before among them, is a failure of GitHub's."""
        if len(outcomes) < _FEW or not all(isinstance(one, Gone) for one in outcomes.values()):
            return
        there = Repository.objects.filter(pk__in=outcomes, stars__isnull=False, gone_at=None)
        if there.count() * 2 >= len(outcomes):
            raise SourceBroken(
                f"GitHub knows none of {len(outcomes)} repositories, of which it knew most before"
            )

    def _bear_failures(self, outcomes: Mapping[int, Outcome]) -> None:
        """One batch may consist of repositories that cannot be had; a second one is a failure of GitHub's."""
        if len(outcomes) < _FEW or not all(isinstance(one, Failed) for one in outcomes.values()):
            return
        if self._in_vain == 1:
            first = next(one for one in outcomes.values() if isinstance(one, Failed))
            raise SourceBroken(f"{first.reason}, as for all of {len(outcomes)} repositories")
        self._in_vain += 1

    def _wanted(self, subjects: Sequence[int]) -> list[Wanted]:
        rows = Repository.objects.in_bulk(list(subjects))
        etags = dict(
            Visit.objects.filter(source=self.source, kind=self.kind, subject__in=subjects)
            .exclude(etag="")
            .values_list("subject", "etag")
        )
        # "Nothing has changed" helps only where there is something to go on from.
        known = {pk for pk, row in rows.items() if row.stars is not None and row.gone_at is None}
        return [
            Wanted(
                pk=pk,
                owner=rows[pk].owner,
                name=rows[pk].name,
                host_id=rows[pk].host_id,
                etag=etags.get(pk, "") if pk in known else "",
            )
            for pk in subjects
            if pk in rows
        ]

    def store(self, subjects: Sequence[int], fetched: Mapping[int, Outcome]) -> Stored:
        return store_outcomes(fetched)


def _follow_numbers(
    client: SourceClient, wanted: Sequence[Wanted], outcomes: Mapping[int, Outcome]
) -> dict[int, Outcome]:
    """Where a name means another repository by now, look for ours by its number: it may have a new name."""
    followed = dict(outcomes)
    look_ups = 0
    for one in wanted:
        outcome = outcomes.get(one.pk)
        if not isinstance(outcome, Found) or not one.host_id or not outcome.record.host_id:
            continue
        if outcome.record.host_id == one.host_id:
            continue
        if look_ups == _LOOK_UPS:
            followed[one.pk] = Failed(_ANOTHER)
            continue
        look_ups += 1
        try:
            ours = rest.by_number(client, one.host_id)
        except SourceRefused as error:
            if error.status in {401, 403}:
                raise
            followed[one.pk] = Failed(f"{_ANOTHER}; {error}")
        except SourceBroken as error:
            followed[one.pk] = Failed(f"{_ANOTHER}; {error}")
            continue
        if isinstance(ours, Found) and ours.record.host_id == one.host_id:
            followed[one.pk] = replace(ours, etag="")
        elif isinstance(ours, Failed):
            followed[one.pk] = ours
    return followed


__all__ = ["Repositories"]
