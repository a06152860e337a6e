"""Markdown's inline tokens as a flat row of spans: text, links, images."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Image:
    alt: str
    src: str


@dataclass(slots=True)
class Span:
    """A stretch of text, or a link with its text and images. `href` is empty for what is no link."""

    line: int
    text: str = ""
    href: str = ""
    images: list[Image] = field(default_factory=list)
    emphasis: bool = False
    strong: bool = False

    @property
    def is_link(self) -> bool:
        return bool(self.href)


_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SRC = re.compile(r"""src\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_ALT = re.compile(r"""alt\s*=\s*["']([^"']*)""", re.IGNORECASE)


def spans(tokens: Sequence[Token], line: int) -> list[Span]:
    """Flatten the children of an inline token that begins on `line`."""
    reader = _Spans(line)
    for token in tokens:
        reader.take(token)
    return list(_joined(reader.done()))


class _Spans:
    def __init__(self, line: int) -> None:
        self.line = line
        self.emphasis = self.strong = 0
        self.link: Span | None = None
        self.found: list[Span] = []

    def take(self, token: Token) -> None:
        match token.type:
            case "text" | "code_inline" | "text_special":
                self._text(token.content)
            case "softbreak" | "hardbreak":
                self._text(" ")
                self.line += 1
            case "em_open" | "em_close":
                self.emphasis += 1 if token.type == "em_open" else -1
            case "strong_open" | "strong_close":
                self.strong += 1 if token.type == "strong_open" else -1
            case "link_open":
                self._open(str(token.attrGet("href") or ""))
            case "link_close":
                self._close()
            case "image":
                self._image(Image(token.content, str(token.attrGet("src") or "")))
            case "html_inline":
                self._html(token.content)

    def done(self) -> list[Span]:
        self._close()
        return self.found

    def _new(self) -> Span:
        return Span(self.line, emphasis=self.emphasis > 0, strong=self.strong > 0)

    def _text(self, text: str) -> None:
        if self.link:
            self.link.text += text
            self.link.strong = self.link.strong or self.strong > 0
        else:
            span = self._new()
            span.text = text
            self.found.append(span)

    def _open(self, href: str) -> None:
        self._close()
        self.link = self._new()
        self.link.href = href

    def _close(self) -> None:
        if self.link and self.link.href:
            self.found.append(self.link)
        self.link = None

    def _image(self, image: Image) -> None:
        if self.link:
            self.link.images.append(image)
        else:
            span = self._new()
            span.images.append(image)
            self.found.append(span)

    def _html(self, tag: str) -> None:
        if re.match(r"<a\s", tag, re.IGNORECASE):
            href = _HREF.search(tag)
            self._open(html.unescape(href[1]) if href else "")
        elif re.match(r"</a\s*>", tag, re.IGNORECASE):
            self._close()
        elif re.match(r"<img\s", tag, re.IGNORECASE) and (src := _SRC.search(tag)):
            alt = _ALT.search(tag)
            self._image(Image(html.unescape(alt[1]) if alt else "", html.unescape(src[1])))


def _joined(found: list[Span]) -> Iterator[Span]:
    """Join neighbouring text spans of one style."""
    last: Span | None = None
    for span in found:
        plain = not span.is_link and not span.images
        if (
            last
            and plain
            and not last.is_link
            and not last.images
            and (last.emphasis, last.strong) == (span.emphasis, span.strong)
        ):
            last.text += span.text
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


# Our exports put a word joiner where a reader would else divide, strip or mend what has to stay as it is.
GUARD = "\u2060"
DIVIDER = GUARD * 2  # stands between parts that words alone would not tell apart


def plain_text(text: str) -> str:
    """One line of text: entities resolved, runs of spaces (also non-breaking) made one."""
    return guarded_text(text).replace(GUARD, "")


def guarded_text(text: str) -> str:
    """Like plain text, with the marks still in it that say what must not be divided."""
    return re.sub(r"[\s\xa0\u200b\ufeff]+", " ", html.unescape(text)).strip()
