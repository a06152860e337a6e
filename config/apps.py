from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StemmaConfig(AppConfig):
    """Start-up: the command that runs everything, the first login, the schedules of the jobs."""

    name = "config"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401  # both register themselves


class StemmaAdminConfig(AdminConfig):
    """Django's own admin under our name and looks."""

    default_site = "config.admin_site.StemmaAdminSite"
