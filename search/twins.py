"""What a search found in other forms: JSON, BibTeX, RIS, CSV and an Atom feed, each at the address of the page with its ending."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from string import ascii_lowercase
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from catalog.bibtex import bibtex, citation_key
from catalog.identifiers import identifier_url
from catalog.models import Paper, Venue
from catalog.readable import printable, readable
from search.address import Asked
from search.hits import citations_of, hit_as_json, papers_of, stars_of
from search.queries import Hit, Results
from search.question import read
from search.sentences import nearest_sentences
from search.texts import texts_of
from search.why import matches

MOST_EXPORTED = 1000
MOST_IN_FEED = 50
_CSV_COLUMNS = (
    "title", "authors", "year", "date", "venue", "topics", "arxiv", "doi", "url", "code", "stars", "citations", "abstract",
)  # fmt: skip
# A spreadsheet would take such a cell for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_RIS_TYPES = {
    Venue.Kind.CONFERENCE: "CPAPER",
    Venue.Kind.JOURNAL: "JOUR",
    Venue.Kind.PREPRINT: "UNPB",
}


# JSON


def as_json(request: HttpRequest, asked: Asked, results: Results, per_page: int) -> HttpResponse:
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
            "per_page": per_page,
            "by_meaning": results.by_meaning,
            "target": _absolute(request, results.target) if results.target else None,
            "not_listed": str(results.not_listed) if results.not_listed else None,
            "notes": list(results.notes),
            "did_you_mean": results.did_you_mean or None,
            "hits": [
                hit_as_json(hit, paper, _absolute(request, paper)) | why[hit.paper_id]
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
    reasons: dict[int, dict[str, Any]] = {}
    for hit in hits:
        found = matches(every[hit.paper_id], question) if hit.paper_id in every else []
        reasons[hit.paper_id] = {
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


def _absolute(request: HttpRequest, paper: Paper) -> str:
    return request.build_absolute_uri(paper.get_absolute_url())


# Files


def as_bibtex(request: HttpRequest, asked: Asked, results: Results) -> HttpResponse:
    """One entry a paper; a key that is taken gets a letter, as in printed bibliographies."""
    taken: Counter[str] = Counter()
    entries = []
    for paper in papers_of(results):
        key = citation_key(paper)
        entries.append(bibtex(paper, key + _letters(taken[key])))
        taken[key] += 1
    return _file("\n".join(entries), "application/x-bibtex", "bib")


def _letters(number: int) -> str:
    """Nothing for the first, then b, c … z, ab, ac …"""
    return (
        (_letters(number // 26) if number >= 26 else "") + ascii_lowercase[number % 26]
        if number
        else ""
    )


def as_ris(request: HttpRequest, asked: Asked, results: Results) -> HttpResponse:
    """The RIS format (refman.com/support/risformat_intro.asp), as reference managers read it."""
    entries = (_ris(request, paper) for paper in papers_of(results))
    return _file("\r\n".join(entries), "application/x-research-info-systems", "ris")


def _ris(request: HttpRequest, paper: Paper) -> str:
    kind = _RIS_TYPES.get(Venue.Kind(paper.venue.kind), "GEN") if paper.venue else "UNPB"
    idents = {row.scheme: row for row in paper.identifiers.all()}
    lines = [("TY", kind), ("TI", readable(paper.title))]
    lines += [("AU", _inverted(readable(link.printed_name))) for link in paper.authorships.all()]
    lines += [("PY", str(paper.year))] if paper.year else []
    if paper.published_on and paper.published_precision == "day":
        lines.append(("DA", f"{paper.published_on:%Y/%m/%d}"))
    lines += [("T2", paper.venue.full_name or paper.venue.name)] if paper.venue else []
    lines += [("AB", readable(paper.abstract))] if paper.abstract else []
    lines += [("DO", idents["doi"].value)] if "doi" in idents else []
    urls = [identifier_url(row.scheme, row.value) for row in idents.values()] or [
        _absolute(request, paper)
    ]
    lines += [("UR", url) for url in urls if url]
    return "".join(f"{tag}  - {' '.join(text.split())}\r\n" for tag, text in lines) + "ER  - \r\n"


def _inverted(name: str) -> str:
    """ "Tri Dao" as "Dao, Tri"; a name without a space, or turned already, stays."""
    given, space, family = name.rpartition(" ")
    return f"{family}, {given}" if space and "," not in name else name


def as_csv(request: HttpRequest, asked: Asked, results: Results) -> HttpResponse:
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(_CSV_COLUMNS)
    rows.writerows(map(_safe, _csv_row(request, paper)) for paper in papers_of(results))
    return _file(
        "\ufeff" + file.getvalue(), "text/csv", "csv"
    )  # the mark tells Excel that it is UTF-8


def _csv_row(request: HttpRequest, paper: Paper) -> list[object]:
    idents = {row.scheme: row.value for row in paper.identifiers.all()}
    return [
        readable(paper.title),
        "; ".join(readable(link.printed_name) for link in paper.authorships.all()),
        paper.year or "",
        paper.published_on or "",
        paper.venue.name if paper.venue else "",
        "; ".join(placement.topic.label for placement in paper.current_placements),
        idents.get("arxiv", ""),
        idents.get("doi", ""),
        _absolute(request, paper),
        " ".join(link.repository.url for link in paper.current_code),
        "" if stars_of(paper) is None else stars_of(paper),
        "" if citations_of(paper) is None else citations_of(paper),
        readable(paper.abstract),
    ]


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_atom(request: HttpRequest, asked: Asked, results: Results) -> HttpResponse:
    """A feed of what the query finds, the papers that were added last first."""
    page = request.build_absolute_uri(f"{reverse('search')}?{asked.parameters()}")
    feed = Atom1Feed(
        title=f"{results.query or 'All papers'} · Stemma",
        link=page,
        description="Papers of this search, the latest additions first.",
        feed_url=request.build_absolute_uri(),
        feed_guid=page,
    )
    for paper in papers_of(results):
        feed.add_item(
            title=printable(readable(paper.title)),
            link=_absolute(request, paper),
            description=printable(readable(paper.abstract)),
            unique_id=_absolute(request, paper),
            author_name=printable(
                ", ".join(readable(link.printed_name) for link in paper.authorships.all())
            )
            or None,
            pubdate=datetime.combine(paper.published_on, time(), UTC)
            if paper.published_on
            else paper.created_at,
            updateddate=paper.created_at,
            categories=[printable(placement.topic.label) for placement in paper.current_placements],
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )


def _file(text: str, kind: str, ending: str) -> HttpResponse:
    response = HttpResponse(printable(text), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="stemma-search.{ending}"'
    return response


Twin = Callable[[HttpRequest, Asked, Results], HttpResponse]
FILES: dict[str, Twin] = {"bib": as_bibtex, "ris": as_ris, "csv": as_csv, "atom": as_atom}
