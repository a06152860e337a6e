"""What is said of a hit wherever a search is answered in other forms than a page."""

from typing import Any

from catalog.models import Paper
from search.queries import Hit, Results


def papers_of(results: Results) -> list[Paper]:
    """The papers of the hits, in their order, with all that is said of them."""
    keys = [hit.paper_id for hit in results.hits]
    rows = (
        Paper.objects.for_list()
        .defer(None)
        .prefetch_related("identifiers", "citation_counts")
        .in_bulk(keys)
    )
    return [rows[key] for key in keys if key in rows]


def hit_as_json(hit: Hit, paper: Paper, url: str) -> dict[str, Any]:
    """A hit as the twins of a search and the command say it; `paper` is one of `papers_of`."""
    return {
        "id": paper.pk,
        "title": paper.title,
        "url": url,
        "authors": [link.printed_name for link in paper.authorships.all()],
        "year": paper.year,
        "date": paper.published_on.isoformat() if paper.published_on else None,
        "venue": paper.venue.name if paper.venue else None,
        "topics": [placement.topic.path for placement in paper.current_placements],
        "identifiers": {row.scheme: row.value for row in paper.identifiers.all()},
        "code": [link.repository.url for link in paper.current_code],
        "stars": stars_of(paper),
        "citations": citations_of(paper),
        "score": round(hit.score, 4),
        "lexical": round(hit.lexical, 4),
        "similarity": None if hit.cosine is None else round(hit.cosine, 4),
        "why": hit.reason,
    }


def stars_of(paper: Paper) -> int | None:
    known = [
        link.repository.stars for link in paper.current_code if link.repository.stars is not None
    ]
    return max(known, default=None)


def citations_of(paper: Paper) -> int | None:
    """How many papers here cite it; None while no source has said anything."""
    return paper.citation_count or (0 if paper.citation_counts.all() else None)
