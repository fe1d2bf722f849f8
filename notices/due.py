"""Who is owed which notice, as the statements that owe it: one a kind, however many customers.

Each asks "who is owed?" and never "whose day is it?", and owes nothing that is owed already.
AHEAD asks the same of all kinds, and writes nothing.
"""

# A time-ordered id (UUIDv7) of each row, made in the statement that plans it: the milliseconds
# in front of a random id, and its version changed from 4 to 7.
NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(
    int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid"""

# Whoever PRIME serves on that day, how notices reach them, and in which language.
SERVED = """
    SELECT c.id AS customer_id, e.id AS enrollment_id, e.starts_on, c.language,
        CASE WHEN agreed.email IS NULL THEN 'letter' ELSE 'email' END AS medium,
        coalesce(agreed.email, c.name || E'\\n' || c.mailing_address) AS recipient
    FROM usage_enrollment e
    JOIN usage_customer c ON c.id = e.customer_id
    LEFT JOIN notices_edeliveryconsent agreed
        ON agreed.customer_id = c.id AND agreed.withdrawn_at IS NULL
    WHERE e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on > %(on)s)
"""

COLUMNS = "id, customer_id, kind, key, notice_id, medium, language, recipient, subject, owed_at"

UNWELCOMED = """
    FROM served
    WHERE NOT EXISTS (
        SELECT FROM notices_delivery told WHERE told.customer_id = served.customer_id
        AND told.kind = 'new_account' AND told.key = served.enrollment_id::text)
"""

# Eleven months after the last notice went out, so that neither twelve months in a row nor a
# calendar year is ever without one. One still on its way is waited for; one that failed for
# good is tried again after its year.
DUE_AGAIN = """
    FROM served
    LEFT JOIN LATERAL (
        SELECT d.id, d.sent_at, d.failed_at,
            (coalesce(d.sent_at, d.owed_at) AT TIME ZONE 'America/Los_Angeles')::date AS on_day
        FROM notices_delivery d
        WHERE d.customer_id = served.customer_id AND d.kind IN ('new_account', 'annual')
        ORDER BY d.owed_at DESC, d.id DESC LIMIT 1
    ) told ON true
    WHERE (told.id IS NULL OR told.sent_at IS NOT NULL OR told.failed_at IS NOT NULL)
        AND (coalesce(told.on_day, starts_on) + interval '11 months')::date <= %(on)s
"""

# Every version but the first, in force or coming; whoever was told of it or of a later one in
# another notice already is not told again.
UNAWARE_OF_NOTICE = """
    FROM served CROSS JOIN notices_notice n
    WHERE n.published_at <= %(at)s AND n.number >= %(number)s
        AND EXISTS (SELECT FROM notices_notice first WHERE first.number < n.number)
        AND NOT EXISTS (
            SELECT FROM notices_delivery told
            JOIN notices_notice said ON said.id = told.notice_id
            WHERE told.customer_id = served.customer_id AND said.number >= n.number
            AND told.kind IN ('new_account', 'annual', 'change'))
"""

# Whoever was with PRIME before a version of the posted policy takes effect. A newcomer finds it
# posted already; the first version is no change.
UNAWARE_OF_POLICY = """
    FROM served CROSS JOIN notices_postedpolicy p
    WHERE p.published_at <= %(at)s AND served.starts_on < p.effective_on
        AND p.number >= (SELECT coalesce(max(held.number), 0) FROM notices_postedpolicy held
            WHERE held.effective_on <= %(on)s)
        AND EXISTS (SELECT FROM notices_postedpolicy first WHERE first.number < p.number)
        AND NOT EXISTS (
            SELECT FROM notices_delivery told
            JOIN notices_postedpolicy said ON said.id = told.policy_id
            WHERE told.customer_id = served.customer_id AND said.number >= p.number)
"""

# The claim's rows are written from what was really planned, so that a planner who comes
# second leaves no claim behind. A code only ever travels by post.
NEW_ACCOUNTS = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on, claim_id)
        SELECT {NEW_ID}, customer_id, 'new_account', enrollment_id::text, %(notice)s, medium,
            language, recipient, '', %(at)s, %(due)s,
            CASE WHEN medium = 'letter' THEN {NEW_ID} END
        {UNWELCOMED}
        ON CONFLICT DO NOTHING
        RETURNING customer_id, claim_id
    ),
    invited AS (
        INSERT INTO usage_claim (id, customer_id, issued_at, expires_at, via)
        SELECT claim_id, customer_id, %(at)s, %(expires)s, 'paper'
        FROM planned WHERE claim_id IS NOT NULL
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

ANNUAL = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on)
        SELECT {NEW_ID}, customer_id, 'annual', coalesce(told.id, enrollment_id)::text,
            %(notice)s, medium, language, recipient, '', %(at)s,
            (coalesce(told.on_day, starts_on) + interval '1 year')::date
        {DUE_AGAIN}
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

CHANGES = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on)
        SELECT {NEW_ID}, customer_id, 'change', n.id::text, n.id, medium, language, recipient,
            '', %(at)s, CASE WHEN n.effective_on > %(on)s THEN n.effective_on ELSE %(due)s END
        {UNAWARE_OF_NOTICE}
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

POLICIES = f"""
    WITH served AS ({SERVED}),
    planned AS (
        INSERT INTO notices_delivery ({COLUMNS}, due_on, policy_id)
        SELECT {NEW_ID}, customer_id, 'policy', p.id::text, NULL, medium, language, recipient,
            '', %(at)s, CASE WHEN p.effective_on > %(on)s THEN p.effective_on ELSE %(due)s END,
            p.id
        {UNAWARE_OF_POLICY}
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT count(*) FROM planned
"""  # noqa: S608 - composed of the constants above

# In the order in which they are planned: whoever gets a notice of the version in force anyway is
# not told of it twice.
AHEAD = f"""
    WITH served AS ({SERVED}),
    welcomed AS (SELECT customer_id, medium, language {UNWELCOMED}),
    yearly AS (
        SELECT customer_id, medium, language {DUE_AGAIN}
            AND customer_id NOT IN (SELECT customer_id FROM welcomed)
    ),
    told AS (SELECT customer_id FROM welcomed UNION SELECT customer_id FROM yearly),
    planned AS (
        SELECT 'new_account' AS kind, medium, language FROM welcomed
        UNION ALL SELECT 'annual', medium, language FROM yearly
        UNION ALL SELECT 'change', medium, language {UNAWARE_OF_NOTICE}
            AND (n.number > %(number)s OR customer_id NOT IN (SELECT customer_id FROM told))
        UNION ALL SELECT 'policy', medium, language {UNAWARE_OF_POLICY}
    )
    SELECT kind, medium, language, count(*) FROM planned GROUP BY 1, 2, 3
"""  # noqa: S608 - composed of the constants above

# Of a version that is only being written: everybody is told, but of a first one.
AHEAD_OF_DRAFT = f"""
    WITH served AS ({SERVED})
    SELECT medium, language, count(*) FROM served
    WHERE %(before)s::date IS NULL OR starts_on < %(before)s
    GROUP BY 1, 2
"""  # noqa: S608 - composed of the constants above
