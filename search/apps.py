from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from catalog.signals import papers_changed
        from search.receivers import FOLLOWER, fill_index, follow_changes

        papers_changed.connect(follow_changes, dispatch_uid=FOLLOWER)
        post_migrate.connect(fill_index, sender=self, dispatch_uid=FOLLOWER)
