"""Copies a worker prepares; which directions a copy holds; why staff took one for a customer."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('usage_download', '{reason}', '{finished_at, rows, size, sha256}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0006_readings_for_analysts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PreparedDownload",
            fields=[
                (
                    "download",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="prepared",
                        serialize=False,
                        to="usage.download",
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("for_post", models.BooleanField(default=False)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("ready_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "path",
                    models.CharField(blank=True, help_text="Below FILES_DIR.", max_length=200),
                ),
                ("sealed_key", models.BinaryField(null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="download",
            name="flows",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="download",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddConstraint(
            model_name="download",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("via", "portal"), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="whoever_takes_a_copy_for_a_customer_says_why",
            ),
        ),
        migrations.AddField(
            model_name="prepareddownload",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="usage.customer"
            ),
        ),
        migrations.AddIndex(
            model_name="prepareddownload",
            index=models.Index(
                condition=models.Q(("failed_at", None), ("ready_at", None)),
                fields=["download"],
                name="copies_still_to_be_prepared",
            ),
        ),
        migrations.AddIndex(
            model_name="prepareddownload",
            index=models.Index(
                condition=models.Q(("ready_at__isnull", False), ("removed_at", None)),
                fields=["expires_at"],
                name="copies_waiting_to_be_fetched",
            ),
        ),
        migrations.AddConstraint(
            model_name="prepareddownload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ready_at__isnull", True), ("expires_at__isnull", True)),
                    models.Q(("ready_at__isnull", False), ("expires_at__isnull", False)),
                    _connector="OR",
                ),
                name="a_copy_that_is_ready_says_until_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="prepareddownload",
            constraint=models.CheckConstraint(
                condition=models.Q(("ready_at", None), ("failed_at", None), _connector="OR"),
                name="a_copy_is_ready_or_failed_never_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="prepareddownload",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("sealed_key", None), _connector="OR"),
                name="a_copy_that_was_removed_has_no_key",
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
