"""Cases, looks, searches, training, and changes of how a customer is reached: all evidence."""

import datetime as dt

import django.db.models.deletion
import django.db.models.expressions
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('usage_case', '{words, review}',
    '{closed_at, reviewed_at, reviewed_by_id, review}');
SELECT ledger.watch('usage_look', '{}', '{}');
SELECT ledger.watch('usage_search', '{text}', '{}');
SELECT ledger.watch('usage_trainingrecord', '{}', '{}');
SELECT ledger.watch('usage_contactchange', '{before, after, checked}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0012_a_primary_purpose_takes_two"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
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
                ("opened_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("call", "the customer called"),
                            ("visit", "the customer came by"),
                            ("wrote", "the customer wrote"),
                            ("dispute", "to answer a dispute, question or complaint"),
                            ("mail", "mail came back or did not arrive"),
                            ("check", "to check that PRIME did what it must"),
                            ("law", "the law or an order asks for it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.TextField(help_text="The customer reads it.")),
                ("broke_glass", models.BooleanField(default=False)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("review", models.TextField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="usage.customer",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at"],
                "permissions": [
                    (
                        "break_glass",
                        "Can see a customer's information without the right to, when urgent",
                    ),
                    ("review_case", "Can review what others saw without the right to"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactChange",
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
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("checked", models.TextField(help_text="How staff knew that it was she.")),
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
                ("at", models.DateTimeField()),
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
                        related_name="contact_changes",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="Look",
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
                ("at", models.DateTimeField()),
                ("page", models.CharField(help_text="The page's name.", max_length=80)),
                (
                    "part",
                    models.CharField(
                        blank=True, help_text="Which kind of information.", max_length=40
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
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to="usage.case",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="Search",
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
                ("at", models.DateTimeField()),
                ("text", models.CharField(max_length=200)),
                ("found", models.PositiveIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "searches",
            },
        ),
        migrations.CreateModel(
            name="TrainingRecord",
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
                    "third_party",
                    models.SlugField(blank=True, help_text="The third party’s key.", max_length=40),
                ),
                ("employer", models.CharField(max_length=200)),
                ("course", models.CharField(max_length=200)),
                ("trained_on", models.DateField()),
                ("expires_on", models.DateField(help_text="The first day it no longer counts.")),
                ("recorded_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trainings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-expires_on"],
            },
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True),
                name="whoever_opens_a_case_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at__gt", models.F("opened_at")),
                    (
                        "expires_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("opened_at"),
                            "+",
                            models.Value(dt.timedelta(seconds=1800)),
                        ),
                    ),
                ),
                name="a_case_is_open_for_half_an_hour_at_most",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("reviewed_at__isnull", True),
                        ("reviewed_by__isnull", True),
                        ("review__isnull", True),
                    ),
                    models.Q(
                        ("reviewed_at__isnull", False),
                        ("reviewed_by__isnull", False),
                        ("review__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_review_says_who_when_and_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_by", None),
                    models.Q(("reviewed_by", models.F("opened_by")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_reviews_her_own_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("checked", ""), _negated=True),
                name="whoever_changes_an_address_says_how_she_knew",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("person__isnull", False), ("third_party", "")),
                    models.Q(("person", None), models.Q(("third_party", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_training_is_a_persons_or_a_third_partys",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_on__gt", models.F("trained_on"))),
                name="a_training_expires_after_it_was_held",
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
