"""Entries get a place in a tree, and the tree's size and root are signed (PRIME-07 5.1).

`ledger.place(most)` gives new entries their positions, by number. Transactions commit in another
order than they draw numbers, so "everything after the last one" would skip an entry that was
numbered before and committed after. The mark therefore moves in two steps: it notes how far
numbers had been drawn, and its own transaction's xid, which is later than that of whoever drew
them; once every transaction before that xid has ended, no entry can still come at or below that
number. A database that was restored elsewhere counts its xids anew; a noted xid that lies in
the future is noted again. It reads along the indexes always: a plan made while no place was given
yet would read all places for each entry of a backlog.

Positions, tree nodes and checkpoints are guarded like the entries themselves.
"""

from django.db import migrations, models

SEALING = r"""
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
    placed bigint NOT NULL,
    drawn bigint NOT NULL,
    drawn_before xid8 NOT NULL
);
INSERT INTO ledger.mark (placed, drawn, drawn_before) VALUES (0, 0, '0');
SELECT ledger.watch_member('ledger.leaf');
SELECT ledger.watch_member('ledger.node');
SELECT ledger.watch_member('ledger.checkpoint');
GRANT SELECT ON ledger.leaf, ledger.node, ledger.checkpoint, ledger.mark TO prime_app;
GRANT INSERT ON ledger.node, ledger.checkpoint TO prime_app;

CREATE VIEW ledger.unsealed WITH (security_invoker = true) AS
SELECT entry.id, entry.at FROM ledger.entry
WHERE entry.id > (SELECT mark.placed FROM ledger.mark)
AND (SELECT leaf.position FROM ledger.leaf WHERE leaf.entry_id = entry.id) IS NULL;
GRANT SELECT ON ledger.unsealed TO prime_app;

CREATE FUNCTION ledger.place(most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ledger, pg_temp SET enable_seqscan = off AS $$
DECLARE
    held ledger.mark;
    next ledger.mark;
    settled bigint;
    found_now bigint;
    last_found bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger.place')) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO held FROM ledger.mark;
    next := held;
    settled := CASE WHEN held.drawn_before <= pg_snapshot_xmin(pg_current_snapshot())
        THEN held.drawn ELSE held.placed END;
    IF pg_current_xact_id_if_assigned() IS NULL AND (settled = held.drawn
            OR held.drawn_before > pg_snapshot_xmax(pg_current_snapshot())) THEN
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO next.drawn
        FROM ledger.entry_id_seq;
        IF next.drawn > held.drawn THEN
            next.drawn_before := pg_current_xact_id();
        END IF;
    END IF;
    INSERT INTO ledger.leaf (position, entry_id)
    SELECT (SELECT coalesce(max(position) + 1, 0) FROM ledger.leaf)
        + row_number() OVER (ORDER BY id) - 1, id
    FROM (SELECT id FROM ledger.unsealed ORDER BY id LIMIT most) AS found;
    GET DIAGNOSTICS found_now = ROW_COUNT;
    SELECT entry_id INTO last_found FROM ledger.leaf ORDER BY position DESC LIMIT 1;
    next.placed := greatest(
        held.placed, least(settled, CASE WHEN found_now = most THEN last_found END));
    IF next <> held THEN
        UPDATE ledger.mark SET placed = next.placed, drawn = next.drawn,
            drawn_before = next.drawn_before;
    END IF;
    RETURN found_now;
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
