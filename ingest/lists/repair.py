"""First step of reading a list: bytes to clean text, every repair told with its line.

Lines stay where they are, so that later steps can name them.
"""

import re
from dataclasses import dataclass

from ftfy import fix_encoding

from ingest.lists.records import ListProblem, ListRefused

MAX_BYTES = 10 * 1024 * 1024
# A paper of 300 authors fills 6,000 characters; Markdown's brackets cost time with the square of a line.
MAX_LINE = 50_000


@dataclass(frozen=True, slots=True)
class RepairedText:
    """Text ready to be parsed; `repaired_lines` counts lines whose characters were mended."""

    text: str
    repaired_lines: int
    problems: tuple[ListProblem, ...]


_WEB_PAGE = re.compile(
    r"\s*(?:<!--(?:(?!-->).){0,2000}-->\s*){0,9}<(?:!doctype\s+html\b|(?:html|head|body|meta)[\s>]|\?xml)",
    re.IGNORECASE | re.DOTALL,
)


def decode(data: bytes) -> str:
    """Return the text of a list, or refuse in one line what is no UTF-8 Markdown of sensible size."""
    if len(data) > MAX_BYTES:
        raise ListRefused(
            f"The file has {len(data) / 1_048_576:.0f} MB; a list may have at most {MAX_BYTES // 1_048_576} MB."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ListRefused("The file is UTF-16; save it as UTF-8 and import it again.")
    if b"\x00" in data:
        raise ListRefused("The file is binary, not a Markdown list.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ListRefused(
            f"The file is not UTF-8 (line {line}); save it as UTF-8 and import it again."
        ) from error
    if not text.strip():
        raise ListRefused("The file is empty.")
    if _WEB_PAGE.match(text):
        raise ListRefused(
            "This is a web page, not Markdown; give the address of the raw Markdown file."
        )
    return text


def repair(text: str) -> RepairedText:
    """Mend wrongly decoded characters and broken links line by line, and blank out HTML that hides text."""
    problems: list[ListProblem] = []
    lines: list[str] = []
    repaired = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if len(line) > MAX_LINE:
            raise ListRefused(
                f"Line {number} has {len(line):,} characters; that is no reading list."
            )
        mended = mend_characters(line)
        repaired += mended != line
        lines.append(_mend_links(mended, number, problems))
    _drop_merge_markers(lines, problems)
    text = _blank_comments("\n".join(lines), problems)
    return RepairedText(_blank_wrappers(text), repaired, tuple(problems))


def mend_characters(line: str) -> str:
    """Undo UTF-8 that was read as Mac Roman; for other such mishaps ask ftfy.

    Text that was never damaged is no valid UTF-8 once encoded as Mac Roman, and so stays as it is.
    """
    if line.isascii():
        return line
    try:
        return line.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return fix_encoding(line)


_SCHEME_SLIP = re.compile(
    r"(?<![A-Za-z/])(?:h{2,}t+p(s?)|h+t{3,}p(s?)|htp(s?)|ttp(s?)|htt(s)|http(s)s+)://"
)
_SLASH_SLIP = re.compile(r"(?<![A-Za-z/])(https?)(?::/|//)(?=[A-Za-z0-9-]+\.[A-Za-z])")
_ESCAPED_SCHEME = re.compile(r"(?<!\\)\\+(?=https?://)")
_DOUBLE_SCHEME = re.compile(r"https?://(?=https?://)")
_OPEN_IMAGE = re.compile(r"(!\[[^\[\]]*\]\([^()\s\]]+)\]\((?=https?://)")


def _mend_links(line: str, number: int, problems: list[ListProblem]) -> str:
    def note(kind: str, message: str, mended: str) -> str:
        problems.append(ListProblem(number, kind, message, key=_without_number(mended)))
        return mended

    if _ESCAPED_SCHEME.search(line):
        line = note(
            "url-repaired", "A backslash before a link was removed.", _ESCAPED_SCHEME.sub("", line)
        )
    if slip := _SCHEME_SLIP.search(line):
        mended = _SCHEME_SLIP.sub(lambda m: f"http{'s' if any(m.groups()) else ''}://", line)
        line = note("url-repaired", f"“{slip[0]}” was read as a slip for http(s)://.", mended)
    if slip := _SLASH_SLIP.search(line):
        mended = _SLASH_SLIP.sub(r"\1://", line)
        line = note("url-repaired", f"“{slip[0]}” was read as a slip for {slip[1]}://.", mended)
    if _DOUBLE_SCHEME.search(line):
        line = note(
            "url-repaired", "A link began with http:// twice.", _DOUBLE_SCHEME.sub("", line)
        )
    if badge := _OPEN_IMAGE.search(line):
        name = "/".join(badge[1].split("/")[-2:])
        mended = _OPEN_IMAGE.sub(r"\1)](", line)
        line = note(
            "badge-repaired",
            f"The image of the badge {name} lacked its closing parenthesis; its link was read all the same.",
            mended,
        )
    return line


def _without_number(line: str) -> str:
    """An entry's running number changes when others come or go before it; its problem stays the same."""
    return re.sub(r"^\s*\d+[.)]\s*", "", line).strip()


_MERGE_MARKER = re.compile(r"<{7}(?: .*)?|\|{7}(?: .*)?|={7}|>{7}(?: .*)?")


def _drop_merge_markers(lines: list[str], problems: list[ListProblem]) -> None:
    """Read both sides of a merge that was saved undone: Markdown would take a line of "=" for the mark of a heading."""
    ends = [number for number, line in enumerate(lines) if line.startswith(">>>>>>>")]
    inside = False
    for number, line in enumerate(lines):
        inside = inside or (line.startswith("<<<<<<<") and any(end > number for end in ends))
        if not inside or not _MERGE_MARKER.fullmatch(line.rstrip()):
            continue
        if line.startswith("<<<<<<<"):
            message = "An unfinished merge was saved here, between <<<<<<< and >>>>>>>; both sides were read."
            problems.append(ListProblem(number + 1, "merge-markers", message, key=message))
        inside = not line.startswith(">>>>>>>")
        lines[number] = ""


_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LONE_MARK = re.compile(r"^[ \t]*</?(?:b|strong|i|em)>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_SUMMARY = re.compile(r"<summary\b[^<>\n]*>[^\n]*?</summary>", re.IGNORECASE)
_WRAPPER = re.compile(
    r"</?(?:(?:details|summary|div|center|h[1-6]|hr)(?:\s[^<>\n]*)?"
    r"|(?:p|sub|sup|span|font|u|kbd)(?:\s[^<>\n]*=[^<>\n]*)?\s*)/?>",
    re.IGNORECASE,
)


def _blank_comments(text: str, problems: list[ListProblem]) -> str:
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0:
        kept.append(text[place:start])
        end = text.find("-->", start + 4)
        if end < 0:
            message = "A comment is opened with <!-- and never closed; what follows was read all the same."
            line = text.count("\n", 0, start) + 1
            problems.append(ListProblem(line, "comment-open", message, key="<!--"))
            return "".join(kept) + text[start:].replace("<!--", "")
        kept.append("\n" * text.count("\n", start, end))
        place = end + 3
    return "".join(kept) + text[place:]


def _blank_wrappers(text: str) -> str:
    """Drop tags that only wrap: as HTML blocks they would hide the Markdown between them."""
    text = _LONE_MARK.sub("", _BREAK.sub(" ", text))
    return _WRAPPER.sub("", _SUMMARY.sub("", text))
