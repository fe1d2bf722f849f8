"""Customers, their places and agreements, who may enter for them, and purposes (4.4)."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('usage_access', '{proof}', '{ended_at, ended_by_id}');
SELECT ledger.watch('usage_claim', '{}', '{redeemed_at, redeemed_by_id}');
SELECT ledger.watch('usage_contactchange', '{before, after, checked}', '{}');
SELECT ledger.watch('usage_purpose', '{}', '{ended_at}');
SELECT ledger.watch('usage_purposeversion', '{}', '{}');
SELECT ledger.watch('usage_purposeproposal', '{}', '{decided_at, decided_by_id, made_id}');
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("prime_portal", "0005_issued_reports"),
        # Tables of others that point at users: they come while there are few models to build.
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]
    operations = [
        BtreeGistExtension(),
        CreateModels(
            migrations.CreateModel(
                name="Customer",
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
                    ("account_number", models.CharField(max_length=30, unique=True)),
                    ("name", models.CharField(max_length=200)),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("residential", "residential"),
                                ("non_residential", "non-residential"),
                            ],
                            default="residential",
                            max_length=20,
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")],
                            default="en",
                            max_length=2,
                        ),
                    ),
                    (
                        "mailing_address",
                        models.TextField(help_text="One line of the envelope a line."),
                    ),
                    ("mailing_zip", models.CharField(max_length=10)),
                    ("email", models.EmailField(blank=True, max_length=254)),
                    ("telephone", models.CharField(blank=True, max_length=40)),
                ],
                options={
                    "verbose_name": "customer",
                    "verbose_name_plural": "customers",
                    "indexes": [models.Index(fields=["name"], name="customers_by_name")],
                },
            ),
            migrations.CreateModel(
                name="Enrollment",
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
                            related_name="enrollments",
                            to="usage.customer",
                        ),
                    ),
                    ("starts_on", models.DateField()),
                    (
                        "ends_on",
                        models.DateField(
                            blank=True, help_text="First day no longer served.", null=True
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("ends_on", None)),
                            fields=("customer",),
                            name="a_customer_is_enrolled_once_at_a_time",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("ends_on", None),
                                ("ends_on__gte", models.F("starts_on")),
                                _connector="OR",
                            ),
                            name="an_enrollment_ends_after_it_starts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ServicePoint",
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
                    ("number", models.CharField(max_length=40, unique=True)),
                    ("address", models.TextField()),
                    ("zip", models.CharField(max_length=10)),
                ],
            ),
            migrations.CreateModel(
                name="ServiceAgreement",
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
                            related_name="agreements",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "service_point",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="agreements",
                            to="usage.servicepoint",
                        ),
                    ),
                    (
                        "number",
                        models.CharField(
                            help_text="SCE service account number.", max_length=30, unique=True
                        ),
                    ),
                    ("rate_schedule", models.CharField(blank=True, max_length=40)),
                    ("starts_at", models.DateTimeField()),
                    ("ends_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "id"), name="an_agreement_is_found_by_its_customer"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("ends_at", None),
                                ("ends_at__gt", models.F("starts_at")),
                                _connector="OR",
                            ),
                            name="an_agreement_ends_after_it_starts",
                        ),
                        django.contrib.postgres.constraints.ExclusionConstraint(
                            expressions=[
                                ("service_point", "="),
                                (
                                    models.Func(
                                        models.F("starts_at"),
                                        models.F("ends_at"),
                                        function="TSTZRANGE",
                                        output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                    ),
                                    "&&",
                                ),
                            ],
                            name="one_agreement_at_a_place_at_a_time",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ProgramEnrollment",
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
                            related_name="programs",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="programs",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("program", models.CharField(max_length=40)),
                    ("starts_on", models.DateField()),
                    ("ends_on", models.DateField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("agreement", "program", "starts_on"),
                            name="a_program_starts_once_a_day_for_an_agreement",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Access",
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
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="accesses",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="accesses",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "capacity",
                        models.CharField(
                            choices=[
                                ("holder", "account holder"),
                                ("household", "household member"),
                                ("representative", "authorized representative"),
                            ],
                            max_length=20,
                        ),
                    ),
                    (
                        "scope",
                        models.CharField(
                            choices=[
                                ("everything", "see, take, grant and cancel"),
                                ("see", "see and take only"),
                            ],
                            default="everything",
                            max_length=20,
                        ),
                    ),
                    ("proof", models.CharField(max_length=200)),
                    ("starts_at", models.DateTimeField()),
                    (
                        "ends_at",
                        models.DateTimeField(
                            blank=True, help_text="Known from the start.", null=True
                        ),
                    ),
                    (
                        "ended_at",
                        models.DateTimeField(blank=True, help_text="Ended early.", null=True),
                    ),
                    (
                        "ended_by",
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
                    "verbose_name_plural": "accesses",
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("ended_at", None)),
                            fields=("user", "customer"),
                            name="a_user_has_one_open_access_to_a_customer",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                                models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                                _connector="OR",
                            ),
                            name="an_ended_access_names_who_ended_it",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Claim",
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
                            related_name="claims",
                            to="usage.customer",
                        ),
                    ),
                    ("issued_at", models.DateTimeField()),
                    ("expires_at", models.DateTimeField()),
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
                    ("redeemed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "redeemed_by",
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
                    "verbose_name": "claim",
                    "verbose_name_plural": "claims",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("redeemed_at__isnull", True), ("redeemed_by__isnull", True)
                                ),
                                models.Q(
                                    ("redeemed_at__isnull", False), ("redeemed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_redeemed_claim_names_who_redeemed_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="CodeRequest",
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
                    ("account_number", models.CharField(help_text="As typed.", max_length=40)),
                    ("zip_code", models.CharField(help_text="As typed.", max_length=10)),
                    ("at", models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name="AttemptCount",
                fields=[
                    (
                        "key",
                        models.CharField(
                            help_text="Keyed hash, no person.",
                            max_length=64,
                            primary_key=True,
                            serialize=False,
                        ),
                    ),
                    ("tries", models.PositiveIntegerField()),
                    ("last_at", models.DateTimeField()),
                ],
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
                    (
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="contact_changes",
                            to="usage.customer",
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
                    (
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                ],
                options={
                    "verbose_name": "contact change",
                    "verbose_name_plural": "contact changes",
                    "ordering": ["at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("checked", ""), _negated=True),
                            name="whoever_changes_an_address_says_how_she_knew",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Category",
                fields=[
                    ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                    ("position", models.PositiveSmallIntegerField()),
                    ("name_en", models.CharField(max_length=120)),
                    ("name_es", models.CharField(max_length=120)),
                    ("elements_en", models.TextField()),
                    ("elements_es", models.TextField()),
                    ("sensitive", models.BooleanField(default=False)),
                    (
                        "retention_months",
                        models.PositiveSmallIntegerField(
                            help_text="Never under 24 (Gov. Code 34090)."
                        ),
                    ),
                ],
                options={
                    "verbose_name": "category",
                    "verbose_name_plural": "categories",
                    "ordering": ["position"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("retention_months__gte", 24)),
                            name="a_city_keeps_its_records_two_years",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Purpose",
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
                    ("key", models.SlugField(max_length=40, unique=True)),
                    (
                        "kind",
                        models.CharField(
                            choices=[("primary", "primary"), ("secondary", "secondary")],
                            default="secondary",
                            max_length=10,
                        ),
                    ),
                    (
                        "limb",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            choices=[
                                (1, "provide or bill for electrical power"),
                                (2, "system, grid or operational needs"),
                                (3, "required by law or a CPUC order"),
                                (
                                    4,
                                    "demand response, energy management or energy efficiency programs",
                                ),
                            ],
                            null=True,
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), default=list, size=None
                        ),
                    ),
                    ("recorded_at", models.DateTimeField()),
                    (
                        "proposed_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "confirmed_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "purpose",
                    "verbose_name_plural": "purposes",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("kind", "primary"), ("limb__isnull", False)),
                                models.Q(("kind", "secondary"), ("limb__isnull", True)),
                                _connector="OR",
                            ),
                            name="only_a_primary_purpose_names_a_limb_of_4_4",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("kind", "secondary"),
                                (
                                    "key__in",
                                    (
                                        "bill_power",
                                        "buy_power",
                                        "run_safely",
                                        "meet_legal_duties",
                                        "energy_programs",
                                    ),
                                ),
                                models.Q(
                                    ("confirmed_by__isnull", False),
                                    ("proposed_by__isnull", False),
                                    models.Q(
                                        ("proposed_by", models.F("confirmed_by")), _negated=True
                                    ),
                                ),
                                _connector="OR",
                            ),
                            name="a_purpose_becomes_primary_by_two_people",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PurposeVersion",
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
                        "purpose",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="versions",
                            to="usage.purpose",
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    ("name_en", models.CharField(max_length=120)),
                    ("name_es", models.CharField(max_length=120)),
                    ("text_en", models.TextField()),
                    ("text_es", models.TextField()),
                    ("recorded_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["purpose", "-number"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("purpose", "number"),
                            name="a_version_of_a_purpose_has_its_own_number",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PurposeProposal",
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
                    ("key", models.SlugField(max_length=40)),
                    (
                        "replaces",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="proposals",
                            to="usage.purpose",
                        ),
                    ),
                    (
                        "limb",
                        models.PositiveSmallIntegerField(
                            choices=[
                                (1, "provide or bill for electrical power"),
                                (2, "system, grid or operational needs"),
                                (3, "required by law or a CPUC order"),
                                (
                                    4,
                                    "demand response, energy management or energy efficiency programs",
                                ),
                            ]
                        ),
                    ),
                    (
                        "reference",
                        models.CharField(
                            blank=True,
                            help_text="Contract or program of the fourth limb (4.4).",
                            max_length=120,
                        ),
                    ),
                    ("reason", models.TextField()),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), size=None
                        ),
                    ),
                    ("name_en", models.CharField(max_length=120)),
                    ("name_es", models.CharField(max_length=120)),
                    ("text_en", models.TextField()),
                    ("text_es", models.TextField()),
                    ("proposed_at", models.DateTimeField()),
                    (
                        "proposed_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("decided_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "decided_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "made",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="proposal",
                            to="usage.purpose",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "purpose proposal",
                    "verbose_name_plural": "purpose proposals",
                    "ordering": ["-proposed_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("decided_at__isnull", True), ("decided_by__isnull", True)
                                ),
                                models.Q(
                                    ("decided_at__isnull", False), ("decided_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_decided_proposal_says_by_whom",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("decided_by", None),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="a_second_person_decides_a_proposal",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("made", None), ("decided_at__isnull", False), _connector="OR"
                            ),
                            name="a_purpose_is_made_by_a_decision",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("limb", 4), _negated=True),
                                models.Q(("reference", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="the_fourth_limb_names_its_contract_or_program",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
