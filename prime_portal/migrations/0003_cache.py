"""Sign-in limits are counted in PostgreSQL, so that Redis may be down (6.10)."""

from django.db import migrations

CACHE = """
CREATE TABLE prime_portal_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX cache_by_expiry ON prime_portal_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("prime_portal", "0002_ledger")]
    operations = [migrations.RunSQL(CACHE, "DROP TABLE prime_portal_cache")]
