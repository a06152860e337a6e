"""What a search found in other forms, each at the address of the page with its ending: JSON here, the rest as of any list."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse

from catalog.exports.answers import export
from catalog.models import Paper
from catalog.readable import readable
from search.address import Asked
from search.conditions import met_conditions
from search.hits import hit_as_json, papers_of
from search.queries import Hit, Results
from search.question import read
from search.sentences import nearest_sentences
from search.texts import texts_of
from search.why import all_matches

MOST_EXPORTED = 1000


# JSON


def as_json(
    request: HttpRequest, asked: Asked, results: Results, per_page: int, pages: int
) -> HttpResponse:
    papers = {paper.pk: paper for paper in papers_of(results)}
    hits = [(hit, papers[hit.paper_id]) for hit in results.hits if hit.paper_id in papers]
    wants_sentences = request.GET.get("sentences") == "1"
    why = _reasons(asked.query, [hit for hit, _ in hits], with_sentences=wants_sentences)
    return JsonResponse(
        {
            "query": results.query,
            "sort": results.sort,
            "total": results.total,
            "capped": results.capped,
            "page": asked.page,
            "pages": pages,
            "per_page": per_page,
            "by_meaning": results.by_meaning,
            "target": _absolute(request, results.target) if results.target else None,
            "not_listed": str(results.not_listed) if results.not_listed else None,
            "notes": list(results.notes),
            "did_you_mean": results.did_you_mean or None,
            "hits": [
                hit_as_json(hit, paper, _absolute(request, paper))
                | {"title": readable(paper.title)}
                | why[hit.paper_id]
                for hit, paper in hits
            ],
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
    found = (
        all_matches(every.values(), question)
        if question.text
        else met_conditions(list(every.values()), question.conditions)
    )
    reasons: dict[int, dict[str, Any]] = {
        hit.paper_id: {
            "matches": [
                {"field": one.field, "words": one.words, "text": one.text, "note": one.note}
                for one in found.get(hit.paper_id, [])
            ],
        }
        for hit in hits
    }
    if with_sentences:
        texts = (every[hit.paper_id] for hit in hits if hit.paper_id in every)
        for key, sentence in nearest_sentences(question.text, texts).items():
            reasons[key]["nearest_sentence"] = {
                "text": sentence.text,
                "similarity": round(sentence.similarity, 4),
            }
    return reasons


def _absolute(request: HttpRequest, paper: Paper) -> str:
    return request.build_absolute_uri(paper.get_absolute_url())


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
