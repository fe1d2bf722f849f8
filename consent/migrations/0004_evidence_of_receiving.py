"""What third parties receive with, are told and need approved is evidence; the database refuses
an approval or a disclosure of many customers that two people did not agree on (P13)."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('consent_recipientcredential', '{secret_sha256}', '{ended_at, ended_by_id}');
SELECT ledger.watch('consent_withdrawal', '{chased_how}', '{acknowledged_at, acknowledged_with_id, chased_at, chased_by_id, chased_how}');
SELECT ledger.watch('consent_bulkproposal', '{}', '{withdrawn_at, withdrawn_by_id}');
SELECT ledger.watch_member('consent_bulkmember');
SELECT ledger.bind('consent_bulkmember', 'proposal_id');
SELECT ledger.watch('consent_bulkapproval', '{}', '{}');
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
        WHERE id = NEW.disclosure_id AND allowed AND approval_id IS NULL
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
    dependencies = [("consent", "0003_receiving")]
    operations = [
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
