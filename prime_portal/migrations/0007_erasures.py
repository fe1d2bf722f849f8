"""Erasing private texts of evidence: the proof stays whole (PRIME-07 5.1).

A row of prime_portal_erasure names a row of evidence and private columns of it. Its trigger deletes
the salts that could open the record's hashes of them, then the texts; ledger.record lets that
change through, and no other (0002_ledger.py). Nobody but the owner of the tables can delete a salt.
While a hold stands on somebody the row is about, nothing of it is erased, whoever asks.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WHOSE = r"""
CREATE FUNCTION ledger.whose(evidence regclass, the_row uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, ledger, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = evidence AND attname = 'customer_id' AND NOT attisdropped) THEN
        RETURN QUERY EXECUTE format('SELECT customer_id FROM %s WHERE id = $1', evidence)
            USING the_row;
    END IF;
    -- Those that name nobody lead to them; an id is one row's in all tables.
    RETURN QUERY
        SELECT customer_id FROM public.consent_demandedcustomer WHERE demand_id = the_row
        UNION SELECT customer_id FROM public.consent_disclosuremember WHERE disclosure_id = the_row
        UNION SELECT customer_id FROM public.consent_stop WHERE finding_id = the_row
        UNION SELECT customer_id FROM public.consent_reached JOIN public.consent_reach
            ON consent_reach.id = reach_id WHERE incident_id IN (
                SELECT the_row
                UNION SELECT incident_id FROM public.consent_knowing WHERE id = the_row
                UNION SELECT incident_id FROM public.consent_dutydone WHERE id = the_row);
END $$;
REVOKE ALL ON FUNCTION ledger.whose FROM PUBLIC;
"""
ERASING = r"""
CREATE FUNCTION ledger.erase() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, ledger, pg_temp AS $$
DECLARE
    evidence regclass := to_regclass('public.' || quote_ident(NEW."table"));
    private text[];
    texts text;
    touched bigint;
BEGIN
    SELECT (string_to_array(encode(tgargs, 'escape'), '\000'))[1] INTO private
    FROM pg_trigger WHERE tgrelid = evidence AND tgname = 'evidence_is_recorded';
    IF private IS NULL OR NEW.columns = '{}' OR NOT NEW.columns::text[] <@ private THEN
        RAISE EXCEPTION 'Only private columns of evidence are erased (PRIME-07 5.1)'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM public.usage_hold WHERE lifted_at IS NULL AND (
        customer_id IS NULL OR customer_id = NEW.customer_id
        OR customer_id IN (SELECT ledger.whose(evidence, NEW."row")))) THEN
        RAISE EXCEPTION 'It is on hold: a lawsuit, an audit or an order needs it (PRIME-07 5.1)'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM ledger.salt WHERE field = ANY (NEW.columns) AND entry_id = ANY (ARRAY(
        SELECT id FROM ledger.entry WHERE row_id = NEW."row"
        AND kind IN (NEW."table" || ':written', NEW."table" || ':stamped')));
    SELECT string_agg(format(CASE format_type(atttypid, NULL)
        WHEN 'jsonb' THEN '%1$I = CASE WHEN %1$I IS NOT NULL THEN ''{}''::jsonb END'
        WHEN 'bytea' THEN '%1$I = CASE WHEN %1$I IS NOT NULL THEN convert_to(''(erased)'', ''UTF8'') END'
        ELSE '%1$I = CASE WHEN %1$I <> '''' THEN ''(erased)'' ELSE %1$I END'
        END, attname), ', ') INTO texts
    FROM pg_attribute WHERE attrelid = evidence AND attname = ANY (NEW.columns::text[]);
    EXECUTE format('UPDATE %s SET %s WHERE id = $1', evidence, texts) USING NEW."row";
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> 1 THEN
        RAISE EXCEPTION 'There is no such row to erase anything of' USING ERRCODE = 'no_data_found';
    END IF;
    -- The form she signed says what the words of her wish say: without its key it is noise.
    IF NEW."table" = 'consent_wish' THEN
        DELETE FROM public.consent_scannedform WHERE wish_id = NEW."row";
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ledger.erase FROM PUBLIC;
"""
WATCH = r"""
SELECT ledger.watch('prime_portal_erasure', '{reason}', '{}');
SELECT ledger.watch('prime_portal_enteredinerror', '{reason}', '{}');
CREATE TRIGGER its_texts_are_erased AFTER INSERT ON prime_portal_erasure
    FOR EACH ROW EXECUTE FUNCTION ledger.erase();
ALTER TABLE prime_portal_erasure ENABLE ALWAYS TRIGGER its_texts_are_erased;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("prime_portal", "0006_home"),
        ("usage", "0004_categories_and_purposes"),
        ("consent", "0003_incidents"),
    ]
    operations = [
        migrations.CreateModel(
            name="EnteredInError",
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
                ("table", models.CharField(max_length=63)),
                ("row", models.UUIDField(unique=True)),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "entered in error",
                "verbose_name_plural": "entered in error",
                "ordering": ["-at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="an_error_says_what_it_was",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
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
                ("table", models.CharField(max_length=63)),
                ("row", models.UUIDField()),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63), size=None
                    ),
                ),
                ("clause", models.CharField(max_length=40)),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasures",
                        to="usage.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "ordering": ["-at"],
                "indexes": [models.Index(fields=["row"], name="erasures_of_a_row")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("clause", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="an_erasure_says_why_and_by_what_right",
                    )
                ],
            },
        ),
        migrations.RunSQL(WHOSE, migrations.RunSQL.noop),
        migrations.RunSQL(ERASING, migrations.RunSQL.noop),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
