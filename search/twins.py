"""What a search found in other forms, each at the address of the page with its ending: JSON here, the rest as of any list."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse

from catalog.exports.answers import export
from catalog.models import Paper
from search.address import Asked
from search.queries import Hit, Results
from search.question import read
from search.sentences import nearest_sentences
from search.texts import texts_of
from search.why import matches

MOST_EXPORTED = 1000


def papers_of(results: Results) -> list[Paper]:
    """The papers of the hits, in their order, with all that a twin says of them."""
    keys = [hit.paper_id for hit in results.hits]
    rows = (
        Paper.objects.for_list()
        .defer(None)
        .prefetch_related("identifiers", "citation_counts")
        .in_bulk(keys)
    )
    return [rows[key] for key in keys if key in rows]


# JSON


def as_json(request: HttpRequest, asked: Asked, results: Results, per_page: int) -> HttpResponse:
    papers = {paper.pk: paper for paper in papers_of(results)}
    hits = [hit for hit in results.hits if hit.paper_id in papers]
    wants_sentences = request.GET.get("sentences") == "1"
    why = _reasons(asked.query, hits, with_sentences=wants_sentences)
    return JsonResponse(
        {
            "query": results.query,
            "sort": results.sort,
            "total": results.total,
            "capped": results.capped,
            "page": asked.page,
            "per_page": per_page,
            "by_meaning": results.by_meaning,
            "target": _absolute(request, results.target) if results.target else None,
            "not_listed": str(results.not_listed) if results.not_listed else None,
            "notes": list(results.notes),
            "did_you_mean": results.did_you_mean or None,
            "hits": [_hit(request, hit, papers[hit.paper_id], why[hit.paper_id]) for hit in hits],
            "facets": [
                {
                    "name": facet.name,
                    "label": facet.label,
                    "values": [
                        {
                            "value": one.value,
                            "label": one.label,
                            "count": one.count,
                            "state": one.state,
                        }
                        for one in facet.values
                    ],
                }
                for facet in results.facets
            ],
        },
        json_dumps_params={"ensure_ascii": False},
    )


def _reasons(query: str, hits: Sequence[Hit], *, with_sentences: bool) -> dict[int, dict[str, Any]]:
    """What each hit matched in, word by word; of the first hits the sentence that is nearest in meaning, too."""
    question = read(query)
    every = {texts.paper_id: texts for texts in texts_of([hit.paper_id for hit in hits])}
    reasons: dict[int, dict[str, Any]] = {}
    for hit in hits:
        found = matches(every[hit.paper_id], question) if hit.paper_id in every else []
        reasons[hit.paper_id] = {
            "why": hit.reason,
            "matches": [
                {"field": one.field, "words": one.words, "text": one.text} for one in found
            ],
        }
    if with_sentences:
        texts = (every[hit.paper_id] for hit in hits if hit.paper_id in every)
        for key, sentence in nearest_sentences(question.text, texts).items():
            reasons[key]["nearest_sentence"] = {
                "text": sentence.text,
                "similarity": round(sentence.similarity, 4),
            }
    return reasons


def _hit(request: HttpRequest, hit: Hit, paper: Paper, why: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": paper.pk,
        "title": paper.title,
        "url": _absolute(request, paper),
        "authors": [link.printed_name for link in paper.authorships.all()],
        "year": paper.year,
        "date": paper.published_on.isoformat() if paper.published_on else None,
        "venue": paper.venue.name if paper.venue else None,
        "topics": [placement.topic.path for placement in paper.current_placements],
        "identifiers": {row.scheme: row.value for row in paper.identifiers.all()},
        "code": [link.repository.url for link in paper.current_code],
        "stars": _stars(paper),
        "citations": _citations(paper),
        "score": round(hit.score, 4),
        "lexical": round(hit.lexical, 4),
        "similarity": None if hit.cosine is None else round(hit.cosine, 4),
        **why,
    }


def _absolute(request: HttpRequest, paper: Paper) -> str:
    return request.build_absolute_uri(paper.get_absolute_url())


def _stars(paper: Paper) -> int | None:
    known = [
        link.repository.stars for link in paper.current_code if link.repository.stars is not None
    ]
    return max(known, default=None)


def _citations(paper: Paper) -> int | None:
    """How many papers here cite it; None while no source has said anything."""
    return paper.citation_count or (0 if paper.citation_counts.all() else None)


# Files and the feed


def as_file(request: HttpRequest, ending: str, asked: Asked, results: Results) -> HttpResponseBase:
    """All papers in one of the forms that every list has; a feed is to be asked for in the order of addition."""
    query = asked.parameters()
    return export(
        request,
        ending,
        [hit.paper_id for hit in results.hits],
        title=results.query or "All papers",
        name="stemma-search",
        page=f"{reverse('search')}?{query}" if query else reverse("search"),
    )
