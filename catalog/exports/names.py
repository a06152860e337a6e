"""Printed names in the parts that bibliographies ask for."""

import re
from dataclasses import dataclass

_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
# Who signs with such a last word, or with "and", is no person.
_TEAMS = frozenset(
    [
        "team",
        "group",
        "consortium",
        "collaboration",
        "lab",
        "labs",
        "community",
        "project",
        "initiative",
        "university",
        "institute",
        "foundation",
        "inc",
        "research",
    ]
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name; of a team, or where the parts cannot be told, `family` is the whole of it."""

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""

    @property
    def inverted(self) -> str:
        """The family name first: "van der Maaten, Laurens", "King, Martin Luther, Jr."."""
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.given, self.suffix) if part)


def split_name(printed: str) -> Name:
    """Tell the parts of a name as Western names are printed; one that is inverted already stays so."""
    text = " ".join(printed.split())
    words = text.replace(",", " ").split()
    if len(words) < 2 or is_team(text):
        return Name(text)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 2 or not all(parts):
        return Name(text)
    if len(parts) == 2 and not _is_suffix(parts[1]):
        return Name(parts[0], parts[1])
    suffix = words.pop() if _is_suffix(words[-1]) and len(words) > 2 else ""
    family = words.pop()
    particles: list[str] = []
    while len(words) > 1 and words[-1].islower():
        particles.insert(0, words.pop())
    return Name(family, " ".join(words), " ".join(particles), suffix)


def is_team(name: str) -> bool:
    words = re.findall(r"\w+", name.lower())
    return len(words) > 1 and (words[-1] in _TEAMS or "and" in words[1:-1] or "&" in name)


def _is_suffix(word: str) -> bool:
    return word.strip(".").lower() in _SUFFIXES
