from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from catalog.role_groups import refresh_groups

        post_migrate.connect(refresh_groups, sender=self, dispatch_uid="roles")
