"""Second step of reading a list: repaired text to records. Pure: no network and no database."""

import re
from collections.abc import Sequence
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.token import Token

from catalog.folding import fold
from ingest.lists.dates import read_date
from ingest.lists.entries import EntryDraft, read_announcement, reads_as_entry
from ingest.lists.headings import Heading, read_heading, topic_paths
from ingest.lists.inline import GUARD, Span, plain_text, spans
from ingest.lists.records import ListProblem, ListRefused, Origin, ReadingList, TopicPath
from ingest.lists.repair import decode, repair
from ingest.lists.tables import Table

_PARSER = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table")
_LICENCE = re.compile(r"licen[cs]e\s*:?\s*\(?([A-Za-z0-9.+-]+(?: [0-9.]+)?)", re.IGNORECASE)
_UNTITLED: TopicPath = ("Papers",)


def read_list(data: bytes) -> ReadingList:
    """Read a whole list; raise ListRefused when it is no list at all."""
    repaired = repair(decode(data))
    reader = _Reader()
    reader.read(_PARSER.parse(repaired.text))
    result = reader.result()
    result.repaired_lines = repaired.repaired_lines
    result.problems = sorted([*repaired.problems, *result.problems], key=lambda p: p.line)
    if not result.entries:
        raise ListRefused(
            "No entry was found: a list needs headings with list items such as 1. [**Title**](link)."
        )
    return result


class _Reader:
    """Walks the block tokens once and keeps what it met."""

    def __init__(self) -> None:
        self.list = ReadingList()
        self.headings: list[Heading] = []
        self.drafts: list[
            tuple[int, EntryDraft]
        ] = []  # the heading's index (-1: none) and the entry
        self.draft: EntryDraft | None = None
        self.table: Table | None = None
        self.date: date | None = None
        self.date_depth = 0
        self.undated_depth = 0  # the items below this depth stand under a date that is none

    def read(self, tokens: Sequence[Token]) -> None:
        depth = quote = 0
        heading_level = 0
        opens_item = False
        for token in tokens:
            match token.type:
                case "list_item_open":
                    depth, opens_item = depth + 1, True
                    if depth <= self.date_depth:
                        self.date = None
                    if depth <= self.undated_depth:
                        self.undated_depth = 0
                case "list_item_close":
                    depth -= 1
                case "blockquote_open":
                    quote += 1
                case "blockquote_close":
                    quote -= 1
                case "table_open" | "table_close" | "thead_close" | "tr_open" | "tr_close":
                    self._table(token.type, inside=depth > 0 or quote > 0)
                case "heading_open":
                    heading_level = int(token.tag[1])
                case "heading_close":
                    heading_level = 0
                case "inline":
                    line = token.map[0] + 1 if token.map else 0
                    found = spans(token.children or [], line, named=heading_level > 0)
                    if heading_level:
                        self._heading(found, heading_level, line)
                    elif quote:
                        self._quote(found)
                    elif self.table and not depth:
                        self.table.cells.append(found)
                    elif opens_item:
                        self._item(found, depth, line)
                    else:
                        self._beside(found, line, inside=depth > 0, in_table=bool(self.table))
                    opens_item = False

    def _heading(self, found: list[Span], level: int, line: int) -> None:
        self._end_entry()
        text = " ".join(span.text for span in found)
        self.date, self.date_depth, self.undated_depth = read_date(text), 0, 0
        if self.date:
            return
        if not plain_text(text):
            return
        heading = read_heading(text, level, line)
        if not self.list.title and level == 1 and not heading.number and not heading.is_aside:
            self.list.title = heading.name
        self.headings.append(heading)

    def _table(self, what: str, *, inside: bool) -> None:
        """Read the rows of a table of papers as entries; what stands in another belongs to the entry above it."""
        if what in ("table_open", "table_close"):
            self.table = Table() if what == "table_open" else None
        elif self.table is None or inside:
            return
        elif what == "tr_open":
            self.table.cells = []
        elif what == "thead_close":
            self.table.end_head()
            self._beside_table(self.table)
        elif not self.table.holds_papers:
            self._beside_table(self.table)
        elif (row := self.table.as_line()) and not self.date and not self._is_aside():
            self._entry(row, row[0].line)
            self._end_entry()

    def _beside_table(self, table: Table) -> None:
        if table.columns and not table.holds_papers:
            for cell in table.cells:
                self._beside(cell, cell[0].line if cell else 0, inside=False, in_table=True)

    def _quote(self, found: list[Span]) -> None:
        """A list may tell in a quotation where its facts come from, as our own exports do."""
        text = plain_text("".join(span.text for span in found))
        link = next((span for span in found if span.is_link), None)
        if self.list.origin.name or link is None or not re.match(r"https?://", link.href):
            return
        if re.match(r"facts from\b", text, re.IGNORECASE):
            licence = _LICENCE.search(text)
            self.list.origin = Origin(
                plain_text(link.text), link.href, licence[1].rstrip(".") if licence else ""
            )

    def _item(self, found: list[Span], depth: int, line: int) -> None:
        before = _text_before_link(found)
        if (day := read_date(before)) or (not self.date and _looks_dated(before)):
            self._end_entry()
            if not day:
                self.undated_depth = depth
                self._problem(
                    line,
                    "bad-date",
                    f"“{before}” is no date; the lines below it were not read.",
                    before,
                )
                return
            self.date, self.date_depth = day, depth
            if not any(span.is_link for span in found):
                return
        if self.date:
            self._announcement(found, line)
            return
        if self._is_aside() or self.undated_depth:
            return
        if depth > 1 and self.draft and not reads_as_entry(found):
            self.draft.feed(found)
            return
        self._entry(found, line)

    def _announcement(self, found: list[Span], line: int) -> None:
        self._end_entry()
        announcement = read_announcement(found, line, self.date)
        if announcement:
            self.list.announcements.append(announcement)
        elif text := _all_text(found):
            self._problem(
                line,
                "line-not-read",
                f"No title with a link in the announcement “{text[:80]}”.",
                text,
            )

    def _entry(self, found: list[Span], line: int) -> None:
        self._end_entry()
        draft = EntryDraft.read(found)
        if draft is None:
            text = _all_text(found) or next((span.href for span in found if span.href), "")
            if text and self._in_topic() and not _is_anchor(found):
                self._problem(
                    line,
                    "line-not-read",
                    f"No title was found in the list item “{text[:80]}”.",
                    text,
                )
            return
        if self.headings:
            self.headings[-1].entries += 1
        self.drafts.append((len(self.headings) - 1, draft))
        self.draft = draft

    def _beside(self, found: list[Span], line: int, *, inside: bool, in_table: bool) -> None:
        """A paragraph or table cell after an entry: its badges, or the rest of its text."""
        if self.date or self._is_aside():
            return
        if self.draft and (inside or in_table or _only_links(found)):
            self.draft.feed(found)
        elif (self.draft or (in_table and _has_web_link(found))) and (text := _all_text(found)):
            self._problem(
                line,
                "line-not-read",
                f"This text was not read: “{text[:80]}”.",
                text,
            )

    def _end_entry(self) -> None:
        self.draft = None

    def _is_aside(self) -> bool:
        return bool(self.headings) and self.headings[-1].is_aside

    def _in_topic(self) -> bool:
        return bool(self.drafts) and not self._is_aside()

    def _problem(self, line: int, kind: str, message: str, key: str) -> None:
        self.list.problems.append(ListProblem(line, kind, message, fold(key)))

    def result(self) -> ReadingList:
        paths = topic_paths(self.headings)
        self.list.topics = list(dict.fromkeys(paths.values()))
        for index, draft in self.drafts:
            topic = paths.get(index, _UNTITLED)
            if index not in paths and topic not in self.list.topics:
                self.list.topics.append(topic)
            self.list.entries.append(draft.entry(topic))
            self.list.problems.extend(draft.problems)
            self.list.badges += draft.badges
        return self.list


def _text_before_link(found: list[Span]) -> str:
    text = ""
    for span in found:
        if span.is_link or span.images:
            break
        text += span.text
    return "" if GUARD in text else plain_text(text)  # our exports guard titles without a link


def _looks_dated(text: str) -> bool:
    return bool(re.fullmatch(r"[\[(]?\d{4}[./-]\d{1,2}[./-]\d{1,2}[\])]?:?", text))


def _all_text(found: list[Span]) -> str:
    return plain_text(" ".join(span.text for span in found))


def _only_links(found: list[Span]) -> bool:
    return all(span.is_link or span.images or not re.search(r"[^\W_]", span.text) for span in found)


def _has_web_link(found: list[Span]) -> bool:
    return any(re.match(r"https?:", span.href) for span in found)


def _is_anchor(found: list[Span]) -> bool:
    """A line of a table of contents leads to a place in the list itself."""
    links = [span for span in found if span.is_link]
    return bool(links) and all(span.href.startswith("#") for span in links)


__all__ = ["ListRefused", "read_list"]
