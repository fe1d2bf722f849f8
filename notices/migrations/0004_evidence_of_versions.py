"""Make policies, the PDFs of versions and attestations evidence."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('notices_postedpolicy', '{}', '{}');
SELECT ledger.watch('notices_publishedpdf', '{content}', '{}');
SELECT ledger.watch('notices_websiteattestation', '{}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_policies_pdfs_and_attestations")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
