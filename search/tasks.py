"""Doorways for Celery to the search jobs."""

import logging

from celery import shared_task

from catalog.locks import AlreadyRunning
from search import embed
from search.embeddings import ModelUnavailable
from search.index import refresh_words
from search.map import job
from search.recounting import recount_if_due

logger = logging.getLogger(__name__)


@shared_task
def embed_changed() -> None:
    """Embed what has changed. Leaves a run when there was something to do or it failed, none otherwise.

    A second one at the same time returns at once: what it was sent for waits for the first or for the schedule. The schedule
    sends this one task: it also recounts, in case that nobody could be told when it became due.
    """
    try:
        embed.embed_changed("schedule or change")
    except AlreadyRunning:
        logger.info("embedding: another process is at it")
    except ModelUnavailable as error:
        logger.warning("embedding failed: %s", error)
    recount_if_due()


@shared_task
def index_changed(ids: list[int]) -> None:
    """Bring the words of papers up to date that a page could not wait for."""
    refresh_words(ids)
    recount_if_due()


@shared_task
def recount_changed() -> None:
    """Count words and terms anew after many papers have changed. Of several that were sent, the first does it."""
    recount_if_due()


@shared_task
def map_papers() -> None:
    """Place papers on the map that have none, if there are any."""
    try:
        job.map_changed("schedule")
    except AlreadyRunning as error:
        logger.info("map: %s", error)
