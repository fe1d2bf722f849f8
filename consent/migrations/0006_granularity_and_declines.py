"""How fine an authorization lets readings be, and who said no."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('consent_declined', '{}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0005_receipts"),
        ("notices", "0005_copy_is_ready"),
        ("usage", "0009_uploads_are_encrypted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="granularity",
            field=models.CharField(
                choices=[
                    ("daily", "each day’s total"),
                    ("hourly", "each hour’s total"),
                    ("as_measured", "as measured, often every 15 minutes"),
                ],
                default="as_measured",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="stateduse",
            name="granularity",
            field=models.CharField(
                choices=[
                    ("daily", "each day’s total"),
                    ("hourly", "each hour’s total"),
                    ("as_measured", "as measured, often every 15 minutes"),
                ],
                default="as_measured",
                help_text="The finest it asks for; a customer may allow less.",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Declined",
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
                ("declined_at", models.DateTimeField()),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("portal", "portal"),
                            ("phone", "telephone"),
                            ("paper", "paper form"),
                            ("counter", "counter"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "request_key",
                    models.UUIDField(
                        help_text="Sent with the form, so a second click counts once."
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declined",
                        to="usage.customer",
                    ),
                ),
                (
                    "declined_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notices.notice",
                    ),
                ),
                (
                    "purpose_words",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.purposeversion",
                    ),
                ),
                (
                    "third_party_words",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="consent.thirdpartyversion",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "declined",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "request_key"), name="a_no_sent_twice_is_recorded_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
