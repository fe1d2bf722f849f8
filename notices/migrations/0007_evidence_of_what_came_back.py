"""Make what a provider reports and what staff do evidence; a complaint may end e-delivery."""

from django.db import migrations

WATCH = """
SELECT ledger.watch('notices_deliveryevent', '{answer}', '{}');
SELECT ledger.watch('notices_resolution', '{words}', '{}');
SELECT ledger.watch('notices_edeliveryconsent', '{email}', '{withdrawn_at, withdrawn_by_id, complaint_id}');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0006_what_came_back")]
    operations = [migrations.RunSQL(WATCH, migrations.RunSQL.noop)]
