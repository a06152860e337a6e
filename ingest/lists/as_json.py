"""A catalogue as one object of JSON: the facts that its list states."""

from typing import Any

from catalog.models import Catalogue, Paper
from ingest.lists.outline import sections
from ingest.lists.writer import entry_url


def write_json(catalogue: Catalogue) -> dict[str, Any]:
    """The same facts as an object: the catalogue, its topics, its papers with their places, its news."""
    found = sections(catalogue)
    papers: dict[int, dict[str, Any]] = {}
    for section in found:
        for placement in section.placements:
            record = papers.setdefault(placement.paper_id, _paper_record(placement.paper))
            record["topics"].append(
                {
                    "path": section.topic.path,
                    "primary": placement.is_primary,
                    "url": entry_url(placement),
                }
            )
    return {
        "catalogue": {
            "slug": catalogue.slug,
            "title": catalogue.title,
            "description": catalogue.description,
            "origin": {
                "name": catalogue.origin_name,
                "url": catalogue.origin_url,
                "licence": catalogue.licence,
            },
        },
        "topics": [
            {
                "number": s.number,
                "name": s.topic.name,
                "path": s.topic.path,
                "papers": len(s.placements),
            }
            for s in found
        ],
        "papers": list(papers.values()),
        "announcements": [
            {
                "date": row.date.isoformat(),
                "title": row.title,
                "url": row.url,
                "venue": row.venue_text,
                "paper": row.paper_id,
            }
            for row in catalogue.announcements.order_by("-date", "position")
        ],
    }


def _paper_record(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.pk,
        "title": paper.title,
        "other_titles": [alias.title for alias in paper.aliases.all()],
        "identifiers": [
            {"scheme": row.scheme, "value": row.value} for row in paper.identifiers.all()
        ],
        "authors": [row.printed_name for row in paper.authorships.all()],
        "venue": paper.venue.name if paper.venue else "",
        "year": paper.year,
        "distinction": paper.distinction,
        "repositories": [
            {
                "url": row.target,
                "stars_of": row.badge_repository.url if row.badge_repository else None,
            }
            for row in paper.repository_links.all()
        ],
        "links": [
            {"kind": link.kind, "url": link.url, "label": link.label} for link in paper.links.all()
        ],
        "topics": [],
    }
