"""Text as Markdown that reads back as it was, on GitHub and here."""

import html
import re

from ingest.lists.inline import GUARD
from ingest.lists.repair import mend_characters

_SPECIAL = re.compile(r"([\\`*_\[\]])")
_ANGLES = str.maketrans({"<": "&lt;", ">": "&gt;"})
# What the reader would take for an address, and mend.
_ADDRESS = re.compile(r"(?i)(?<=t)(?=ps?s*:?/)")


def escape(text: str) -> str:
    """Escape what Markdown would take for markup."""
    if html.unescape(text) != text:
        text = re.sub(r"&(?=[#\w])", f"&{GUARD}", text)
    if "/" in text:
        text = _ADDRESS.sub(GUARD, text)
    escaped = _SPECIAL.sub(r"\\\1", text).replace("~~", r"\~\~")
    return escaped.translate(_ANGLES)


def link(text: str, url: str) -> str:
    """A link; the text is Markdown already."""
    target = url.replace("\\", "%5C").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    if target.count("(") != target.count(")"):
        target = target.replace("(", "%28").replace(")", "%29")
    return f"[{text}]({target})"


def settled(markdown: str) -> str:
    """Write characters as numbers where the reader would take a line for damaged, and mend it."""
    return "\n".join(map(_settled, markdown.split("\n")))


def _settled(line: str) -> str:
    if line.isascii() or mend_characters(line) == line:
        return line
    return "".join(char if char.isascii() else f"&#{ord(char)};" for char in line)
