"""Aggregated usage data (6.11): months closed for good, and reports let out. All of it evidence."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('usage_closedmonth', '{}', '{}');
SELECT ledger.watch('usage_closedblock', '{members}', '{}');
SELECT ledger.bind('usage_closedblock', 'month_id');
SELECT ledger.watch('usage_closedhours', '{}', '{}');
SELECT ledger.watch('usage_aggregaterelease', '{}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0010_code_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedBlock",
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
                ("kind", models.CharField(max_length=20)),
                ("groups", models.JSONField()),
                ("withheld", models.BooleanField()),
                ("customers", models.PositiveIntegerField(null=True)),
                ("wh", models.BigIntegerField(null=True)),
                ("members", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ClosedHours",
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
                    "wh",
                    models.JSONField(help_text="Wh of each hour on the clock, or none.", null=True),
                ),
                ("closed_at", models.DateTimeField()),
                (
                    "block",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hours",
                        to="usage.closedblock",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClosedMonth",
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
                ("month", models.DateField(help_text="First day of the month.", unique=True)),
                (
                    "rules",
                    models.CharField(help_text="The rules it was divided by.", max_length=200),
                ),
                (
                    "inputs_sha256",
                    models.BinaryField(help_text="Of who used how much in it.", max_length=32),
                ),
                ("closed_at", models.DateTimeField()),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["month"],
            },
        ),
        migrations.AddField(
            model_name="closedblock",
            name="month",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="blocks",
                to="usage.closedmonth",
            ),
        ),
        migrations.CreateModel(
            name="AggregateRelease",
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
                ("question", models.JSONField(help_text="See usage.aggregates.reports.Question.")),
                (
                    "purpose",
                    models.CharField(help_text="What it is for, and who gets it.", max_length=200),
                ),
                ("rules", models.CharField(max_length=200)),
                (
                    "inputs_sha256",
                    models.BinaryField(help_text="Of the blocks it was made of.", max_length=32),
                ),
                (
                    "told",
                    models.JSONField(
                        help_text="What was joined, withheld or left as it was, and why."
                    ),
                ),
                ("content", models.TextField(help_text="The table as CSV.")),
                ("sha256", models.BinaryField(max_length=32)),
                ("released_at", models.DateTimeField()),
                (
                    "released_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-released_at"],
                "permissions": [("release_aggregates", "Can release aggregated usage data (6.11)")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose", ""), _negated=True),
                        name="a_release_says_what_it_is_for",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="closedblock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("customers", None), ("members", None), ("wh", None), ("withheld", True)
                    ),
                    models.Q(
                        ("customers__isnull", False),
                        ("members__isnull", False),
                        ("wh__isnull", False),
                        ("withheld", False),
                    ),
                    _connector="OR",
                ),
                name="what_is_withheld_has_no_figures",
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
