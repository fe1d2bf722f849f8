"""Disputes, questions and complaints, kept as evidence from the start."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('usage_dispute', '{text}', '{}');
SELECT ledger.watch('usage_disputeevent', '{text}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0003_categories_and_purposes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
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
                    "reference",
                    models.CharField(
                        help_text="As read out: ABCD-2345.", max_length=9, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dispute", "something is wrong"),
                            ("question", "question"),
                            ("complaint", "complaint"),
                        ],
                        max_length=10,
                    ),
                ),
                ("first_day", models.DateField(blank=True, null=True)),
                ("last_day", models.DateField(blank=True, null=True)),
                ("text", models.TextField()),
                ("raised_at", models.DateTimeField()),
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
                ("due_on", models.DateField(help_text="The day by which PRIME answers.")),
                (
                    "request_key",
                    models.UUIDField(
                        help_text="Sent with the form, so a second click raises once."
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="usage.serviceagreement",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.category",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="usage.customer",
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-raised_at"],
            },
        ),
        migrations.CreateModel(
            name="DisputeEvent",
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
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("replied", "the customer added something"),
                            ("answered", "PRIME answered"),
                            ("handed_over", "PRIME passed it on to SCE"),
                            ("closed", "closed"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("corrected", "corrected"),
                            ("explained", "explained"),
                            ("unchanged", "checked, and not changed"),
                            ("withdrawn", "settled, says the customer"),
                        ],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
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
                    "due_on",
                    models.DateField(
                        blank=True,
                        help_text="The day by which PRIME answers what was added.",
                        null=True,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.customer",
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="usage.dispute",
                    ),
                ),
            ],
            options={
                "ordering": ["dispute", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                fields=("customer", "request_key"), name="a_form_sent_twice_raises_one_dispute"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("first_day__isnull", True), ("last_day__isnull", True)),
                        models.Q(("first_day__isnull", False), ("last_day__isnull", False)),
                        _connector="OR",
                    ),
                    models.Q(("first_day", None), ("agreement__isnull", False), _connector="OR"),
                ),
                name="disputed_days_have_both_ends_and_a_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_day", None), ("last_day__gte", models.F("first_day")), _connector="OR"
                ),
                name="disputed_days_end_after_they_begin",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeevent",
            constraint=models.UniqueConstraint(
                fields=("dispute", "number"), name="the_steps_of_a_dispute_are_in_one_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "closed"), ("outcome__isnull", False)),
                    models.Q(models.Q(("kind", "closed"), _negated=True), ("outcome", None)),
                    _connector="OR",
                ),
                name="a_closed_dispute_says_what_came_of_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_on__isnull", False), ("kind", "replied")),
                    models.Q(models.Q(("kind", "replied"), _negated=True), ("due_on", None)),
                    _connector="OR",
                ),
                name="what_a_customer_adds_is_answered_by_a_day",
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
