"""Third parties, contracts with them, findings and stops, and what customers authorize."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('consent_thirdparty', '{}', '{closed_at}');
SELECT ledger.watch('consent_thirdpartyversion', '{}', '{}');
SELECT ledger.watch('consent_stateduse', '{}', '{ended_at}');
SELECT ledger.watch('consent_contract', '{}', '{ended_at}');
SELECT ledger.watch('consent_contractversion', '{}', '{}');
SELECT ledger.watch('consent_standingflow', '{}', '{ended_at, ended_by_id}');
SELECT ledger.watch('consent_dutiesletter', '{}', '{}');
SELECT ledger.watch('consent_finding', '{evidence, sign_off}', '{dropped_at, dropped_by_id}');
SELECT ledger.watch('consent_stop', '{reason, sign_off, lift_reason}', '{confirmed_at, confirmed_by_id, lifted_at, lifted_by_id, lift_reason}');
SELECT ledger.watch('consent_shown', '{text}', '{}');
SELECT ledger.watch('consent_wish', '{speaker, identity, reference}', '{}');
SELECT ledger.watch('consent_authorization', '{signed_from, signed_with}', '{canceled_at, canceled_by_id, canceled_via, canceled_wish_id, used_at}');
SELECT ledger.watch('consent_authorizedagreement', '{}', '{}');
SELECT ledger.bind('consent_authorizedagreement', 'authorization_id');
SELECT ledger.watch('consent_receipt', '{content}', '{}');
SELECT ledger.watch('consent_declined', '{}', '{}');
SELECT ledger.watch('consent_invitation', '{email, proof}', '{accepted_at, accepted_by_id, withdrawn_at, withdrawn_by_id}');
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("notices", "0002_deliveries"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="ThirdParty",
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
                    ("registered_at", models.DateTimeField()),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "third party",
                    "verbose_name_plural": "third parties",
                },
            ),
            migrations.CreateModel(
                name="ThirdPartyVersion",
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
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="versions",
                            to="consent.thirdparty",
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    ("legal_name", models.CharField(max_length=200)),
                    ("does_en", models.TextField()),
                    ("does_es", models.TextField()),
                    ("contact", models.TextField()),
                    ("policy_url", models.URLField(blank=True)),
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
                            fields=("third_party", "number"),
                            name="a_version_of_a_third_party_has_its_own_number",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="StatedUse",
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
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="uses",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "purpose",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="uses",
                            to="usage.purpose",
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), size=None
                        ),
                    ),
                    ("history_months", models.PositiveSmallIntegerField()),
                    (
                        "granularity",
                        models.CharField(
                            choices=[
                                ("daily", "each day’s total"),
                                ("hourly", "each hour’s total"),
                                ("as_measured", "as measured, often every 15 minutes"),
                            ],
                            default="as_measured",
                            help_text="The finest it asks for; a customer may allow less.",
                            max_length=12,
                        ),
                    ),
                    ("recorded_at", models.DateTimeField()),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("ended_at", None)),
                            fields=("third_party", "purpose"),
                            name="a_third_party_states_a_purpose_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Contract",
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
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="contracts",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "standing",
                        models.CharField(
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
                    (
                        "purpose",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.purpose",
                        ),
                    ),
                    (
                        "source",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="onward",
                            to="consent.contract",
                        ),
                    ),
                    ("opened_at", models.DateTimeField()),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "contract",
                    "verbose_name_plural": "contracts",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("source__isnull", False), ("standing", "onward")),
                                models.Q(
                                    models.Q(("standing", "onward"), _negated=True),
                                    ("source", None),
                                ),
                                _connector="OR",
                            ),
                            name="what_is_passed_on_was_received_under_a_contract",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ContractVersion",
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
                        "contract",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="versions",
                            to="consent.contract",
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    (
                        "reference",
                        models.CharField(
                            help_text="Number of the contract or order.", max_length=120
                        ),
                    ),
                    (
                        "order",
                        models.CharField(
                            blank=True,
                            help_text="The CPUC order or resolution it rests on (6.4).",
                            max_length=120,
                        ),
                    ),
                    (
                        "document",
                        models.CharField(
                            blank=True,
                            help_text="Where the signed document is kept.",
                            max_length=200,
                        ),
                    ),
                    (
                        "clauses",
                        django.contrib.postgres.fields.ArrayField(
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
                                    (
                                        "material_breach",
                                        "a pattern or practice is a material breach (6.7)",
                                    ),
                                    (
                                        "breach_report",
                                        "reports a breach within a week (CPUC Rule 8(b))",
                                    ),
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
                    (
                        "breach_order",
                        models.CharField(
                            blank=True,
                            help_text="The CPUC order that frees it from the clause on material breach (6.7).",
                            max_length=120,
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), default=list, size=None
                        ),
                    ),
                    (
                        "granularity",
                        models.CharField(
                            choices=[
                                ("daily", "each day’s total"),
                                ("hourly", "each hour’s total"),
                                ("as_measured", "as measured, often every 15 minutes"),
                            ],
                            default="as_measured",
                            max_length=12,
                        ),
                    ),
                    ("starts_on", models.DateField()),
                    (
                        "ends_on",
                        models.DateField(
                            blank=True, help_text="First day no longer in force.", null=True
                        ),
                    ),
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
                            fields=("contract", "number"),
                            name="a_version_of_a_contract_has_its_own_number",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("reference", ""), _negated=True),
                            name="a_contract_or_order_has_a_number",
                        ),
                    ],
                },
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
                    (
                        "contract",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="flows",
                            to="consent.contract",
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
                    (
                        "registered_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                    "verbose_name": "standing flow",
                    "verbose_name_plural": "standing flows",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                                models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                                _connector="OR",
                            ),
                            name="a_flow_that_ended_names_who_ended_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("categories", []), _negated=True),
                            name="a_flow_names_its_categories",
                        ),
                    ],
                },
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
                    (
                        "third_party",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="duties_letter",
                            to="consent.thirdparty",
                        ),
                    ),
                    ("sent_on", models.DateField()),
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
                    "verbose_name": "duties letter",
                    "verbose_name_plural": "duties letters",
                },
            ),
            migrations.CreateModel(
                name="Finding",
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
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="findings",
                            to="consent.thirdparty",
                        ),
                    ),
                    ("evidence", models.TextField()),
                    ("sign_off", models.TextField(blank=True)),
                    ("found_at", models.DateTimeField()),
                    (
                        "found_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("dropped_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "dropped_by",
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
                    "verbose_name": "finding",
                    "verbose_name_plural": "findings",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("dropped_at__isnull", True), ("dropped_by__isnull", True)
                                ),
                                models.Q(
                                    ("dropped_at__isnull", False), ("dropped_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_dropped_finding_names_who_dropped_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Stop",
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
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="stops",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="stops",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "finding",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="stops",
                            to="consent.finding",
                        ),
                    ),
                    ("reason", models.TextField(blank=True)),
                    ("sign_off", models.TextField(blank=True)),
                    (
                        "chosen",
                        models.BooleanField(
                            default=False,
                            help_text="Customers chose this third party; PRIME has no contract with it.",
                        ),
                    ),
                    (
                        "emergency",
                        models.BooleanField(
                            default=True, help_text="By one person, to be confirmed."
                        ),
                    ),
                    (
                        "via",
                        models.CharField(
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
                    ("stopped_at", models.DateTimeField()),
                    (
                        "stopped_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("confirmed_at", models.DateTimeField(blank=True, null=True)),
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
                    ("lifted_at", models.DateTimeField(blank=True, null=True)),
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
                    ("lift_reason", models.TextField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "stop",
                    "verbose_name_plural": "stops",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("confirmed_by", None),
                                models.Q(("confirmed_by", models.F("stopped_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="a_second_person_confirms_a_stop",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                                ),
                                models.Q(
                                    ("confirmed_at__isnull", False), ("confirmed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_confirmed_stop_names_who_confirmed_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                                models.Q(
                                    ("lifted_at__isnull", False), ("lifted_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_lifted_stop_names_who_lifted_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("customer__isnull", False),
                                ("emergency", True),
                                ("confirmed_by__isnull", False),
                                _connector="OR",
                            ),
                            name="a_stop_for_everyone_is_two_peoples_or_an_emergency",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("customer__isnull", False),
                                ("lifted_by", None),
                                models.Q(("lifted_by", models.F("stopped_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="another_person_lifts_a_stop_for_everyone",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("customer__isnull", False),
                                ("chosen", False),
                                models.Q(("sign_off", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="whom_customers_chose_is_stopped_on_legal_advice",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("customer", None), ("via__isnull", False), _connector="OR"
                            ),
                            name="a_stop_for_a_customer_says_how_she_asked",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Shown",
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
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    ("text", models.TextField()),
                    ("sha256", models.BinaryField(max_length=32)),
                    ("shown_at", models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name="Wish",
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
                            related_name="wishes",
                            to="usage.customer",
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
                    (
                        "speaker",
                        models.CharField(help_text="Who called, signed or came.", max_length=120),
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
                        "identity",
                        models.CharField(
                            help_text="How PRIME knew that it was this person.", max_length=300
                        ),
                    ),
                    (
                        "reference",
                        models.CharField(
                            blank=True, help_text="Number of call or form.", max_length=80
                        ),
                    ),
                    ("received_at", models.DateTimeField()),
                    ("entered_at", models.DateTimeField()),
                    (
                        "entered_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("scan_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ],
                options={
                    "verbose_name": "wish",
                    "verbose_name_plural": "wishes",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("via", "portal"), _negated=True),
                            name="a_wish_in_the_portal_needs_no_staff",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("received_at__lte", models.F("entered_at"))),
                            name="a_wish_is_entered_after_it_is_received",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ScannedForm",
                fields=[
                    (
                        "wish",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            primary_key=True,
                            related_name="scan",
                            serialize=False,
                            to="consent.wish",
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
                    ("sealed_key", models.TextField()),
                ],
            ),
            migrations.CreateModel(
                name="Authorization",
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
                            related_name="authorizations",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "third_party",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="authorizations",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "third_party_words",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.thirdpartyversion",
                        ),
                    ),
                    (
                        "purpose",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="authorizations",
                            to="usage.purpose",
                        ),
                    ),
                    (
                        "purpose_words",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.purposeversion",
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), size=None
                        ),
                    ),
                    ("history_from", models.DateField()),
                    (
                        "granularity",
                        models.CharField(
                            choices=[
                                ("daily", "each day’s total"),
                                ("hourly", "each hour’s total"),
                                ("as_measured", "as measured, often every 15 minutes"),
                            ],
                            max_length=12,
                        ),
                    ),
                    ("ends_on", models.DateField(blank=True, null=True)),
                    ("once", models.BooleanField(default=False)),
                    (
                        "notice",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="notices.notice",
                        ),
                    ),
                    (
                        "shown",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="authorization",
                            to="consent.shown",
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    ("granted_at", models.DateTimeField()),
                    (
                        "granted_by",
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
                    (
                        "wish",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="granted",
                            to="consent.wish",
                        ),
                    ),
                    (
                        "signed_from",
                        models.CharField(
                            blank=True, help_text="Address on the internet.", max_length=45
                        ),
                    ),
                    (
                        "signed_with",
                        models.CharField(
                            blank=True, help_text="The browser’s own name.", max_length=300
                        ),
                    ),
                    (
                        "request_key",
                        models.UUIDField(
                            help_text="Sent with the form, so a second click grants once."
                        ),
                    ),
                    ("canceled_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "canceled_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "canceled_via",
                        models.CharField(
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
                    (
                        "canceled_wish",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="canceled",
                            to="consent.wish",
                        ),
                    ),
                    (
                        "used_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="When a one-time authorization was used up.",
                            null=True,
                        ),
                    ),
                    (
                        "agreements",
                        models.ManyToManyField(
                            related_name="authorizations",
                            through="consent.AuthorizedAgreement",
                            to="usage.serviceagreement",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "authorization",
                    "verbose_name_plural": "authorizations",
                    "ordering": ["-granted_at"],
                    "permissions": [
                        ("disclose_authorization", "Can send what authorizations permit"),
                        ("grant_authorization", "Can grant on a customer's request"),
                        ("cancel_authorization", "Can cancel on a customer's request"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "id"),
                            name="an_authorization_is_found_by_its_customer",
                        ),
                        models.UniqueConstraint(
                            fields=("customer", "request_key"), name="a_form_sent_twice_grants_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("via", "portal"), ("wish__isnull", False), _connector="OR"
                            ),
                            name="what_staff_enter_says_how_they_heard_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("canceled_at__isnull", True),
                                    ("canceled_by__isnull", True),
                                    ("canceled_via__isnull", True),
                                ),
                                models.Q(
                                    ("canceled_at__isnull", False),
                                    ("canceled_by__isnull", False),
                                    ("canceled_via__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_canceled_authorization_says_who_and_how",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("canceled_at", None),
                                ("canceled_at__gte", models.F("granted_at")),
                                _connector="OR",
                            ),
                            name="an_authorization_is_canceled_after_it_is_granted",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("categories", []), _negated=True),
                            name="an_authorization_names_its_categories",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AuthorizedAgreement",
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
                        "authorization",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.authorization",
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
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("authorization", "agreement"),
                            name="an_agreement_is_authorized_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Receipt",
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
                            related_name="receipts",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "authorization",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="receipts",
                            to="consent.authorization",
                        ),
                    ),
                    (
                        "event",
                        models.CharField(
                            choices=[
                                ("granted", "granted"),
                                ("canceled", "canceled"),
                                ("ended", "ended"),
                            ],
                            max_length=10,
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    ("entry_id", models.BigIntegerField()),
                    ("leaf", models.BinaryField(max_length=32)),
                    ("content", models.BinaryField()),
                    ("sha256", models.BinaryField(max_length=32)),
                    ("made_at", models.DateTimeField()),
                ],
                options={
                    "verbose_name": "receipt",
                    "verbose_name_plural": "receipts",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("authorization", "event"),
                            name="what_happens_once_has_one_receipt",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Declined",
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
                            related_name="declined",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "third_party_words",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.thirdpartyversion",
                        ),
                    ),
                    (
                        "purpose_words",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.purposeversion",
                        ),
                    ),
                    (
                        "notice",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="notices.notice",
                        ),
                    ),
                    ("declined_at", models.DateTimeField()),
                    (
                        "declined_by",
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
                    (
                        "request_key",
                        models.UUIDField(
                            help_text="Sent with the form, so a second click counts once."
                        ),
                    ),
                ],
                options={
                    "verbose_name": "declined",
                    "verbose_name_plural": "declined",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "request_key"),
                            name="a_no_sent_twice_is_recorded_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Invitation",
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
                            related_name="invitations",
                            to="usage.customer",
                        ),
                    ),
                    ("email", models.EmailField(max_length=254)),
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
                            max_length=20,
                        ),
                    ),
                    (
                        "proof",
                        models.CharField(
                            help_text="Why this person may act for her.", max_length=200
                        ),
                    ),
                    (
                        "ends_on",
                        models.DateField(
                            blank=True, help_text="First day no longer allowed.", null=True
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    ("invited_at", models.DateTimeField()),
                    (
                        "invited_by",
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
                    ("expires_at", models.DateTimeField()),
                    ("accepted_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "accepted_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "withdrawn_by",
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
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("capacity", "holder"), _negated=True),
                            name="nobody_is_invited_to_be_the_holder",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("capacity", "representative"), _negated=True),
                                ("ends_on__isnull", False),
                                _connector="OR",
                            ),
                            name="a_representative_has_an_end",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    models.Q(
                                        ("accepted_at__isnull", True), ("accepted_by__isnull", True)
                                    ),
                                    models.Q(
                                        ("accepted_at__isnull", False),
                                        ("accepted_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                models.Q(
                                    models.Q(
                                        ("withdrawn_at__isnull", True),
                                        ("withdrawn_by__isnull", True),
                                    ),
                                    models.Q(
                                        ("withdrawn_at__isnull", False),
                                        ("withdrawn_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                models.Q(
                                    ("accepted_at", None), ("withdrawn_at", None), _connector="OR"
                                ),
                            ),
                            name="an_invitation_is_accepted_or_withdrawn_by_somebody",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("expires_at__gt", models.F("invited_at"))),
                            name="an_invitation_has_some_time",
                        ),
                    ],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
