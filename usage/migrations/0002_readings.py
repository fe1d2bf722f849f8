"""Readings, bills, and the files they come in and are taken away in.

The view `readings` shows analysts what lies inside its agreement, one row a reading, no names.
It is read-only (a join is) and asks for the reader's own rights on the tables below. Each
shifted byte stands in its own parentheses: in PostgreSQL `|` and `<<` bind equally.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import usage.models.arriving
from usage.creating import CreateModels

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
    day_wh bigint NOT NULL,
    sec smallint NOT NULL,
    missing smallint NOT NULL,
    revision smallint NOT NULL DEFAULT 0,
    net boolean NOT NULL DEFAULT false,
    wh bytea NOT NULL,
    quality bytea,
    said bytea,
    PRIMARY KEY (customer_id, agreement_id, channel_id, day),
    CONSTRAINT a_day_has_23_24_or_25_hours
        CHECK (length(wh) / 4 * sec IN (82800, 86400, 90000) AND length(wh) % 4 = 0),
    CONSTRAINT quality_has_a_byte_an_interval
        CHECK (quality IS NULL OR length(quality) * 4 = length(wh))
) PARTITION BY RANGE (day);
COMMENT ON COLUMN usage_intervalday.wh IS 'int32 little-endian Wh per interval, -2147483648 = missing';
"""

# What a foreign key from each day to its agreement would say, asked once for each agreement in a
# statement: a load lays hundreds of days of each, and a key would ask for every one of them. Like
# a key, both sides lock the agreement, so that no day comes while its agreement goes.
DAYS_AND_AGREEMENTS = """
CREATE FUNCTION usage_days_have_agreements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM usage_serviceagreement
    WHERE (customer_id, id) IN (SELECT customer_id, agreement_id FROM laid)
    FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT customer_id, agreement_id FROM laid) AS owner
        WHERE NOT EXISTS (
            SELECT FROM usage_serviceagreement AS agreement
            WHERE agreement.customer_id = owner.customer_id AND agreement.id = owner.agreement_id)
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a day of readings names no agreement of its customer',
            CONSTRAINT = 'a_day_belongs_to_an_agreement_of_its_customer';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER a_day_belongs_to_an_agreement_of_its_customer
    AFTER INSERT ON usage_intervalday REFERENCING NEW TABLE AS laid
    FOR EACH STATEMENT EXECUTE FUNCTION usage_days_have_agreements();
CREATE TRIGGER a_day_goes_over_to_an_agreement_of_its_customer
    AFTER UPDATE ON usage_intervalday REFERENCING NEW TABLE AS laid
    FOR EACH STATEMENT EXECUTE FUNCTION usage_days_have_agreements();

CREATE FUNCTION usage_agreements_keep_their_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM usage_intervalday
        WHERE customer_id = OLD.customer_id AND agreement_id = OLD.id
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'days of readings name this agreement of its customer',
            CONSTRAINT = 'a_day_belongs_to_an_agreement_of_its_customer';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER an_agreement_with_days_stays
    AFTER DELETE ON usage_serviceagreement
    FOR EACH ROW EXECUTE FUNCTION usage_agreements_keep_their_days();
CREATE TRIGGER an_agreement_with_days_stays_its_customers
    AFTER UPDATE OF customer_id, id ON usage_serviceagreement
    FOR EACH ROW WHEN ((OLD.customer_id, OLD.id) IS DISTINCT FROM (NEW.customer_id, NEW.id))
    EXECUTE FUNCTION usage_agreements_keep_their_days();

ALTER TABLE usage_intervalday
    ENABLE ALWAYS TRIGGER a_day_belongs_to_an_agreement_of_its_customer,
    ENABLE ALWAYS TRIGGER a_day_goes_over_to_an_agreement_of_its_customer;
ALTER TABLE usage_serviceagreement
    ENABLE ALWAYS TRIGGER an_agreement_with_days_stays,
    ENABLE ALWAYS TRIGGER an_agreement_with_days_stays_its_customers;
"""

MAKE_MONTHS = """
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
            -- Days come by way of the whole table, where their agreements are asked for.
            EXECUTE format(
                'REVOKE INSERT, UPDATE ON %I FROM prime_app',
                'usage_intervalday_' || to_char(month, 'YYYY_MM')
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

OWN_CUSTOMERS = """
ALTER TABLE usage_bill ADD CONSTRAINT a_bill_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
ALTER TABLE usage_demandpeak ADD CONSTRAINT a_demand_peak_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
ALTER TABLE usage_timeofuse ADD CONSTRAINT a_time_of_use_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
"""

# Recomputed in place every night: room on each page keeps the table small.
ROOM = "ALTER TABLE usage_monthtotal SET (fillfactor = 50)"

READINGS = """
CREATE VIEW readings WITH (security_invoker = true) AS
SELECT day.customer_id, day.agreement_id, day.channel_id, channel.flow, day.net, day.day,
       reading.starts_at, day.sec, reading.wh, coalesce(reading.quality, 0) AS quality,
       word.text AS quality_word
FROM usage_intervalday AS day
JOIN usage_channel AS channel ON channel.id = day.channel_id
JOIN usage_serviceagreement AS agreement ON agreement.id = day.agreement_id
CROSS JOIN LATERAL (
    SELECT day.start + n * day.sec * interval '1 second' AS starts_at,
           get_byte(day.wh, 4 * n)
               | (get_byte(day.wh, 4 * n + 1) << 8)
               | (get_byte(day.wh, 4 * n + 2) << 16)
               | (get_byte(day.wh, 4 * n + 3) << 24) AS wh,
           get_byte(day.quality, n) AS quality
    FROM generate_series(0, length(day.wh) / 4 - 1) AS n
) AS reading
LEFT JOIN usage_qualityword AS word ON word.code = reading.quality
WHERE reading.wh <> -2147483648
  AND reading.starts_at >= agreement.starts_at
  AND reading.starts_at + day.sec * interval '1 second'
      <= coalesce(agreement.ends_at, 'infinity');
COMMENT ON VIEW readings IS 'One row a reading, Wh, inside its agreement; gaps are left out.';
GRANT SELECT ON readings TO prime_app;
"""

WATCH = """
SELECT ledger.watch('usage_import', '{file_name, problems, taken_back_why}',
    '{finished_at, outcome, counts, problems,
      taken_back_at, taken_back_by_id, taken_back_why, taken_back_counts}');
SELECT ledger.watch('usage_download', '{reason}', '{finished_at, rows, size, sha256}');
"""

# Two words whose method their senders do not say (usage.intervals.ESTIMATED and ADJUSTED).
WORDS = "INSERT INTO usage_qualityword (code, text) VALUES (200, 'estimated'), (201, 'adjusted')"


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("usage", "0001_initial"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Source",
                fields=[
                    (
                        "key",
                        models.SlugField(
                            help_text="Also the name of its folder under DROP_DIR.",
                            max_length=40,
                            primary_key=True,
                            serialize=False,
                        ),
                    ),
                    ("name", models.CharField(max_length=120)),
                    (
                        "stamps",
                        models.CharField(
                            choices=[
                                ("end", "the end of the interval"),
                                ("start", "the start of the interval"),
                            ],
                            default="end",
                            max_length=5,
                        ),
                    ),
                    (
                        "clock",
                        models.CharField(
                            choices=[("utc", "UTC"), ("local", "Pacific time")],
                            default="utc",
                            max_length=5,
                        ),
                    ),
                    (
                        "delivered_units",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=16),
                            default=usage.models.arriving.kilowatt_hours,
                            size=None,
                        ),
                    ),
                    (
                        "received_units",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=16),
                            blank=True,
                            default=list,
                            size=None,
                        ),
                    ),
                    (
                        "net_units",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=16),
                            blank=True,
                            default=list,
                            size=None,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "source",
                    "verbose_name_plural": "sources",
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
                    (
                        "read_as",
                        models.JSONField(
                            default=dict,
                            help_text="How the file was read: its format, what its time stamps mean.",
                        ),
                    ),
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
                    ("started_at", models.DateTimeField()),
                    ("finished_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "outcome",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("taken", "taken in"),
                                ("unchanged", "nothing new in it"),
                                ("unusable", "nothing in it could be used"),
                                ("refused", "refused, nothing taken in"),
                            ],
                            max_length=10,
                            null=True,
                        ),
                    ),
                    ("counts", models.JSONField(blank=True, null=True)),
                    ("problems", models.JSONField(blank=True, null=True)),
                    ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "taken_back_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("taken_back_why", models.TextField(blank=True, null=True)),
                    ("taken_back_counts", models.JSONField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "import",
                    "verbose_name_plural": "imports",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("taken_back_at__isnull", True),
                                    ("taken_back_why__isnull", True),
                                    ("taken_back_counts__isnull", True),
                                ),
                                models.Q(
                                    ("taken_back_at__isnull", False),
                                    ("taken_back_why__isnull", False),
                                    ("taken_back_counts__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_file_taken_back_says_when_and_why",
                        )
                    ],
                    "indexes": [models.Index(fields=["sha256"], name="imports_by_file")],
                },
            ),
            migrations.CreateModel(
                name="Upload",
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
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    ("file_name", models.CharField(max_length=255)),
                    ("sha256", models.BinaryField(max_length=32)),
                    ("format", models.CharField(max_length=20)),
                    (
                        "agreement",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.serviceagreement",
                        ),
                    ),
                    (
                        "source",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.source",
                        ),
                    ),
                    ("key", models.TextField(help_text="Of the encrypted file, itself encrypted.")),
                    (
                        "result",
                        models.JSONField(help_text="What would come of it (usage.intake.Tried)."),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="QualityWord",
                fields=[
                    (
                        "code",
                        models.PositiveSmallIntegerField(
                            primary_key=True,
                            serialize=False,
                            validators=[
                                django.core.validators.MinValueValidator(200),
                                django.core.validators.MaxValueValidator(254),
                            ],
                        ),
                    ),
                    ("text", models.CharField(max_length=40, unique=True)),
                ],
                options={
                    "verbose_name": "quality word",
                    "verbose_name_plural": "quality words",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("code__gte", 200), ("code__lte", 254)),
                            name="a_quality_word_has_a_byte_no_standard_uses",
                        )
                    ],
                },
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
                    (
                        "service_point",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="channels",
                            to="usage.servicepoint",
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
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("service_point", "meter_number", "flow"),
                            name="a_meter_has_one_channel_a_direction",
                        )
                    ],
                },
            ),
            migrations.SeparateDatabaseAndState(
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
                                    related_name="days",
                                    to="usage.serviceagreement",
                                ),
                            ),
                            (
                                "channel",
                                models.ForeignKey(
                                    db_index=False,
                                    on_delete=django.db.models.deletion.PROTECT,
                                    related_name="+",
                                    to="usage.channel",
                                ),
                            ),
                            ("day", models.DateField()),
                            (
                                "start",
                                models.DateTimeField(
                                    help_text="The UTC instant of local midnight."
                                ),
                            ),
                            ("sec", models.SmallIntegerField(help_text="Seconds in one interval.")),
                            (
                                "day_wh",
                                models.BigIntegerField(help_text="Sum of the readings held, Wh."),
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
                                "net",
                                models.BooleanField(
                                    db_default=False,
                                    default=False,
                                    help_text="Delivered minus received, as old meters say it.",
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
                            ("said", models.BinaryField(null=True)),
                        ],
                    ),
                ],
                database_operations=[migrations.RunSQL(INTERVAL_DAYS, migrations.RunSQL.noop)],
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
                    (
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.customer",
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
                    (
                        "channel",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.channel",
                        ),
                    ),
                    ("day", models.DateField()),
                    ("revision", models.SmallIntegerField()),
                    ("sec", models.SmallIntegerField()),
                    ("wh", models.BinaryField()),
                    ("quality", models.BinaryField(null=True)),
                    (
                        "net",
                        models.BooleanField(
                            db_default=False,
                            default=False,
                            help_text="Delivered minus received, as old meters say it.",
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
                    ("said", models.BinaryField(null=True)),
                    (
                        "replaced_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    ("replaced_at", models.DateTimeField()),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("agreement", "channel", "day", "revision"),
                            name="a_revision_of_a_day_is_kept_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RepeatedDays",
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
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.serviceagreement",
                        ),
                    ),
                    (
                        "channel",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.channel",
                        ),
                    ),
                    ("first_day", models.DateField()),
                    ("last_day", models.DateField()),
                    ("revision", models.SmallIntegerField()),
                    ("said", models.BinaryField(null=True)),
                    (
                        "taken_in",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="Removal",
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
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="removals",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("category", models.CharField(max_length=40)),
                    ("first_day", models.DateField()),
                    ("last_day", models.DateField()),
                    (
                        "taken_back",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="removals",
                            to="usage.import",
                        ),
                    ),
                    ("at", models.DateTimeField()),
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
                    (
                        "channel",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.channel",
                        ),
                    ),
                    ("month", models.DateField(help_text="First day of the month.")),
                    ("wh", models.BigIntegerField()),
                    ("days", models.SmallIntegerField()),
                    ("missing", models.IntegerField()),
                    ("net_days", models.SmallIntegerField(db_default=0, default=0)),
                    (
                        "marked_days",
                        models.SmallIntegerField(
                            db_default=0,
                            default=0,
                            help_text="Days with a reading that is not a plain one.",
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="Bill",
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
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="%(class)ss",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("starts_on", models.DateField()),
                    ("ends_on", models.DateField(help_text="First day no longer included.")),
                    (
                        "taken_in",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    (
                        "replaced_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    ("replaced_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "repeated_by",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.UUIDField(),
                            default=list,
                            help_text="Later files that said the same.",
                            size=None,
                        ),
                    ),
                    ("issued_on", models.DateField()),
                    ("wh", models.BigIntegerField(help_text="Energy billed, Wh.")),
                    (
                        "charges_cents",
                        models.BigIntegerField(help_text="PRIME's charges, US cents."),
                    ),
                    ("paid_cents", models.BigIntegerField(blank=True, null=True)),
                    ("past_due_cents", models.BigIntegerField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("replaced_at", None)),
                            fields=("agreement", "starts_on", "ends_on"),
                            name="a_bill_stands_once_for_its_period",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                            name="a_bill_ends_after_it_starts",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("replaced_by__isnull", True), ("replaced_at__isnull", True)
                                ),
                                models.Q(
                                    ("replaced_by__isnull", False), ("replaced_at__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_bill_that_is_replaced_names_by_what",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DemandPeak",
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
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="%(class)ss",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("starts_on", models.DateField()),
                    ("ends_on", models.DateField(help_text="First day no longer included.")),
                    (
                        "taken_in",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    (
                        "replaced_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    ("replaced_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "repeated_by",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.UUIDField(),
                            default=list,
                            help_text="Later files that said the same.",
                            size=None,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("maximum", "at any time"),
                                ("time_related", "in on-peak hours"),
                            ],
                            max_length=12,
                        ),
                    ),
                    ("watts", models.BigIntegerField()),
                    ("peaked_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("replaced_at", None)),
                            fields=("agreement", "starts_on", "ends_on", "kind"),
                            name="a_demand_peak_stands_once_for_its_period",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                            name="a_demand_peak_ends_after_it_starts",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("replaced_by__isnull", True), ("replaced_at__isnull", True)
                                ),
                                models.Q(
                                    ("replaced_by__isnull", False), ("replaced_at__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_demand_peak_that_is_replaced_names_by_what",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimeOfUse",
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
                        "agreement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="%(class)ss",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("starts_on", models.DateField()),
                    ("ends_on", models.DateField(help_text="First day no longer included.")),
                    (
                        "taken_in",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    (
                        "replaced_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.import",
                        ),
                    ),
                    ("replaced_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "repeated_by",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.UUIDField(),
                            default=list,
                            help_text="Later files that said the same.",
                            size=None,
                        ),
                    ),
                    (
                        "season",
                        models.CharField(
                            choices=[("summer", "summer"), ("winter", "winter")], max_length=6
                        ),
                    ),
                    (
                        "hours",
                        models.CharField(
                            choices=[
                                ("on_peak", "on-peak"),
                                ("mid_peak", "mid-peak"),
                                ("off_peak", "off-peak"),
                                ("super_off_peak", "super-off-peak"),
                            ],
                            max_length=14,
                        ),
                    ),
                    ("wh", models.BigIntegerField()),
                ],
                options={
                    "verbose_name_plural": "times of use",
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("replaced_at", None)),
                            fields=("agreement", "starts_on", "ends_on", "season", "hours"),
                            name="a_time_of_use_stands_once_for_its_period",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                            name="a_time_of_use_ends_after_it_starts",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("replaced_by__isnull", True), ("replaced_at__isnull", True)
                                ),
                                models.Q(
                                    ("replaced_by__isnull", False), ("replaced_at__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_time_of_use_that_is_replaced_names_by_what",
                        ),
                    ],
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="downloads",
                            to="usage.customer",
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
                    (
                        "flows",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=10),
                            blank=True,
                            default=list,
                            size=None,
                        ),
                    ),
                    ("first_day", models.DateField()),
                    ("last_day", models.DateField()),
                    ("reason", models.TextField(blank=True)),
                    ("at", models.DateTimeField()),
                    ("finished_at", models.DateTimeField(blank=True, null=True)),
                    ("rows", models.PositiveBigIntegerField(blank=True, null=True)),
                    (
                        "size",
                        models.PositiveBigIntegerField(blank=True, help_text="Bytes.", null=True),
                    ),
                    ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ],
                options={
                    "verbose_name": "download",
                    "verbose_name_plural": "downloads",
                    "ordering": ["-at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("via", "portal"),
                                models.Q(("reason", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="whoever_takes_a_copy_for_a_customer_says_why",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PreparedDownload",
                fields=[
                    (
                        "download",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            primary_key=True,
                            related_name="prepared",
                            serialize=False,
                            to="usage.download",
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
                    ("language", models.CharField(max_length=2)),
                    ("for_post", models.BooleanField(default=False)),
                    ("leased_until", models.DateTimeField(blank=True, null=True)),
                    ("tries", models.PositiveSmallIntegerField(default=0)),
                    ("ready_at", models.DateTimeField(blank=True, null=True)),
                    ("expires_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "path",
                        models.CharField(blank=True, help_text="Below FILES_DIR.", max_length=200),
                    ),
                    ("sealed_key", models.BinaryField(null=True)),
                    ("failed_at", models.DateTimeField(blank=True, null=True)),
                    ("removed_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("failed_at", None), ("ready_at", None)),
                            fields=["download"],
                            name="copies_still_to_be_prepared",
                        ),
                        models.Index(
                            condition=models.Q(("ready_at__isnull", False), ("removed_at", None)),
                            fields=["expires_at"],
                            name="copies_waiting_to_be_fetched",
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ready_at__isnull", True), ("expires_at__isnull", True)),
                                models.Q(
                                    ("ready_at__isnull", False), ("expires_at__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_copy_that_is_ready_says_until_when",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("ready_at", None), ("failed_at", None), _connector="OR"
                            ),
                            name="a_copy_is_ready_or_failed_never_both",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("removed_at", None), ("sealed_key", None), _connector="OR"
                            ),
                            name="a_copy_that_was_removed_has_no_key",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
        migrations.RunSQL(DAYS_AND_AGREEMENTS, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_MONTHS, migrations.RunSQL.noop),
        migrations.RunSQL(OWN_CUSTOMERS, migrations.RunSQL.noop),
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
        migrations.RunSQL(READINGS, "DROP VIEW readings"),
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
    ]
