from django.db import migrations

SLUG = "long-context"
QUERIES = [
    'cat:cs.CL AND (abs:"long context" OR abs:"long-context" OR abs:"context window")',
    'cat:cs.LG AND (abs:"long context" OR abs:"long-context") AND abs:"language model"',
    'abs:"KV cache" AND (cat:cs.CL OR cat:cs.LG)',
    'abs:"length extrapolation" AND (cat:cs.CL OR cat:cs.LG)',
]


def add_queries(apps, schema_editor):
    """A starter catalogue that was loaded before there were queries gets those that a new one has."""
    Catalogue = apps.get_model("catalog", "Catalogue")
    HarvestQuery = apps.get_model("catalog", "HarvestQuery")
    for catalogue in Catalogue.objects.filter(slug=SLUG):
        HarvestQuery.objects.bulk_create(
            HarvestQuery(catalogue=catalogue, query=query) for query in QUERIES
        )


class Migration(migrations.Migration):
    dependencies = [("ingest", "0002_sources"), ("catalog", "0002_sources")]
    operations = [migrations.RunPython(add_queries, migrations.RunPython.noop)]
