"""Doorways for Celery to the jobs of the catalogue itself."""

import logging
from typing import Any

from celery import shared_task

from catalog.dumps import kept
from catalog.duplicates import job as duplicates
from catalog.graph import measures
from catalog.history import large
from catalog.locks import AlreadyRunning
from catalog.systems import job as systems

logger = logging.getLogger(__name__)


@shared_task
def measure_graph() -> None:
    """Compute what the whole graph tells of papers, if enough of it has changed."""
    try:
        measures.measure_changed("schedule")
    except AlreadyRunning as error:
        logger.info("graph: %s", error)


@shared_task
def find_systems() -> None:
    """Find the systems that papers introduce, and who speaks of them, if texts have changed."""
    try:
        systems.find_changed("schedule")
    except AlreadyRunning as error:
        logger.info("systems: %s", error)


@shared_task(bind=True, default_retry_delay=30, max_retries=60)
def find_duplicates(self: Any, ids: list[int] | None = None) -> None:
    """Compare these papers, that came or changed, with all others; without any, all with all, if anything has changed.

    What came while others were compared waits for its turn: the comparison that runs may have read the papers before.
    """
    try:
        if ids:
            duplicates.find_about(ids)
        else:
            duplicates.find_changed("schedule")
    except AlreadyRunning as error:
        logger.info("duplicates: %s", error)
        if ids:
            raise self.retry(exc=error) from error


@shared_task
def take_back(run: int) -> None:
    """Take a large group of changes back, as a curator asked. Sent twice, it is done once."""
    large.carry_out(run)


@shared_task
def publish_dump() -> None:
    """Make the dump of the week, unless nothing has changed since the last one."""
    try:
        kept.publish("schedule")
    except AlreadyRunning as error:
        logger.info("dump: %s", error)
