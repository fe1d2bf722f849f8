"""Demands, flows and duties letters are evidence too; a stop tells more than it did."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('consent_finding', '{evidence, sign_off}', '{dropped_at, dropped_by_id}');
SELECT ledger.watch('consent_stop', '{reason, sign_off, lift_reason}', '{confirmed_at, confirmed_by_id, lifted_at, lifted_by_id, lift_reason}');
SELECT ledger.watch('consent_standingflow', '{}', '{ended_at, ended_by_id}');
SELECT ledger.watch('consent_dutiesletter', '{}', '{}');
SELECT ledger.watch('consent_demand', '{reason, review, check_note, outcome}', '{reviewed_at, reviewed_by_id, review, checked_at, checked_by_id, check_note, gag_ended_at, closed_at, closed_by_id, outcome}');
SELECT ledger.watch('consent_demandedcustomer', '{}', '{contested_at, contest_ended_at}');
SELECT ledger.bind('consent_demandedcustomer', 'demand_id');
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0010_contracts_stops_and_demands")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
