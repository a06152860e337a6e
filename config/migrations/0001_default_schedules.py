from django.db import migrations

UNIT_SECONDS = {"minutes": 60, "days": 24 * 3600}

# name, task, every, unit
SCHEDULES = [
    ("Embed what has changed", "search.tasks.embed_changed", 10, "minutes"),
    ("Refresh the reading lists", "ingest.tasks.refresh_lists", 1, "days"),
]


def create_schedules(apps, schema_editor):
    """Once: what a curator changes or deletes later stays as the curator left it.

    A message that no worker takes before the next one is due expires, so that none pile up.
    """
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, every, unit in SCHEDULES:
        interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=unit)
        PeriodicTask.objects.get_or_create(
            name=name,
            defaults={
                "task": task,
                "interval": interval,
                "expire_seconds": every * UNIT_SECONDS[unit],
            },
        )


class Migration(migrations.Migration):
    initial = True
    dependencies = [("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
