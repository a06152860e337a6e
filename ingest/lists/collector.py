"""Python's search for garbage, left out while a list is compared: it would walk the same many living objects again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect no garbage meanwhile. A plan of 1,500 entries takes half the time so, and leaves little behind."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
