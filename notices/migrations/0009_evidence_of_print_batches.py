"""Make print batches, the letters in them and lists of returned letters evidence."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('notices_printbatch', '{}', '{sealed_at, pages, sheets, pdf_sha256, manifest_sha256, handed_at, handed_by_id, confirmed_at, confirmed_by_id}');
SELECT ledger.watch('notices_printedletter', '{}', '{first_page, pages, sha256}');
SELECT ledger.bind('notices_printedletter', 'batch_id');
SELECT ledger.watch('notices_returnfile', '{}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0008_print_batches_and_pauses")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
