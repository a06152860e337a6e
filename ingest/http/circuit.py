"""Whether a source may be asked now: what it asked for itself, and a circuit breaker of ours.

Both are kept in the database, where the status page and the admin show them and where losing Redis loses nothing.
"""

from datetime import datetime, timedelta

from django.db.models import Case, F, When
from django.utils import timezone

from catalog.models import Source, SourceState
from ingest.http.errors import SourceBroken, SourceBusy

OPENS_AFTER = 3  # failed calls in a row, each after all its tries
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WISH = timedelta(days=1)  # a date in a header can be nonsense


def busy(source: Source) -> SourceBusy | None:
    """Return the wish of a source that nobody asks it now, whoever of us was told."""
    state = SourceState.objects.filter(source=source, busy_until__gt=timezone.now()).first()
    if state is None or state.busy_until is None:
        return None
    return _wish(source, state.busy_until, state.reason)


def check(source: Source) -> None:
    """Raise when the source has failed so often that it is left alone for a while."""
    state = SourceState.objects.filter(source=source, open_until__gt=timezone.now()).first()
    if state and state.open_until:
        raise SourceBroken(
            f"{source.label} has failed {state.failures} times in a row; it is tried again at "
            f"{_clock(state.open_until)}. {state.reason}"
        )


def succeeded(source: Source) -> None:
    """Close the circuit. What the source asked another of us for meanwhile stands."""
    now = timezone.now()
    state, made = SourceState.objects.get_or_create(source=source, defaults={"answered_at": now})
    if not made:
        wish = Case(When(busy_until__gt=now, then=F("busy_until")), default=None)
        SourceState.objects.filter(pk=state.pk).update(
            answered_at=now, failures=0, open_until=None, busy_until=wish
        )


def failed(source: Source, reason: str) -> None:
    """Count a failure; the third in a row opens the circuit, for twice as long each time."""
    now = timezone.now()
    SourceState.objects.get_or_create(source=source)
    mine = SourceState.objects.filter(source=source)
    mine.update(failures=F("failures") + 1, reason=reason[:500], failed_at=now)
    failures = mine.values_list("failures", flat=True)[0]
    if failures >= OPENS_AFTER:
        pause = min(_FIRST_PAUSE * 2 ** min(failures - OPENS_AFTER, 10), _LONGEST_PAUSE)
        mine.update(open_until=now + pause)


def asked_to_wait(source: Source, seconds: float, reason: str) -> SourceBusy:
    """Remember that the source wants to be left alone, and return its wish."""
    until = timezone.now() + min(timedelta(seconds=seconds), LONGEST_WISH)
    SourceState.objects.update_or_create(
        source=source,
        defaults={"busy_until": until, "reason": reason[:500], "failed_at": timezone.now()},
    )
    return _wish(source, until, reason)


def _wish(source: Source, until: datetime, reason: str) -> SourceBusy:
    text = f"{source.label} asks us to wait until {_clock(until)}"
    return SourceBusy(f"{text} ({reason})" if reason else text, until)


def note_allowance(
    source: Source, left: int, limit: int | None, resets_at: datetime | None
) -> None:
    """Keep what the source says is left of our allowance, for the status page."""
    SourceState.objects.update_or_create(
        source=source,
        defaults={"allowance_left": left, "allowance": limit, "allowance_resets_at": resets_at},
    )


def _clock(moment: datetime) -> str:
    return (
        f"{moment:%H:%M} UTC"
        if moment.date() == timezone.now().date()
        else f"{moment:%d %b %H:%M} UTC"
    )
