import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='author',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='catalogue',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='identifier',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='link',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='paper',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='paperrepository',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='placement',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='relation',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='repository',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='topic',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='venue',
            name='update_update',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='author',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_authorevent" ("created_at", "id", "merged_into_id", "name", "name_key", "orcid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."created_at", OLD."id", OLD."merged_into_id", OLD."name", OLD."name_key", OLD."orcid", _pgh_attach_context(), NOW(), \'update\', OLD."id"); RETURN NULL;', hash='96421fafa4b04b4526f76c4d29f43bedaa7a44d2', operation='UPDATE', pgid='pgtrigger_update_update_da98e', table='catalog_author', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='catalogue',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_catalogueevent" ("created_at", "description", "id", "licence", "list_url", "origin_name", "origin_url", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "title") VALUES (OLD."created_at", OLD."description", OLD."id", OLD."licence", OLD."list_url", OLD."origin_name", OLD."origin_url", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."slug", OLD."title"); RETURN NULL;', hash='c39f09b9cf328f5cffa289d85343a6749b697571', operation='UPDATE', pgid='pgtrigger_update_update_f029d', table='catalog_catalogue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='identifier',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_identifierevent" ("id", "paper_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "scheme", "source", "stated_at", "value") VALUES (OLD."id", OLD."paper_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."scheme", OLD."source", OLD."stated_at", OLD."value"); RETURN NULL;', hash='e8eef62c9ec6c8074faf26e7fe4224ccb4ad7fda', operation='UPDATE', pgid='pgtrigger_update_update_80606', table='catalog_identifier', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='link',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_linkevent" ("id", "kind", "label", "paper_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired_at", "source", "stated_at", "url") VALUES (OLD."id", OLD."kind", OLD."label", OLD."paper_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."retired_at", OLD."source", OLD."stated_at", OLD."url"); RETURN NULL;', hash='864bac68ab3ba2262945e8f0107ea2fb1df3e635', operation='UPDATE', pgid='pgtrigger_update_update_3c8ac', table='catalog_link', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='paper',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_paperevent" ("abstract", "created_at", "distinction", "id", "merged_into_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_on", "published_precision", "title", "title_key", "updated_at", "venue_id", "withdrawn_at", "year") VALUES (OLD."abstract", OLD."created_at", OLD."distinction", OLD."id", OLD."merged_into_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."published_on", OLD."published_precision", OLD."title", OLD."title_key", OLD."updated_at", OLD."venue_id", OLD."withdrawn_at", OLD."year"); RETURN NULL;', hash='576798a1065cb843c21fe54b230caec07997c162', operation='UPDATE', pgid='pgtrigger_update_update_fa4ca', table='catalog_paper', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='paperrepository',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_paperrepositoryevent" ("badge_repository_id", "id", "paper_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "repository_id", "retired_at", "source", "stated_at", "url") VALUES (OLD."badge_repository_id", OLD."id", OLD."paper_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."repository_id", OLD."retired_at", OLD."source", OLD."stated_at", OLD."url"); RETURN NULL;', hash='fead5d6dcb0a250920ad59330cb51d3380c466dd', operation='UPDATE', pgid='pgtrigger_update_update_12b44', table='catalog_paperrepository', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_placementevent" ("id", "is_primary", "listed_title", "listed_url", "paper_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired_at", "source", "stated_at", "topic_id") VALUES (OLD."id", OLD."is_primary", OLD."listed_title", OLD."listed_url", OLD."paper_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."retired_at", OLD."source", OLD."stated_at", OLD."topic_id"); RETURN NULL;', hash='5e0232417daaf085c26d1ff01d180077a84ee5ad', operation='UPDATE', pgid='pgtrigger_update_update_ba45b', table='catalog_placement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='relation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_relationevent" ("id", "kind", "note", "object_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at", "source", "stated_at", "stated_by_id", "subject_id") VALUES (OLD."id", OLD."kind", OLD."note", OLD."object_id", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."retired_at", OLD."source", OLD."stated_at", OLD."stated_by_id", OLD."subject_id"); RETURN NULL;', hash='83a0ccfc779ff75c2539661f5edb7ce9b7e9d578', operation='UPDATE', pgid='pgtrigger_update_update_b89f3', table='catalog_relation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='repository',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_repositoryevent" ("created_at", "description", "gone_at", "host", "host_id", "id", "name", "owner", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stars", "stars_on") VALUES (OLD."created_at", OLD."description", OLD."gone_at", OLD."host", OLD."host_id", OLD."id", OLD."name", OLD."owner", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."stars", OLD."stars_on"); RETURN NULL;', hash='52b5fb69302d9e3afd7197d84e0cde67b92629c7', operation='UPDATE', pgid='pgtrigger_update_update_814bf', table='catalog_repository', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_topicevent" ("catalogue_id", "curated", "description", "heading", "hue", "id", "name", "parent_id", "path", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired_at", "slug") VALUES (OLD."catalogue_id", OLD."curated", OLD."description", OLD."heading", OLD."hue", OLD."id", OLD."name", OLD."parent_id", OLD."path", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."position", OLD."retired_at", OLD."slug"); RETURN NULL;', hash='252553de1c92b90718ea4ec354dcaf78e7485385', operation='UPDATE', pgid='pgtrigger_update_update_ca7fa', table='catalog_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='venue',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "catalog_venueevent" ("aliases", "full_name", "id", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") VALUES (OLD."aliases", OLD."full_name", OLD."id", OLD."kind", OLD."name", _pgh_attach_context(), NOW(), \'update\', OLD."id", OLD."slug"); RETURN NULL;', hash='c1d33160ece5c2d9cbc5206ed3e84f6ed0af64fe', operation='UPDATE', pgid='pgtrigger_update_update_6602b', table='catalog_venue', when='AFTER')),
        ),
    ]
