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
from tests.config.jobs import leave_mark

ROOT = Path(__file__).parent.parent.parent
create_schedules = import_module("config.migrations.0001_default_schedules").create_schedules


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
    create_schedules(apps, None)
    app.loader.import_default_modules()
    for schedule in PeriodicTask.objects.exclude(name__startswith="celery."):
        assert schedule.task in app.tasks
        assert schedule.expire_seconds


@pytest.mark.django_db
def test_a_schedule_stays_as_the_curator_left_it():
    create_schedules(apps, None)
    PeriodicTask.objects.update(enabled=False)
    create_schedules(apps, None)
    assert not PeriodicTask.objects.filter(enabled=True).exists()
