"""A database knows where it lives; restored elsewhere, it lets nothing leave (PRIME-07 5.1).

`ledger.identity()` names the cluster, the database in it and its line of history: a dump that is
restored gets another database number, a backup recovered to a point in time another timeline.
`ledger.home` lists where this database was let work; anywhere else it is frozen. `ledger.freeze()`
may be called by anybody, `ledger.settle()` runs when a second person confirms a restore.

`ledger.account_tag()` knows an account again whose rows were lost: a hash with a key that is in every
backup and in no journal, so that who holds a journal alone cannot try out account numbers.
"""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

HOME = r"""
CREATE TABLE ledger.home (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    size bigint NOT NULL DEFAULT 0,
    frozen_at timestamptz
);
CREATE UNIQUE INDEX one_home_at_a_time ON ledger.home (identity) WHERE frozen_at IS NULL;
GRANT SELECT ON ledger.home TO prime_app;

CREATE FUNCTION ledger.identity() RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8))
$$;

CREATE FUNCTION ledger.frozen() RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, ledger, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM ledger.home WHERE identity = ledger.identity() AND frozen_at IS NULL)
$$;

CREATE FUNCTION ledger.freeze() RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, ledger, pg_temp AS $$
    UPDATE ledger.home SET frozen_at = clock_timestamp() WHERE frozen_at IS NULL
$$;

CREATE FUNCTION ledger.settle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ledger, pg_temp AS $$
BEGIN
    IF NEW.confirmed_at IS NULL OR OLD.confirmed_at IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF NEW.home <> ledger.identity() OR NOT ledger.frozen() THEN
        RAISE EXCEPTION 'This restore was set right elsewhere, or the portal is not frozen'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO ledger.home (identity, size)
    SELECT NEW.home, coalesce(max(position) + 1, 0) FROM ledger.leaf;
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION ledger.identity, ledger.frozen, ledger.freeze, ledger.settle FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.identity, ledger.frozen, ledger.freeze TO prime_app;
INSERT INTO ledger.home (identity) VALUES (ledger.identity());
"""
TAGS = r"""
CREATE TABLE ledger.tag_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL CHECK (length(key) = 32)
);
INSERT INTO ledger.tag_key (key)
    VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
CREATE FUNCTION ledger.account_tag(account text, since date) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ledger, pg_temp AS $$
    SELECT encode(sha256(key || sha256(key || convert_to(
        account || ' ' || to_char(since, 'YYYY-MM-DD'), 'UTF8'))), 'hex') FROM tag_key
$$;
REVOKE ALL ON FUNCTION ledger.account_tag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.account_tag TO prime_app;
"""
WATCH = r"""
SELECT ledger.watch('prime_portal_restore', '{}',
    '{looked_at, looked_by_id, confirmed_at, confirmed_by_id}');
SELECT ledger.watch('prime_portal_restoredrill', '{}', '{}');
CREATE TRIGGER two_people_let_it_work_again AFTER UPDATE ON prime_portal_restore
    FOR EACH ROW EXECUTE FUNCTION ledger.settle();
ALTER TABLE prime_portal_restore ENABLE ALWAYS TRIGGER two_people_let_it_work_again;
"""


class Migration(migrations.Migration):
    dependencies = [("prime_portal", "0005_issued_reports")]
    operations = [
        migrations.RunSQL(HOME, migrations.RunSQL.noop),
        migrations.RunSQL(TAGS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="RestoreDrill",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("passed", models.BooleanField()),
                ("seconds", models.PositiveIntegerField()),
                ("facts", models.JSONField()),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Restore",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "home",
                    models.CharField(help_text="Where this database lives now.", max_length=80),
                ),
                ("backup_size", models.BigIntegerField()),
                ("known_size", models.BigIntegerField(blank=True, null=True)),
                ("known_until", models.DateTimeField(blank=True, null=True)),
                ("facts", models.JSONField()),
                ("at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "looked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "permissions": [("end_freeze", "Can let the portal work again after a restore")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("looked_at__isnull", True), ("looked_by__isnull", True)),
                            models.Q(("looked_at__isnull", False), ("looked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_look_at_a_restore_names_who",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                                ),
                                models.Q(
                                    ("confirmed_at__isnull", False), ("confirmed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("confirmed_at", None),
                                ("looked_at__isnull", False),
                                _connector="OR",
                            ),
                        ),
                        name="a_restore_is_confirmed_after_it_was_looked_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("looked_by", models.F("confirmed_by")), _negated=True),
                        name="who_looked_at_a_restore_does_not_confirm_it",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
