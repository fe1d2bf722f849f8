"""Entries get a place in a tree, and the tree's size and root are signed (PRIME-07 5.1).

`ledger.place(most)` gives new entries their positions. Transactions commit in another order
than they begin, so "everything after the last id" would skip an entry that was written before
and committed after. The mark is an xid below which every transaction had ended when it was
last set: whatever is visible and was sealed by nobody has that xid or a later one. A database
that was restored elsewhere counts its xids anew; a mark that lies in the future is therefore
no mark, and every entry is looked at once.

Positions, tree nodes and checkpoints are guarded like the entries themselves.
"""

from django.db import migrations, models

SEALING = r"""
CREATE INDEX entries_by_transaction ON ledger.entry (xid, id);

CREATE TABLE ledger.leaf (
    position bigint PRIMARY KEY,
    entry_id bigint NOT NULL UNIQUE
);
CREATE TABLE ledger.node (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, number)
);
CREATE TABLE ledger.checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    frontier bytea NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL
);
CREATE TABLE ledger.mark (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    low xid8 NOT NULL
);
INSERT INTO ledger.mark (low) VALUES ('0');
SELECT ledger.watch_member('ledger.leaf');
SELECT ledger.watch_member('ledger.node');
SELECT ledger.watch_member('ledger.checkpoint');
GRANT SELECT ON ledger.leaf, ledger.node, ledger.checkpoint, ledger.mark TO prime_app;
GRANT INSERT ON ledger.node, ledger.checkpoint TO prime_app;

CREATE VIEW ledger.unsealed WITH (security_invoker = true) AS
SELECT entry.id, entry.at, entry.xid FROM ledger.entry
WHERE entry.xid >= (
    SELECT CASE WHEN low > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE low END
    FROM ledger.mark)
AND (SELECT leaf.position FROM ledger.leaf WHERE leaf.entry_id = entry.id) IS NULL;
GRANT SELECT ON ledger.unsealed TO prime_app;

CREATE FUNCTION ledger.place(most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger, pg_temp AS $$
DECLARE
    snapshot pg_snapshot := pg_current_snapshot();
    placed bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger.place')) THEN
        RETURN NULL;
    END IF;
    INSERT INTO ledger.leaf (position, entry_id)
    SELECT (SELECT coalesce(max(position) + 1, 0) FROM ledger.leaf)
        + row_number() OVER (ORDER BY xid, id) - 1, id
    FROM (SELECT id, xid FROM ledger.unsealed ORDER BY xid, id LIMIT most) AS new;
    GET DIAGNOSTICS placed = ROW_COUNT;
    IF placed < most THEN
        UPDATE ledger.mark SET low = pg_snapshot_xmin(snapshot)
        WHERE low < pg_snapshot_xmin(snapshot) OR low > pg_snapshot_xmax(snapshot);
    END IF;
    RETURN placed;
END $$;
REVOKE ALL ON FUNCTION ledger.place FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.place TO prime_app;
"""


class Migration(migrations.Migration):
    dependencies = [("prime_portal", "0003_cache")]
    operations = [
        migrations.RunSQL(SEALING, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("frontier", models.BinaryField()),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={"managed": False, "db_table": 'ledger"."checkpoint', "ordering": ["-size"]},
        ),
    ]
