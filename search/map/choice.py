"""What a reader has chosen of the map, read from an address and written back into one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from catalog.addresses import find_address
from catalog.models import Catalogue, Paper, Placement, Topic
from catalog.models.papers import PaperQuerySet
from search.map.atlas import Atlas
from search.models import MapRegion
from search.queries import search

MOST_FOUND = 1000  # papers of a search that are marked
FIRST_YEAR = 2019  # where the time slider begins


@dataclass(frozen=True)
class Choice:
    """What is marked on the map. `topic` is "catalogue/path", or a catalogue alone; `paper` is the one looked at."""

    query: str = ""
    years: tuple[int | None, int | None] = (None, None)
    topic: str = ""
    region: int | None = None
    paper: int | None = None
    notes: list[str] = field(default_factory=list, compare=False)

    @classmethod
    def read(cls, given: QueryDict) -> "Choice":
        """Read an address; what makes no sense is left out, and a note says so."""
        notes: list[str] = []
        years = [_number(given.get(name, ""), name, notes) for name in ("from", "to")]
        if years[0] and years[1] and years[0] > years[1]:
            years.reverse()
        return cls(
            _text(given.get("q", "")),
            (years[0], years[1]),
            _text(given.get("topic", "")).strip("/"),
            _number(given.get("region", ""), "region", notes),
            _number(given.get("paper", ""), "paper", notes),
            notes,
        )

    def address(self, **changes: Any) -> str:
        """The query string of this choice with changes."""
        one = replace(self, **changes)
        values = {
            "q": one.query, "from": one.years[0], "to": one.years[1], "topic": one.topic, "region": one.region,
            "paper": one.paper,
        }  # fmt: skip
        return urlencode({name: value for name, value in values.items() if value})

    def __bool__(self) -> bool:
        return self != Choice()

    @property
    def narrows(self) -> bool:
        """Whether some papers may not belong to it."""
        return bool(self.query or any(self.years) or self.topic or self.region)

    @cached_property
    def topic_row(self) -> Topic | None:
        catalogue, _, path = self.topic.partition("/")
        if not path:
            return None
        found = find_address(catalogue, path)
        if found is None or found.topic is None:
            self.notes.append("There is no such topic; papers of all topics are shown.")
            return None
        if found.is_gone:
            self.notes.append(
                f"“{found.meant.name}” is a topic no more; “{found.topic.name}”, where it lay, is shown."
            )
        return found.topic

    @cached_property
    def catalogue_row(self) -> Catalogue | None:
        """The catalogue that was chosen as a whole."""
        if not self.topic or "/" in self.topic:
            return None
        found = Catalogue.objects.filter(slug=self.topic).first()
        if found is None:
            self.notes.append("There is no such catalogue; papers of all are shown.")
        return found

    @cached_property
    def found(self) -> Sequence[int] | None:
        """The papers that the words find, best first; None when nothing is searched for."""
        if not self.query:
            return None
        results = search(self.query, limit=MOST_FOUND, reasons=False)
        keys = [results.target.pk] if results.target else [hit.paper_id for hit in results.hits]
        if not keys:
            self.notes.append(f"No paper was found for “{self.query}”.")
        elif results.total > MOST_FOUND:
            self.notes.append(f"The best {MOST_FOUND:,} of {results.total:,} found are marked.")
        return keys

    def papers(self, atlas: Atlas, *, of_any_year: bool = False) -> PaperQuerySet:
        """The papers on the map that belong to what was chosen, in no order."""
        papers = Paper.objects.listed().filter(map_place__isnull=False)
        low, high = (None, None) if of_any_year else self.years
        if low:
            papers = papers.filter(year__gte=low)
        if high:
            papers = papers.filter(year__lte=high)
        placed = Placement.objects.current()
        if self.topic_row:
            placed = placed.filter(topic__in=self.topic_row.subtree)
            papers = papers.filter(pk__in=placed.values("paper"))
        elif self.catalogue_row:
            placed = placed.filter(topic__catalogue=self.catalogue_row)
            papers = papers.filter(pk__in=placed.values("paper"))
        if region := self.region_row(atlas):
            papers = papers.filter(map_place__region__in=atlas.within(region))
        if self.found is not None:
            papers = papers.filter(pk__in=self.found)
        return papers

    def region_row(self, atlas: Atlas) -> MapRegion | None:
        found = atlas.regions.get(self.region) if self.region else None
        gone = "That region is no longer on the map; all regions are shown."
        if self.region and found is None and gone not in self.notes:
            self.notes.append(gone)
        return found


def _text(given: str) -> str:
    return given[:500].replace("\x00", "").strip()


def _number(given: str, name: str, notes: list[str]) -> int | None:
    text = given.strip()
    if text.isascii() and text.isdigit() and 0 < int(text) < _TOO_LARGE[name]:
        return int(text)
    if text:
        notes.append(f"“{text[:20]}” is no {_NAMES[name]}, and was left out.")
    return None


_TOO_LARGE = {"from": 10_000, "to": 10_000, "region": 2**31, "paper": 2**31}
_NAMES = {"from": "year", "to": "year", "region": "region", "paper": "paper"}
