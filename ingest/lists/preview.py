"""Markdown as GitHub shows it: tables, task lists, bare addresses as links, its anchors on headings, no HTML of its own.

What comes out is safe to stand in a page: raw HTML is escaped, addresses are checked, and badges are words, since
pages load no image from elsewhere.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from ingest.lists.anchors import Anchors

_ADDRESS = re.compile(r"(?<![\w/])(https?://|www\.)[^\s<>\[\]]*[^\s<>\[\].,;:!?'\"()*_~]")
_TASK = re.compile(r"\[([ xX])\] ")
_PREFIX = "user-content-"


class _Renderer(RendererHTML):
    """Images are words in a frame."""

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        said = re.search(r"/badge/(.+?)(?:-[a-z]+)?$", str(token.attrGet("src") or ""))
        words = unquote(said[1]).replace("_", " ").replace("--", "-") if said else token.content
        return f'<span class="badge">{escape(words)}</span>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 50}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    return parser


_PARSER = _parser()


def rendered(markdown: str) -> SafeString:
    """The HTML of a list."""
    tokens = _PARSER.parse(markdown)
    anchors = Anchors()
    for index, token in enumerate(tokens):
        if token.type != "inline":
            continue
        children = token.children or []
        if tokens[index - 1].type == "heading_open":
            text = "".join(one.content for one in children if one.type in ("text", "code_inline"))
            tokens[index - 1].attrSet("id", f"{_PREFIX}{anchors.of(text)}")
        elif index > 1 and tokens[index - 2].type == "list_item_open":
            _task(children)
        token.children = _linked(children)
        for child in token.children:
            _lead_within(child)
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return mark_safe(html)  # noqa: S308  # raw HTML is off: the renderer escapes all text


def _task(children: list[Token]) -> None:
    """ "[x] done" at the beginning of an item is a box that nobody can tick."""
    if children and children[0].type == "text" and (task := _TASK.match(children[0].content)):
        children[0].content = children[0].content[task.end() :]
        box = Token("html_inline", "", 0)
        checked = "" if task[1] == " " else " checked"
        box.content = f'<input type="checkbox" disabled{checked}> '
        children.insert(0, box)


def _linked(children: list[Token]) -> list[Token]:
    """Make links of bare addresses in text that is in no link."""
    found: list[Token] = []
    inside = 0
    for token in children:
        inside += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type == "text" and not inside and _ADDRESS.search(token.content):
            found += _pieces(token.content)
        else:
            found.append(token)
    return found


def _pieces(text: str) -> list[Token]:
    pieces, place = [], 0
    for match in _ADDRESS.finditer(text):
        href = match[0] if match[1] != "www." else f"http://{match[0]}"
        opened, shown, closed = (
            Token("link_open", "a", 1),
            Token("text", "", 0),
            Token("link_close", "a", -1),
        )
        opened.attrSet("href", _PARSER.normalizeLink(href))
        shown.content = match[0]
        pieces += [_text(text[place : match.start()]), opened, shown, closed]
        place = match.end()
    return [*pieces, _text(text[place:])]


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token


def _lead_within(token: Token) -> None:
    """Links to headings lead to them; others open beside the page and tell nobody where from."""
    href = str(token.attrGet("href") or "") if token.type == "link_open" else ""
    if href.startswith("#"):
        token.attrSet("href", f"#{_PREFIX}{href[1:]}")
    elif href:
        token.attrSet("rel", "nofollow noopener noreferrer")
        token.attrSet("target", "_blank")


def first_part(markdown: str, most: int) -> tuple[str, bool]:
    """The beginning of a list, to the end of a block; and whether that is all."""
    if len(markdown) <= most:
        return markdown, True
    end = markdown.rfind("\n\n", 0, most)
    return markdown[: end if end > 0 else most], False
