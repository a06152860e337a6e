"""One entry of a list, put together from the spans of its line and of the lines below it."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from catalog.folding import fold
from catalog.identifiers import Ident, parse_identifier, parse_repository
from ingest.lists.badges import badge_repository, badge_words, is_badge, is_label, read_side_link
from ingest.lists.inline import DIVIDER, GUARD, Span, guarded_text, plain_text
from ingest.lists.names import split_authors
from ingest.lists.records import (
    AnnouncementLine,
    Entry,
    ListedLink,
    ListedRepository,
    ListedVenue,
    ListProblem,
    TopicPath,
)
from ingest.lists.venues import is_known, read_venue

MAX_TITLE = 1000
OTHER_TITLE = "Also listed as:"
IDENTIFIER = "Identifier"  # the badge of a further address that names the paper itself
MAX_URL = 1000
MAX_VENUE_TEXT = 200
# "by Jo Doe, Ann Lee (ICLR 2024)"; the names may have been emphasis, and are gone from the text then.
_BY = re.compile(r"[,.\s]*by\b\s*([^()]*?)[\s.,]*(?:\(([^()]*)\)[\s.]*)?$", re.IGNORECASE)
# "- A study of long texts from 2023.": what many lists say of a paper behind its link.
_DESCRIPTION = re.compile(r"[-–—:]\s")
_INNER_URL = re.compile(r"https?://[^\s\[\]()<>]+", re.IGNORECASE)


@dataclass(slots=True)
class EntryDraft:
    """An entry while its lines are read. Badges and links may follow on any number of lines."""

    line: int
    title: str
    url: str = ""
    identifiers: list[Ident] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    venue: ListedVenue = ListedVenue()
    repositories: list[ListedRepository] = field(default_factory=list)
    links: list[ListedLink] = field(default_factory=list)
    problems: list[ListProblem] = field(default_factory=list)
    badges: int = 0
    other_titles: list[str] = field(default_factory=list)
    exact: bool = False  # the title is one of our exports, which knows what it looks like
    undated: bool = False  # says "n.d.", as bibliographies do

    @classmethod
    def read(cls, found: list[Span]) -> Self | None:
        """Begin an entry from the first line of a list item; None when it has no title."""
        place = _title_place(found)
        if place is None:
            return None
        span = found[place]
        draft = cls(span.line, clean_title(span.text), exact=GUARD in span.text)
        if span.is_link:
            draft._take_address(span.href)
        draft.feed(found[place + 1 :])
        if draft.venue == ListedVenue():
            draft._take_leading_venue(found[:place])
        if not draft.url:
            draft._adopt_address()
        return draft if draft._name() and draft._is_paper() else None

    def _name(self) -> bool:
        """See to a title of sensible length; an identifier stands in for one that is missing."""
        ident = self.identifiers[0] if self.identifiers else None
        is_address = bool(re.match(r"https?://", self.title)) and not self.exact
        if is_address or not self.title:
            if ident is None or ident.scheme == "url":
                return False
            self.title = str(ident)
            self._problem("title-missing", f"{ident} is listed without a title.")
        if len(self.title) > MAX_TITLE:
            self.title = self.title[:MAX_TITLE].rstrip() + "…"
            self._problem(
                "title-cut",
                f"A title of more than {MAX_TITLE} characters was cut: “{self.title[:80]}…”.",
            )
        return True

    def _is_paper(self) -> bool:
        """Bold text alone is a remark; a paper has a link, authors or a year."""
        return bool(self.url or self.authors or self.venue.year or self.undated)

    def feed(self, found: list[Span]) -> None:
        """Take what stands behind the title, or on lines below: authors, venue, badges, links."""
        if plain_text(found[0].text if found else "") == OTHER_TITLE:
            self.other_titles += [clean_title(span.text) for span in found if span.strong]
            return
        text, names = "", 0  # the emphasis that the authors were read from
        for span in found:
            if span.is_link or span.images:
                self._take_link(span)
            elif span.emphasis and span.run == names:
                continue  # *Ann **Lee*** was taken whole
            elif (
                span.emphasis
                and not self.authors
                and (GUARD in span.text or not is_venue(span.text))
            ):
                names = span.run
                self._take_authors(
                    "".join(one.text for one in found if one.run == names and not one.is_link)
                )
            else:
                text += span.text
        if text.count(DIVIDER) == 2:
            self._take_exact_venue(text)
        else:
            self._take_text(_without_brackets(text))

    def entry(self, topic: TopicPath) -> Entry:
        return Entry(
            self.line,
            topic,
            self.title,
            self.url,
            tuple(dict.fromkeys(self.identifiers)),
            tuple(self.authors),
            self.venue,
            tuple(dict.fromkeys(self.repositories)),
            tuple(dict.fromkeys(self.links)),
            tuple(title for title in self.other_titles if title),
        )

    def _take_address(self, href: str) -> None:
        url, nested = clean_target(href)
        if nested:
            self._problem(
                "link-nested",
                f"The link of “{self.title}” held another link; the inner one was read.",
            )
        found = parse_identifier(url)
        if not url or found is None or len(url) > MAX_URL:
            self._problem(
                "link-unusable", f"The link of “{self.title}” is no web address: “{href[:100]}”."
            )
            return
        self.url = url
        self.identifiers.append(Ident(found.scheme, found.value))

    def _adopt_address(self) -> None:
        """An entry whose title is no link has its address among its labels: **Title** [[paper]](link)."""
        full_text = [link for link in self.links if link.kind == "paper"]
        if self.identifiers:
            self.url = self.identifiers[0].url
        elif full_text:
            self.links.remove(full_text[0])
            self._take_address(full_text[0].url)
        elif self._is_paper():
            self._problem("no-link", f"“{self.title}” has no link to the paper.")

    def _take_authors(self, text: str) -> None:
        names, cut = split_authors(text)
        self.authors = names
        if cut:
            self._problem(
                "authors-cut", f"The list names only the first authors of “{self.title}”."
            )

    def _take_text(self, text: str) -> None:
        text = plain_text(text)
        if not re.search(r"[^\W_]", text):
            return
        if self.venue != ListedVenue():
            self._unread(text)
            return
        if text in ("n.d.", "n.d"):
            self.undated = True
            return
        if by := _BY.match(text):
            if by[1] and not self.authors:
                self._take_authors(by[1])
            text = by[2] or ""
        read = read_venue(text)
        if _DESCRIPTION.match(text) and _is_sentence(read.venue):
            self._unread(text)
            return
        if read.unread and (match := re.match(r"(.+?)[.;]\s+(.*(?:19|20)\d\d.*)$", text)):
            read = read_venue(match[2])
            self._unread(match[1])
        self.venue = read.venue
        if read.unread:
            self._unread(read.unread)
        if read.typo:
            self._problem(
                "venue-typo",
                f"The venue “{read.typo}” of “{self.title}” was read as {read.venue.name}.",
            )

    def _take_exact_venue(self, text: str) -> None:
        """Name, year and distinction as our exports divide them where words alone would not."""
        name, year, distinction = map(plain_text, guarded_text(text).split(DIVIDER))
        whole = int(year) if year.isdecimal() else None
        self.venue = ListedVenue(name, whole, distinction.removesuffix("."))
        self.undated = whole is None

    def _take_leading_venue(self, found: list[Span]) -> None:
        """Some lists put it before the title: (ICLR 2023) [Title](link)."""
        read = read_venue(_without_brackets("".join(span.text for span in found)))
        if read.venue.year:
            self.venue = read.venue

    def _take_link(self, span: Span) -> None:
        badge = next((repo for image in span.images if (repo := badge_repository(image))), None)
        url, nested = clean_target(span.href) if span.is_link else ("", False)
        text = plain_text(span.text)
        words, label = badge_words(span.images[0]) if span.images and not text else (text, text)
        if nested:
            self._problem(
                "link-nested",
                f"A link of “{self.title}” held another link; the inner one was read.",
                span.line,
            )
        if len(url) > MAX_URL:
            self._problem(
                "link-unusable",
                f"A link of “{self.title}” has more than {MAX_URL} characters: “{url[:100]}…”.",
                span.line,
            )
            return
        target = parse_repository(url) if url else None
        self.badges += badge is not None
        if badge and target and badge.key != target.key:
            self._problem(
                "badge-mismatch",
                f"A badge of “{self.title}” shows the stars of {badge.owner}/{badge.name} "
                f"but leads to {target.owner}/{target.name}; both were kept.",
                span.line,
            )
            self.repositories.append(ListedRepository(target, badge))
        elif target or (badge and not url):
            self.repositories.append(ListedRepository(target or badge))  # type: ignore[arg-type]
        elif url:
            if badge:
                self.repositories.append(ListedRepository(badge))
            self._take_side_link(words, label, url)

    def _take_side_link(self, words: str, label: str, url: str) -> None:
        found = read_side_link(words, label, url)
        if words == IDENTIFIER and (ident := parse_identifier(url)):
            found = Ident(ident.scheme, ident.value)
        if isinstance(found, Ident):
            self.identifiers.append(Ident(found.scheme, found.value))
        elif found:
            self.links.append(found)
        else:
            self._problem(
                "link-unusable", f"A link of “{self.title}” is no web address: “{url[:100]}”."
            )

    def _unread(self, text: str) -> None:
        self._problem(
            "text-not-read", f"Beside “{self.title}” this text was not understood: “{text[:100]}”."
        )

    def _problem(self, kind: str, message: str, line: int = 0) -> None:
        self.problems.append(
            ListProblem(line or self.line, kind, message, fold(message), entry=self.line)
        )


def read_announcement(found: list[Span], line: int, day: date | None) -> AnnouncementLine | None:
    """Read "Paper: [Title](link) ICLR 2025"; None when there is no title with a link, or in bold behind "Paper:"."""
    place = _title_place(found)
    if place is None or day is None:
        return None
    span = found[place]
    title, after = clean_title(span.text), found[place + 1 :]
    if not span.is_link:
        before = plain_text("".join(one.text for one in found[:place]))
        if before != "Paper:" or not title:
            return None
        return AnnouncementLine(line, day, title[:MAX_TITLE], "", (), _venue_of_line(after))
    url, _ = clean_target(span.href)
    ident = parse_identifier(url)
    if not title or not ident or len(url) > MAX_URL:
        return None
    named = (Ident(ident.scheme, ident.value),)
    return AnnouncementLine(line, day, title[:MAX_TITLE], url, named, _venue_of_line(after))


def _venue_of_line(found: list[Span]) -> str:
    """What stands behind an announced title: venue, year and distinction, or what our exports guard."""
    text = "".join(span.text for span in found if not span.is_link)
    if text.count(DIVIDER) == 2:
        return plain_text(text.split(DIVIDER)[1])[:MAX_VENUE_TEXT]
    venue = read_venue(plain_text(" ".join(one.text for one in found if not one.is_link))).venue
    parts = [venue.name, str(venue.year or ""), venue.distinction]
    return " ".join(part for part in parts if part)


def reads_as_entry(found: list[Span]) -> bool:
    """Tell a paper of its own among nested items from a badge or a remark of the entry above."""
    place = _title_place(found)
    if place is None or not found[place].is_link:
        return False
    if found[place].images and not found[place].strong:
        return False
    ident = parse_identifier(clean_target(found[place].href)[0])
    rest = found[place + 1 :]
    return bool(ident) and (
        (ident is not None and ident.scheme != "url") or any(span.emphasis for span in rest)
    )


def clean_title(text: str) -> str:
    """One line without the full stop that lists put behind titles; an ellipsis stays."""
    title = guarded_text(text)
    if title.endswith(f"{GUARD}."):
        title = title[:-1]
    elif title.endswith(".") and (not title.endswith("...") or title.endswith("....")):
        title = title[:-1].rstrip()
    return title.replace(GUARD, "")


def clean_target(href: str) -> tuple[str, bool]:
    """Return the address of a link, and whether it was dug out of another link's Markdown."""
    href = href.strip()
    decoded = href.replace("%5B", "[").replace("%5D", "]").replace("%5C", "\\").lstrip("\\")
    if "](" in decoded or decoded.startswith("["):
        inner = _INNER_URL.findall(decoded)
        return (inner[-1] if inner else ""), True
    return decoded if decoded != href and "\\" in href else href.lstrip("\\"), False


def _title_place(found: list[Span]) -> int | None:
    """The index of the title: the first link that is no label, else the first bold text."""
    bold = None
    for index, span in enumerate(found):
        text = plain_text(span.text).strip("[]() ")
        if not span.is_link:
            if span.strong and text and bold is None:
                bold = index
            continue
        if (
            _is_badge(span, text)
            or not text
            or not re.match(r"\\?\[?(?:https?:|%5B)", span.href, re.IGNORECASE)
        ):
            continue
        is_exact = span.strong or GUARD in span.text
        if bold is not None or (is_label(text) and not is_exact):
            break
        return index
    return bold


def _is_badge(span: Span, text: str) -> bool:
    """A link with an image is a badge, unless the image only stands before the words of a title."""
    return bool(span.images) and (
        not text or is_label(text) or (not span.strong and any(map(is_badge, span.images)))
    )


def is_venue(text: str) -> bool:
    """Emphasis holds authors, now and then a venue: one comma-free name and a year."""
    return bool(re.fullmatch(r"[^,]{1,40}\s(?:19|20)\d\d(?:\s[^,]{1,60})?\.?", plain_text(text)))


def _is_sentence(venue: ListedVenue) -> bool:
    """Whether what would be a venue is words of a description: several, and most of them small."""
    words = re.findall(r"[^\W\d_]+", f"{venue.name} {venue.distinction}")
    small = sum(word.islower() for word in words)
    return len(words) > 2 and 2 * small >= len(words) and not is_known(venue.name)


def _without_brackets(text: str) -> str:
    """Drop the debris of links: "[", "](https://…)", "[[", "|"."""
    text = re.sub(r"\]\(https?://[^)\s]*\)", " ", text)
    return re.sub(r"[\[\]|]+", " ", text)
