import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0009_incidents"),
        ("usage", "0009_uploads_are_encrypted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Demand",
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
                    "process",
                    models.CharField(
                        choices=[
                            ("warrant", "warrant that names the customers"),
                            ("court_order", "court order that names the customers"),
                            ("subpoena", "subpoena"),
                            ("contact_only", "subpoena for contact details alone"),
                            ("emergency", "emergency: life or property in danger"),
                            ("oversight", "the CPUC, for its oversight"),
                            ("public_records", "public-records request"),
                            ("owner", "owner or manager of a building"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="Case or request number.", max_length=120
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        blank=True, help_text="What it is for; for an emergency, always."
                    ),
                ),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("gag_order", models.CharField(blank=True, max_length=120)),
                ("received_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("review", models.TextField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("check_note", models.TextField(blank=True, null=True)),
                ("gag_ended_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-received_at"],
            },
        ),
        migrations.CreateModel(
            name="DemandedCustomer",
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
                ("contested_at", models.DateTimeField(blank=True, null=True)),
                ("contest_ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DutiesLetter",
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
                ("sent_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="StandingFlow",
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
                ("what_en", models.TextField()),
                ("what_es", models.TextField()),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                (
                    "rhythm",
                    models.CharField(
                        choices=[
                            ("daily", "every day"),
                            ("weekly", "every week"),
                            ("monthly", "every month"),
                            ("yearly", "every year"),
                            ("as_needed", "when it is needed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("registered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="contract",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="onward",
                to="consent.contract",
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="breach_order",
            field=models.CharField(
                blank=True,
                help_text="The CPUC order that frees it from the clause on material breach (6.7).",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="document",
            field=models.CharField(
                blank=True, help_text="Where the signed document is kept.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="granularity",
            field=models.CharField(
                choices=[
                    ("daily", "each day’s total"),
                    ("hourly", "each hour’s total"),
                    ("as_measured", "as measured, often every 15 minutes"),
                ],
                default="as_measured",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="contractversion",
            name="order",
            field=models.CharField(
                blank=True,
                help_text="The CPUC order or resolution it rests on (6.4).",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="dropped_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="dropped_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="sign_off",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="chosen",
            field=models.BooleanField(
                default=False,
                help_text="Customers chose this third party; PRIME has no contract with it.",
            ),
        ),
        migrations.AddField(
            model_name="stop",
            name="emergency",
            field=models.BooleanField(default=True, help_text="By one person, to be confirmed."),
        ),
        migrations.AddField(
            model_name="stop",
            name="sign_off",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="stop",
            name="via",
            field=models.CharField(
                blank=True,
                choices=[
                    ("portal", "portal"),
                    ("phone", "telephone"),
                    ("paper", "paper form"),
                    ("counter", "counter"),
                ],
                max_length=10,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="contract",
            name="standing",
            field=models.CharField(
                choices=[
                    ("cpuc_contract", "contract with the CPUC (6.4)"),
                    ("government_program", "governmental efficiency program (6.4)"),
                    ("cpuc_order", "explicit CPUC order (6.5)"),
                    ("primary_purpose", "contract for a primary purpose (6.5)"),
                    ("onward", "passed on by a recipient, by contract (6.6)"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="contractversion",
            name="clauses",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("access", "accesses it no less protectively (6.5)"),
                        ("collect", "collects it no less protectively (6.5)"),
                        ("store", "stores it no less protectively (6.5)"),
                        ("use", "uses it no less protectively (6.5)"),
                        ("disclose", "discloses it no less protectively (6.5)"),
                        ("notice", "gives notice no less protectively (6.5)"),
                        ("primary_only", "uses it for the primary purpose only (6.6)"),
                        ("flow_down", "binds whoever it passes it on to (6.6)"),
                        ("material_breach", "a pattern or practice is a material breach (6.7)"),
                        ("breach_report", "reports a breach within a week (CPUC Rule 8(b))"),
                        (
                            "yearly_contact",
                            "contacts customers who authorized it every year (CPUC Rule 6(e)(3))",
                        ),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="contractversion",
            name="reference",
            field=models.CharField(help_text="Number of the contract or order.", max_length=120),
        ),
        migrations.AlterField(
            model_name="stop",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source__isnull", False), ("standing", "onward")),
                    models.Q(models.Q(("standing", "onward"), _negated=True), ("source", None)),
                    _connector="OR",
                ),
                name="what_is_passed_on_was_received_under_a_contract",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dropped_at__isnull", True), ("dropped_by__isnull", True)),
                    models.Q(("dropped_at__isnull", False), ("dropped_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_dropped_finding_names_who_dropped_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_confirmed_stop_names_who_confirmed_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("customer__isnull", False),
                    ("emergency", True),
                    ("confirmed_by__isnull", False),
                    _connector="OR",
                ),
                name="a_stop_for_everyone_is_two_peoples_or_an_emergency",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("customer__isnull", False),
                    ("lifted_by", None),
                    models.Q(("lifted_by", models.F("stopped_by")), _negated=True),
                    _connector="OR",
                ),
                name="another_person_lifts_a_stop_for_everyone",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("customer__isnull", False),
                    ("chosen", False),
                    models.Q(("sign_off", ""), _negated=True),
                    _connector="OR",
                ),
                name="whom_customers_chose_is_stopped_on_legal_advice",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(("customer", None), ("via__isnull", False), _connector="OR"),
                name="a_stop_for_a_customer_says_how_she_asked",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="checked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="reviewed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="third_party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands",
                to="consent.thirdparty",
            ),
        ),
        migrations.AddField(
            model_name="disclosure",
            name="demand",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="consent.demand",
            ),
        ),
        migrations.AddField(
            model_name="demandedcustomer",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="demands",
                to="usage.customer",
            ),
        ),
        migrations.AddField(
            model_name="demandedcustomer",
            name="demand",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="customers",
                to="consent.demand",
            ),
        ),
        migrations.AddField(
            model_name="dutiesletter",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="dutiesletter",
            name="third_party",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="duties_letter",
                to="consent.thirdparty",
            ),
        ),
        migrations.AddField(
            model_name="standingflow",
            name="contract",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="flows",
                to="consent.contract",
            ),
        ),
        migrations.AddField(
            model_name="standingflow",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="standingflow",
            name="registered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("process", "emergency"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="an_emergency_has_its_reason_in_writing",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("process", "emergency"),
                    models.Q(("reference", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_demand_has_its_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
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
                name="a_reviewed_demand_says_by_whom_and_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_by", None),
                    models.Q(("reviewed_by", models.F("recorded_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_second_person_reviews_a_demand",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("checked_at__isnull", True),
                        ("checked_by__isnull", True),
                        ("check_note__isnull", True),
                    ),
                    models.Q(
                        ("checked_at__isnull", False),
                        ("checked_by__isnull", False),
                        ("check_note__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_checked_emergency_says_by_whom_and_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checked_by", None),
                    models.Q(
                        ("process", "emergency"),
                        models.Q(("checked_by", models.F("recorded_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_second_person_checks_an_emergency_afterwards",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", True),
                        ("closed_by__isnull", True),
                        ("outcome__isnull", True),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        ("outcome__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_closed_demand_says_by_whom_and_what_came_of_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))),
                name="a_demand_begins_before_it_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(("categories", []), _negated=True),
                name="a_demand_names_its_categories",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandedcustomer",
            constraint=models.UniqueConstraint(
                fields=("demand", "customer"), name="a_demand_names_a_customer_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="demandedcustomer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("contest_ended_at", None), ("contested_at__isnull", False), _connector="OR"
                ),
                name="a_contest_begins_before_it_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="standingflow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_flow_that_ended_names_who_ended_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="standingflow",
            constraint=models.CheckConstraint(
                condition=models.Q(("categories", []), _negated=True),
                name="a_flow_names_its_categories",
            ),
        ),
    ]
