"""Processes that work on the tests' database beside a test, and may be killed."""

import os
import subprocess
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BrokenBarrierError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.ingest.ready"])
_SETTINGS = ("SOURCES", "INGEST_BACKOFF")
SECONDS = 60


class Beside:
    """A process that runs a script, with the settings and the database of the test."""

    def __init__(self, *script: str, together: Any = None) -> None:
        self._together = together  # it goes with its last holder here
        self._folder = TemporaryDirectory()
        self._said = [Path(self._folder.name) / name for name in ("out", "err")]
        given = {name: getattr(settings, name) for name in _SETTINGS}
        self._process = _FORKS.Process(
            target=_run,
            args=("; ".join(script), given, connection.settings_dict["NAME"], self._said, together),
        )
        self._process.start()

    def wait(self) -> tuple[str, str]:
        """What it wrote until its end."""
        self._process.join(SECONDS)
        if self._process.exitcode is None:
            self.kill()
            raise subprocess.TimeoutExpired("a process beside the test", SECONDS)
        out, err = (path.read_text() for path in self._said)
        self._folder.cleanup()
        return out, err

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._folder.cleanup()

    @property
    def status(self) -> int | None:
        return self._process.exitcode


def all_at_once(number: int, *script: str) -> list[Beside]:
    """So many processes, of which each waits until all are there."""
    together = _FORKS.Barrier(number)
    return [Beside(*script, together=together) for _ in range(number)]


def _run(script: str, given: dict[str, Any], name: str, said: list[Path], together: Any) -> None:
    for stream, path in zip((1, 2), said, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    for setting, value in given.items():
        setattr(settings, setting, value)
    connection.settings_dict["NAME"] = name
    if together:
        try:
            together.wait(SECONDS)
        except BrokenBarrierError:
            raise SystemExit("the others never came") from None
    exec(script, {"call_command": call_command})
