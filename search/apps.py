from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from catalog.signals import papers_changed
        from search.receivers import FOLLOWER, follow_changes

        papers_changed.connect(follow_changes, dispatch_uid=FOLLOWER)
