import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from catalog.folding import fold

# Nothing says when a topic was made before this: it is as old as what first lay under it, or the catalogue.
_MADE = """
UPDATE catalog_topic t SET created_at = coalesce(
    least(
        (SELECT min(p.stated_at) FROM catalog_placement p JOIN catalog_topic b ON b.id = p.topic_id
         WHERE b.catalogue_id = t.catalogue_id AND (b.id = t.id OR starts_with(b.path, t.path || '/'))),
        (SELECT min(p.stated_at) FROM catalog_placementevent p JOIN catalog_topic b ON b.id = p.topic_id
         WHERE b.catalogue_id = t.catalogue_id AND (b.id = t.id OR starts_with(b.path, t.path || '/'))),
        (SELECT min(e.pgh_created_at) FROM catalog_topicevent e WHERE e.pgh_obj_id = t.id)
    ),
    (SELECT c.created_at FROM catalog_catalogue c WHERE c.id = t.catalogue_id)
)
"""
_MADE_OF_EVENTS = """
UPDATE catalog_topicevent e SET created_at = coalesce(
    (SELECT t.created_at FROM catalog_topic t WHERE t.id = e.pgh_obj_id),
    (SELECT c.created_at FROM catalog_catalogue c WHERE c.id = e.catalogue_id),
    e.pgh_created_at
)
"""


def note_where_lists_have_them(apps, schema_editor):
    """Headings from the top, as the next import would find them."""
    Topic = apps.get_model("catalog", "Topic")
    topics = {topic.pk: topic for topic in Topic.objects.exclude(heading="")}
    for topic in topics.values():
        here, path = topic, []
        while here is not None and len(path) < 50:
            path.insert(0, fold(here.heading))
            here = topics.get(here.parent_id)
        topic.listed_path = path
    Topic.objects.bulk_update(topics.values(), ["listed_path"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_editorships'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TreeChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(help_text='“Moved “Prompt” under “Agents”.”', max_length=500)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rows', models.JSONField(default=dict, help_text='The rows it changed, before and after.')),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='topic',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='topic',
            name='listed_path',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, editable=False, help_text='Where the imported list has it: its headings from the top, folded.', size=None),
        ),
        migrations.AddField(
            model_name='topic',
            name='merged_into',
            field=models.ForeignKey(blank=True, help_text='The topic that took its papers in; lists that still have its heading mean that one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absorbed', to='catalog.topic'),
        ),
        migrations.AddField(
            model_name='topicevent',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='topicevent',
            name='listed_path',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, editable=False, help_text='Where the imported list has it: its headings from the top, folded.', size=None),
        ),
        migrations.AddField(
            model_name='topicevent',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='The topic that took its papers in; lists that still have its heading mean that one.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='catalog.topic'),
        ),
        # Before the triggers: what is noted here is no change.
        migrations.RunSQL([_MADE, _MADE_OF_EVENTS], migrations.RunSQL.noop),
        migrations.RunPython(note_where_lists_have_them, migrations.RunPython.noop),
        # A table whose rows wait for their checks cannot be altered further.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."catalogue_id" IS DISTINCT FROM (NEW."catalogue_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."curated" IS DISTINCT FROM (NEW."curated") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."heading" IS DISTINCT FROM (NEW."heading") OR OLD."hue" IS DISTINCT FROM (NEW."hue") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."parent_id" IS DISTINCT FROM (NEW."parent_id") OR OLD."path" IS DISTINCT FROM (NEW."path") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."retired_at" IS DISTINCT FROM (NEW."retired_at") OR OLD."slug" IS DISTINCT FROM (NEW."slug"))', func='INSERT INTO "catalog_topicevent" ("catalogue_id", "created_at", "curated", "description", "heading", "hue", "id", "listed_path", "merged_into_id", "name", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired_at", "slug") VALUES (OLD."catalogue_id", OLD."created_at", OLD."curated", OLD."description", OLD."heading", OLD."hue", OLD."id", OLD."listed_path", OLD."merged_into_id", OLD."name", OLD."parent_id", OLD."path", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."retired_at", OLD."slug"); RETURN NULL;', hash='f7353e5744a3d7b1dee523ee9eef791667d7144c', operation='UPDATE', pgid='pgtrigger_update_update_ca7fa', table='catalog_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "catalog_topicevent" ("catalogue_id", "created_at", "curated", "description", "heading", "hue", "id", "listed_path", "merged_into_id", "name", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired_at", "slug") VALUES (OLD."catalogue_id", OLD."created_at", OLD."curated", OLD."description", OLD."heading", OLD."hue", OLD."id", OLD."listed_path", OLD."merged_into_id", OLD."name", OLD."parent_id", OLD."path", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."retired_at", OLD."slug"); RETURN NULL;', hash='c75687c3b3301e4e3353c660e34239558de1e8b9', operation='DELETE', pgid='pgtrigger_delete_delete_76470', table='catalog_topic', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='topic',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), ('retired_at__isnull', False), _connector='OR'), name='topic_merged_is_retired'),
        ),
        migrations.AddField(
            model_name='treechange',
            name='catalogue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tree_changes', to='catalog.catalogue'),
        ),
        migrations.AddField(
            model_name='treechange',
            name='made_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='treechange',
            name='undoes',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='undone_by', to='catalog.treechange'),
        ),
    ]
