from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "ingest"

    def ready(self) -> None:
        from catalog.signals import papers_changed
        from ingest.receivers import FOLLOWER, follow_papers

        papers_changed.connect(follow_papers, dispatch_uid=FOLLOWER)
