"""The catalogue in Django's admin, one module per field like the models."""

from catalog.admin import (
    catalogues,
    code,
    dumps,
    editors,
    graph,
    links,
    papers,
    people,
    proposals,
    systems,
    upkeep,
)

__all__ = [
    "catalogues",
    "code",
    "dumps",
    "editors",
    "graph",
    "links",
    "papers",
    "people",
    "proposals",
    "systems",
    "upkeep",
]
