"""The first catalogue: a list, and what to ask arXiv for more of its kind."""

from pathlib import Path

from catalog.models import Catalogue, HarvestQuery

SLUG = "long-context"
LIST = Path(__file__).parent / "long-context.md"
QUERIES = [
    'cat:cs.CL AND (abs:"long context" OR abs:"long-context" OR abs:"context window")',
    'cat:cs.LG AND (abs:"long context" OR abs:"long-context") AND abs:"language model"',
    'abs:"KV cache" AND (cat:cs.CL OR cat:cs.LG)',
    'abs:"length extrapolation" AND (cat:cs.CL OR cat:cs.LG)',
]


def add_queries(catalogue: Catalogue) -> None:
    """Give the starter catalogue, when it is made, its queries."""
    if catalogue.slug == SLUG:
        HarvestQuery.objects.bulk_create(
            HarvestQuery(catalogue=catalogue, query=query) for query in QUERIES
        )
