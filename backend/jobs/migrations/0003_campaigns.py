import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import backend.jobs.models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_indexes_of_lists"),
        ("workspace", "0002_sample_project"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=backend.jobs.models.new_campaign_id,
                        editable=False,
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("paused", models.BooleanField(default=False)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="campaigns", to="workspace.project"
                    ),
                ),
            ],
            options={
                "db_table": "campaign",
                "indexes": [models.Index(fields=["project", "id"], name="campaigns_of_project")],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="of_campaign",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="jobs.campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["of_campaign", "id"], name="jobs_of_campaign"),
        ),
    ]
