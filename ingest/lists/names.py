"""Authors' names as lists print them."""

import re
from collections.abc import Iterable

from ingest.lists.inline import GUARD, guarded_text

_INITIALS = re.compile(r"(?:[A-Z]\.?[ -]?){1,3}")
_SEPARATOR = re.compile(rf"\s*[,;，、；](?!{GUARD})\s*(?:and\s+|&\s*)?|\s+and\s+|\s+&\s+")
_CUT = re.compile(
    r"[,;\s]*(?:\bet\.? al\b\.?|\band others\b|…|\.\.\.)\s*(?:\([^()]*\))?[\s.]*$", re.IGNORECASE
)
_FULL_STOP = re.compile(r"(?<=\w{3})(?<!\b[JS]r)\.+$")
_TEAM = re.compile(r"([\w.-]{2,30}(?: [\w.-]+){0,2}): (?=\w)")
_MAX = 200


def split_authors(text: str) -> tuple[list[str], bool]:
    """Return the printed names in order, and whether the list says that more were left out.

    "Kamradt, G." is one name; "Qwen: An Yang" is a team and its first member.
    """
    text = guarded_text(text).strip("*_ ")
    shorter = _CUT.sub("", text)
    cut = shorter != text
    text = re.sub(r"\s*\.$", "", shorter)
    if GUARD not in text:
        text = _TEAM.sub(r"\1, ", text, count=1)
    names: list[str] = []
    for piece in _SEPARATOR.split(text):
        name = _FULL_STOP.sub("", piece.strip(" *_"))
        if GUARD in name:
            names.append(name.replace(GUARD, "").strip()[:_MAX])
            continue
        if not name:
            continue
        if names and _INITIALS.fullmatch(name) and " " not in names[-1]:
            names[-1] = f"{names[-1]}, {name if name.endswith('.') else name + '.'}"
        else:
            names.append(name[:_MAX])
    return names, cut


def display_name(printed: str) -> str:
    """The name in reading order: "Kamradt, G." is G. Kamradt."""
    last, comma, initials = printed.partition(", ")
    return f"{initials} {last}" if comma and _INITIALS.fullmatch(initials) else printed


def join_authors(names: Iterable[str]) -> str:
    """Names in a row, so that reading divides them where they are divided here."""
    every = list(names)
    text = ", ".join(every)
    if not every or split_authors(f"{text}.") == (every, False):
        return text
    return ", ".join(_guarded(name) for name in every)


def _guarded(name: str) -> str:
    """A name that is not divided: guarded at both ends, and behind all that divides."""
    inner = re.sub(r"([,;，、；]|\s(?:and|&)(?=\s))", rf"\1{GUARD}", name)
    return f"{GUARD}{inner}{GUARD}"
