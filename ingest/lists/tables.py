"""Tables of papers: which column is what, and a row as the line of an entry."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from ingest.lists.inline import Span, plain_text


class Column(Enum):
    TITLE = auto()
    NAME = auto()  # the title where no column is called so
    AUTHORS = auto()
    VENUE = auto()
    YEAR = auto()
    OTHER = auto()


_WORDS = {
    Column.TITLE: "title titles paper papers publication publications article articles",
    Column.NAME: "name names work works method methods model models system systems",
    Column.AUTHORS: "author authors",
    Column.VENUE: "venue venues conference journal published publisher pub where",
    Column.YEAR: "year date time released",
}
_COLUMN_OF = {word: column for column, words in _WORDS.items() for word in words.split()}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_RUN = 1_000_000  # of the emphasis that stands for a column of authors


@dataclass(slots=True)
class Table:
    """A table while its cells are met; below a heading row that names a column of titles, each row is an entry."""

    columns: list[Column] = field(default_factory=list)
    cells: list[list[Span]] = field(default_factory=list)  # of the row that is read

    @property
    def holds_papers(self) -> bool:
        return Column.TITLE in self.columns

    def end_head(self) -> None:
        """Learn from the heading row what the columns are."""
        self.columns = [_column_of(cell) for cell in self.cells]
        if Column.TITLE not in self.columns and Column.NAME in self.columns:
            self.columns[self.columns.index(Column.NAME)] = Column.TITLE

    def as_line(self) -> list[Span]:
        """The row that has ended, as an entry that stands on a line has its parts: title, authors, venue, year, links."""
        of: dict[Column, list[Span]] = {column: [] for column in Column}
        for column, cell in zip(self.columns, self.cells, strict=False):
            of[column if column is not Column.NAME else Column.OTHER] += cell
        title = of[Column.TITLE]
        if not any(span.is_link and not span.images for span in title):
            for span in title:
                span.strong = span.strong or not span.is_link
        if not title:
            return []
        line = title[0].line
        found = list(title)
        if names := plain_text("".join(span.text for span in of[Column.AUTHORS])).strip("- –—"):
            found.append(Span(line, names, emphasis=True, run=_RUN))
        where = plain_text(" ".join(span.text for span in of[Column.VENUE])).strip("- –—")
        when = _YEAR.search(" ".join(span.text for span in of[Column.YEAR]))
        if when and not _YEAR.search(where):
            where = f"{where} {when[0]}"
        if where:
            found.append(Span(line, f" {where}"))
        every = [span for column in Column if column is not Column.TITLE for span in of[column]]
        return found + [span for span in every if span.is_link or span.images]


def _column_of(cell: list[Span]) -> Column:
    words = re.findall(r"[a-z]+", "".join(span.text for span in cell).lower())
    return next((_COLUMN_OF[word] for word in words if word in _COLUMN_OF), Column.OTHER)
