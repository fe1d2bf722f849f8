"""Customers, places, agreements, readings, purposes and downloads."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

# Partitioned by month of the local day, so that retention drops a partition and a year is
# read from a dozen neighbors. The composite keys start with the customer: the way to
# row-level security and to sharding by customer stays open. Months are made by a function
# that runs as the owner, because web and worker may not change tables.
INTERVAL_DAYS = """
CREATE TABLE usage_intervalday (
    customer_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    taken_in_id uuid NOT NULL,
    start timestamptz NOT NULL,
    day date NOT NULL,
    day_wh integer NOT NULL,
    sec smallint NOT NULL,
    missing smallint NOT NULL,
    revision smallint NOT NULL DEFAULT 0,
    wh bytea NOT NULL,
    quality bytea,
    PRIMARY KEY (customer_id, agreement_id, channel_id, day),
    CONSTRAINT a_day_belongs_to_an_agreement_of_its_customer
        FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id),
    CONSTRAINT a_day_has_23_24_or_25_hours
        CHECK (length(wh) / 4 * sec IN (82800, 86400, 90000) AND length(wh) % 4 = 0),
    CONSTRAINT quality_has_a_byte_an_interval
        CHECK (quality IS NULL OR length(quality) * 4 = length(wh))
) PARTITION BY RANGE (day);
COMMENT ON COLUMN usage_intervalday.wh IS 'int32 little-endian Wh per interval, -2147483648 = missing';

CREATE FUNCTION usage_make_months(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first);
    made integer := 0;
BEGIN
    IF last - first > 36600 THEN
        RAISE EXCEPTION 'more than a hundred years of months asked for: % to %', first, last;
    END IF;
    WHILE month <= last LOOP
        IF to_regclass(format('usage_intervalday_%s', to_char(month, 'YYYY_MM'))) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext('usage_make_months'));
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF usage_intervalday'
                ' FOR VALUES FROM (%L) TO (%L)',
                'usage_intervalday_' || to_char(month, 'YYYY_MM'),
                month, (month + interval '1 month')::date
            );
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION usage_make_months(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_make_months(date, date) TO prime_app;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("prime_portal", "0002_ledger"),
    ]

    operations = [
        BtreeGistExtension(),
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
            name="Channel",
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
                ("meter_number", models.CharField(max_length=60)),
                (
                    "flow",
                    models.CharField(
                        choices=[
                            ("delivered", "delivered to you"),
                            ("received", "received from you"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
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
            name="Category",
            fields=[
                (
                    "key",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name_en", models.CharField(max_length=120)),
                ("name_es", models.CharField(max_length=120)),
                ("elements_en", models.TextField()),
                ("elements_es", models.TextField()),
                ("sensitive", models.BooleanField(default=False)),
                (
                    "retention_months",
                    models.PositiveSmallIntegerField(help_text="Never under 24 (Gov. Code 34090)."),
                ),
            ],
            options={
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
                "indexes": [models.Index(fields=["name"], name="customers_by_name")],
            },
        ),
        migrations.CreateModel(
            name="Download",
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
                ("format", models.CharField(max_length=20)),
                (
                    "agreements",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("rows", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "size",
                    models.PositiveBigIntegerField(blank=True, help_text="Bytes.", null=True),
                ),
                ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
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
                        related_name="downloads",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Import",
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
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.BinaryField(max_length=32)),
                ("source", models.CharField(max_length=60)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taken", "taken in"),
                            ("unchanged", "nothing new in it"),
                            ("refused", "refused, nothing taken in"),
                        ],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("counts", models.JSONField(blank=True, null=True)),
                ("problems", models.JSONField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
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
                        base_field=models.CharField(max_length=40),
                        default=list,
                        size=None,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "primary"), ("limb__isnull", False)),
                            models.Q(("kind", "secondary"), ("limb__isnull", True)),
                            _connector="OR",
                        ),
                        name="only_a_primary_purpose_names_a_limb_of_4_4",
                    )
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
                ("number", models.PositiveSmallIntegerField()),
                ("name_en", models.CharField(max_length=120)),
                ("name_es", models.CharField(max_length=120)),
                ("text_en", models.TextField()),
                ("text_es", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="usage.purpose",
                    ),
                ),
            ],
            options={
                "ordering": ["purpose", "-number"],
            },
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
                    "number",
                    models.CharField(
                        help_text="SCE service account number.",
                        max_length=30,
                        unique=True,
                    ),
                ),
                ("rate_schedule", models.CharField(blank=True, max_length=40)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
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
            ],
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
                ("program", models.CharField(max_length=40)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
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
            ],
        ),
        migrations.CreateModel(
            name="MonthTotal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id",
                        "agreement_id",
                        "channel_id",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField(help_text="First day of the month.")),
                ("wh", models.BigIntegerField()),
                ("days", models.SmallIntegerField()),
                ("missing", models.IntegerField()),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.channel",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.customer",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="months",
                        to="usage.serviceagreement",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IntervalDayRevision",
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
                ("day", models.DateField()),
                ("revision", models.SmallIntegerField()),
                ("sec", models.SmallIntegerField()),
                ("wh", models.BinaryField()),
                ("quality", models.BinaryField(null=True)),
                ("replaced_at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.channel",
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
                    "replaced_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.import",
                    ),
                ),
                (
                    "taken_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.import",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="usage.serviceagreement",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="channel",
            name="service_point",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="channels",
                to="usage.servicepoint",
            ),
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
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("redeemed_at__isnull", True),
                                ("redeemed_by__isnull", True),
                            ),
                            models.Q(
                                ("redeemed_at__isnull", False),
                                ("redeemed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_redeemed_claim_names_who_redeemed_it",
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
                    models.DateTimeField(blank=True, help_text="Known from the start.", null=True),
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
                ("starts_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(
                        blank=True, help_text="First day no longer served.", null=True
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
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["sha256"], name="imports_by_file"),
        ),
        migrations.AddConstraint(
            model_name="purposeversion",
            constraint=models.UniqueConstraint(
                fields=("purpose", "number"),
                name="a_version_of_a_purpose_has_its_own_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="programenrollment",
            constraint=models.UniqueConstraint(
                fields=("agreement", "program", "starts_on"),
                name="a_program_starts_once_a_day_for_an_agreement",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervaldayrevision",
            constraint=models.UniqueConstraint(
                fields=("agreement", "channel", "day", "revision"),
                name="a_revision_of_a_day_is_kept_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceagreement",
            constraint=models.UniqueConstraint(
                fields=("customer", "id"), name="an_agreement_is_found_by_its_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceagreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at", None),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="an_agreement_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceagreement",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(
                fields=("service_point", "meter_number", "flow"),
                name="a_meter_has_one_channel_a_direction",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(INTERVAL_DAYS, migrations.RunSQL.noop)],
            state_operations=[
                migrations.CreateModel(
                    name="IntervalDay",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "customer_id",
                                "agreement_id",
                                "channel_id",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("day", models.DateField()),
                        (
                            "start",
                            models.DateTimeField(help_text="The UTC instant of local midnight."),
                        ),
                        (
                            "sec",
                            models.SmallIntegerField(help_text="Seconds in one interval."),
                        ),
                        (
                            "day_wh",
                            models.IntegerField(help_text="Sum of the readings held, Wh."),
                        ),
                        (
                            "missing",
                            models.SmallIntegerField(
                                help_text="Intervals of the day without a reading."
                            ),
                        ),
                        ("revision", models.SmallIntegerField(default=0)),
                        ("wh", models.BinaryField()),
                        ("quality", models.BinaryField(null=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="usage.channel",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="usage.customer",
                            ),
                        ),
                        (
                            "taken_in",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="usage.import",
                            ),
                        ),
                        (
                            "agreement",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="days",
                                to="usage.serviceagreement",
                            ),
                        ),
                    ],
                ),
            ],
        ),
        # Recomputed in place every night: room on each page keeps the table small.
        migrations.RunSQL(
            "ALTER TABLE usage_monthtotal SET (fillfactor = 50)", migrations.RunSQL.noop
        ),
    ]
