"""What happened to one row since a group touched it, and what of that can be taken back."""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from catalog.history.tables import SILENT, Model, columns_of

if TYPE_CHECKING:
    from catalog.history.plan import TablePlan

# Nobody minds that these were changed since.
_IDLE = {"updated_at", "stated_at"}


class Past:
    """All that happened to one row since the group first touched it, step by step."""

    def __init__(self, model: Model, events: list[Any], now: Any, group: Any, mine: Any) -> None:
        self.columns = columns_of(model)
        self.events, self.now, self.group, self.mine = events, now, group, mine

    def before(self, index: int) -> Any:
        """The row before a step; None when it was not there."""
        event = self.events[index]
        return None if event.pgh_label == "insert" else event

    def after(self, index: int) -> Any:
        event = self.events[index]
        if event.pgh_label == "delete":
            return None
        return self.before(index + 1) if index + 1 < len(self.events) else self.now

    def is_own(self, index: int) -> bool:
        return bool(self.events[index].pgh_context_id == self.group)

    def is_foreign(self, index: int) -> bool:
        return self.events[index].pgh_context_id not in (self.group, self.mine)

    def changed(self, index: int) -> set[str]:
        """The columns that a step changed, of a row that was there before and after."""
        one, other = self.before(index), self.after(index)
        if one is None or other is None:
            return set()
        return {
            field.name
            for field in self.columns
            if getattr(one, field.attname) != getattr(other, field.attname)
        }

    def is_as(self, state: Any, name: str) -> bool:
        """Whether a column is now as it was in that state."""
        attribute = next(field.attname for field in self.columns if field.name == name)
        return bool(getattr(self.now, attribute) == getattr(state, attribute))

    def last_foreign(self, names: Collection[str] = ()) -> Any:
        """The last change by others: of these columns, if any are given."""
        for index in reversed(range(len(self.events))):
            loud = self.changed(index) - SILENT
            if self.is_foreign(index) and (not names or loud & set(names) or not loud):
                return self.events[index].pgh_context
        return None


def settle_row(table: "TablePlan", key: int, past: Past) -> tuple[str, Any] | None:
    """Plan what can be done for one row; return what cannot, and whose change stands in the way."""
    if past.before(0) is None:
        return _settle_added(table, key, past)
    if past.now is None:
        return _settle_gone(table, key, past)
    return _settle_changed(table, key, past)


def _settle_added(table: "TablePlan", key: int, past: Past) -> tuple[str, Any] | None:
    if past.now is None:
        return None  # it is gone already
    changed = set().union(
        *(past.changed(index) for index in range(len(past.events)) if past.is_foreign(index))
    )
    last_own = max(index for index in range(len(past.events)) if past.is_own(index))
    left = past.after(last_own)
    loud = {name for name in changed - SILENT if left is None or not past.is_as(left, name)}
    if left is None or loud:
        table.kept.add(key)
        words = ", ".join(_column(table.model, name) for name in sorted(loud))
        return (f"changed since: {words}" if words else "came back since"), past.last_foreign(loud)
    table.removals.add(key)
    return None


def _settle_gone(table: "TablePlan", key: int, past: Past) -> tuple[str, Any] | None:
    if past.is_foreign(len(past.events) - 1):
        return "deleted since", past.events[-1].pgh_context
    if past.events[-1].pgh_label == "delete":
        own = [index for index in range(len(past.events)) if past.is_own(index)]
        others = any(past.is_foreign(index) for index in range(own[-1]))
        table.returns[key] = past.events[own[-1] if others else own[0]].pk
    return None


def _settle_changed(table: "TablePlan", key: int, past: Past) -> tuple[str, Any] | None:
    puts: dict[int, list[str]] = defaultdict(list)
    disputed: list[str] = []
    seen: set[str] = set()
    for index in range(len(past.events)):
        if not past.is_own(index) or past.before(index) is None:
            continue
        for name in past.changed(index) - seen:
            seen.add(name)
            before = past.before(index)
            if past.is_as(before, name):
                continue
            touching = [
                later for later in range(index + 1, len(past.events)) if name in past.changed(later)
            ]
            last_own = max((one for one in touching if past.is_own(one)), default=index)
            by_others = any(past.is_foreign(one) for one in touching)
            if by_others and name not in _IDLE and not past.is_as(past.after(last_own), name):
                disputed.append(name)
            else:
                puts[past.events[index].pk].append(name)
    if {name for names in puts.values() for name in names} - _IDLE:
        table.restores[key] = [(pk, tuple(names)) for pk, names in puts.items()]
    if disputed:
        told = set(disputed) - SILENT or set(disputed)
        words = ", ".join(_column(table.model, name) for name in sorted(told))
        return f"changed since: {words}", past.last_foreign(disputed)
    return None


def _column(model: Model, name: str) -> str:
    return str(getattr(model._meta.get_field(name), "verbose_name", name))
