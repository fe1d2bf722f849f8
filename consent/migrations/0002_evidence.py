"""Make the evidence of this app evidence: recorded by the database, never changed."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('consent_thirdparty', '{}', '{closed_at}');
SELECT ledger.watch('consent_thirdpartyversion', '{}', '{}');
SELECT ledger.watch('consent_stateduse', '{}', '{ended_at}');
SELECT ledger.watch('consent_contract', '{}', '{ended_at}');
SELECT ledger.watch('consent_contractversion', '{}', '{}');
SELECT ledger.watch('consent_finding', '{evidence}', '{}');
SELECT ledger.watch('consent_stop', '{reason, lift_reason}', '{confirmed_at, confirmed_by_id, lifted_at, lifted_by_id, lift_reason}');
SELECT ledger.watch('consent_shown', '{text}', '{}');
SELECT ledger.watch('consent_authorization', '{}', '{canceled_at, canceled_by_id, canceled_via, used_at}');
SELECT ledger.watch('consent_authorizedagreement', '{}', '{}');
SELECT ledger.bind('consent_authorizedagreement', 'authorization_id');
SELECT ledger.watch('consent_disclosure', '{reason}', '{handed_over_at, not_handed_over_at}');
SELECT ledger.watch_member('consent_disclosuremember');
SELECT ledger.bind('consent_disclosuremember', 'disclosure_id');
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
