"""The job that keeps the suspects: what is met is proposed, what is met no more is withdrawn, what was decided stays."""

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from redis.exceptions import RedisError

from catalog.curation.locks import hold_off_curators
from catalog.duplicates import evidence
from catalog.duplicates.authors import suspected_authors
from catalog.duplicates.titles import Likeness, Title, Weights, likeness, pairs_to_compare
from catalog.duplicates.verdict import LEAST, Evidence, Verdict, judge
from catalog.locks import DUPLICATES, alone
from catalog.models import AuthorSuspect, Paper, PaperSuspect, Run
from catalog.models.duplicates import SuspectStatus
from catalog.running import running

Pair = tuple[int, int]
_AT_ONCE = 1000
# So few papers are looked up among so many, instead of comparing all with all of these.
_FEW, _LARGE = 100, 5000
# What the outcome depends on, as one number.
_CONTENT = """
SELECT concat_ws(' ',
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', id, title, year, venue_id, left(abstract, 800)), 0)), 0)
        FROM catalog_paper WHERE merged_into_id IS NULL),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, title), 0)), 0) FROM catalog_titlealias),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, author_id, position, printed_name), 0)), 0) FROM catalog_authorship),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', id, name), 0)), 0) FROM catalog_author WHERE merged_into_id IS NULL),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, scheme, value), 0)), 0) FROM catalog_identifier),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, scheme, value), 0)), 0) FROM catalog_rejectedidentifier),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, listed_url), 0)), 0) FROM catalog_placement
        WHERE retired_at IS NULL AND listed_url <> ''),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, url), 0)), 0) FROM catalog_link
        WHERE retired_at IS NULL AND kind = 'paper'),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, url), 0)), 0) FROM catalog_announcement
        WHERE paper_id IS NOT NULL AND url <> ''),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', paper_id, message), 0)), 0) FROM catalog_problem
        WHERE status = 'open' AND kind IN ('same-work', 'same-record')),
    (SELECT coalesce(sum(hashtextextended(concat_ws('|', subject_id, object_id), 0)), 0) FROM catalog_relation
        WHERE retired_at IS NULL AND kind = 'same_work')
)
"""


def find_changed(reason: str, *, always: bool = False) -> Run | None:
    """Compare all papers and authors if anything has changed since; return the run, or None where there was no need."""
    with alone(DUPLICATES, "Duplicates are being looked for already."):
        content = _content()
        last = Run.objects.filter(job=Run.Job.DUPLICATES, status=Run.Status.DONE).first()
        if not always and last and last.details.get("content") == content:
            return None
        with running(Run.Job.DUPLICATES, reason) as run:
            _find_all(run)
            run.details["content"] = content
            papers, authors = run.details["papers"], run.details["authors"]
            run.message = f"Pairs that may be one: {papers:,} of papers, {authors:,} of authors."
        return run


def find_about(papers: Collection[int]) -> None:
    """Compare these papers with all others, after they came or changed. Leaves no run."""
    with alone(DUPLICATES, "Duplicates are being looked for already."):
        _write(PaperSuspect, suspected_papers(set(papers)), set(papers))


def _find_all(run: Run) -> None:
    papers, authors = suspected_papers(), suspected_authors()
    for found in (_write(PaperSuspect, papers), _write(AuthorSuspect, authors)):
        run.new += found[0]
        run.changed += found[1]
    run.same = max(0, len(papers) + len(authors) - run.new - run.changed)
    run.details = {"papers": len(papers), "authors": len(authors)}


def suspected_papers(about: set[int] | None = None) -> dict[Pair, Verdict]:
    """Judge every pair of papers that may be one work; `about`: pairs with one of these."""
    number = Paper.objects.public().count()
    few = about if about is not None and len(about) <= _FEW and number >= _LARGE else None
    said = _only(evidence.said_to_be_one(few), about)
    near_people = _only(dict.fromkeys(_by_abstracts(about, few)), about)
    titles, weights = _titles(few, number, {pk for pair in (*said, *near_people) for pk in pair})
    alike: dict[Pair, Likeness] = {}
    for pair in pairs_to_compare(titles, weights, about):
        found = _nearest(titles[pair[0]], titles[pair[1]], weights)
        if found:
            alike[pair] = found
    abstracts = evidence.alike_abstracts({*alike, *near_people})
    pairs = {*alike, *said, *(pair for pair in near_people if abstracts.get(pair, 0) >= 0.6)}
    return _judged(pairs, alike, abstracts, said)


def _by_abstracts(about: set[int] | None, few: set[int] | None) -> set[Pair]:
    """Pairs whose abstracts are worth a comparison. Beginnings are looked for among all only: they are read from every abstract."""
    if about is None:
        return evidence.same_people() | evidence.same_beginnings()
    waiting = PaperSuspect.objects.open().filter(Q(first__in=about) | Q(second__in=about))
    return evidence.same_people(few) | set(waiting.values_list("first_id", "second_id"))


def _titles(
    few: set[int] | None, number: int, beside: set[int]
) -> tuple[dict[int, list[Title]], Weights]:
    """The titles to compare, and how much their words weigh. Of a few papers only those that are near."""
    texts = evidence.titles(None if few is None else evidence.near_titles(few) | beside)
    titles = {pk: [Title.of(text) for text in some] for pk, some in texts.items()}
    if few is None:
        _weighed.keep(Weights.counted(some[0] for some in titles.values()))
    return titles, _weighed.of(number)


class _Weighed:
    """The weights of words, shared by the workers: they change little, and counting them takes seconds."""

    _KEY, _SECONDS = "duplicates:words", 7 * 86_400

    def __init__(self) -> None:
        self.weights = Weights()

    def keep(self, weights: Weights) -> None:
        self.weights = weights
        with suppress(RedisError):  # it is counted again where it is missing
            cache.set(self._KEY, (weights.number, weights.papers), self._SECONDS)

    def of(self, number: int) -> Weights:
        if not self._fits(number):
            with suppress(RedisError):
                self.weights = Weights(*(cache.get(self._KEY) or (1, Counter())))
        if not self._fits(number):
            papers = Paper.objects.public().values_list("title", flat=True)
            self.keep(Weights.counted(map(Title.of, papers.iterator())))
        return self.weights

    def _fits(self, number: int) -> bool:
        return abs(number - self.weights.number) * 20 <= number


_weighed = _Weighed()


def _judged(
    pairs: set[Pair],
    alike: Mapping[Pair, Likeness],
    abstracts: Mapping[Pair, float],
    said: Mapping[Pair, list[str]],
) -> dict[Pair, Verdict]:
    facts = evidence.facts_of({pk for pair in pairs for pk in pair})
    found = {}
    for pair in pairs:
        if pair[0] not in facts or pair[1] not in facts:
            continue
        known = Evidence(alike.get(pair), abstracts.get(pair), tuple(said.get(pair, ())))
        verdict = judge(facts[pair[0]], facts[pair[1]], known)
        if verdict.score >= LEAST:
            found[pair] = verdict
    return found


def _nearest(one: list[Title], other: list[Title], weights: Weights) -> Likeness | None:
    found = [alike for a in one for b in other if (alike := likeness(a, b, weights))]
    return max(found, key=lambda alike: (not alike.contradicts, alike.share), default=None)


def _only(pairs: Mapping[Pair, Any], about: set[int] | None) -> dict[Pair, Any]:
    return {
        pair: value for pair, value in pairs.items() if about is None or about.intersection(pair)
    }


# Writing


@transaction.atomic
def _write(
    model: type[PaperSuspect] | type[AuthorSuspect],
    found: Mapping[Pair, Verdict],
    about: set[int] | None = None,
) -> tuple[int, int, int]:
    """Store what was found; return how many pairs are new, changed and withdrawn. Decisions stay as they are."""
    hold_off_curators()
    rows: Any = model._default_manager.all()
    if about is not None:
        rows = rows.filter(Q(first__in=about) | Q(second__in=about))
    standing = Q(first__merged_into=None, second__merged_into=None)
    stored = {(row.first_id, row.second_id): row for row in rows.filter(standing)}
    fresh, changed, gone = [], [], []
    for pair, verdict in found.items():
        row = stored.pop(pair, None)
        reasons = list(verdict.reasons)
        if row is None:
            fresh.append(
                model(first_id=pair[0], second_id=pair[1], score=verdict.score, reasons=reasons)
            )
        elif row.status != SuspectStatus.DISTINCT and (
            row.status != SuspectStatus.OPEN or (row.score, row.reasons) != (verdict.score, reasons)
        ):
            row.status, row.score, row.reasons = SuspectStatus.OPEN, verdict.score, reasons
            row.decided_at = row.decided_by = None
            changed.append(row)
    for row in stored.values():
        if row.status == SuspectStatus.OPEN:
            gone.append(row.pk)
    manager: Any = model._default_manager
    manager.bulk_create(_still_there(model, fresh), batch_size=_AT_ONCE, ignore_conflicts=True)
    manager.bulk_update(
        changed, ["status", "score", "reasons", "decided_at", "decided_by"], batch_size=_AT_ONCE
    )
    manager.filter(pk__in=gone).update(status=SuspectStatus.GONE)
    merged = ~Q(first__merged_into=None) | ~Q(second__merged_into=None)
    manager.open().filter(merged).update(status=SuspectStatus.GONE)
    return len(fresh), len(changed), len(gone)


def _still_there(model: type[Any], rows: list[Any]) -> list[Any]:
    """Leave out pairs of which one was merged or deleted meanwhile."""
    target = model._meta.get_field("first").related_model
    keys = {key for row in rows for key in (row.first_id, row.second_id)}
    there = set(
        target._default_manager.filter(pk__in=keys, merged_into=None).values_list("pk", flat=True)
    )
    return [row for row in rows if row.first_id in there and row.second_id in there]


def _content() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT)
        return str(cursor.fetchone()[0])
