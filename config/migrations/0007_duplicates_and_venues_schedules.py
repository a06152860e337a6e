from django.db import migrations
from django.utils import timezone

TASKS = [
    ("Find papers and authors that may be one", "catalog.tasks.find_duplicates", 60),
    ("Suggest venues from what is stored", "ingest.tasks.suggest_stored_venues", 60),
]


def create_schedules(apps, schema_editor):
    """Once, like the others: a curator's changes stay."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, minutes in TASKS:
        interval, _ = IntervalSchedule.objects.get_or_create(every=minutes, period="minutes")
        PeriodicTask.objects.get_or_create(
            name=name,
            defaults={
                "task": task,
                "interval": interval,
                "start_time": timezone.now(),
                "expire_seconds": 60 * minutes,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("config", "0006_map_schedule")]
    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
