from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from catalog.dumps import tables
        from catalog.signals import glossary_changed, papers_changed, state_asked
        from search import embeddings, nearest, reranking
        from search.models import Synonym
        from search.receivers import FOLLOWER, announce_glossary, fill_index, follow_changes

        papers_changed.connect(follow_changes, dispatch_uid=FOLLOWER)
        glossary_changed.connect(announce_glossary, dispatch_uid=FOLLOWER)
        for part in (embeddings, reranking):
            state_asked.connect(part.say_what_fails, dispatch_uid=part.__name__)
        connection_created.connect(nearest.set_up_connection, dispatch_uid=FOLLOWER)
        post_migrate.connect(fill_index, sender=self, dispatch_uid=FOLLOWER)
        tables.add(
            tables.Table(
                "synonyms", Synonym, "Acronyms that curators have said what they stand for",
                without={"id": "no page names it", "papers": "counted anew by the index"},
                only="t.is_curated",
                order=("short", "long"),
            )
        )  # fmt: skip
        tables.leave_out(
            f"search.{name}"
            for name in (
                "AuthorName",
                "Embedding",
                "IndexState",
                "MapPlace",
                "MapRegion",
                "PaperText",
                "Posting",
                "Suggestion",
                "SuggestionWord",
                "Term",
                "Word",
            )
        )
