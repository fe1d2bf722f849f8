"""Receipts: what a customer has in hand of a grant, a cancel or an end."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('consent_receipt', '{content}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0004_evidence_of_receiving"),
        ("usage", "0009_uploads_are_encrypted"),
    ]

    operations = [
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("granted", "granted"),
                            ("canceled", "canceled"),
                            ("ended", "ended"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                ("entry_id", models.BigIntegerField()),
                ("leaf", models.BinaryField(max_length=32)),
                ("content", models.BinaryField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("made_at", models.DateTimeField()),
                (
                    "authorization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="consent.authorization",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("authorization", "event"), name="what_happens_once_has_one_receipt"
                    )
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
