"""Which entries speak for a paper that a curator made of several: those of the paper that was kept.

The list goes on naming the others. Their entries still say where the paper stands and what belongs to it, but neither its
title nor, where the kept one's entry states them, its authors, venue and year.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.folding import fold
from catalog.models import Paper, Source
from ingest.lists.identity import Known
from ingest.lists.records import Entry

Says = Mapping[str, Any]


def merged_titles(papers: Iterable[int]) -> dict[int, dict[int, set[str]]]:
    """For each paper the folded titles that lists gave to those merged into it, by their keys."""
    found: dict[int, dict[int, set[str]]] = defaultdict(dict)
    merged = Paper.objects.filter(merged_into__in=list(papers)).defer("abstract")
    for paper in merged.prefetch_related("aliases"):
        aliases = {row.title_key for row in paper.aliases.all() if row.source == Source.LIST}
        found[paper.merged_into_id or 0][paper.pk] = {paper.title_key} | aliases
    return dict(found)


def find_other_printings(known: Known, said: Says, said_of_merged: Iterable[Says]) -> None:
    """Note which entries are of the papers merged into this one; `said` is what the list said of each when last settled."""
    if not known.merged:
        return
    key = fold(known.titles[0])
    merged: set[str] = set().union(*known.merged.values())
    own = [entry for entry in known.entries if fold(entry.title) not in merged - {key}]
    if key in merged or not own:  # the titles alone do not tell them apart
        asked = own or known.entries
        others = list(said_of_merged)
        alike = [entry for entry in asked if _agrees(entry, said)]
        left = [entry for entry in own if not any(_agrees(entry, says) for says in others)]
        own = alike or left or own
    spoken = {entry.line for entry in own}
    known.other_lines = {entry.line for entry in known.entries} - spoken


def _agrees(entry: Entry, said: Says) -> bool:
    stated = (list(entry.authors), entry.venue.name, entry.venue.year)
    return stated == tuple(said.get(part) for part in ("authors", "venue", "year"))
