"""Names of processes, by which those on the same machine can tell that one has been killed."""

import os
import socket


def this_process() -> str:
    return f"{socket.gethostname()[:150]}:{os.getpid()}"


def is_alive(name: str) -> bool | None:
    """Whether a process of this machine is there; None for what cannot be told from here."""
    host, _, number = name.rpartition(":")
    if host != socket.gethostname()[:150] or not (number.isascii() and number.isdigit()):
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:
        return None
    return True


def has_ended(name: str) -> bool:
    """Whether a process of this machine is no more; False for what cannot be told from here."""
    return is_alive(name) is False
