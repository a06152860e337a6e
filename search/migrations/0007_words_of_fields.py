from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0006_author_names'),
    ]

    operations = [
        # What completes a field is found by words of its own: "author:dao" (search.suggestions).
        migrations.RunSQL(
            """
            INSERT INTO search_suggestionword (suggestion_id, word, place, weight)
            SELECT w.suggestion_id, s.kind || ':' || w.word, w.place, w.weight
            FROM search_suggestionword w JOIN search_suggestion s ON s.id = w.suggestion_id
            WHERE s.kind IN ('author', 'topic', 'venue')
            """,
            "DELETE FROM search_suggestionword WHERE word LIKE '%:%'",
        ),
    ]
