"""Lists of papers as Atom feeds (RFC 4287)."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import SimplerXMLGenerator

from catalog.exports.facts import PaperFacts
from catalog.readable import printable

MOST = 50
_NEVER = datetime(
    2000, 1, 1, tzinfo=UTC
)  # an empty feed must say when it was updated, and each time the same


class _Feed(Atom1Feed):
    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=_NEVER)

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.endElement("author")


def atom(papers: Iterable[PaperFacts], base: str, *, title: str, page: str, address: str) -> str:
    """A feed of papers; `page` is what it is the feed of, `address` its own, both without the base."""
    feed = _Feed(
        title=printable(f"{title} · Stemma"),
        link=base + page,
        description="Papers, the latest additions first.",
        feed_url=base + address,
        feed_guid=base + page,
        author_name="Stemma",  # a feed needs one where an entry may have none
    )
    for facts in papers:
        feed.add_item(
            title=f"Withdrawn: {facts.title}" if facts.withdrawn_at else facts.title,
            link=base + facts.path,
            description=facts.abstract or "No abstract is known.",
            unique_id=base + facts.permanent_path,
            pubdate=datetime.combine(facts.published_on, time(), UTC)
            if facts.published_on
            else facts.created_at,
            updateddate=max(facts.created_at, facts.withdrawn_at or facts.created_at),
            categories=facts.topics,
            authors=facts.authors,
        )
    return feed.writeString("utf-8")
