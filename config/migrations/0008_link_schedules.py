from django.db import migrations
from django.utils import timezone


def create_schedules(apps, schema_editor):
    """Once, like the others: a curator's changes stay."""
    IntervalSchedule = apps.get_model("django_celery_beat", "IntervalSchedule")
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    ten_minutes, _ = IntervalSchedule.objects.get_or_create(every=10, period="minutes")
    PeriodicTask.objects.get_or_create(
        name="Check links",
        defaults={
            "task": "ingest.tasks.check_links",
            "interval": ten_minutes,
            "start_time": timezone.now(),
            "expire_seconds": 600,
        },
    )
    six_hours, _ = IntervalSchedule.objects.get_or_create(every=6, period="hours")
    PeriodicTask.objects.get_or_create(
        name="Read the READMEs of repositories",
        defaults={
            "task": "ingest.tasks.ingest",
            "args": '["readmes"]',
            "interval": six_hours,
            "start_time": timezone.now(),
            "expire_seconds": 6 * 3600,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("config", "0007_duplicates_and_venues_schedules")]
    operations = [migrations.RunPython(create_schedules, migrations.RunPython.noop)]
