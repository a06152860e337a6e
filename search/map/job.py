"""The job that keeps the map: whole at first and when much has come, else only what is new is put beside what is like it.

An old paper lies where it lay until the whole map is drawn anew; then it begins from there, and the map is turned back to how it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.locks import MAP, alone
from catalog.models import Run
from catalog.readable import readable
from catalog.running import running
from catalog.subtrees import is_within
from search import serving
from search.map.layout import ROUNDS, ROUNDS_AGAIN, apart, laid_out, middles, nearest
from search.map.regions import Region, divide, name
from search.models import MapPlace, MapRegion

if TYPE_CHECKING:
    from numpy import float32, float64
    from numpy.typing import NDArray

UNSETTLED = 0.1  # of all papers put beside others since the whole map was drawn: it is drawn again
_AT_ONCE = 2000  # settled papers whose vectors are in memory together
_HEADER_BYTES = 4  # of the binary form of a vector: two 16-bit numbers

_LISTED = """
WITH listed AS MATERIALIZED (
    SELECT p.id FROM catalog_paper p
    WHERE p.merged_into_id IS NULL AND EXISTS (
        SELECT FROM catalog_placement l WHERE l.paper_id = p.id AND l.retired_at IS NULL
    )
)
"""
_STATE = f"""{_LISTED}
SELECT count(*), count(e.id), count(e.id) FILTER (WHERE (m.model, m.text_hash) IS DISTINCT FROM (e.model, e.text_hash)),
    count(m.paper_id) FILTER (WHERE NOT m.is_settled),
    (SELECT count(*) FROM search_mapplace m WHERE m.paper_id NOT IN (SELECT id FROM listed))
FROM listed p LEFT JOIN search_embedding e ON e.paper_id = p.id AND e.model = %s
LEFT JOIN search_mapplace m ON m.paper_id = p.id
"""  # noqa: S608
_STAYS = "(m.model, m.text_hash) IS NOT DISTINCT FROM (e.model, e.text_hash)"
_READ = f"""{_LISTED}
SELECT p.id, e.text_hash, vector_send(e.vector), m.x, m.y, m.region_id, {_STAYS}, x.title
FROM listed p JOIN search_embedding e ON e.paper_id = p.id AND e.model = %s
JOIN catalog_paper x ON x.id = p.id LEFT JOIN search_mapplace m ON m.paper_id = p.id
"""  # noqa: S608
_PLACED_UNDER = f"""
SELECT above.id, l.paper_id FROM catalog_placement l JOIN catalog_topic t ON t.id = l.topic_id
JOIN catalog_topic above ON {is_within("t", "above")}
WHERE l.retired_at IS NULL AND above.retired_at IS NULL
"""  # noqa: S608
_WRITE = """
INSERT INTO search_mapplace (paper_id, x, y, region_id, model, text_hash, is_settled, placed_at)
SELECT n.paper, n.x, n.y, n.region, %(model)s, n.hash, %(is_settled)s, %(now)s
FROM unnest(%(papers)s::bigint[], %(xs)s::float8[], %(ys)s::float8[], %(regions)s::bigint[], %(hashes)s::text[])
    AS n (paper, x, y, region, hash) JOIN catalog_paper p ON p.id = n.paper
ON CONFLICT (paper_id) DO UPDATE SET (x, y, region_id, model, text_hash, is_settled, placed_at) =
    (excluded.x, excluded.y, excluded.region_id, excluded.model, excluded.text_hash, excluded.is_settled, excluded.placed_at)
"""


@dataclass(frozen=True, slots=True)
class _State:
    """How many papers are listed, have a vector, wait for a place, were put beside others; and places that nobody has now."""

    listed: int
    embedded: int
    waiting: int
    unsettled: int
    gone: int

    @property
    def wants_whole(self) -> bool:
        return self.waiting + self.unsettled > UNSETTLED * self.embedded


@dataclass(frozen=True, slots=True)
class _Paper:
    key: int
    hash: str
    vector: bytes
    x: float | None
    y: float | None
    region: int | None
    stays: bool
    title: str


def map_changed(reason: str, *, always: bool = False) -> Run | None:
    """Place what has no place, and take away what is no longer listed; return the run, or None where there was no need.

    `always` draws the whole map anew, from where papers lie.
    """
    with alone(MAP, "The map is being drawn already."):
        serving.forget()
        model = next(iter(serving.serving_models()), "")
        state = _state(model)
        if not (state.waiting or state.gone or (always and state.embedded)):
            return None
        with running(Run.Job.MAP, reason) as run:
            _remove_unlisted()
            is_whole = always or state.wants_whole
            if is_whole:
                draw(model)
            elif state.waiting:
                place_new(model)
            run.new = state.waiting
            run.left = state.listed - state.embedded
            run.details = {"model": model, "papers": state.embedded, "whole": is_whole}
            how = "the whole map drawn" if is_whole else "put beside what is like them"
            run.message = f"{state.waiting:,} papers placed of {state.embedded:,} ({how}), {state.gone:,} taken away."
        return run


def draw(model: str) -> None:
    """Draw the whole map: every paper with a vector by this model, and its regions."""
    papers = _read(model)
    are_most_the_same = 2 * sum(paper.stays for paper in papers) > len(papers)
    rounds = ROUNDS_AGAIN if are_most_the_same else ROUNDS
    spots = laid_out(_vectors(papers), _before(papers), rounds)
    regions = divide(spots)
    name(regions, [readable(paper.title) for paper in papers], _topics(papers))
    with transaction.atomic():
        keys = _store_regions(regions, papers)
        lies_in: list[int] = [0] * len(papers)
        for region, key in zip(regions, keys, strict=True):  # the smallest come last
            for paper in region.papers.tolist():
                lies_in[paper] = key
        MapPlace.objects.exclude(paper__in=[paper.key for paper in papers]).delete()
        _write(model, papers, spots, lies_in, is_settled=True)
        MapRegion.objects.exclude(pk__in=keys).delete()


def place_new(model: str) -> None:
    """Put what has no place by its present text beside what is like it; all others stay."""
    import numpy

    with transaction.atomic():
        new = _read(model, f"NOT {_STAYS}")
        stay = [numpy.empty((0, 2))]

        def settled() -> "Iterator[NDArray[float32]]":
            for papers in _blocks(model, _STAYS):
                stay.append(_before(papers))
                yield _vectors(papers)

        found = nearest(_vectors(new), settled())
        before = numpy.concatenate(stay)
        spots = numpy.concatenate((before, middles(before, found)))
        spots = apart(spots, numpy.arange(len(spots)) < len(before))[len(before) :]
        _write(model, new, spots, _nearest_regions(spots), is_settled=False)


def _state(model: str) -> _State:
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [model])
        return _State(*cursor.fetchone())


def _read(model: str, which: str = "true") -> list[_Paper]:
    return [paper for papers in _blocks(model, which) for paper in papers]


def _blocks(model: str, which: str) -> Iterator[list[_Paper]]:
    """The papers with a vector of which this SQL is true, some at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{_READ} WHERE {which} ORDER BY p.id", [model])
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [_Paper(*row) for row in rows]


def _vectors(papers: Sequence[_Paper]) -> "NDArray[float32]":
    import numpy

    rows = [numpy.frombuffer(paper.vector, ">f4", offset=_HEADER_BYTES) for paper in papers]
    return numpy.array(rows, dtype="float32")


def _before(papers: Sequence[_Paper]) -> "NDArray[float64]":
    import numpy

    rows = [(paper.x, paper.y) for paper in papers]
    return numpy.array(rows, dtype="float64").reshape(-1, 2)


def _topics(papers: Sequence[_Paper]) -> dict[int, set[int]]:
    """The papers under each topic, as places; those of its subtopics are its own."""
    place = {paper.key: number for number, paper in enumerate(papers)}
    under: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACED_UNDER)
        for topic, paper in cursor.fetchall():
            if paper in place:
                under.setdefault(topic, set()).add(place[paper])
    return under


def _store_regions(regions: Sequence[Region], papers: Sequence[_Paper]) -> list[int]:
    """Write the regions; one that holds mostly the papers of an old one of its level keeps that one's key, and its address."""
    known = _known_regions(regions, papers)
    keys: list[int] = []
    for number, region in enumerate(regions):
        parent = None if region.parent is None else keys[region.parent]
        row = MapRegion(
            pk=known.get(number), level=region.level, parent_id=parent, topic_id=region.topic,
            terms=region.terms, x=region.x, y=region.y, reach=region.reach,
        )  # fmt: skip
        row.save()
        keys.append(row.pk)
    return keys


def _known_regions(regions: Sequence[Region], papers: Sequence[_Paper]) -> dict[int, int]:
    old = {row.pk: row for row in MapRegion.objects.all()}
    shared: dict[tuple[int, int], int] = {}
    for number, region in enumerate(regions):
        for paper in region.papers.tolist():
            for key in _up(papers[paper].region, old):
                if old[key].level == region.level:
                    shared[number, key] = shared.get((number, key), 0) + 1
    kept: dict[int, int] = {}
    taken: set[int] = set()
    for (number, key), _ in sorted(shared.items(), key=lambda one: (-one[1], one[0])):
        if number not in kept and key not in taken:
            kept[number] = key
            taken.add(key)
    return kept


def _up(key: int | None, regions: dict[int, MapRegion]) -> Iterable[int]:
    while key in regions:
        yield key
        key = regions[key].parent_id


def _nearest_regions(spots: "NDArray[float64]") -> list[int | None]:
    """The smallest region whose middle is nearest to each spot."""
    import numpy

    rows = list(MapRegion.objects.filter(children=None).values_list("pk", "x", "y"))
    if not rows:
        return [None] * len(spots)
    middles = numpy.array([row[1:] for row in rows])
    return [rows[int(((middles - spot) ** 2).sum(axis=1).argmin())][0] for spot in spots]


def _write(
    model: str,
    papers: Sequence[_Paper],
    spots: "NDArray[float64]",
    regions: Sequence[int | None],
    *,
    is_settled: bool,
) -> None:
    values: dict[str, Any] = {
        "model": model, "is_settled": is_settled, "now": timezone.now(), "regions": list(regions),
        "papers": [paper.key for paper in papers], "hashes": [paper.hash for paper in papers],
        "xs": spots[:, 0].tolist(), "ys": spots[:, 1].tolist(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def _remove_unlisted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_LISTED} DELETE FROM search_mapplace WHERE paper_id NOT IN (SELECT id FROM listed)"  # noqa: S608
        )
