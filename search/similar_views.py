"""Papers similar to a paper, to a set of papers or to a pasted text, each with what it shares with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Paper
from search.asked_papers import LONGEST, Asked, read_asked
from search.serving import serving_models, serving_vector
from search.shares import WEIGHTS, Alike, Share, alike, mean_vector
from search.why import Fragments

SHOWN = 40
_LONGEST_ADDRESS = 2000  # what every browser, proxy and mail program lets through
_NO_MODEL = (
    "The pasted text was left out: the model that reads it is not ready. Try again in a moment."
)
_NO_VECTORS = (
    "Text was left out: no vectors have been computed for these papers yet. The other shares count."
)
LABELS = {
    "total": "in all",
    "text": "text",
    "references": "shared references",
    "cited": "cited together",
    "authors": "authors",
    "topics": "topic",
    "code": "code",
    "date": "date",
    "citations": "citations",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A hit with its paper, from `for_list`."""

    paper: Paper
    hit: Alike
    why: Fragments = ()


@dataclass(frozen=True, slots=True)
class Answer:
    rows: Sequence[Row] = ()
    sort: str = "total"
    by_text: bool = False
    notes: Sequence[str] = ()

    @property
    def parts(self) -> list[str]:
        """The parts that some hit has a share in."""
        return [part for part in WEIGHTS if any(part in row.hit.shares for row in self.rows)]


@require_http_methods(["GET", "HEAD", "POST"])
def similar_papers(request: HttpRequest) -> HttpResponse:
    """A form's answer has an address wherever that is short enough; a long text is answered where it was sent."""
    given = request.POST if request.method == "POST" else request.GET
    asked, sort = _read(given)
    address = asked.address("" if sort == "total" else sort)
    is_long = len(address) > _LONGEST_ADDRESS
    if request.method == "POST" and not is_long:
        return redirect(f"{reverse('similar')}?{address}" if address else reverse("similar"))
    answer = _answer(asked, sort)
    context = {
        "asked": asked,
        "answer": answer,
        "sorts": _sorts(asked, answer),
        "is_long": is_long,
        "longest": LONGEST,
        "address": address,
        "weights": [(LABELS[part], round(100 * weight)) for part, weight in WEIGHTS.items()],
    }
    return render(request, "search/similar.html", context)


@require_safe
def similar_in_json(request: HttpRequest) -> HttpResponse:
    asked, sort = _read(request.GET)
    answer = _answer(asked, sort)
    found = {
        "papers": [paper.pk for paper in asked.papers],
        "text": asked.words,
        "sort": answer.sort,
        "by_text": answer.by_text,
        "notes": [*asked.notes, *answer.notes],
        "weights": WEIGHTS,
        "hits": [_in_json(request, row) for row in answer.rows],
    }
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False})


def _read(given: QueryDict) -> tuple[Asked, str]:
    sort = given.get("sort", "")
    asked = read_asked(given.getlist("paper"), given.get("text", ""))
    return asked, sort if sort in LABELS else "total"


def _answer(asked: Asked, sort: str) -> Answer:
    if not asked:
        return Answer(sort=sort)
    papers = [paper.pk for paper in asked.papers]
    model, text = _vector_of(asked.words)
    vector = mean_vector(papers, model, text)
    hits = alike(papers, model, vector, SHOWN)
    rows = Paper.objects.for_list().in_bulk([hit.paper_id for hit in hits])
    found = [Row(rows[hit.paper_id], hit, _why(hit, sort)) for hit in hits if hit.paper_id in rows]
    notes = [_NO_MODEL] if asked.words and not text else [] if vector else [_NO_VECTORS]
    return Answer(sorted(found, key=_order(sort)), sort, vector is not None, notes)


def _vector_of(words: str) -> tuple[str, list[float] | None]:
    """The model that answers, and the words' vector by it: papers have theirs, whether or not the model is loaded."""
    model, vector = serving_vector(words) if words else ("", None)
    return model or next(iter(serving_models()), ""), vector


def _order(sort: str) -> Callable[[Row], tuple[Any, ...]]:
    """Most first, what is unknown last; the total and then the key settle ties."""
    value: Callable[[Row], float] = _VALUES.get(sort) or (lambda row: row.hit.share(sort))
    return lambda row: (-value(row), -row.hit.total, row.paper.pk)


def _days(row: Row) -> int:
    known = row.paper.published_on or (date(row.paper.year, 1, 1) if row.paper.year else None)
    return known.toordinal() if known else 0


_VALUES: dict[str, Callable[[Row], float]] = {
    "total": lambda row: row.hit.total,
    "date": _days,
    "citations": lambda row: row.paper.citation_count,
}


def _sorts(asked: Asked, answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "name": sort,
            "label": label,
            "url": asked.address("" if sort == "total" else sort),
            "is_current": answer.sort == sort,
        }
        for sort, label in LABELS.items()
        if sort not in WEIGHTS or sort in answer.parts
    ]


def _why(hit: Alike, sort: str) -> Fragments:
    """All shares in one line, the one that the order goes by marked."""
    pieces = [(f"{hit.total:.2f} in all", False)]
    for part in WEIGHTS:
        if share := hit.shares.get(part):
            pieces += [(" · ", False), (_in_words(share), part == sort)]
    return tuple(pieces)


def _in_words(share: Share) -> str:
    number = share.count
    match share.part:
        case "text":
            return f"text {share.value:.2f}"
        case "references":
            what = f"{number} shared reference{pluralize(number)}"
        case "cited":
            what = f"cited together by {number} paper{pluralize(number)}"
        case "authors":
            what = f"{number} shared author{pluralize(number)}"
        case "topics":
            what = f"topic {share.name}"
        case _:
            what = "same code"
    return f"{what} ({share.value:.2f})"


def _in_json(request: HttpRequest, row: Row) -> dict[str, Any]:
    paper = row.paper
    return {
        "id": paper.pk,
        "title": paper.title,
        "url": request.build_absolute_uri(paper.get_absolute_url()),
        "authors": [link.printed_name for link in paper.authorships.all()],
        "year": paper.year,
        "date": paper.published_on.isoformat() if paper.published_on else None,
        "citations": paper.citation_count,
        "total": round(row.hit.total, 4),
        "shares": {
            part: {
                "share": round(row.hit.share(part), 4),
                "count": row.hit.shares[part].count if part in row.hit.shares else 0,
                "name": row.hit.shares[part].name if part in row.hit.shares else "",
            }
            for part in WEIGHTS
        },
    }
