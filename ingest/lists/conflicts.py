"""Where a list and a curator have both changed a thing since they last agreed, each in another way.

Three states are compared: what the list said when it was last settled (`statements`), what it says now, and what the
catalogue says by a curator's word. What only the list changed is proposed like any change, what only the curator
changed stands, what both changed alike is no conflict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.folding import fold
from catalog.models import Announcement, Paper, Topic

Says = dict[str, Any]
# Parts of a paper's statement; each is settled by itself.
PAPER_PARTS = ("title", "authors", "venue", "year", "distinction", "topics")


@dataclass(slots=True, eq=False)
class Conflict:
    """One thing that both changed. `value` is the list's word as it can be stored, the others are for people."""

    subject: Paper | Topic | Announcement
    part: str
    title: str
    line: int
    base: str
    ours: str
    theirs: str
    value: Any
    takes_text: bool = False  # whether a curator may write a third value

    @property
    def key(self) -> str:
        kind = type(self.subject)._meta.model_name
        return f"{kind}:{self.subject.pk}:{self.part}"

    @property
    def message(self) -> str:
        return (
            f"“{self.title}”: the list changed {self.part} from {_quoted(self.base)} to {_quoted(self.theirs)}, "
            f"a curator to {_quoted(self.ours)}. The curator’s word stands until the conflict is resolved."
        )

    def summary(self) -> str:
        return repr((self.key, self.base, self.ours, self.theirs))


def in_words(value: Any) -> str:
    """A value of a statement for people."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def is_contested(says: Mapping[str, Any], part: str, theirs: Any) -> bool:
    """Whether the list has changed a part that a curator holds; where nothing is known of before, it has not."""
    if part not in says:
        return False
    base = says[part]
    if part == "title":
        return theirs not in base
    if part == "venue":
        return fold(base or "") != fold(theirs or "")
    if part == "authors":
        return list(base) != list(theirs)
    return bool(base != theirs)


def base_in_words(says: Mapping[str, Any], part: str) -> str:
    value = says.get(part)
    return in_words(value[0] if part == "title" and value else value)
