"""The catalogue in Django's admin, one module per field like the models."""

from catalog.admin import catalogues, code, dumps, graph, links, papers, people, systems, upkeep

__all__ = ["catalogues", "code", "dumps", "graph", "links", "papers", "people", "systems", "upkeep"]
