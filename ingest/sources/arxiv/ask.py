"""Asking arXiv, by ids or by a search."""

from collections.abc import Sequence

from arxiv import Search, SortCriterion, SortOrder

from ingest.http import Answer, SourceBroken, SourceClient
from ingest.http.client import Check
from ingest.sources.arxiv.feed import Feed, parse_feed

_XML = frozenset({"application/atom+xml", "application/xml", "text/xml"})


def fetch_ids(client: SourceClient, ids: Sequence[str]) -> Feed:
    """Ask for the latest version of each id. A feed without any entry is a failure of arXiv's, not an answer."""
    search = Search(id_list=list(ids), sort_by=SortCriterion.Relevance)

    def check(answer: Answer) -> None:
        if not parse_feed(answer.body).entries:
            raise SourceBroken(f"arXiv answered without any of the {len(ids)} papers asked for")

    return _ask(client, search, 0, len(ids), check)


def fetch_page(client: SourceClient, query: str, start: int, size: int) -> Feed:
    """Ask for a page of a search, the newest submissions first."""
    search = Search(
        query=query, sort_by=SortCriterion.SubmittedDate, sort_order=SortOrder.Descending
    )

    def check(answer: Answer) -> None:
        feed = parse_feed(answer.body)
        if feed.entries < min(size, feed.total - start):
            raise SourceBroken(
                f"arXiv answered with {feed.entries} of the results from {start} on, of {feed.total} in all"
            )

    return _ask(client, search, start, size, check)


def _ask(client: SourceClient, search: Search, start: int, size: int, check: Check) -> Feed:
    params = {**search._url_args(), "start": str(start), "max_results": str(size)}
    answer = client.get("", params, types=_XML, check=check)
    return parse_feed(answer.body)
