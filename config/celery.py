"""The Celery application. What it does when is in the database: see migrations/0001_default_schedules."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("stemma")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
