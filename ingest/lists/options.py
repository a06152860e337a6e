"""How a catalogue is written as a list; what is chosen is remembered with the catalogue."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from catalog.models import Catalogue
from ingest.models import ExportOptions

MOST_WEEKS, MOST_MONTHS = 52, 24


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The defaults write everything that the catalogue's list states, and nothing twice."""

    contents: bool = True
    news: bool = True
    weeks: int = 0  # how many of the latest weeks get a section of what was new in them
    months: int = 0
    section_numbers: bool = True
    entry_numbers: bool = True
    badges: bool = True

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """The options remembered with a catalogue."""
        row = ExportOptions.objects.filter(catalogue=catalogue).first()
        return cls.read(row.options if row else {})

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """Take what is sensible of stored options; the rest is as by default."""
        found: dict[str, Any] = {}
        for one in fields(cls):
            value = stored.get(one.name)
            if type(value) is type(one.default):
                found[one.name] = value
        found["weeks"] = min(max(0, found.get("weeks", 0)), MOST_WEEKS)
        found["months"] = min(max(0, found.get("months", 0)), MOST_MONTHS)
        return cls(**found)

    def remember(self, catalogue: Catalogue) -> None:
        values = {"options": asdict(self)}
        ExportOptions.objects.update_or_create(catalogue=catalogue, defaults=values)

    @property
    def losses(self) -> list[str]:
        """What a list written so does not give back when it is imported."""
        lost = []
        if not self.news:
            lost.append("announcements")
        if not self.badges:
            lost.append("links, code repositories and further identifiers")
        if not self.section_numbers:
            lost.append("topics without any paper")
        return lost
