"""How each form on paper is worded, and from when on."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

WATCH = "SELECT ledger.watch('consent_paperform', '{}', '{}');"


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_incidents")]
    operations = [
        migrations.CreateModel(
            name="PaperForm",
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
                    "name",
                    models.CharField(
                        choices=[("grant", "to grant"), ("cancel", "to cancel")], max_length=10
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                (
                    "page",
                    models.TextField(help_text="HTML, with nobody's name and nothing ticked."),
                ),
                ("sha256", models.BinaryField(max_length=32)),
                (
                    "first_at",
                    models.DateTimeField(help_text="When it was first seen to be worded so."),
                ),
                (
                    "use",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="consent.stateduse",
                    ),
                ),
            ],
            options={
                "verbose_name": "form on paper",
                "verbose_name_plural": "forms on paper",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", "grant"), ("use__isnull", False)),
                            models.Q(("name", "cancel"), ("use", None)),
                            _connector="OR",
                        ),
                        name="a_form_to_grant_says_to_whom_and_one_to_cancel_is_for_all",
                    )
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
