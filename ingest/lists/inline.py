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
    run: int = 0  # the outermost emphasis that it stands in, numbered from 1; 0: none

    @property
    def is_link(self) -> bool:
        return bool(self.href)


_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SRC = re.compile(r"""src\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_ALT = re.compile(r"""alt\s*=\s*["']([^"']*)""", re.IGNORECASE)
# A tag without attributes, or with one that has a value: "x<b and b>z" is none.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)(?:\s[^>]*=.*)?\s*/?>", re.IGNORECASE | re.DOTALL)
_STRONG = frozenset({"b", "strong"})
_EMPHASIS = frozenset({"i", "em"})
# The tags that GitHub's Markdown lets through: what they hold is text, they themselves are none.
_LET_THROUGH = (
    "a abbr bdo big blockquote br caption center cite code dd del details dfn div dl dt figcaption figure font "
    "h1 h2 h3 h4 h5 h6 hr img ins kbd li mark ol p picture pre q rp rt ruby s samp small source span strike sub "
    "summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
# Other tags of HTML, which GitHub leaves out with what only they mean; any further name is a word in angle brackets.
_LEFT_OUT = (
    "applet area article aside audio base body button canvas col colgroup data datalist dialog embed fieldset footer "
    "form frame frameset g head header html iframe input label legend link main map marquee meta nav noscript object "
    "optgroup option output param path plaintext progress script section select slot style svg template textarea "
    "title track use video xmp"
)
_FORMATTING = _STRONG | _EMPHASIS | frozenset(_LET_THROUGH.split())
_OF_HTML = _FORMATTING | frozenset(_LEFT_OUT.split())


def spans(tokens: Sequence[Token], line: int, *, named: bool = False) -> list[Span]:
    """Flatten the children of an inline token that begins on `line`; `named` where all of it is a name."""
    reader = _Spans(line, named=named)
    for token in tokens:
        reader.take(token)
    return list(_joined(_parted(reader.done())))


class _Spans:
    def __init__(self, line: int, *, named: bool) -> None:
        self.line = line
        self.named = named
        self.emphasis = self.strong = self.runs = 0
        self.link: Span | None = None
        self.link_is_html = False
        self.found: list[Span] = []

    def take(self, token: Token) -> None:
        match token.type:
            case "text" | "code_inline" | "text_special":
                self._text(token.content)
            case "softbreak" | "hardbreak":
                self._text(" ")
                self.line += 1
            case "em_open" | "em_close":
                self._style(0, 1 if token.type == "em_open" else -1)
            case "strong_open" | "strong_close":
                self._style(1 if token.type == "strong_open" else -1, 0)
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

    def _style(self, strong: int, emphasis: int) -> None:
        if not self.strong and not self.emphasis:
            self.runs += 1
        self.strong = max(0, self.strong + strong)
        self.emphasis = max(0, self.emphasis + emphasis)

    def _new(self) -> Span:
        run = self.runs if self.strong or self.emphasis else 0
        return Span(self.line, emphasis=self.emphasis > 0, strong=self.strong > 0, run=run)

    def _text(self, text: str) -> None:
        if self.link:
            self.link.text += text
            self.link.strong = self.link.strong or self.strong > 0
        elif text:
            span = self._new()
            span.text = text
            self.found.append(span)

    def _open(self, href: str, *, is_html: bool = False) -> None:
        self._close()
        self.link, self.link_is_html = self._new(), is_html
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

    def _html(self, text: str) -> None:
        """Heed a tag that formats; anything else within a title or a name is a part of it, elsewhere what HTML does not know."""
        tag = _TAG.fullmatch(text)
        name = tag[2].lower() if tag else ""
        if tag is None or name not in _FORMATTING:
            is_named = self.named or self.link or self.strong or self.emphasis
            if not text.startswith(("<!", "<?")) and (is_named or name not in _OF_HTML):
                self._text(text)
        elif name in _STRONG:
            self._style(-1 if tag[1] else 1, 0)
        elif name in _EMPHASIS:
            self._style(0, -1 if tag[1] else 1)
        elif name == "a":
            self._anchor(text, closes=bool(tag[1]))
        elif name == "br":
            self._text(" ")
        elif name == "img" and (src := _SRC.search(text)):
            alt = _ALT.search(text)
            self._image(Image(html.unescape(alt[1]) if alt else "", html.unescape(src[1])))
        self.line += text.count("\n")

    def _anchor(self, tag: str, *, closes: bool) -> None:
        """A link written as HTML; within one of Markdown's it is only formatting."""
        if self.link and not self.link_is_html:
            return
        if closes:
            self._close()
        elif href := _HREF.search(tag):
            self._open(html.unescape(href[1]), is_html=True)


# "Ann Lee", "A. B. van der Lee": two words at least, all but particles begin with a capital. An "and" is a word like any
# other: taken for a comma as well, it would double the ways to read a line.
_NAME = r"[^\W\d_][\w.'’-]*"
_NAMES = re.compile(rf"\s*{_NAME}(?:\s+{_NAME})+(?:\s*[,&]\s*{_NAME}(?:\s+{_NAME})+)*[.,\s]*")


def _parted(found: list[Span]) -> list[Span]:
    """Take names out of the bold that they end: **Title *Ann Lee*** is a title and its author, if it has no other."""
    for before, span, after in zip(found, found[1:], [*found[2:], None], strict=False):
        ends = after is None or after.run != span.run
        inside = span.run and span.run == before.run and span.emphasis and not before.emphasis
        if not (inside and ends and before.text.strip() and _are_names(span.text)):
            continue
        if not any(one.emphasis and one.run != span.run for one in found):
            span.strong, span.run = False, max(one.run for one in found) + 1
            before.text = before.text.rstrip()
            return found
    return found


def _are_names(text: str) -> bool:
    words = re.findall(_NAME, text)
    capital = [word for word in words if word[0].isupper()]
    return bool(_NAMES.fullmatch(text)) and 2 * len(capital) > len(words) and words[-1][0].isupper()


def _joined(found: list[Span]) -> Iterator[Span]:
    """Join neighbouring text spans of one style, and those of one emphasis whatever stands out in it."""
    last: Span | None = None
    images: list[Span] = []  # within the emphasis of `last`; they come behind it
    for span in found:
        if last and _is_text(last):
            if span.run and span.run == last.run and not span.is_link and span.images:
                images.append(span)
                continue
            if _is_text(span) and _belongs(last, span):
                last.text += span.text
                last.strong = last.strong and (span.strong or not span.text.strip())
                last.emphasis = last.emphasis and (span.emphasis or not span.text.strip())
                continue
        if last:
            yield last
        yield from images
        last, images = span, []
    if last:
        yield last
    yield from images


def _is_text(span: Span) -> bool:
    return not span.is_link and not span.images


def _belongs(last: Span, span: Span) -> bool:
    """Whether a text goes on in another: ***Title.** Ann Lee* is a title and a name, *Ann **Lee*** one name."""
    if last.run != span.run:
        return (last.emphasis, last.strong) == (span.emphasis, span.strong)
    return not span.run or span.strong or not (last.strong and last.emphasis)


# Our exports put a word joiner where a reader would else divide, strip or mend what has to stay as it is.
GUARD = "\u2060"
DIVIDER = GUARD * 2  # stands between parts that words alone would not tell apart


def plain_text(text: str) -> str:
    """One line of text: entities resolved, runs of spaces (also non-breaking) made one."""
    return guarded_text(text).replace(GUARD, "")


def guarded_text(text: str) -> str:
    """Like plain text, with the marks still in it that say what must not be divided."""
    return re.sub(r"[\s\xa0\u200b\ufeff]+", " ", html.unescape(text)).strip()
