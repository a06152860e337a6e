"""What a topic's page says beside its papers: who and what stands there, its ends, what it cites most and lacks."""

from collections.abc import Sequence
from functools import cached_property

from django.utils import timezone

from catalog.models import Paper, PaperQuerySet
from catalog.tallies import Share, Tally, code_share, top_authors, top_repositories, top_venues
from catalog.trends.cited import Cited, Gap, gaps, most_cited
from catalog.trends.scope import Scope

_FEW = 5


class TopicFacts:
    """Each fact is asked when the page comes to it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @cached_property
    def authors(self) -> list[Tally]:
        return top_authors(self._scope.papers)

    @cached_property
    def venues(self) -> list[Tally]:
        return top_venues(self._scope.papers)

    @cached_property
    def repositories(self) -> list[Tally]:
        return top_repositories(self._scope.papers, _FEW)

    @cached_property
    def code(self) -> Share:
        return code_share(self._scope.papers)

    @cached_property
    def cited(self) -> list[Cited]:
        return most_cited(self._scope, _FEW)

    @cached_property
    def gaps(self) -> Sequence[Gap]:
        return gaps(self._scope, _FEW)

    @cached_property
    def first(self) -> Paper | None:
        return self._dated.order_by("published_on", "pk").first()

    @cached_property
    def latest(self) -> Paper | None:
        return self._dated.order_by("-published_on", "pk").first()

    @property
    def _dated(self) -> PaperQuerySet:
        return self._scope.papers.filter(published_on__lte=timezone.localdate())
