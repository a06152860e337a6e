"""Exports as answers to requests: each format at the address of a page, with its ending."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.http import content_disposition_header

from catalog.exports.bibtex import write_bibtex
from catalog.exports.csl import write_csl
from catalog.exports.embedded import coins
from catalog.exports.facts import PaperFacts, facts_of
from catalog.exports.feeds import atom
from catalog.exports.ris import write_ris
from catalog.exports.table import write_csv

WHOLE = 1000  # papers of an answer that is made whole, with a tag to ask by whether it changed; longer ones are streamed


@dataclass(frozen=True, slots=True)
class Format:
    ending: str
    label: str
    content_type: str
    write: Callable[[Iterable[PaperFacts], str], Iterator[str]] | None = None  # None for a feed


FORMATS = {
    one.ending: one
    for one in (
        Format("bib", "BibTeX", "application/x-bibtex", write_bibtex),
        Format("ris", "RIS", "application/x-research-info-systems", write_ris),
        Format("csl.json", "CSL-JSON", "application/vnd.citationstyles.csl+json", write_csl),
        Format("csv", "CSV", "text/csv", write_csv),
        Format("atom", "feed", "application/atom+xml"),
    )
}


@dataclass(frozen=True, slots=True)
class ExportLink:
    """A form of a page's papers: where it is, and of what type."""

    label: str
    url: str
    content_type: str


def twin(url: str, ending: str) -> str:
    """The address of a page's papers in another form: /venues/iclr/ has /venues/iclr.bib."""
    path, mark, query = url.partition("?")
    return f"{path.rstrip('/')}.{ending}{mark}{query}" if ending else url


def export_links(page: str, *, feed: bool = True) -> list[ExportLink]:
    """All forms of a page; `page` is its path as it stands in an address, and its query string."""
    return [
        ExportLink(one.label, twin(page, one.ending), one.content_type)
        for one in FORMATS.values()
        if feed or one.write
    ]


def base_of(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def export(
    request: HttpRequest, ending: str, keys: Sequence[int], *, title: str, name: str, page: str
) -> HttpResponseBase:
    """The papers of these numbers as a file or a feed.

    `title` is what a feed is called, `name` a file without its ending, `page` the path of the page they are of.
    """
    chosen, base = FORMATS[ending], base_of(request)
    content_type = f"{chosen.content_type}; charset=utf-8"
    papers = facts_of(keys)
    response: HttpResponseBase
    if chosen.write is None:
        address = escape_uri_path(request.path)
        query = request.META.get("QUERY_STRING", "")
        feed = atom(
            papers, base, title=title, page=page, address=f"{address}?{query}" if query else address
        )
        response = HttpResponse(feed, content_type=content_type)
    elif len(keys) <= WHOLE:
        response = HttpResponse("".join(chosen.write(papers, base)), content_type=content_type)
    elif request.method == "HEAD":
        response = HttpResponse(content_type=content_type)
    else:
        response = StreamingHttpResponse(
            _in_pieces(chosen.write(papers, base)), content_type=content_type
        )
    if chosen.write:
        file = content_disposition_header(True, f"{name}.{ending}")
        response["Content-Disposition"] = file or "attachment"
    # Search engines show the page; what it was exported as is no page of its own.
    response["Link"] = f'<{base}{page}>; rel="canonical"'
    response["X-Robots-Tag"] = "noindex"
    return response


def coins_of(keys: Sequence[int], base: str) -> dict[int, str]:
    """The COinS of the papers that a page lists, by number."""
    return {facts.pk: coins(facts, base) for facts in facts_of(keys)}


def _in_pieces(texts: Iterable[str], size: int = 32_768) -> Iterator[bytes]:
    """Join what is small: a write to the network for each paper would cost more than the paper."""
    held: list[str] = []
    length = 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= size:
            yield "".join(held).encode()
            held, length = [], 0
    yield "".join(held).encode()
