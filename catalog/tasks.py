"""Doorways for Celery to the jobs of the catalogue itself."""

import logging

from celery import shared_task

from catalog.graph import measures

logger = logging.getLogger(__name__)


@shared_task
def measure_graph() -> None:
    """Compute what the whole graph tells of papers, if enough of it has changed."""
    try:
        measures.measure_changed("schedule")
    except measures.AlreadyRunning as error:
        logger.info("graph: %s", error)
