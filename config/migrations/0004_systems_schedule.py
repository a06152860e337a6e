from django.db import migrations
from django.utils import timezone


def create_schedule(apps, schema_editor):
    """Once, like the others: a curator's changes stay."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    interval, _ = IntervalSchedule.objects.get_or_create(every=15, period="minutes")
    PeriodicTask.objects.get_or_create(
        name="Find systems when titles or abstracts have changed",
        defaults={
            "task": "catalog.tasks.find_systems",
            "interval": interval,
            "start_time": timezone.now(),
            "expire_seconds": 900,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("config", "0003_graph_schedule")]
    operations = [migrations.RunPython(create_schedule, migrations.RunPython.noop)]
