"""What third parties receive with, are told and get, and the demands of the law.

The database refuses an approval or a disclosure of many customers that two people did not agree
on (P13). A legal demand about many needs no bulk approval: whoever reviews it is the second
person (CPUC Rule 4(c)(1)).
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('consent_recipientcredential', '{secret_sha256}', '{ended_at, ended_by_id}');
SELECT ledger.watch('consent_withdrawal', '{chased_how}', '{acknowledged_at, acknowledged_with_id, chased_at, chased_by_id, chased_how}');
SELECT ledger.watch('consent_demand', '{reason, review, check_note, outcome}', '{reviewed_at, reviewed_by_id, review, checked_at, checked_by_id, check_note, gag_ended_at, closed_at, closed_by_id, outcome}');
SELECT ledger.watch('consent_demandedcustomer', '{}', '{contested_at, contest_ended_at}');
SELECT ledger.bind('consent_demandedcustomer', 'demand_id');
SELECT ledger.watch('consent_bulkproposal', '{}', '{withdrawn_at, withdrawn_by_id}');
SELECT ledger.watch_member('consent_bulkmember');
SELECT ledger.bind('consent_bulkmember', 'proposal_id');
SELECT ledger.watch('consent_bulkapproval', '{}', '{}');
SELECT ledger.watch('consent_disclosure', '{reason}', '{handed_over_at, not_handed_over_at}');
SELECT ledger.watch_member('consent_disclosuremember');
SELECT ledger.bind('consent_disclosuremember', 'disclosure_id');
"""

GUARDS = """
CREATE FUNCTION consent_another_entitled_person_approves() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    proposal consent_bulkproposal;
BEGIN
    SELECT * INTO STRICT proposal FROM consent_bulkproposal WHERE id = NEW.proposal_id;
    IF proposal.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'The proposal was withdrawn (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    IF proposal.proposal_sha256 <> NEW.proposal_sha256 THEN
        RAISE EXCEPTION 'What is approved is not what was proposed (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    IF proposal.proposed_by_id = NEW.approved_by_id THEN
        RAISE EXCEPTION 'Whoever proposed it cannot approve it (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM prime_portal_user AS person
        WHERE person.id = NEW.approved_by_id AND person.is_active AND person.is_staff
        AND (person.is_superuser OR EXISTS (
            SELECT FROM auth_permission AS permission
            JOIN django_content_type AS kind ON kind.id = permission.content_type_id
            WHERE kind.app_label = 'consent' AND permission.codename = 'approve_bulkproposal'
            AND (
                EXISTS (SELECT FROM prime_portal_user_user_permissions AS own
                        WHERE own.user_id = person.id AND own.permission_id = permission.id)
                OR EXISTS (SELECT FROM prime_portal_user_groups AS belongs
                           JOIN auth_group_permissions AS lent USING (group_id)
                           WHERE belongs.user_id = person.id
                           AND lent.permission_id = permission.id))))
    ) THEN
        RAISE EXCEPTION 'This person may not approve it (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER another_entitled_person_approves BEFORE INSERT ON consent_bulkapproval
    FOR EACH ROW EXECUTE FUNCTION consent_another_entitled_person_approves();
ALTER TABLE consent_bulkapproval ENABLE ALWAYS TRIGGER another_entitled_person_approves;

CREATE FUNCTION consent_an_approval_stands_for_it() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.allowed AND NEW.approval_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM consent_bulkapproval AS approval
        JOIN consent_bulkproposal AS proposal ON proposal.id = approval.proposal_id
        WHERE approval.id = NEW.approval_id
        AND approval.proposal_sha256 = NEW.proposal_sha256
        AND proposal.withdrawn_at IS NULL
        AND (proposal.contract_id, proposal.categories, proposal.first_day, proposal.last_day)
            = (NEW.contract_id, NEW.categories, NEW.first_day, NEW.last_day)
    ) THEN
        RAISE EXCEPTION 'No approval stands for exactly this (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER an_approval_stands_for_it BEFORE INSERT ON consent_disclosure
    FOR EACH ROW EXECUTE FUNCTION consent_an_approval_stands_for_it();
ALTER TABLE consent_disclosure ENABLE ALWAYS TRIGGER an_approval_stands_for_it;

CREATE FUNCTION consent_many_need_a_second_person() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.authorization_id IS NULL AND EXISTS (
        SELECT FROM consent_disclosure
        WHERE id = NEW.disclosure_id AND allowed AND approval_id IS NULL AND demand_id IS NULL
    ) AND EXISTS (
        SELECT FROM consent_disclosuremember WHERE disclosure_id = NEW.disclosure_id
    ) THEN
        RAISE EXCEPTION 'A second person has not approved exactly this (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM consent_disclosure AS header
        JOIN consent_bulkapproval AS approval ON approval.id = header.approval_id
        WHERE header.id = NEW.disclosure_id AND header.allowed
        AND NOT EXISTS (SELECT FROM consent_bulkmember AS member
                        WHERE member.proposal_id = approval.proposal_id
                        AND member.customer_id = NEW.customer_id)
    ) THEN
        RAISE EXCEPTION 'This customer is not in what was approved (PRIME-07 5.1).'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER many_need_a_second_person BEFORE INSERT ON consent_disclosuremember
    FOR EACH ROW EXECUTE FUNCTION consent_many_need_a_second_person();
ALTER TABLE consent_disclosuremember ENABLE ALWAYS TRIGGER many_need_a_second_person;
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("consent", "0001_initial"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="RecipientCredential",
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
                            related_name="credentials",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "label",
                        models.CharField(
                            help_text="Which of its machines or people holds it.", max_length=80
                        ),
                    ),
                    ("secret_sha256", models.BinaryField(max_length=32, unique=True)),
                    ("issued_at", models.DateTimeField()),
                    (
                        "issued_by",
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
                    "verbose_name": "recipient credential",
                    "verbose_name_plural": "recipient credentials",
                    "ordering": ["third_party__key", "-issued_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                                models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                                _connector="OR",
                            ),
                            name="an_ended_credential_names_who_ended_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Withdrawal",
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
                            related_name="withdrawals",
                            to="consent.thirdparty",
                        ),
                    ),
                    (
                        "why",
                        models.CharField(
                            choices=[
                                ("canceled", "canceled by the customer (6.10)"),
                                ("ended", "ended on its day (6.9)"),
                                ("stopped", "stopped by PRIME (6.8)"),
                            ],
                            max_length=10,
                        ),
                    ),
                    (
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="withdrawals",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "authorization",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="withdrawals",
                            to="consent.authorization",
                        ),
                    ),
                    (
                        "stop",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="withdrawals",
                            to="consent.stop",
                        ),
                    ),
                    ("text", models.TextField(help_text="Signed byte for byte.")),
                    ("signature", models.BinaryField(max_length=64)),
                    ("told_at", models.DateTimeField()),
                    ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "acknowledged_with",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.recipientcredential",
                        ),
                    ),
                    ("chased_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "chased_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("chased_how", models.CharField(blank=True, max_length=400, null=True)),
                ],
                options={
                    "verbose_name": "withdrawal",
                    "verbose_name_plural": "withdrawals",
                    "ordering": ["told_at"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("authorization",),
                            name="a_third_party_is_told_once_of_an_authorization",
                        ),
                        models.UniqueConstraint(
                            fields=("stop",), name="a_third_party_is_told_once_of_a_stop"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("authorization", None),
                                    ("stop__isnull", False),
                                    ("why", "stopped"),
                                ),
                                models.Q(
                                    ("authorization__isnull", False),
                                    ("stop", None),
                                    models.Q(("why", "stopped"), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="a_withdrawal_is_of_an_authorization_or_by_a_stop",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("acknowledged_at__isnull", True),
                                    ("acknowledged_with__isnull", True),
                                ),
                                models.Q(
                                    ("acknowledged_at__isnull", False),
                                    ("acknowledged_with__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="an_acknowledgement_names_the_credential",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("chased_at__isnull", True),
                                    ("chased_by__isnull", True),
                                    ("chased_how__isnull", True),
                                ),
                                models.Q(
                                    ("chased_at__isnull", False),
                                    ("chased_by__isnull", False),
                                    ("chased_how__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_chase_names_who_and_how",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("acknowledged_at", None),
                                ("acknowledged_at__gte", models.F("told_at")),
                                _connector="OR",
                            ),
                            name="a_withdrawal_is_told_before_it_is_acknowledged",
                        ),
                    ],
                },
            ),
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
                        "third_party",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="demands",
                            to="consent.thirdparty",
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
                    (
                        "recorded_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("reviewed_at", models.DateTimeField(blank=True, null=True)),
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
                    ("review", models.TextField(blank=True, null=True)),
                    ("checked_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "checked_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("check_note", models.TextField(blank=True, null=True)),
                    ("gag_ended_at", models.DateTimeField(blank=True, null=True)),
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
                    ("outcome", models.TextField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "demand",
                    "verbose_name_plural": "demands",
                    "ordering": ["-received_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("process", "emergency"), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="an_emergency_has_its_reason_in_writing",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("process", "emergency"),
                                models.Q(("reference", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="a_demand_has_its_number",
                        ),
                        models.CheckConstraint(
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
                        models.CheckConstraint(
                            condition=models.Q(
                                ("reviewed_by", None),
                                models.Q(("reviewed_by", models.F("recorded_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="a_second_person_reviews_a_demand",
                        ),
                        models.CheckConstraint(
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
                        models.CheckConstraint(
                            condition=models.Q(
                                ("checked_by", None),
                                models.Q(
                                    ("process", "emergency"),
                                    models.Q(
                                        ("checked_by", models.F("recorded_by")), _negated=True
                                    ),
                                ),
                                _connector="OR",
                            ),
                            name="a_second_person_checks_an_emergency_afterwards",
                        ),
                        models.CheckConstraint(
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
                        models.CheckConstraint(
                            condition=models.Q(("last_day__gte", models.F("first_day"))),
                            name="a_demand_begins_before_it_ends",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("categories", []), _negated=True),
                            name="a_demand_names_its_categories",
                        ),
                    ],
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
                    (
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="demands",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "demand",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="customers",
                            to="consent.demand",
                        ),
                    ),
                    ("contested_at", models.DateTimeField(blank=True, null=True)),
                    ("contest_ended_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("demand", "customer"), name="a_demand_names_a_customer_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("contest_ended_at", None),
                                ("contested_at__isnull", False),
                                _connector="OR",
                            ),
                            name="a_contest_begins_before_it_ends",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="BulkProposal",
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
                            related_name="bulk_proposals",
                            to="consent.contract",
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
                    ("customers", models.PositiveIntegerField()),
                    ("members_sha256", models.BinaryField(max_length=32)),
                    (
                        "proposal_sha256",
                        models.BinaryField(help_text="Of every customer in it too.", max_length=32),
                    ),
                    ("proposed_at", models.DateTimeField()),
                    (
                        "proposed_by",
                        models.ForeignKey(
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
                    "verbose_name": "bulk proposal",
                    "verbose_name_plural": "bulk proposals",
                    "ordering": ["-proposed_at"],
                    "permissions": [
                        ("approve_bulkproposal", "Can approve what another person proposed")
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)
                                ),
                                models.Q(
                                    ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_withdrawn_proposal_names_who_withdrew_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("first_day__lte", models.F("last_day"))),
                            name="a_proposal_ends_after_it_starts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="BulkMember",
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
                        "proposal",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="members",
                            to="consent.bulkproposal",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "proposal"),
                            name="a_customer_is_in_a_bulk_proposal_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="BulkApproval",
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
                        "proposal",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="approval",
                            to="consent.bulkproposal",
                        ),
                    ),
                    ("proposal_sha256", models.BinaryField(max_length=32)),
                    ("approved_at", models.DateTimeField()),
                    (
                        "approved_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "bulk approval",
                    "verbose_name_plural": "bulk approvals",
                },
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
                    (
                        "third_party",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disclosures",
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
                        "demand",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disclosures",
                            to="consent.demand",
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
                    ("allowed", models.BooleanField()),
                    ("clause", models.CharField(max_length=10)),
                    ("reason", models.TextField(help_text="The decision's own sentence.")),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), size=None
                        ),
                    ),
                    (
                        "granularity",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("daily", "each day’s total"),
                                ("hourly", "each hour’s total"),
                                ("as_measured", "as measured, often every 15 minutes"),
                            ],
                            help_text="The finest interval in it; nothing where it holds no readings.",
                            max_length=12,
                        ),
                    ),
                    ("first_day", models.DateField()),
                    ("last_day", models.DateField()),
                    ("package_id", models.UUIDField(blank=True, null=True)),
                    ("proposal_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                    (
                        "approval",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disclosures",
                            to="consent.bulkapproval",
                        ),
                    ),
                    (
                        "credential",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disclosures",
                            to="consent.recipientcredential",
                        ),
                    ),
                    ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                    ("rows", models.PositiveBigIntegerField(default=0)),
                    ("members_sha256", models.BinaryField(max_length=32)),
                    ("at", models.DateTimeField()),
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
                    ("handed_over_at", models.DateTimeField(blank=True, null=True)),
                    ("not_handed_over_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "disclosure",
                    "verbose_name_plural": "disclosures",
                    "ordering": ["-at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("handed_over_at", None), ("allowed", True), _connector="OR"
                            ),
                            name="nothing_refused_is_handed_over",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("handed_over_at", None),
                                ("not_handed_over_at", None),
                                _connector="OR",
                            ),
                            name="a_disclosure_went_or_did_not_go",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    (
                                        "categories__overlap",
                                        ["interval_usage", "generation_export"],
                                    ),
                                    _negated=True,
                                ),
                                models.Q(("granularity", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="a_disclosure_of_readings_says_how_fine_they_are",
                        ),
                    ],
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
                    ("rows", models.PositiveBigIntegerField()),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "disclosure"),
                            name="a_customer_is_in_a_disclosure_once",
                        )
                    ],
                },
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
                    (
                        "third_party",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="packages",
                            to="consent.thirdparty",
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
                        "contract",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="packages",
                            to="consent.contract",
                        ),
                    ),
                    (
                        "demand",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="packages",
                            to="consent.demand",
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), size=None
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
                            max_length=12,
                        ),
                    ),
                    ("first_day", models.DateField()),
                    ("last_day", models.DateField()),
                    (
                        "proposal_sha256",
                        models.BinaryField(help_text="Of what it was packed for.", max_length=32),
                    ),
                    ("format", models.CharField(max_length=20)),
                    ("path", models.CharField(help_text="Below FILES_DIR.", max_length=200)),
                    (
                        "sha256",
                        models.BinaryField(help_text="Of the file in clear.", max_length=32),
                    ),
                    (
                        "size",
                        models.PositiveBigIntegerField(
                            help_text="Of the encrypted file, in bytes."
                        ),
                    ),
                    ("rows", models.PositiveBigIntegerField()),
                    (
                        "heading",
                        models.PositiveBigIntegerField(
                            help_text="Bytes in clear before the first member's."
                        ),
                    ),
                    ("sealed_key", models.BinaryField(null=True)),
                    ("prepared_at", models.DateTimeField()),
                    ("expires_at", models.DateTimeField()),
                    ("released_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "removed_at",
                        models.DateTimeField(
                            blank=True, help_text="When file and key went.", null=True
                        ),
                    ),
                ],
                options={
                    "verbose_name": "package",
                    "verbose_name_plural": "packages",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("removed_at", None), ("sealed_key__isnull", False)),
                                models.Q(("removed_at__isnull", False), ("sealed_key", None)),
                                _connector="OR",
                            ),
                            name="a_removed_package_has_no_key",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PackageMember",
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
                            related_name="package_members",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "package",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="members",
                            to="consent.package",
                        ),
                    ),
                    (
                        "authorization",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="consent.authorization",
                        ),
                    ),
                    (
                        "agreements",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.UUIDField(), size=None
                        ),
                    ),
                    ("rows", models.PositiveBigIntegerField()),
                    ("starts", models.PositiveBigIntegerField()),
                    ("ends", models.PositiveBigIntegerField()),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "package"), name="a_customer_is_in_a_package_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("starts__lte", models.F("ends"))),
                            name="a_slice_ends_after_it_starts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Schedule",
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
                        "authorization",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="schedule",
                            to="consent.authorization",
                        ),
                    ),
                    (
                        "every",
                        models.CharField(
                            choices=[
                                ("day", "every day"),
                                ("month", "on the first of every month"),
                            ],
                            max_length=5,
                        ),
                    ),
                    ("format", models.CharField(max_length=20)),
                    ("next_on", models.DateField(help_text="The day of the next package.")),
                    (
                        "packed_through",
                        models.DateField(
                            blank=True, help_text="Last day packed so far.", null=True
                        ),
                    ),
                    ("started_at", models.DateTimeField()),
                    (
                        "started_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "schedule",
                    "verbose_name_plural": "schedules",
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
