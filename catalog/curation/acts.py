"""What a curator did and why, in the words that the history shows beside every row it changed."""

import pghistory


def note_act(act: str, why: str = "") -> None:
    """Name what the changes of this request are: "merged two papers". Outside of a request or `pghistory.context` it does nothing."""
    pghistory.context(act=act[:200], **({"why": why[:500]} if why else {}))
