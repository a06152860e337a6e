from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "ingest"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete

        from catalog.dumps import tables
        from catalog.models import Paper
        from catalog.signals import papers_changed, runs_taken_back
        from ingest.receivers import FOLLOWER, ask_anew, follow_papers, keep_edges

        papers_changed.connect(follow_papers, dispatch_uid=FOLLOWER)
        runs_taken_back.connect(ask_anew, dispatch_uid=FOLLOWER)
        pre_delete.connect(keep_edges, sender=Paper, dispatch_uid=FOLLOWER)
        tables.leave_out(["ingest.Visit"], "what one machine asked sources about, and when")
        tables.leave_out(["ingest.UploadedList"], "lists that curators have not applied yet")
        tables.leave_out(
            ["ingest.Paste", "ingest.Draft"], "papers that curators have not added yet"
        )
        said = "what a list said when it was last imported; the next import says it again"
        tables.leave_out(["ingest.ListStatement"], said)
        tables.leave_out(
            ["ingest.DeclinedChange"], "what curators of one site do not want to be asked again"
        )
        tables.leave_out(["ingest.ExportOptions"], "how one site writes its lists")
