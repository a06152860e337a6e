"""What a list said of each paper, topic and line of news when it was last settled: the base of three-way merges.

A statement moves on with what is applied. A part that is in conflict, or that a curator did not accept, keeps its
old one, so that the next import meets the same difference again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from catalog.models import Catalogue
from ingest.lists.conflicts import PAPER_PARTS, Says
from ingest.lists.plan import PaperPlan, Plan
from ingest.lists.records import AnnouncementLine, TopicPath
from ingest.models import ListStatement

_BATCH = 1000


@dataclass(slots=True)
class Statements:
    """All statements of one list, by what they are about."""

    papers: dict[int, ListStatement] = field(default_factory=dict)
    topics: dict[int, ListStatement] = field(default_factory=dict)
    news: dict[int, ListStatement] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue | None) -> "Statements":
        found = cls()
        for row in ListStatement.objects.filter(catalogue=catalogue) if catalogue else ():
            if row.paper_id:
                found.papers[row.paper_id] = row
            elif row.topic_id:
                found.topics[row.topic_id] = row
            elif row.announcement_id:
                found.news[row.announcement_id] = row
        return found

    @staticmethod
    def says(rows: dict[int, ListStatement], pk: int) -> Says:
        row = rows.get(pk)
        return row.says if row else {}


def paper_says(plan: PaperPlan, topics: dict[TopicPath, int]) -> Says:
    """What the list says of a paper now; `topics` holds the keys of its topics."""
    facts, entries = plan.facts, plan.known.by_weight
    return {
        "title": list(dict.fromkeys(entry.title for entry in entries)),
        "authors": list(facts.authors),
        "venue": facts.venue.name,
        "year": facts.venue.year,
        "distinction": facts.venue.distinction,
        "topics": sorted({topics[e.topic] for e in entries if e.topic in topics}),
    }


def line_says(line: AnnouncementLine) -> Says:
    return {"title": line.title, "url": line.url, "venue_text": line.venue_text}


class Keeper:
    """Brings the statements of a catalogue up to date with a plan that was applied.

    `unsettled` names what keeps its old statement, as keys of conflicts and changes: "paper:12:title".
    """

    def __init__(
        self,
        plan: Plan,
        catalogue: Catalogue,
        unsettled: Collection[str],
        topics: dict[TopicPath, int],
        news: Iterable[tuple[AnnouncementLine, int]],
    ) -> None:
        self.plan, self.catalogue, self.unsettled = plan, catalogue, unsettled
        self.old = Statements.of(catalogue)
        self.fresh: list[ListStatement] = []
        self.changed: list[ListStatement] = []
        self._compare(topics, news)

    def __bool__(self) -> bool:
        """Whether anything is said otherwise than before."""
        return bool(self.fresh or self.changed)

    def keep(self) -> None:
        """Store what differs; the history keeps what was said before."""
        ListStatement.objects.bulk_create(self.fresh, batch_size=_BATCH)
        ListStatement.objects.bulk_update(self.changed, ["says", "stated_at"], batch_size=_BATCH)

    def _compare(
        self, topics: dict[TopicPath, int], news: Iterable[tuple[AnnouncementLine, int]]
    ) -> None:
        for plan in self.plan.papers:
            if plan.paper and plan.paper.pk:
                self._paper(plan, topics)
        lost = [conflict.subject.pk for conflict in self.plan.lost_conflicts]
        for pk in [*(item.paper.pk for item in self.plan.gone), *lost]:
            self._gone(pk)
        for path, pk in topics.items():
            if path not in self.plan.topics.joined:
                self._topic(path, pk, topics)
        for line, pk in news:
            old = self.old.says(self.old.news, pk)
            says = old if old and f"announcement:{pk}:text" in self.unsettled else line_says(line)
            self._put(self.old.news, pk, says, announcement_id=pk)

    def _paper(self, plan: PaperPlan, topics: dict[TopicPath, int]) -> None:
        pk = plan.paper.pk if plan.paper else 0
        old, says = self.old.says(self.old.papers, pk), paper_says(plan, topics)
        for part in PAPER_PARTS:
            if f"paper:{pk}:{part}" in self.unsettled:
                says.pop(part)
                if part in old:
                    says[part] = old[part]
        self._put(self.old.papers, pk, says, paper_id=pk)

    def _gone(self, pk: int) -> None:
        old = self.old.says(self.old.papers, pk)
        if old and f"paper:{pk}:topics" not in self.unsettled:
            self._put(self.old.papers, pk, {**old, "topics": []}, paper_id=pk)

    def _topic(self, path: TopicPath, pk: int, topics: dict[TopicPath, int]) -> None:
        old = self.old.says(self.old.topics, pk)
        says = {"path": list(path), "parent": topics.get(path[:-1])}
        if old and f"topic:{pk}:place" in self.unsettled:
            says = old
        self._put(self.old.topics, pk, says, topic_id=pk)

    def _put(self, rows: dict[int, ListStatement], pk: int, says: Says, **about: int) -> None:
        row = rows.get(pk)
        if row is None:
            row = ListStatement(catalogue=self.catalogue, says=says, **about)
            self.fresh.append(row)
        elif row.says != says:
            row.says, row.stated_at = says, timezone.now()
            self.changed.append(row)
