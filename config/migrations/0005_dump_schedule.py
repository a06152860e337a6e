from django.db import migrations
from django.utils import timezone


def create_schedule(apps, schema_editor):
    """Once, like the others: a curator's changes stay. The first dump is made at the first start."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    interval, _ = IntervalSchedule.objects.get_or_create(every=7, period="days")
    PeriodicTask.objects.get_or_create(
        name="Make the dump of the week",
        defaults={
            "task": "catalog.tasks.publish_dump",
            "interval": interval,
            "start_time": timezone.now(),
            "expire_seconds": 7 * 24 * 3600,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("config", "0004_systems_schedule")]
    operations = [migrations.RunPython(create_schedule, migrations.RunPython.noop)]
