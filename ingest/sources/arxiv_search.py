"""arXiv's search: what is new on a catalogue's queries becomes candidates for it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from catalog.identifiers import ARXIV
from catalog.known import known_papers
from catalog.models import Candidate, HarvestQuery, Paper, Placement, Source, Topic
from catalog.models.upkeep import RunJob
from catalog.readable import readable
from ingest import visits
from ingest.http import SourceClient
from ingest.models import Visit, VisitOutcome
from ingest.parts import Part, Stored, Tally
from ingest.problems import Doubt, report_doubts
from ingest.sources.arxiv.ask import fetch_page
from ingest.sources.arxiv.feed import ArxivRecord, withdrawn
from ingest.visits import Scope, Seen
from search.embeddings import ModelUnavailable
from search.glossary import embedded_text
from search.topic_suggestions import SuggestedTopics, TopicSuggester

PAGE = 500  # arXiv allows 2,000 and asks for less
_NOTHING = "-"  # of the query itself: an empty answer can be a failure of arXiv's
_WITHDRAWN = "Withdrawn on arXiv:"
_MOST = 5000  # results of one harvest; more than that is a question to be narrowed
_FIRST = timedelta(days=90)  # how far the first harvest of a query goes back
_OVERLAP = timedelta(days=7)  # papers are announced days after they are submitted


@dataclass(frozen=True, slots=True)
class Harvested:
    """What a query found since a moment; `total` is more than there are records when it found too much.

    `suggested` holds topics and nearest papers for those records that nobody knew, by id.
    """

    query: str
    since: datetime
    records: tuple[ArxivRecord, ...]
    total: int
    faults: Mapping[str, str]
    suggested: Mapping[str, SuggestedTopics]


class Harvest(Part):
    """Every active query of every catalogue."""

    source = Source.ARXIV
    kind = "query"
    batch = 1

    def _things(self, scope: Scope) -> QuerySet[HarvestQuery]:
        """A single paper is no question to a search: nothing is due for one."""
        return (
            HarvestQuery.objects.none()
            if scope.paper
            else HarvestQuery.objects.filter(is_active=True)
        )

    def begin(self) -> None:
        settle()

    def due(self, scope: Scope, limit: int | None) -> list[int]:
        return visits.due(self._things(scope), self.source, self.kind, scope, limit)

    def count(self, scope: Scope) -> int:
        return visits.count_due(self._things(scope), self.source, self.kind, scope)

    def fetch(self, client: SourceClient, subjects: Sequence[int]) -> dict[int, Harvested]:
        """Harvest, and look where what is new would belong: that takes long, so nothing is locked meanwhile."""
        queries = HarvestQuery.objects.filter(pk__in=subjects)
        return {query.pk: _harvest(client, query) for query in queries}

    def store(self, subjects: Sequence[int], fetched: Mapping[int, Harvested]) -> Stored:
        queries = HarvestQuery.objects.select_related("catalogue").in_bulk(list(fetched))
        tally, seen = Tally(), {}
        for pk, query in queries.items():
            if query.query == fetched[pk].query:  # else it was edited meanwhile, and is due again
                tally += _file(query, fetched[pk])
                seen[pk] = _seen(query, fetched[pk])
        return Stored(tally, seen)


def _seen(query: HarvestQuery, harvested: Harvested) -> Seen:
    """With anything that could not be had, the harvest has failed: the next one looks as far back as the first."""
    if not harvested.faults:
        return Seen(etag=_mark(query))
    names = ", ".join(name or "an entry without an id" for name in list(harvested.faults)[:3])
    first = next(iter(harvested.faults.values()))
    return Seen(
        VisitOutcome.FAILED,
        f"The query {query.query}: {first}" + (f" ({names})" if names != _NOTHING else ""),
    )


def _harvest(client: SourceClient, query: HarvestQuery) -> Harvested:
    """Read all pages of what was submitted since the last good harvest, and some days before that."""
    since = _since(query)
    window = (
        f"submittedDate:[{since:%Y%m%d%H%M} TO {timezone.now() + timedelta(days=1):%Y%m%d%H%M}]"
    )
    question = f"({query.query}) AND {window}"
    records: dict[str, ArxivRecord] = {}
    faults: dict[str, str] = {}
    start = total = 0
    while start <= total and start < _MOST:
        feed = fetch_page(client, question, start, PAGE)
        records |= {record.id: record for record in feed.records}
        faults |= feed.faults
        total = feed.total or 0
        start += PAGE
        if start >= total:
            break
    if not total and not fetch_page(client, f"({query.query})", 0, 1).total:
        faults[_NOTHING] = "arXiv finds nothing for it, not even long ago"
    found = tuple(records.values())
    fresh = _unknown(query.catalogue_id, [record for record in found if not withdrawn(record)])
    ids = [record.id for record in fresh]
    suggested = dict(zip(ids, _suggest(query.catalogue_id, fresh), strict=True))
    return Harvested(query.query, since, found, total, faults, suggested)


def _since(query: HarvestQuery) -> datetime:
    """When the window opens: to the day, so that two harvests of a day ask the same. An edited query is a new one."""
    last = Visit.objects.filter(
        source=Harvest.source,
        kind=Harvest.kind,
        subject=query.pk,
        outcome=VisitOutcome.FOUND,
        etag=_mark(query),
    ).first()
    since = last.visited_at - _OVERLAP if last else timezone.now() - _FIRST
    return since.replace(hour=0, minute=0, second=0, microsecond=0)


def _mark(query: HarvestQuery) -> str:
    return hashlib.sha256(query.query.encode()).hexdigest()


def _unknown(catalogue: int, records: Sequence[ArxivRecord]) -> list[ArxivRecord]:
    """Leave out the records that are papers or candidates already."""
    ids = [record.id for record in records]
    filed = Candidate.objects.filter(catalogue=catalogue, scheme=ARXIV, value__in=ids)
    filed_ids = set(filed.values_list("value", flat=True))
    known = known_papers({(ARXIV, record.id): record.title for record in records})
    return [
        record
        for record in records
        if record.id not in filed_ids and (ARXIV, record.id) not in known
    ]


def _file(query: HarvestQuery, harvested: Harvested) -> Tally:
    """Propose what is not known and was not proposed before; follow what has changed of what waits."""
    catalogue = query.catalogue
    records = [record for record in harvested.records if not withdrawn(record)]
    waiting = {
        row.value: row
        for row in Candidate.objects.filter(
            catalogue=catalogue,
            scheme=ARXIV,
            value__in=[record.id for record in harvested.records],
        )
    }
    fresh = _unknown(catalogue.pk, records)
    suggested = [harvested.suggested.get(record.id, SuggestedTopics((), ())) for record in fresh]
    titles = _titles(suggested)
    Candidate.objects.bulk_create(
        [
            _candidate(query, record, one, titles)
            for record, one in zip(fresh, suggested, strict=True)
        ],
        ignore_conflicts=True,
    )
    changed = sum(
        _follow(waiting[record.id], record) for record in harvested.records if record.id in waiting
    )
    problems = _report(query, harvested)
    return Tally(
        new=len(fresh),
        changed=changed,
        same=len(waiting) - changed,
        skipped=len(harvested.records) - len(fresh) - len(waiting),
        failed=len(harvested.faults),
        problems=problems,
    )


def settle() -> None:
    """Candidates whose paper has been listed meanwhile wait no more, whatever it was listed by."""
    waiting = {
        pk: (catalogue, (scheme, value), title)
        for pk, catalogue, scheme, value, title in Candidate.objects.filter(
            status=Candidate.Status.OPEN
        ).values_list("pk", "catalogue", "scheme", "value", "title")
    }
    known = known_papers({name: title for _, name, title in waiting.values()})
    listed = set(
        Placement.objects.current()
        .filter(paper__in=set(known.values()), paper__merged_into=None)
        .values_list("topic__catalogue", "paper")
    )
    found = {
        pk: known[name]
        for pk, (catalogue, name, _) in waiting.items()
        if name in known and (catalogue, known[name]) in listed
    }
    settled = list(Candidate.objects.filter(pk__in=found))
    for candidate in settled:
        candidate.paper_id = found[candidate.pk]
        candidate.status, candidate.decided_at = Candidate.Status.ACCEPTED, timezone.now()
    Candidate.objects.bulk_update(settled, ["paper", "status", "decided_at"], batch_size=1000)


def _suggest(catalogue: int, records: Sequence[ArxivRecord]) -> list[SuggestedTopics]:
    texts = [embedded_text(record.title, record.abstract) for record in records]
    if not texts:
        return []
    try:
        return TopicSuggester(catalogue).suggest(texts)
    except ModelUnavailable:
        return [SuggestedTopics((), ())] * len(texts)


def _titles(suggested: Sequence[SuggestedTopics]) -> dict[str, dict[int, str]]:
    topics = {topic.topic for one in suggested for topic in one.topics}
    papers = {paper for one in suggested for paper, _ in one.nearest}
    rows = Topic.objects.filter(pk__in=topics).select_related("parent")
    return {
        "topics": {topic.pk: topic.label for topic in rows},
        "papers": dict(Paper.objects.filter(pk__in=papers).values_list("pk", "title")),
    }


def _candidate(
    query: HarvestQuery,
    record: ArxivRecord,
    one: SuggestedTopics,
    titles: dict[str, dict[int, str]],
) -> Candidate:
    best = one.topics[0] if one.topics else None
    fits = best is not None and not best.is_doubtful
    return Candidate(
        catalogue=query.catalogue,
        scheme=ARXIV,
        value=record.id,
        title=record.title,
        abstract=record.abstract,
        authors=list(record.authors),
        published_on=record.published,
        suggested_topic_id=best.topic if best and fits else None,
        confidence=best.confidence if best else None,
        reasons=_reasons(query, one, titles),
    )


def _reasons(
    query: HarvestQuery, one: SuggestedTopics, titles: dict[str, dict[int, str]]
) -> list[str]:
    """Say for a curator why it is proposed, and why there."""
    reasons = [f"Found by the query {query.query}"]
    reasons += [
        f"Near “{readable(titles['papers'][paper])}” (cosine {likeness:.2f})"
        for paper, likeness in one.nearest
        if paper in titles["papers"]
    ]
    others = [
        f"{titles['topics'][topic.topic]} ({topic.confidence:.0%})"
        for topic in one.topics
        if topic.topic in titles["topics"] and (topic != one.topics[0] or topic.is_doubtful)
    ]
    if one.topics and one.topics[0].is_doubtful:
        reasons.append(f"No topic fits; the likeliest are {', '.join(others)}")
    elif others:
        reasons.append(f"Else {' or '.join(others)}")
    if not one.topics:
        reasons.append("No topic could be suggested: no paper of the catalogue has a vector yet.")
    return reasons


def _follow(candidate: Candidate, record: ArxivRecord) -> bool:
    """Bring a waiting candidate up to arXiv's latest version, a withdrawal too; what was decided stays as it was."""
    if candidate.status != Candidate.Status.OPEN:
        return False
    values = {
        "title": record.title,
        "abstract": record.abstract,
        "authors": list(record.authors),
        "published_on": record.published,
        "reasons": [
            *([f"{_WITHDRAWN} {record.comment[:300]}"] if withdrawn(record) else []),
            *(reason for reason in candidate.reasons if not reason.startswith(_WITHDRAWN)),
        ],
    }
    changed = [name for name, value in values.items() if getattr(candidate, name) != value]
    for name in changed:
        setattr(candidate, name, values[name])
    if changed:
        candidate.save(update_fields=changed)
    return bool(changed)


def _report(query: HarvestQuery, harvested: Harvested) -> int:
    whose = f"The query {query.query} of “{query.catalogue}”"
    doubts = [
        Doubt(None, "harvest-empty", f"{whose}: {fault}. Correct it.", str(query.pk))
        if name == _NOTHING
        else Doubt(
            None,
            "harvest-unreadable",
            f"{whose} found {name or 'an entry without an id'}: {fault}. Look at it by hand.",
            name,
        )
        for name, fault in harvested.faults.items()
    ]
    if harvested.total > _MOST:
        text = (
            f"{whose} finds {harvested.total:,} papers since "
            f"{harvested.since:%d %b %Y}; the newest {_MOST:,} were read. Narrow it."
        )
        doubts.append(Doubt(None, "harvest-too-wide", text, str(query.pk)))
    return report_doubts(RunJob.CANDIDATES, doubts, []) if doubts else 0
