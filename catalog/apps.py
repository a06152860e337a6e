from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from catalog.duplicates import receivers as duplicates
        from catalog.evidence import follow_papers
        from catalog.role_groups import refresh_groups
        from catalog.signals import papers_changed

        papers_changed.connect(duplicates.follow_papers, dispatch_uid=duplicates.FOLLOWER)
        papers_changed.connect(follow_papers, dispatch_uid="evidence")
        post_migrate.connect(refresh_groups, sender=self, dispatch_uid="roles")
