"""The catalogue in Django's admin, one module per field like the models."""

from catalog.admin import catalogues, code, graph, papers, people, systems, upkeep

__all__ = ["catalogues", "code", "graph", "papers", "people", "systems", "upkeep"]
