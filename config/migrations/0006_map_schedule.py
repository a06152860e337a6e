from django.db import migrations
from django.utils import timezone


def create_schedule(apps, schema_editor):
    """Once, like the others: a curator's changes stay."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    interval, _ = IntervalSchedule.objects.get_or_create(every=10, period="minutes")
    PeriodicTask.objects.get_or_create(
        name="Place new papers on the map",
        defaults={
            "task": "search.tasks.map_papers",
            "interval": interval,
            "start_time": timezone.now(),
            "expire_seconds": 600,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("config", "0005_dump_schedule")]
    operations = [migrations.RunPython(create_schedule, migrations.RunPython.noop)]
