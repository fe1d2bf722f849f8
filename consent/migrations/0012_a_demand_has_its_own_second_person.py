"""A legal demand about many customers needs no bulk approval: whoever reviews it is the second
person (CPUC Rule 4(c)(1)). A package remembers the demand it was packed for."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION consent_many_need_a_second_person() RETURNS trigger
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
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0011_evidence_of_stops_and_demands")]
    operations = [
        migrations.AddField(
            model_name="package",
            name="demand",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="packages",
                to="consent.demand",
            ),
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
