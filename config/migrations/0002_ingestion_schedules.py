import json

from django.db import migrations
from django.utils import timezone

UNIT_SECONDS = {"seconds": 1, "hours": 3600, "days": 24 * 3600}

# name, task, arguments, every, unit
SCHEDULES = [
    ("Go on with what is open", "ingest.tasks.work", [], 5, "seconds"),
    ("Ask arXiv about the papers", "ingest.tasks.ingest", ["arxiv"], 1, "days"),
    ("Look for new papers on arXiv", "ingest.tasks.ingest", ["candidates"], 12, "hours"),
    ("Ask GitHub about the repositories", "ingest.tasks.ingest", ["github"], 1, "hours"),
    ("Ask who cites whom", "ingest.tasks.ingest", ["citations"], 1, "days"),
]


def create_schedules(apps, schema_editor):
    """Once, like the first ones. With a start time each is due at the first start, not a whole interval later."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, arguments, every, unit in SCHEDULES:
        interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=unit)
        PeriodicTask.objects.get_or_create(
            name=name,
            defaults={
                "task": task,
                "args": json.dumps(arguments),
                "interval": interval,
                "start_time": timezone.now(),
                "expire_seconds": every * UNIT_SECONDS[unit],
            },
        )


class Migration(migrations.Migration):
    dependencies = [("config", "0001_default_schedules")]
    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
