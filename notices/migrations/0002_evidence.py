"""Make the evidence of this app evidence: recorded by the database, never changed."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('notices_notice', '{}', '{}');
SELECT ledger.watch('notices_edeliveryconsent', '{email}', '{withdrawn_at, withdrawn_by_id}');
SELECT ledger.watch('notices_delivery', '{recipient, subject, content, failure_detail}', '{sent_at, delivered_at, failed_at, failure, failure_detail}');
SELECT ledger.watch('notices_deliveryattempt', '{answer}', '{closed_at, outcome, answer, sha256}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
