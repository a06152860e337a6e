"""A catalogue as a reading list again: Markdown ready to be published."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from catalog.identifiers import OPENALEX, S2, URL, parse_identifier
from catalog.models import (
    Announcement,
    Catalogue,
    Identifier,
    Link,
    Paper,
    PaperRepository,
    Placement,
    Source,
)
from ingest.lists.anchors import Anchors
from ingest.lists.badges import is_label
from ingest.lists.entries import IDENTIFIER, OTHER_TITLE, clean_title, is_venue
from ingest.lists.escaping import escape, link, settled
from ingest.lists.headings import read_heading
from ingest.lists.inline import DIVIDER, GUARD
from ingest.lists.names import join_authors
from ingest.lists.options import ListOptions
from ingest.lists.outline import Section, sections
from ingest.lists.periods import Latest, latest
from ingest.lists.records import ListedVenue
from ingest.lists.venues import read_venue

_SHIELDS = "https://img.shields.io"
# What stands behind names or links in a list, and so is not read as part of a venue.
_UNLIKE_VENUES = re.compile(r"[\[\]|]|^by\b|^n\.d\.?$", re.IGNORECASE)


@dataclass(slots=True)
class Chapter:
    """A top-level topic with all below it, in blocks: headings and entries."""

    title: str
    blocks: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)  # depth and text


@dataclass(frozen=True, slots=True)
class WrittenList:
    """A list in its pieces: what stands before the topics, with or without contents, and the topics."""

    title: str
    opening: list[str]  # title, description, origin
    news: list[tuple[str, list[str]]]  # heading, its blocks
    chapters: list[Chapter]
    options: ListOptions

    def markdown(self) -> str:
        """The whole in one file."""
        blocks = list(self.opening)
        if self.options.contents:
            blocks += ["## Contents", "\n".join(self._contents())]
        for heading, lines in self.news:
            blocks += [f"## {heading}", *lines]
        for chapter in self.chapters:
            blocks += chapter.blocks
        return settled("\n\n".join(blocks) + "\n")

    def _contents(self) -> Iterator[str]:
        anchors = Anchors()
        for heading in (self.title, "Contents", *(heading for heading, _ in self.news)):
            anchors.of(heading)
        for chapter in self.chapters:
            for depth, text in chapter.headings:
                yield f"{'  ' * depth}- {link(escape(text), f'#{anchors.of(text)}')}"


def write_markdown(catalogue: Catalogue, options: ListOptions | None = None) -> str:
    """Return the list as Markdown: contents, news, then the numbered topics; reading it gives the same facts."""
    return write_list(catalogue, options).markdown()


def write_list(catalogue: Catalogue, options: ListOptions | None = None) -> WrittenList:
    """Write the pieces of a list, as its catalogue's options say or others."""
    options = options or ListOptions()
    opening = [f"# {escape(catalogue.title)}"]
    if catalogue.description:
        opening.append(escape(catalogue.description))
    if catalogue.origin_name:
        origin = link(escape(catalogue.origin_name), catalogue.origin_url)
        licence = f", licence {escape(catalogue.licence)}" if catalogue.licence else ""
        opening.append(f"> Facts from {origin}{licence}.")
    found = sections(catalogue)
    news = list(_news(catalogue, options))
    return WrittenList(catalogue.title, opening, news, list(_chapters(found, options)), options)


def _chapters(found: list[Section], options: ListOptions) -> Iterator[Chapter]:
    shown: dict[int, set[str]] = defaultdict(set)
    for section in found:
        for placement in section.placements:
            url = entry_url(placement)
            shown[placement.paper_id] |= {placement.listed_title or placement.paper.title, url}
            if ident := parse_identifier(url):  # without the slash at its end, for one
                shown[placement.paper_id].add(ident.url)
    done: set[int] = set()
    chapter: Chapter | None = None
    for section in found:
        heading = _heading(section, options)
        if section.depth == 0 or chapter is None:
            if chapter:
                yield chapter
            chapter = Chapter(section.topic.name)
        chapter.headings.append((section.depth, heading))
        chapter.blocks.append(f"{'#' * min(6, section.depth + 2)} {escape(heading)}")
        chapter.blocks += _entries(section, shown, done, options)
    if chapter:
        yield chapter


def _heading(section: Section, options: ListOptions) -> str:
    """ "2.1 Sparse Attention", so that reading gives the name back."""
    name = section.topic.name
    number = f"{section.number}{'.' if section.depth == 0 else ''} "
    if read_heading(f"{number}{name}", 2, 1).name != name:
        name = f"{GUARD}{name}{GUARD}"
    return f"{number}{name}" if options.section_numbers else name


# News


def _news(catalogue: Catalogue, options: ListOptions) -> Iterator[tuple[str, list[str]]]:
    rows = catalogue.announcements.select_related("paper").order_by("-date", "position")
    if options.news and (lines := list(_days(rows))):
        yield "News", ["\n".join(lines)]
    for heading, kind, number in (
        ("Week Papers", "week", options.weeks),
        ("Month Papers", "month", options.months),
    ):
        if number and (lines := list(_periods(latest(catalogue, kind, number)))):
            yield heading, ["\n".join(lines)]


def _days(rows: Iterable[Announcement]) -> Iterator[str]:
    days: dict[str, list[Announcement]] = defaultdict(list)
    for row in rows:
        days[f"{row.date:%Y.%m.%d}"].append(row)
    for day, announced in days.items():
        yield f"- **[{day}]**"
        for row in announced:
            yield f"  - Paper: {_announced(row)}"


def _announced(row: Announcement) -> str:
    title = escape(_exact_title(row.title, stop=False))
    written = link(title, row.url) if row.url else f"**{title}**"
    if not row.venue_text:
        return written
    venue = read_venue(row.venue_text).venue
    parts = [venue.name, str(venue.year or ""), venue.distinction]
    if " ".join(part for part in parts if part) == row.venue_text:
        return f"{written} {escape(row.venue_text)}"
    return f"{written} {DIVIDER}{escape(row.venue_text)}{DIVIDER}"


def _periods(found: list[Latest]) -> Iterator[str]:
    """What was new in the latest weeks or months. Reading passes over it: these are no topics and no news."""
    for one in found:
        yield f"- **{escape(one.label)}**"
        for title, url in one.papers:
            yield f"  - {link(escape(title), url) if url else escape(title)}"


# Entries


def _entries(
    section: Section, shown: dict[int, set[str]], done: set[int], options: ListOptions
) -> Iterator[str]:
    """The entries of a topic. `done` holds the papers written before, under other topics."""
    number = 0
    for number, placement in enumerate(section.placements, 1):
        paper = placement.paper
        mark = f"{number}." if options.entry_numbers else "-"
        is_first = paper.pk not in done
        further = _further_identifiers(placement, shown[paper.pk]) if is_first else []
        yield _entry(mark, placement.listed_title or paper.title, placement, further, options)
        if not is_first:
            continue
        done.add(paper.pk)
        # A spelling that no entry shows stands below the first one: nothing is listed twice in a topic.
        others = [
            f"{' ' * (len(mark) + 1)}{OTHER_TITLE} **{escape(_exact_title(row.title))}.**"
            for row in paper.aliases.all()
            if row.source == Source.LIST and row.title not in shown[paper.pk]
        ]
        if others:
            yield "\n\n".join(others)


def _entry(
    mark: str, title: str, placement: Placement, further: list[Identifier], options: ListOptions
) -> str:
    """One entry; the paper's first one also shows identifiers that no link of an entry leads to."""
    paper = placement.paper
    url = entry_url(placement)
    exact = title if url else f"{GUARD}{title}"  # else a year and a number could read as a date
    name = f"**{escape(_exact_title(exact))}.**"
    parts = [f"{mark} {link(name, url) if url else name}"]
    authors = join_authors(row.printed_name for row in paper.authorships.all())
    if authors:
        exact = GUARD if is_venue(f"{authors}.") else ""
        parts.append(f"*{exact}{escape(authors)}.*")
    bare = not url and not authors and not paper.year  # what would read as a remark
    if where := _venue(paper, exact=bare):
        parts.append(f"{escape(where)}.")
    elif bare:
        parts.append("n.d.")
    lines = [" ".join(parts)]
    badges = [*_badges(paper), *map(_identifier_badge, further)] if options.badges else []
    if badges:
        indent = " " * (len(mark) + 1)
        lines += ["", *(f"{indent}{badge}" for badge in badges)]
    return "\n".join(lines)


def _exact_title(title: str, *, stop: bool = True) -> str:
    """A title that reads back as it is, with the full stop behind it or without."""
    plain = title.removeprefix(GUARD)
    if clean_title(f"{title}." if stop else title) != plain or is_label(title):
        return f"{title}{GUARD}"
    return title


def entry_url(placement: Placement) -> str:
    """Where the title leads: the link the list has here, else the page of the paper's first identifier."""
    if placement.listed_url:
        return placement.listed_url
    first = min(placement.paper.identifiers.all(), key=lambda row: row.pk, default=None)
    return first.url if first else ""


def venue_text(paper: Paper) -> str:
    """ "ICLR 2024 Oral", from the parts that are known."""
    parts = [paper.venue.name if paper.venue else "", str(paper.year or ""), paper.distinction]
    return " ".join(part for part in parts if part)


def _venue(paper: Paper, *, exact: bool) -> str:
    """Venue, year and distinction, so that reading tells them apart."""
    text = venue_text(paper)
    name = paper.venue.name if paper.venue else ""
    said = ListedVenue(name, paper.year, paper.distinction)
    exact = exact or bool(_UNLIKE_VENUES.search(text)) or read_venue(f"{text}.").venue != said
    if not text or not exact:
        return text
    return f"{name}{DIVIDER} {paper.year or ''}{DIVIDER} {paper.distinction}"


def _badges(paper: Paper) -> list[str]:
    badges = [_code_badge(row) for row in paper.repository_links.all()]
    return badges + [_link_badge(row) for row in paper.links.all()]


def _further_identifiers(placement: Placement, shown: set[str]) -> list[Identifier]:
    """Those beside the one that the title leads to; not the numbers of services, which no list prints."""
    rows = sorted(placement.paper.identifiers.all(), key=lambda row: row.pk)
    said = (Source.LIST, Source.CURATOR)
    found = []
    for row in rows:
        is_first = row == rows[0] and not placement.listed_url
        elsewhere = row.scheme == URL and row.url in shown
        printed = row.scheme not in (S2, OPENALEX) or row.source in said
        if printed and not is_first and not elsewhere and row.url != entry_url(placement):
            found.append(row)
    return found


def _code_badge(row: PaperRepository) -> str:
    counted = row.badge_repository or row.repository
    if counted.host != "github.com":
        return link("Code", row.target)
    image = f"![GitHub Repo stars]({_SHIELDS}/github/stars/{counted.full_name})"
    return link(image, row.target)


_BADGES = {
    "homepage": "Homepage",
    "paper": "Paper",
    "code": "Code",
    "dataset": "Data",
    "model": "Model",
    "video": "Video",
    "blog": "Blog",
    "slides": "Slides",
    "other": "Link",
}


def _link_badge(row: Link) -> str:
    return _static_badge(_BADGES[row.kind], row.label, row.url)


def _identifier_badge(row: Identifier) -> str:
    return _static_badge(IDENTIFIER if row.scheme == URL else "Paper", "", row.url)


def _static_badge(name: str, label: str, url: str) -> str:
    if label:
        label = label.replace("&", f"&{GUARD}").replace(" _", f" {GUARD}_")
        label = f"{GUARD}{label}" if label.startswith("-") else label
        name += f"-{quote(label.replace('-', '--').replace('_', '__').replace(' ', '_'), safe='')}"
    return link(f"![Static Badge]({_SHIELDS}/badge/{name}-blue)", url)
