"""Make the evidence of this app evidence: recorded by the database, never changed."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('usage_import', '{file_name, problems}', '{finished_at, outcome, counts, problems}');
SELECT ledger.watch('usage_access', '{proof}', '{ended_at, ended_by_id}');
SELECT ledger.watch('usage_claim', '{}', '{redeemed_at, redeemed_by_id}');
SELECT ledger.watch('usage_purpose', '{}', '{ended_at}');
SELECT ledger.watch('usage_purposeversion', '{}', '{}');
SELECT ledger.watch('usage_download', '{}', '{finished_at, rows, size, sha256}');
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
