"""The catalogue in Django's admin, one module per field like the models."""

from catalog.admin import (
    acts,
    catalogues,
    code,
    dumps,
    duplicates,
    editors,
    facts,
    graph,
    links,
    papers,
    people,
    proposals,
    systems,
    upkeep,
    venue_queue,
)

__all__ = [
    "acts",
    "catalogues",
    "code",
    "dumps",
    "duplicates",
    "editors",
    "facts",
    "graph",
    "links",
    "papers",
    "people",
    "proposals",
    "systems",
    "upkeep",
    "venue_queue",
]
