from django.contrib.admin.apps import AdminConfig


class StemmaAdminConfig(AdminConfig):
    """Django's own admin under our name and looks."""

    default_site = "config.admin_site.StemmaAdminSite"
