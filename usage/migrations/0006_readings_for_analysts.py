"""A view that unpacks readings for analysts, and the one way a month of readings is let go.

The view shows what lies inside its agreement, one row a reading, no names. It is read-only
(a join is) and asks for the reader's own rights on the tables below. Each shifted byte stands
in its own parentheses: in PostgreSQL `|` and `<<` bind equally.

A month can be dropped only by its function, because web and worker may not change tables; the
function itself refuses what is younger than two years (Gov. Code 34090) or on hold.
"""

from django.db import migrations

READINGS = """
CREATE VIEW readings WITH (security_invoker = true) AS
SELECT day.customer_id, day.agreement_id, day.channel_id, channel.flow, day.net, day.day,
       reading.starts_at, day.sec, reading.wh, coalesce(reading.quality, 0) AS quality,
       word.text AS quality_word
FROM usage_intervalday AS day
JOIN usage_channel AS channel ON channel.id = day.channel_id
JOIN usage_serviceagreement AS agreement ON agreement.id = day.agreement_id
CROSS JOIN LATERAL (
    SELECT day.start + n * day.sec * interval '1 second' AS starts_at,
           get_byte(day.wh, 4 * n)
               | (get_byte(day.wh, 4 * n + 1) << 8)
               | (get_byte(day.wh, 4 * n + 2) << 16)
               | (get_byte(day.wh, 4 * n + 3) << 24) AS wh,
           get_byte(day.quality, n) AS quality
    FROM generate_series(0, length(day.wh) / 4 - 1) AS n
) AS reading
LEFT JOIN usage_qualityword AS word ON word.code = reading.quality
WHERE reading.wh <> -2147483648
  AND reading.starts_at >= agreement.starts_at
  AND reading.starts_at + day.sec * interval '1 second'
      <= coalesce(agreement.ends_at, 'infinity');
COMMENT ON VIEW readings IS 'One row a reading, Wh, inside its agreement; gaps are left out.';
GRANT SELECT ON readings TO prime_app;
"""

DROP_MONTH = """
CREATE FUNCTION usage_drop_month(month date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    partition text := 'usage_intervalday_' || to_char(month, 'YYYY_MM');
    days bigint;
BEGIN
    IF month <> date_trunc('month', month) THEN
        RAISE EXCEPTION '% is not the first day of a month', month;
    END IF;
    IF month + interval '25 months' > (now() AT TIME ZONE 'America/Los_Angeles')::date THEN
        RAISE EXCEPTION 'the month from % is younger than two years (Gov. Code 34090)', month;
    END IF;
    IF to_regclass(partition) IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', partition);
    EXECUTE format('SELECT count(*) FROM %I', partition) INTO days;
    IF EXISTS (
        SELECT FROM usage_hold AS hold
        WHERE hold.lifted_at IS NULL
          AND (hold.categories = '{}' OR hold.categories && '{interval_usage, generation_export}')
          AND (hold.customer_id IS NULL OR EXISTS (
              SELECT FROM usage_intervalday AS held
              WHERE held.customer_id = hold.customer_id
                AND held.day >= month AND held.day < month + interval '1 month'))
    ) THEN
        RAISE EXCEPTION 'the month from % is on hold', month;
    END IF;
    EXECUTE format('DROP TABLE %I', partition);
    RETURN days;
END $$;
REVOKE ALL ON FUNCTION usage_drop_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_drop_month(date) TO prime_app;
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0005_bills_sources_holds")]
    operations = [
        migrations.RunSQL(READINGS, "DROP VIEW readings"),
        migrations.RunSQL(DROP_MONTH, "DROP FUNCTION usage_drop_month(date)"),
    ]
