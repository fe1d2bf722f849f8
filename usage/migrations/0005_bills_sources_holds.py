"""Bills, demand, times of use; who sends files; words for quality; net days; holds and runs."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import usage.arriving

OWN_CUSTOMERS = """
ALTER TABLE usage_bill ADD CONSTRAINT a_bill_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
ALTER TABLE usage_demandpeak ADD CONSTRAINT a_demand_peak_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
ALTER TABLE usage_timeofuse ADD CONSTRAINT a_time_of_use_belongs_to_an_agreement_of_its_customer
    FOREIGN KEY (customer_id, agreement_id) REFERENCES usage_serviceagreement (customer_id, id);
"""

WATCH = """
SELECT ledger.watch('usage_hold', '{reason}', '{lifted_at, lifted_by_id}');
SELECT ledger.watch('usage_retentionrun', '{}', '{finished_at, counts}');
"""

# Two words whose method their senders do not say (usage.intervals.ESTIMATED and ADJUSTED).
WORDS = "INSERT INTO usage_qualityword (code, text) VALUES (200, 'estimated'), (201, 'adjusted')"


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0004_disputes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                        default=usage.arriving.kilowatt_hours,
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
        ),
        migrations.AddField(
            model_name="import",
            name="read_as",
            field=models.JSONField(
                default=dict,
                help_text="How the file was read: its format, what its time stamps mean.",
            ),
        ),
        migrations.AddField(
            model_name="intervalday",
            name="net",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Delivered minus received, as old meters say it.",
            ),
        ),
        migrations.AddField(
            model_name="intervaldayrevision",
            name="net",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Delivered minus received, as old meters say it.",
            ),
        ),
        migrations.AddField(
            model_name="monthtotal",
            name="net_days",
            field=models.SmallIntegerField(db_default=0, default=0),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__gte", 200), ("code__lte", 254)),
                        name="a_quality_word_has_a_byte_no_standard_uses",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionRun",
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
                    "schedule",
                    models.CharField(
                        help_text="The records schedule the City Council approved.", max_length=120
                    ),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "cutoffs",
                    models.JSONField(help_text="For each category, the first day still kept."),
                ),
                ("holds", models.JSONField(help_text="Ids of the holds in force.")),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "counts",
                    models.JSONField(blank=True, help_text="Rows let go, by category.", null=True),
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
            ],
            options={
                "ordering": ["-started_at"],
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
                ("at", models.DateTimeField()),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.BinaryField(max_length=32)),
                ("format", models.CharField(max_length=20)),
                ("result", models.JSONField()),
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
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="First day no longer included.")),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                ("issued_on", models.DateField()),
                ("wh", models.BigIntegerField(help_text="Energy billed, Wh.")),
                ("charges_cents", models.BigIntegerField(help_text="PRIME's charges, US cents.")),
                ("paid_cents", models.BigIntegerField(blank=True, null=True)),
                ("past_due_cents", models.BigIntegerField(blank=True, null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="usage.serviceagreement",
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
                        blank=True,
                        null=True,
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
                            models.Q(("replaced_by__isnull", True), ("replaced_at__isnull", True)),
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
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="First day no longer included.")),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("maximum", "at any time"), ("time_related", "in on-peak hours")],
                        max_length=12,
                    ),
                ),
                ("watts", models.BigIntegerField()),
                ("peaked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="usage.serviceagreement",
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
                        blank=True,
                        null=True,
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
                            models.Q(("replaced_by__isnull", True), ("replaced_at__isnull", True)),
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
            name="Hold",
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
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("reason", models.TextField()),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="usage.customer",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                            models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_lifted_hold_names_who_lifted_it",
                    )
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
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="First day no longer included.")),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
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
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="usage.serviceagreement",
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
                        blank=True,
                        null=True,
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
                            models.Q(("replaced_by__isnull", True), ("replaced_at__isnull", True)),
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
        migrations.RunSQL(OWN_CUSTOMERS, migrations.RunSQL.noop),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
        migrations.RunSQL(WORDS, migrations.RunSQL.noop),
    ]
