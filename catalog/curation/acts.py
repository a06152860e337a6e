"""What a curator did and why, in the words that the history shows beside every row it changed."""

import uuid

import pghistory
from pghistory import runtime


def note_act(act: str, why: str = "") -> None:
    """Name what the changes of this request are: "merged two papers". Outside of a request or `pghistory.context` it does nothing."""
    pghistory.context(act=act[:200], **({"why": why[:500]} if why else {}))


def current_group() -> uuid.UUID | None:
    """The group that changes belong to now: a request, a command, a run; None where nobody has opened one."""
    context = getattr(runtime._tracker, "value", None)
    return context.id if context else None
