"""What is asked, who looked, what is kept how long, and what is told of many (6.11).

A month of readings can be dropped only by its function, because web and worker may not change
tables; the function itself refuses what is younger than two years (Gov. Code 34090) or on hold.
"""

import datetime as dt

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('usage_dispute', '{text}', '{}');
SELECT ledger.watch('usage_disputeevent', '{text}', '{}');
SELECT ledger.watch('usage_case', '{words, review}', '{closed_at, reviewed_at, reviewed_by_id, review}');
SELECT ledger.watch('usage_look', '{}', '{}');
SELECT ledger.watch('usage_search', '{text}', '{}');
SELECT ledger.watch('usage_trainingrecord', '{}', '{}');
SELECT ledger.watch('usage_hold', '{reason}', '{lifted_at, lifted_by_id}');
SELECT ledger.watch('usage_retentionrun', '{}', '{finished_at, counts}');
SELECT ledger.watch('usage_closedmonth', '{}', '{}');
SELECT ledger.watch('usage_closedblock', '{members}', '{}');
SELECT ledger.bind('usage_closedblock', 'month_id');
SELECT ledger.watch('usage_closedhours', '{members}', '{}');
SELECT ledger.watch('usage_aggregaterelease', '{}', '{}');
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
    IF EXISTS (
        SELECT FROM usage_dispute AS dispute
        WHERE dispute.kind <> 'question'
          AND 'closed' IS DISTINCT FROM (
              SELECT event.kind FROM usage_disputeevent AS event
              WHERE event.dispute_id = dispute.id ORDER BY event.number DESC LIMIT 1)
          AND EXISTS (
              SELECT FROM usage_intervalday AS held
              WHERE held.customer_id = dispute.customer_id
                AND held.day >= month AND held.day < month + interval '1 month')
    ) THEN
        RAISE EXCEPTION 'the month from % is disputed', month;
    END IF;
    EXECUTE format('DROP TABLE %I', partition);
    RETURN days;
END $$;
REVOKE ALL ON FUNCTION usage_drop_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage_drop_month(date) TO prime_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("usage", "0002_readings"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Dispute",
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disputes",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "reference",
                        models.CharField(
                            help_text="As read out: ABCD-2345.", max_length=9, unique=True
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("dispute", "something is wrong"),
                                ("question", "question"),
                                ("complaint", "complaint"),
                            ],
                            max_length=10,
                        ),
                    ),
                    (
                        "category",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.category",
                        ),
                    ),
                    (
                        "agreement",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="disputes",
                            to="usage.serviceagreement",
                        ),
                    ),
                    ("first_day", models.DateField(blank=True, null=True)),
                    ("last_day", models.DateField(blank=True, null=True)),
                    ("text", models.TextField()),
                    ("raised_at", models.DateTimeField()),
                    (
                        "raised_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "via",
                        models.CharField(
                            choices=[
                                ("portal", "portal"),
                                ("phone", "telephone"),
                                ("paper", "paper form"),
                                ("counter", "counter"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("due_on", models.DateField(help_text="The day by which PRIME answers.")),
                    (
                        "request_key",
                        models.UUIDField(
                            help_text="Sent with the form, so a second click raises once."
                        ),
                    ),
                ],
                options={
                    "verbose_name": "dispute",
                    "verbose_name_plural": "disputes",
                    "ordering": ["-raised_at"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "request_key"),
                            name="a_form_sent_twice_raises_one_dispute",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    models.Q(
                                        ("first_day__isnull", True), ("last_day__isnull", True)
                                    ),
                                    models.Q(
                                        ("first_day__isnull", False), ("last_day__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                models.Q(
                                    ("first_day", None),
                                    ("agreement__isnull", False),
                                    _connector="OR",
                                ),
                            ),
                            name="disputed_days_have_both_ends_and_a_place",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("first_day", None),
                                ("last_day__gte", models.F("first_day")),
                                _connector="OR",
                            ),
                            name="disputed_days_end_after_they_begin",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DisputeEvent",
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "dispute",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="events",
                            to="usage.dispute",
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("replied", "the customer added something"),
                                ("answered", "PRIME answered"),
                                ("handed_over", "PRIME passed it on to SCE"),
                                ("closed", "closed"),
                            ],
                            max_length=12,
                        ),
                    ),
                    (
                        "outcome",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("corrected", "corrected"),
                                ("explained", "explained"),
                                ("unchanged", "checked, and not changed"),
                                ("withdrawn", "settled, says the customer"),
                            ],
                            max_length=10,
                            null=True,
                        ),
                    ),
                    ("text", models.TextField(blank=True)),
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
                        "via",
                        models.CharField(
                            choices=[
                                ("portal", "portal"),
                                ("phone", "telephone"),
                                ("paper", "paper form"),
                                ("counter", "counter"),
                            ],
                            max_length=10,
                        ),
                    ),
                    (
                        "due_on",
                        models.DateField(
                            blank=True,
                            help_text="The day by which PRIME answers what was added.",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "ordering": ["dispute", "number"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("dispute", "number"),
                            name="the_steps_of_a_dispute_are_in_one_order",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("kind", "closed"), ("outcome__isnull", False)),
                                models.Q(
                                    models.Q(("kind", "closed"), _negated=True), ("outcome", None)
                                ),
                                _connector="OR",
                            ),
                            name="a_closed_dispute_says_what_came_of_it",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("due_on__isnull", False), ("kind", "replied")),
                                models.Q(
                                    models.Q(("kind", "replied"), _negated=True), ("due_on", None)
                                ),
                                _connector="OR",
                            ),
                            name="what_a_customer_adds_is_answered_by_a_day",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Case",
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="cases",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "opened_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("opened_at", models.DateTimeField()),
                    ("expires_at", models.DateTimeField()),
                    (
                        "reason",
                        models.CharField(
                            choices=[
                                ("call", "the customer called"),
                                ("visit", "the customer came by"),
                                ("wrote", "the customer wrote"),
                                ("dispute", "to answer a dispute, question or complaint"),
                                ("mail", "mail came back or did not arrive"),
                                ("check", "to check that PRIME did what it must"),
                                ("law", "the law or an order asks for it"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("words", models.TextField(help_text="The customer reads it.")),
                    ("broke_glass", models.BooleanField(default=False)),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                    ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "reviewed_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("review", models.TextField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "case",
                    "verbose_name_plural": "cases",
                    "ordering": ["-opened_at"],
                    "permissions": [
                        (
                            "break_glass",
                            "Can see a customer's information without the right to, when urgent",
                        ),
                        ("review_case", "Can review what others saw without the right to"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("words", ""), _negated=True),
                            name="whoever_opens_a_case_says_why",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("expires_at__gt", models.F("opened_at")),
                                (
                                    "expires_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("opened_at"),
                                        "+",
                                        models.Value(dt.timedelta(seconds=1800)),
                                    ),
                                ),
                            ),
                            name="a_case_is_open_for_half_an_hour_at_most",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("reviewed_at__isnull", True),
                                    ("reviewed_by__isnull", True),
                                    ("review__isnull", True),
                                ),
                                models.Q(
                                    ("reviewed_at__isnull", False),
                                    ("reviewed_by__isnull", False),
                                    ("review__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_review_says_who_when_and_what",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("reviewed_by", None),
                                models.Q(("reviewed_by", models.F("opened_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="nobody_reviews_her_own_case",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Look",
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
                        "customer",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="looks",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "case",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="looks",
                            to="usage.case",
                        ),
                    ),
                    (
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    ("page", models.CharField(help_text="The page's name.", max_length=80)),
                    (
                        "part",
                        models.CharField(
                            blank=True, help_text="Which kind of information.", max_length=40
                        ),
                    ),
                ],
                options={
                    "ordering": ["at"],
                },
            ),
            migrations.CreateModel(
                name="Search",
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
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                    ("text", models.CharField(max_length=200)),
                    ("found", models.PositiveIntegerField()),
                ],
                options={
                    "verbose_name": "search",
                    "verbose_name_plural": "searches",
                },
            ),
            migrations.CreateModel(
                name="TrainingRecord",
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
                        "person",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="trainings",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "third_party",
                        models.SlugField(
                            blank=True, help_text="The third party’s key.", max_length=40
                        ),
                    ),
                    ("employer", models.CharField(max_length=200)),
                    ("course", models.CharField(max_length=200)),
                    ("trained_on", models.DateField()),
                    (
                        "expires_on",
                        models.DateField(help_text="The first day it no longer counts."),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("recorded_at", models.DateTimeField()),
                ],
                options={
                    "verbose_name": "training record",
                    "verbose_name_plural": "training records",
                    "ordering": ["-expires_on"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("person__isnull", False), ("third_party", "")),
                                models.Q(
                                    ("person", None), models.Q(("third_party", ""), _negated=True)
                                ),
                                _connector="OR",
                            ),
                            name="a_training_is_a_persons_or_a_third_partys",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("expires_on__gt", models.F("trained_on"))),
                            name="a_training_expires_after_it_was_held",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Hold",
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
                        "customer",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="holds",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "categories",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40),
                            blank=True,
                            default=list,
                            size=None,
                        ),
                    ),
                    ("reason", models.TextField()),
                    ("placed_at", models.DateTimeField()),
                    (
                        "placed_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("lifted_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "lifted_by",
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
                    "verbose_name": "hold",
                    "verbose_name_plural": "holds",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                                models.Q(
                                    ("lifted_at__isnull", False), ("lifted_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_lifted_hold_names_who_lifted_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RetentionRun",
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
                        "schedule",
                        models.CharField(
                            help_text="The records schedule the City Council approved.",
                            max_length=120,
                        ),
                    ),
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
                    ("started_at", models.DateTimeField()),
                    (
                        "cutoffs",
                        models.JSONField(help_text="For each category, the first day still kept."),
                    ),
                    ("holds", models.JSONField(help_text="Ids of the holds in force.")),
                    (
                        "still_open",
                        models.JSONField(
                            help_text="Ids of the disputes and demands that were open."
                        ),
                    ),
                    ("finished_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "counts",
                        models.JSONField(
                            blank=True, help_text="Rows let go, by category.", null=True
                        ),
                    ),
                ],
                options={
                    "verbose_name": "retention run",
                    "verbose_name_plural": "retention runs",
                    "ordering": ["-started_at"],
                },
            ),
            migrations.CreateModel(
                name="ClosedMonth",
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
                    ("month", models.DateField(help_text="First day of the month.", unique=True)),
                    (
                        "rules",
                        models.CharField(help_text="The rules it was divided by.", max_length=200),
                    ),
                    (
                        "inputs_sha256",
                        models.BinaryField(help_text="Of who used how much in it.", max_length=32),
                    ),
                    ("closed_at", models.DateTimeField()),
                    (
                        "closed_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["month"],
                },
            ),
            migrations.CreateModel(
                name="ClosedBlock",
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
                        "month",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="blocks",
                            to="usage.closedmonth",
                        ),
                    ),
                    ("kind", models.CharField(max_length=20)),
                    ("groups", models.JSONField()),
                    ("withheld", models.BooleanField()),
                    ("customers", models.PositiveIntegerField(null=True)),
                    ("wh", models.BigIntegerField(null=True)),
                    ("members", models.BinaryField(null=True)),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("customers", None),
                                    ("members", None),
                                    ("wh", None),
                                    ("withheld", True),
                                ),
                                models.Q(
                                    ("customers__isnull", False),
                                    ("members__isnull", False),
                                    ("wh__isnull", False),
                                    ("withheld", False),
                                ),
                                _connector="OR",
                            ),
                            name="what_is_withheld_has_no_figures",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ClosedHours",
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
                        "block",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="hours",
                            to="usage.closedblock",
                        ),
                    ),
                    (
                        "wh",
                        models.JSONField(
                            help_text="Wh of each hour on the clock, or none.", null=True
                        ),
                    ),
                    ("groups", models.JSONField(null=True)),
                    ("members", models.BinaryField(null=True)),
                    (
                        "left_out",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("alone", "in one hour they do not keep the rule"),
                                ("subtracted", "subtracted they would show who came or left"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("closed_at", models.DateTimeField()),
                    (
                        "closed_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("groups__isnull", False),
                                    ("left_out", ""),
                                    ("members__isnull", False),
                                    ("wh__isnull", False),
                                ),
                                models.Q(
                                    ("groups__isnull", True),
                                    ("members__isnull", True),
                                    ("wh__isnull", True),
                                    models.Q(("left_out", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="hours_are_shown_or_it_is_said_why_not",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="AggregateRelease",
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
                        "question",
                        models.JSONField(help_text="See usage.aggregates.reports.Question."),
                    ),
                    (
                        "purpose",
                        models.CharField(
                            help_text="What it is for, and who gets it.", max_length=200
                        ),
                    ),
                    ("rules", models.CharField(max_length=200)),
                    (
                        "inputs_sha256",
                        models.BinaryField(
                            help_text="Of the blocks it was made of.", max_length=32
                        ),
                    ),
                    (
                        "told",
                        models.JSONField(
                            help_text="What was joined, withheld or left as it was, and why."
                        ),
                    ),
                    ("content", models.TextField(help_text="The table as CSV.")),
                    ("sha256", models.BinaryField(max_length=32)),
                    ("released_at", models.DateTimeField()),
                    (
                        "released_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-released_at"],
                    "permissions": [
                        ("release_aggregates", "Can release aggregated usage data (6.11)")
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("purpose", ""), _negated=True),
                            name="a_release_says_what_it_is_for",
                        )
                    ],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
        migrations.RunSQL(DROP_MONTH, "DROP FUNCTION usage_drop_month(date)"),
    ]
