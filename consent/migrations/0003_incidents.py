"""Incidents, whom they touch and what was done; the register of non-compliances."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('consent_incident', '{summary}', '{letters_at, letters_by_id, closed_at, closed_by_id}');
SELECT ledger.watch('consent_knowing', '{who, how}', '{}');
SELECT ledger.watch('consent_reach', '{}', '{}');
SELECT ledger.watch_member('consent_reached');
SELECT ledger.bind('consent_reached', 'reach_id');
SELECT ledger.watch('consent_breachwords', '{}', '{}');
SELECT ledger.watch('consent_dutydone', '{reference}', '{}');
SELECT ledger.watch('consent_noncompliance', '{}', '{mended_at, mended_by_id, mending}');
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("consent", "0002_disclosures"),
        ("notices", "0002_deliveries"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Incident",
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
                    ("title", models.CharField(max_length=120)),
                    ("summary", models.TextField()),
                    ("found_at", models.DateTimeField(help_text="When it was first known.")),
                    (
                        "third_party",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="incidents",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "told_at",
                        models.DateTimeField(
                            blank=True, help_text="When it told PRIME.", null=True
                        ),
                    ),
                    ("opened_at", models.DateTimeField()),
                    (
                        "opened_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("letters_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "letters_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "closed_by",
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
                    "ordering": ["-found_at"],
                    "permissions": [
                        ("handle_incidents", "Can handle incidents and non-compliances")
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("told_at__isnull", True), ("third_party__isnull", True)),
                                models.Q(
                                    ("told_at__isnull", False), ("third_party__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_third_partys_incident_says_when_it_told_prime",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("told_at", None),
                                ("told_at__gte", models.F("found_at")),
                                _connector="OR",
                            ),
                            name="nobody_tells_before_it_is_found",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("letters_at__isnull", True), ("letters_by__isnull", True)
                                ),
                                models.Q(
                                    ("letters_at__isnull", False), ("letters_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="letters_about_an_incident_name_who_sent_them",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                                models.Q(
                                    ("closed_at__isnull", False), ("closed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_closed_incident_names_who_closed_it",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Knowing",
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
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="knowing",
                            to="consent.incident",
                        ),
                    ),
                    ("who", models.CharField(max_length=120)),
                    ("knew_at", models.DateTimeField()),
                    ("how", models.CharField(max_length=200)),
                    ("recorded_at", models.DateTimeField()),
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
                    "ordering": ["knew_at", "id"],
                },
            ),
            migrations.CreateModel(
                name="Reach",
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
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="reaches",
                            to="consent.incident",
                        ),
                    ),
                    (
                        "how",
                        models.CharField(
                            choices=[
                                ("disclosures", "disclosed to a third party"),
                                ("sign_in", "open to a sign-in, looked at or taken by it"),
                                ("everybody", "everybody PRIME serves or served"),
                                ("batch", "the customers of a print batch"),
                                ("accounts", "these accounts"),
                            ],
                            max_length=20,
                        ),
                    ),
                    (
                        "third_party",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "batch",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="notices.printbatch",
                        ),
                    ),
                    ("first_at", models.DateTimeField(blank=True, null=True)),
                    ("last_at", models.DateTimeField(blank=True, null=True)),
                    ("customers", models.PositiveIntegerField()),
                    ("members_sha256", models.BinaryField(max_length=32)),
                    ("counted_at", models.DateTimeField()),
                    (
                        "counted_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["counted_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("batch", None),
                                    ("how", "disclosures"),
                                    ("third_party__isnull", False),
                                    ("user", None),
                                ),
                                models.Q(
                                    ("batch", None),
                                    ("how", "sign_in"),
                                    ("third_party", None),
                                    ("user__isnull", False),
                                ),
                                models.Q(
                                    ("batch__isnull", False),
                                    ("how", "batch"),
                                    ("third_party", None),
                                    ("user", None),
                                ),
                                models.Q(
                                    ("batch", None),
                                    ("how__in", ["everybody", "accounts"]),
                                    ("third_party", None),
                                    ("user", None),
                                ),
                                _connector="OR",
                            ),
                            name="a_reach_names_the_third_party_the_sign_in_or_the_batch",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("first_at__isnull", False),
                                    ("how__in", ["disclosures", "sign_in"]),
                                    ("last_at__gte", models.F("first_at")),
                                ),
                                models.Q(
                                    ("first_at", None),
                                    ("how__in", ["everybody", "batch", "accounts"]),
                                    ("last_at", None),
                                ),
                                _connector="OR",
                            ),
                            name="a_reach_in_time_says_from_when_until_when",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Reached",
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "reach",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="members",
                            to="consent.reach",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "reach"), name="a_customer_is_in_a_reach_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="BreachWords",
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
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="words",
                            to="consent.incident",
                        ),
                    ),
                    (
                        "texts",
                        models.JSONField(
                            help_text="See consent.incidents.HEADINGS: {heading: {en, es}}."
                        ),
                    ),
                    ("written_at", models.DateTimeField()),
                    (
                        "written_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["written_at"],
                },
            ),
            migrations.CreateModel(
                name="DutyDone",
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
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="done",
                            to="consent.incident",
                        ),
                    ),
                    (
                        "duty",
                        models.CharField(help_text="See consent.clocks.DUTIES.", max_length=40),
                    ),
                    ("done_at", models.DateTimeField()),
                    ("reference", models.CharField(max_length=200)),
                    ("recorded_at", models.DateTimeField()),
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
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("incident", "duty"), name="a_duty_of_an_incident_is_done_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="NonCompliance",
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
                    ("clause", models.CharField(max_length=20)),
                    ("description", models.TextField()),
                    (
                        "customers",
                        models.PositiveIntegerField(help_text="How many customers it affected."),
                    ),
                    (
                        "third_party",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "incident",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="findings",
                            to="consent.incident",
                        ),
                    ),
                    ("found_at", models.DateTimeField()),
                    ("recorded_at", models.DateTimeField()),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("mended_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "mended_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("mending", models.TextField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "non-compliance",
                    "verbose_name_plural": "non-compliances",
                    "ordering": ["-found_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("mended_at__isnull", True),
                                    ("mended_by__isnull", True),
                                    ("mending__isnull", True),
                                ),
                                models.Q(
                                    ("mended_at__isnull", False),
                                    ("mended_by__isnull", False),
                                    ("mending__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_mended_non_compliance_says_by_whom_and_how",
                        )
                    ],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
