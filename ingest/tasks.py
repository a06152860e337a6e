"""Doorways for Celery to the ingestion jobs."""

import logging

from celery import shared_task
from django.utils import timezone

from catalog.locks import AlreadyRunning
from catalog.models import Catalogue, Run
from catalog.models.upkeep import RunJob
from ingest import jobs, runs
from ingest.links import job as links
from ingest.lists.records import ListRefused
from ingest.lists.service import Outcome, import_list, leave_for_curators
from ingest.lists.sources import fetch

logger = logging.getLogger(__name__)


@shared_task
def refresh_lists() -> None:
    """Send one import for every catalogue that has a list address."""
    for slug in Catalogue.objects.exclude(list_url="").values_list("slug", flat=True):
        refresh_list.delay(slug)


@shared_task
def refresh_list(slug: str) -> None:
    """Import a catalogue's list from its address. Always leaves a run, also when nothing has changed."""
    catalogue = Catalogue.objects.filter(slug=slug).exclude(list_url="").first()
    if catalogue is None:
        return
    started = timezone.now()
    try:
        data = fetch(catalogue.list_url, trusted_host=False)
        outcome = import_list(data, slug, reason="scheduled import")
    except ListRefused as error:
        _record(catalogue, Run.Status.FAILED, str(error))
        return
    except Exception as error:
        _record(catalogue, Run.Status.FAILED, f"{type(error).__name__}: {error}")
        raise
    leave_for_curators(outcome, catalogue.list_url, data)
    if outcome.run is None:
        status = Run.Status.REFUSED if outcome.status == "refused" else Run.Status.DONE
        same = outcome.plan.counts()["papers"] if status == Run.Status.DONE else 0
        _record(catalogue, status, _waits(outcome) or "Nothing has changed.", same=same)
    logger.info(
        "list import catalogue=%s status=%s seconds=%.1f",
        slug,
        outcome.status,
        (timezone.now() - started).total_seconds(),
    )


def _waits(outcome: Outcome) -> str:
    """What a curator has to know of a list that was not applied; empty when it was."""
    if not (outcome.message and outcome.plan.great_loss):
        return outcome.message
    waits = "Nothing was changed: the list waits on the catalogue’s page for a curator’s decision."
    return f"Refused: {outcome.plan.great_loss} {waits}"


def _record(catalogue: Catalogue, status: str, message: str, same: int = 0) -> None:
    logger.info("list import catalogue=%s status=%s message=%s", catalogue.slug, status, message)
    Run.objects.create(
        job=Run.Job.IMPORT_LIST,
        status=status,
        reason="scheduled import",
        catalogue=catalogue,
        finished_at=timezone.now(),
        same=same,
        message=message,
    )


@shared_task
def ingest(job: str) -> None:
    """Open a run of a job, and begin with it unless another worker does."""
    if jobs.start_scheduled(RunJob(job)):
        work.delay()


@shared_task
def work() -> None:
    """Go on with every open run: those just begun, those whose worker was killed, those that had to wait."""
    jobs.work_in_turn()


@shared_task
def match_references(ids: list[int]) -> None:
    """Look whether references that nothing matched mean one of these papers."""
    from ingest.matching import match

    match(ids)


@shared_task
def look_up_paste(pk: int) -> None:
    """Look up what a curator pasted. Sent twice, or after it was all looked up, it does nothing."""
    from ingest.adding import lookup
    from ingest.models import Paste

    paste = Paste.objects.filter(pk=pk).first()
    if paste is None or not lookup.hold(pk):
        return
    try:
        lookup.look_up_paste(paste)
    finally:
        lookup.let_go(pk)


@shared_task
def check_links(reason: str = "") -> None:
    """Ask some of the pages that papers link to whether they are still there; with a reason, at a curator's word."""
    try:
        links.check_scheduled(reason)
    except (runs.Busy, links.SwitchedOff) as error:
        logger.info("links: %s", error)


@shared_task
def suggest_stored_venues() -> None:
    """Suggest venues from what is stored: remarks, identifiers, news."""
    from ingest.sources.stored_venues import suggest_stored

    try:
        suggest_stored("schedule")
    except AlreadyRunning as error:
        logger.info("venues: %s", error)
