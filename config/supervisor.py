"""Runs the web server, the worker and the beat as one: they start, stop and fail together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# The longest a child is waited for after it was asked to end. The queue gives out again what a
# worker had not finished.
STOP_SECONDS = 5
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    name: str
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def signal_all(self, number: signal.Signals) -> None:
        """Signal the child and its own children, which share its process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class ChildEnded(Exception):
    """A child has ended that should run."""


class Supervisor:
    def __init__(self, logs: Path) -> None:
        self.logs = logs
        logs.mkdir(mode=0o700, exist_ok=True)
        self.children: list[Child] = []

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child whose output goes to a log of its own; the log of the last time is kept once."""
        log = self.logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=die_with_parent,  # there are no threads yet
            )
        self.children.append(Child(name, log, process))

    def check(self) -> None:
        """Raise ChildEnded, with the end of its log, when one has ended."""
        for child in self.children:
            if not child.runs:
                raise ChildEnded(
                    f"the {child.name} process ended with status {child.process.returncode}; "
                    f"the end of {child.log}:\n{_tail(child.log)}"
                )

    def watch(self) -> None:
        """Wait until a child ends."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """Ask all to end, the last started first; after a while, or when interrupted, end them."""
        try:
            for child in reversed(self.children):
                if child.runs:
                    child.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while any(child.runs for child in self.children) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            for child in self.children:
                child.signal_all(signal.SIGKILL)  # what is left of the group
                child.process.wait()


def die_with_parent() -> None:
    """Have the kernel end this process when its parent is killed and can no longer do so (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
