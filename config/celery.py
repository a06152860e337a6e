"""The Celery application. What it does when is in the database: see migrations/0001_default_schedules."""

import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class TaskOfHistory(Task):  # type: ignore[type-arg]  # generic for mypy only
    """What a task changes is one group of changes, which tells of the task."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        import pghistory

        with pghistory.context(task=self.name):
            return super().__call__(*args, **kwargs)


app = Celery("stemma", task_cls="config.celery:TaskOfHistory")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
