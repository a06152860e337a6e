"""Compare what a list states with the rows of a table that came from it."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from catalog.models import Source, Stated

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Stated)
Values = Mapping[str, Any]


@dataclass(slots=True)
class RowDiff(Generic[Key, Row]):
    """Rows to create by key, to change with their new values, and to retire."""

    create: dict[Key, Values] = field(default_factory=dict)
    change: list[tuple[Row, Values]] = field(default_factory=list)
    retire: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.change or self.retire)


def has_order(rows: Iterable[Row | None], *, zero_is_last: bool = False) -> bool:
    """Whether rows stand in this order already, and none of them has yet to come.

    Numbers may have gaps: what was taken away from between leaves the others where they are.
    """
    found = [row for row in rows if row is None or not is_taken_away(row)]
    places = [
        (zero_is_last and row.position == 0, row.position, row.pk)  # type: ignore[attr-defined]
        for row in found
        if row is not None and row.retired_at is None
    ]
    return len(places) == len(found) and places == sorted(places)


def is_taken_away(row: Stated) -> bool:
    """Whether a curator removed it: it does not come back with the next import."""
    return row.source == Source.CURATOR and row.retired_at is not None


def in_stored_order(
    existing: Mapping[Key, Row], desired: Mapping[Key, Values]
) -> Mapping[Key, Values]:
    """Ask for no other numbers where the order of a paper's rows is as stored."""
    if not has_order(existing.get(key) for key in desired):
        return desired
    return {
        key: {**values, "position": existing[key].position}  # type: ignore[attr-defined]
        for key, values in desired.items()
    }


def diff_rows(existing: Mapping[Key, Row], desired: Mapping[Key, Values]) -> RowDiff[Key, Row]:
    """Say what makes `existing` state what is `desired`.

    A curator's row stays as it is, a retired one too: it remembers that the curator took it away.
    """
    diff: RowDiff[Key, Row] = RowDiff()
    for key, values in desired.items():
        row = existing.get(key)
        if row is None:
            diff.create[key] = values
        elif row.source == Source.LIST:
            changed = {name: new for name, new in values.items() if getattr(row, name) != new}
            if row.retired_at is not None:
                changed["retired_at"] = None
            if changed:
                diff.change.append((row, changed))
    for key, row in existing.items():
        if key not in desired and row.source == Source.LIST and row.retired_at is None:
            diff.retire.append(row)
    return diff
