"""Annual reports and Commission binders, kept as they were issued."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('prime_portal_issuedreport', '{pdf, csv}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("prime_portal", "0004_sealing"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssuedReport",
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
                    "kind",
                    models.CharField(
                        choices=[("annual", "annual report"), ("binder", "Commission binder")],
                        max_length=10,
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                (
                    "ledger_id",
                    models.BigIntegerField(help_text="The newest entry it was made from."),
                ),
                ("csv", models.TextField(help_text="The table.")),
                ("csv_sha256", models.BinaryField(max_length=32)),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.BinaryField(max_length=32)),
                ("issued_at", models.DateTimeField()),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-issued_at"],
                "permissions": [
                    ("view_board", "Can see the compliance board"),
                    ("issue_reports", "Can issue annual reports and Commission binders"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="a_report_is_about_one_day_or_more",
                    )
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
