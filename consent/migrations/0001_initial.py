"""Third parties, contracts, authorizations and disclosures."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("notices", "0001_initial"),
        ("usage", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                "verbose_name_plural": "third parties",
            },
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
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("history_from", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("once", models.BooleanField(default=False)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                ("granted_at", models.DateTimeField()),
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
                        help_text="Sent with the form, so a second click grants once."
                    ),
                ),
                ("canceled_at", models.DateTimeField(blank=True, null=True)),
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
                    "used_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When a one-time authorization was used up.",
                        null=True,
                    ),
                ),
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
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorizations",
                        to="usage.customer",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="notices.notice",
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
            ],
            options={
                "ordering": ["-granted_at"],
                "permissions": [
                    ("disclose_authorization", "Can send what authorizations permit"),
                    ("cancel_authorization", "Can cancel on a customer's request"),
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
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.serviceagreement",
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
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.customer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="authorization",
            name="agreements",
            field=models.ManyToManyField(
                related_name="authorizations",
                through="consent.AuthorizedAgreement",
                to="usage.serviceagreement",
            ),
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
                    "standing",
                    models.CharField(
                        choices=[
                            ("cpuc_contract", "contract with the CPUC (6.4)"),
                            (
                                "government_program",
                                "governmental efficiency program (6.4)",
                            ),
                            ("cpuc_order", "explicit CPUC order (6.5)"),
                            ("primary_purpose", "contract for a primary purpose (6.5)"),
                        ],
                        max_length=20,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.purpose",
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
            ],
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
                ("number", models.PositiveSmallIntegerField()),
                (
                    "reference",
                    models.CharField(
                        help_text="Contract, order or resolution number.",
                        max_length=120,
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
                                (
                                    "primary_only",
                                    "uses it for the primary purpose only (6.6)",
                                ),
                                ("flow_down", "binds whoever it passes it on to (6.6)"),
                                (
                                    "material_breach",
                                    "a pattern or practice is a material breach (6.7)",
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
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        default=list,
                        size=None,
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
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="consent.contract",
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
        ),
        migrations.CreateModel(
            name="Disclosure",
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
                ("allowed", models.BooleanField()),
                ("clause", models.CharField(max_length=10)),
                ("reason", models.TextField(help_text="The decision's own sentence.")),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("package_id", models.UUIDField(blank=True, null=True)),
                ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("members_sha256", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("handed_over_at", models.DateTimeField(blank=True, null=True)),
                ("not_handed_over_at", models.DateTimeField(blank=True, null=True)),
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
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="consent.contract",
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
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                    "third_party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="consent.thirdparty",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="DisclosureMember",
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
                ("rows", models.PositiveBigIntegerField()),
                (
                    "authorization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosure_members",
                        to="consent.authorization",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosure_members",
                        to="usage.customer",
                    ),
                ),
                (
                    "disclosure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="consent.disclosure",
                    ),
                ),
            ],
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
                ("evidence", models.TextField()),
                ("found_at", models.DateTimeField()),
                (
                    "found_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
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
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                ("text", models.TextField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("shown_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.customer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="authorization",
            name="shown",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorization",
                to="consent.shown",
            ),
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
                ("reason", models.TextField()),
                ("stopped_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lift_reason", models.TextField(blank=True, null=True)),
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
                    "stopped_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
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
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("history_months", models.PositiveSmallIntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="usage.purpose",
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
                (
                    "third_party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="consent.thirdparty",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Package",
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
                ("format", models.CharField(max_length=20)),
                (
                    "path",
                    models.CharField(help_text="Below FILES_DIR.", max_length=200),
                ),
                ("sha256", models.BinaryField(max_length=32)),
                ("size", models.PositiveBigIntegerField()),
                ("rows", models.PositiveBigIntegerField()),
                (
                    "proposal_sha256",
                    models.BinaryField(help_text="Of what it was packed for.", max_length=32),
                ),
                ("rows_by_customer", models.JSONField(default=dict)),
                ("sealed_key", models.BinaryField()),
                ("prepared_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "third_party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="packages",
                        to="consent.thirdparty",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="authorization",
            name="third_party",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorizations",
                to="consent.thirdparty",
            ),
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
                (
                    "third_party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="consent.thirdparty",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="disclosure",
            name="third_party_words",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.thirdpartyversion",
            ),
        ),
        migrations.AddField(
            model_name="authorization",
            name="third_party_words",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.thirdpartyversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorizedagreement",
            constraint=models.UniqueConstraint(
                fields=("authorization", "agreement"),
                name="an_agreement_is_authorized_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.UniqueConstraint(
                fields=("contract", "number"),
                name="a_version_of_a_contract_has_its_own_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                name="a_contract_or_order_has_a_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosuremember",
            constraint=models.UniqueConstraint(
                fields=("customer", "disclosure"),
                name="a_customer_is_in_a_disclosure_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by", None),
                    models.Q(("confirmed_by", models.F("stopped_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_second_person_confirms_a_stop",
            ),
        ),
        migrations.AddConstraint(
            model_name="stop",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                    models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_lifted_stop_names_who_lifted_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="stateduse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("third_party", "purpose"),
                name="a_third_party_states_a_purpose_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="thirdpartyversion",
            constraint=models.UniqueConstraint(
                fields=("third_party", "number"),
                name="a_version_of_a_third_party_has_its_own_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.CheckConstraint(
                condition=models.Q(("handed_over_at", None), ("allowed", True), _connector="OR"),
                name="nothing_refused_is_handed_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("handed_over_at", None),
                    ("not_handed_over_at", None),
                    _connector="OR",
                ),
                name="a_disclosure_went_or_did_not_go",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.UniqueConstraint(
                fields=("customer", "id"),
                name="an_authorization_is_found_by_its_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.UniqueConstraint(
                fields=("customer", "request_key"), name="a_form_sent_twice_grants_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("canceled_at", None),
                    ("canceled_at__gte", models.F("granted_at")),
                    _connector="OR",
                ),
                name="an_authorization_is_canceled_after_it_is_granted",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
                condition=models.Q(("categories", []), _negated=True),
                name="an_authorization_names_its_categories",
            ),
        ),
    ]
