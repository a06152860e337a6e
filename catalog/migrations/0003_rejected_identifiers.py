import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_history_keeps_the_row_before'),
    ]

    operations = [
        migrations.CreateModel(
            name='RejectedIdentifier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.CharField(choices=[('arxiv', 'arXiv'), ('doi', 'DOI'), ('openreview', 'OpenReview'), ('acl', 'ACL Anthology'), ('s2', 'Semantic Scholar'), ('openalex', 'OpenAlex'), ('url', 'web page')], max_length=12)),
                ('value', models.CharField(max_length=1000)),
                ('stated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='rejectedidentifier',
            name='paper',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_identifiers', to='catalog.paper'),
        ),
        migrations.AddConstraint(
            model_name='rejectedidentifier',
            constraint=models.UniqueConstraint(fields=('paper', 'scheme', 'value'), name='rejected_identifier_once'),
        ),
        migrations.AddConstraint(
            model_name='rejectedidentifier',
            constraint=models.CheckConstraint(condition=models.Q(('scheme__in', ['arxiv', 'doi', 'openreview', 'acl', 's2', 'openalex', 'url'])), name='rejected_identifier_scheme_known'),
        ),
    ]
