"""Asking arXiv, by ids or by a search."""

from collections.abc import Sequence
from dataclasses import replace

from arxiv import Search, SortCriterion, SortOrder

from ingest.http import Answer, SourceBroken, SourceClient
from ingest.http.client import Check
from ingest.sources.arxiv.feed import Feed, parse_feed

_XML = frozenset({"application/atom+xml", "application/xml", "text/xml"})
_FEW = 20  # ids that may be unknown together, wrong as lists are
_MOST_IDS = 100
_WITNESSES = 8


def fetch_ids(client: SourceClient, ids: Sequence[str], known: Sequence[str] = ()) -> Feed:
    """Ask for the latest version of each id. A feed with none of them is a failure of arXiv's, not an answer.

    arXiv counts unknown ids among its results at times, and at times sends fewer entries than it counts: those that
    are missing from such an answer are asked for once more, among witnesses that arXiv has just sent or, where these
    are few, is `known` to have. When all witnesses come, also when asked for alone, ids that stay away are unknown.
    Otherwise arXiv cuts its answers, which is a failure; so is it when more ids stay away than a list gets wrong.
    """
    feed = _fetch_ids(client, ids)
    missing = _missing(feed, ids)
    if not missing or not feed.is_short:
        return feed
    sent = [one for one in ids if one not in missing]
    # Of an answer cut to half of its entries at least one of so many is missing, in whatever order they come.
    most = min(max(len(missing) + 2, _WITNESSES), _MOST_IDS - len(missing))
    witnesses = list(dict.fromkeys([*sent, *known]))[:most]
    again = _fetch_ids(client, [*missing, *witnesses])
    is_cut = bool(_missing(again, witnesses))
    missing = _missing(again, missing)
    if missing and again.is_short and not is_cut:
        is_cut = len(witnesses) == 1 or _fetch_ids(client, witnesses).is_short
    if missing and (is_cut or len(missing) >= max(_FEW, len(ids) // 2)):
        raise SourceBroken(
            f"arXiv counts {feed.total} of {len(ids)} papers and leaves {len(missing)} of them out"
        )
    records = {record.id: record for record in (*again.records, *feed.records)}
    return replace(feed, records=tuple(records.values()), faults={**feed.faults, **again.faults})


def _fetch_ids(client: SourceClient, ids: Sequence[str]) -> Feed:
    search = Search(id_list=list(ids), sort_by=SortCriterion.Relevance)

    def check(answer: Answer) -> None:
        if len(_missing(parse_feed(answer.body), ids)) == len(ids):
            raise SourceBroken(f"arXiv answered without any of the {len(ids)} papers asked for")

    return _ask(client, search, 0, len(ids), check)


def _missing(feed: Feed, ids: Sequence[str]) -> list[str]:
    """The ids of which a feed says nothing; an entry without an id may be any of them."""
    there = {record.id for record in feed.records} | feed.faults.keys()
    return [] if "" in there else [one for one in ids if one not in there]


def fetch_page(client: SourceClient, query: str, start: int, size: int) -> Feed:
    """Ask for a page of a search, the newest submissions first."""
    search = Search(
        query=query, sort_by=SortCriterion.SubmittedDate, sort_order=SortOrder.Descending
    )

    def check(answer: Answer) -> None:
        feed = parse_feed(answer.body)
        if feed.total is None:
            raise SourceBroken("arXiv answered without saying how many results there are")
        if feed.entries != max(0, min(size, feed.total - start)):
            raise SourceBroken(
                f"arXiv answered with {feed.entries} results from {start} on, of {feed.total} in all"
            )

    return _ask(client, search, start, size, check)


def _ask(client: SourceClient, search: Search, start: int, size: int, check: Check) -> Feed:
    params = {**search._url_args(), "start": str(start), "max_results": str(size)}
    answer = client.get("", params, types=_XML, check=check)
    return parse_feed(answer.body)
