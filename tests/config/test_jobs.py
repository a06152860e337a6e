import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django_celery_beat.models import PeriodicTask

from config.celery import app
from ingest.jobs import JOBS
from tests.config.jobs import leave_mark

ROOT = Path(__file__).parent.parent.parent
MIGRATIONS = sorted(path.stem for path in (ROOT / "config" / "migrations").glob("0*.py"))


def create_schedules():
    for name in MIGRATIONS:
        migration = import_module(f"config.migrations.{name}").Migration
        for operation in migration.operations:
            operation.code(apps, None)


@pytest.fixture
def start_worker():
    workers = []

    def start():
        command = "-m celery -A config.celery worker --concurrency 1 --include tests.config.jobs"
        worker = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def wait_for(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.05)


def test_a_killed_worker_loses_nothing_that_waits(start_worker, tmp_path):
    for name, seconds in [("first", 600), ("second", 0), ("third", 0)]:
        leave_mark.delay(str(tmp_path / name), seconds)
    worker = start_worker()
    wait_for(tmp_path / "first.begun")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert not (tmp_path / "second").exists()

    start_worker()

    wait_for(tmp_path / "second")
    wait_for(tmp_path / "third")


def test_jobs_are_taken_as_json_only():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_a_job_is_given_out_again_only_after_its_time_limit():
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit


@pytest.mark.django_db
def test_scheduled_jobs_exist_and_do_not_pile_up():
    create_schedules()
    app.loader.import_default_modules()
    for schedule in PeriodicTask.objects.exclude(name__startswith="celery."):
        assert schedule.task in app.tasks
        assert schedule.expire_seconds


@pytest.mark.django_db
def test_schedules_are_written_down():
    create_schedules()
    written = (ROOT / "docs" / "running.md").read_text()
    others = PeriodicTask.objects.exclude(name__startswith="celery.")
    for schedule in others.exclude(task__in=["ingest.tasks.ingest", "ingest.tasks.work"]):
        assert f"| {schedule.name} | `{schedule.task}` |" in written


@pytest.mark.django_db
def test_a_schedule_stays_as_the_curator_left_it():
    create_schedules()
    PeriodicTask.objects.update(enabled=False)
    create_schedules()
    assert not PeriodicTask.objects.filter(enabled=True).exists()


@pytest.mark.django_db
def test_every_ingestion_job_is_scheduled_and_due_at_the_first_start():
    create_schedules()
    schedules = PeriodicTask.objects.filter(task="ingest.tasks.ingest")
    assert {json.loads(one.args)[0] for one in schedules} == {str(job.value) for job in JOBS}
    assert all(one.start_time for one in schedules)
    going_on = PeriodicTask.objects.get(task="ingest.tasks.work")
    assert (going_on.interval.every, going_on.interval.period) == (5, "seconds")
