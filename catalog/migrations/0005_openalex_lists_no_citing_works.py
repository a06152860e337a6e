from django.db import migrations


def correct(apps, schema_editor):
    """OpenAlex gives references only: no list of citing works names the edges that it stated before."""
    citations = apps.get_model("catalog", "Citation").objects
    citations.filter(source="openalex").update(in_citing=False)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_citation_lists")]
    operations = [migrations.RunPython(correct, migrations.RunPython.noop)]
