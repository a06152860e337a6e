from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from catalog.duplicates.receivers import FOLLOWER, follow_papers
        from catalog.signals import papers_changed

        papers_changed.connect(follow_papers, dispatch_uid=FOLLOWER)
