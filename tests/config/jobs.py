"""A job for the tests of the queue."""

import time
from pathlib import Path

from celery import shared_task


@shared_task
def leave_mark(path: str, seconds: float) -> None:
    Path(path).with_suffix(".begun").touch()
    time.sleep(seconds)
    Path(path).touch()
