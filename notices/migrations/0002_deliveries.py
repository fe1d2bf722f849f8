"""Every e-mail and letter: owed, tried, printed, and what came back."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('notices_delivery', '{recipient, subject, content, failure_detail}', '{sent_at, delivered_at, failed_at, failure, failure_detail}');
SELECT ledger.watch('notices_deliveryattempt', '{answer}', '{closed_at, outcome, answer, sha256}');
SELECT ledger.watch('notices_deliveryevent', '{answer}', '{}');
SELECT ledger.watch('notices_resolution', '{words}', '{}');
SELECT ledger.watch('notices_edeliveryconsent', '{email}', '{withdrawn_at, withdrawn_by_id, complaint_id}');
SELECT ledger.watch('notices_pause', '{}', '{resumed_at, resumed_by_id}');
SELECT ledger.watch('notices_printbatch', '{}', '{sealed_at, pages, sheets, pdf_sha256, manifest_sha256, handed_at, handed_by_id, confirmed_at, confirmed_by_id}');
SELECT ledger.watch('notices_printedletter', '{}', '{first_page, pages, sha256}');
SELECT ledger.bind('notices_printedletter', 'batch_id');
SELECT ledger.watch('notices_returnfile', '{}', '{}');
SELECT ledger.watch('notices_staffmail', '{content}', '{sent_at}');
SELECT ledger.watch('notices_welcomed', '{}', '{}');
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("notices", "0001_initial"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Delivery",
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
                            related_name="deliveries",
                            to="usage.customer",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("new_account", "new-account notice"),
                                ("annual", "annual notice"),
                                ("change", "change of notice"),
                                ("policy", "change of privacy policy"),
                                ("claim_code", "claim code"),
                                ("receipt", "receipt"),
                                ("alert", "account alert"),
                                ("ready", "copy is ready"),
                                ("breach", "notice of data breach"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("key", models.CharField(max_length=80)),
                    (
                        "notice",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="notices.notice",
                        ),
                    ),
                    (
                        "policy",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="notices.postedpolicy",
                        ),
                    ),
                    (
                        "medium",
                        models.CharField(
                            choices=[("email", "e-mail"), ("letter", "letter")], max_length=10
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    (
                        "recipient",
                        models.TextField(
                            help_text="The e-mail address, or the lines of the envelope."
                        ),
                    ),
                    ("subject", models.CharField(blank=True, max_length=200)),
                    (
                        "content",
                        models.BinaryField(
                            help_text="What is sent, where its owner rendered it; else made when sent.",
                            null=True,
                        ),
                    ),
                    (
                        "claim",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deliveries",
                            to="usage.claim",
                        ),
                    ),
                    (
                        "replaces",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="replaced_by",
                            to="notices.delivery",
                        ),
                    ),
                    (
                        "asked_by",
                        models.ForeignKey(
                            blank=True,
                            help_text="Who of the staff had it sent again.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("owed_at", models.DateTimeField()),
                    (
                        "due_on",
                        models.DateField(help_text="The day by which it must have been sent."),
                    ),
                    ("sent_at", models.DateTimeField(blank=True, null=True)),
                    ("delivered_at", models.DateTimeField(blank=True, null=True)),
                    ("failed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "failure",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("permanent", "permanent failure"),
                                ("technical", "technical failure"),
                                ("validation", "validation failed"),
                                ("returned", "returned letter"),
                                ("called_off", "called off before it went"),
                            ],
                            max_length=20,
                            null=True,
                        ),
                    ),
                    ("failure_detail", models.TextField(blank=True, null=True)),
                ],
                options={
                    "verbose_name": "delivery",
                    "verbose_name_plural": "deliveries",
                    "indexes": [
                        models.Index(
                            condition=models.Q(("failed_at", None), ("sent_at", None)),
                            fields=["id"],
                            name="deliveries_still_owed",
                        ),
                        models.Index(
                            fields=["customer", "kind", "owed_at"], name="deliveries_of_a_customer"
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("customer", "kind", "key"),
                            name="a_delivery_is_owed_once_per_customer_kind_and_key",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("failed_at__isnull", True), ("failure__isnull", True)),
                                models.Q(("failed_at__isnull", False), ("failure__isnull", False)),
                                _connector="OR",
                            ),
                            name="a_failed_delivery_says_how_it_failed",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("delivered_at", None), ("sent_at__isnull", False), _connector="OR"
                            ),
                            name="what_was_delivered_was_sent",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DeliveryLease",
                fields=[
                    (
                        "delivery",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            primary_key=True,
                            related_name="lease",
                            serialize=False,
                            to="notices.delivery",
                        ),
                    ),
                    ("holder", models.CharField(max_length=80)),
                    ("until", models.DateTimeField()),
                    ("tries", models.PositiveSmallIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name="DeliveryAttempt",
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
                        "delivery",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="attempts",
                            to="notices.delivery",
                        ),
                    ),
                    ("holder", models.CharField(max_length=80)),
                    ("opened_at", models.DateTimeField()),
                    ("closed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "outcome",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("accepted", "accepted"),
                                ("refused", "refused"),
                                ("unreachable", "temporary failure"),
                                ("unknown", "unknown"),
                            ],
                            max_length=20,
                            null=True,
                        ),
                    ),
                    ("answer", models.TextField(blank=True, null=True)),
                    ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("closed_at", None)),
                            fields=("delivery",),
                            name="a_delivery_has_one_open_attempt",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("closed_at__isnull", True), ("outcome__isnull", True)),
                                models.Q(("closed_at__isnull", False), ("outcome__isnull", False)),
                                _connector="OR",
                            ),
                            name="a_closed_attempt_says_what_came_of_it",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DeliveryEvent",
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
                        "delivery",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="events",
                            to="notices.delivery",
                        ),
                    ),
                    (
                        "event",
                        models.CharField(
                            choices=[
                                ("delivered", "delivered"),
                                ("bounced", "bounced"),
                                ("rejected", "rejected"),
                                ("failed", "could not be sent"),
                                ("complained", "reported as spam"),
                                ("unsubscribed", "unsubscribed"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("answer", models.TextField(blank=True)),
                    ("happened_at", models.DateTimeField()),
                    ("received_at", models.DateTimeField()),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("delivery", "event", "happened_at"),
                            name="an_event_is_taken_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Resolution",
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
                        "delivery",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="resolution",
                            to="notices.delivery",
                        ),
                    ),
                    ("words", models.TextField()),
                    (
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("at", models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name="EDeliveryConsent",
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
                            related_name="edelivery_consents",
                            to="usage.customer",
                        ),
                    ),
                    ("email", models.EmailField(max_length=254)),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
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
                    ("granted_at", models.DateTimeField()),
                    (
                        "granted_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "withdrawn_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "complaint",
                        models.ForeignKey(
                            blank=True,
                            help_text="What the mail provider reported, where that ended it and not a person.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="notices.deliveryevent",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "e-delivery consent",
                    "verbose_name_plural": "e-delivery consents",
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("withdrawn_at", None)),
                            fields=("customer",),
                            name="a_customer_has_one_open_e_delivery_consent",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("complaint", None),
                                    models.Q(
                                        models.Q(
                                            ("withdrawn_at__isnull", True),
                                            ("withdrawn_by__isnull", True),
                                        ),
                                        models.Q(
                                            ("withdrawn_at__isnull", False),
                                            ("withdrawn_by__isnull", False),
                                        ),
                                        _connector="OR",
                                    ),
                                ),
                                models.Q(
                                    ("complaint__isnull", False),
                                    ("withdrawn_at__isnull", False),
                                    ("withdrawn_by", None),
                                ),
                                _connector="OR",
                            ),
                            name="a_withdrawn_e_delivery_consent_names_who_or_what_ended_it",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Pause",
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
                        "medium",
                        models.CharField(
                            choices=[("email", "e-mail"), ("letter", "letter")], max_length=10
                        ),
                    ),
                    ("reason", models.CharField(max_length=200)),
                    ("at", models.DateTimeField()),
                    ("resumed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "resumed_by",
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
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("resumed_at", None)),
                            fields=("medium",),
                            name="a_medium_is_held_still_once_at_a_time",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("resumed_at__isnull", True), ("resumed_by__isnull", True)
                                ),
                                models.Q(
                                    ("resumed_at__isnull", False), ("resumed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_pause_that_ended_names_who_ended_it",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PrintBatch",
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
                    ("number", models.PositiveIntegerField(unique=True)),
                    ("letters", models.PositiveIntegerField()),
                    ("made_at", models.DateTimeField()),
                    ("sealed_at", models.DateTimeField(blank=True, null=True)),
                    ("pages", models.PositiveIntegerField(blank=True, null=True)),
                    ("sheets", models.PositiveIntegerField(blank=True, null=True)),
                    ("pdf_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                    ("manifest_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                    ("handed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "handed_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("confirmed_at", models.DateTimeField(blank=True, null=True)),
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
                ],
                options={
                    "verbose_name": "print batch",
                    "verbose_name_plural": "print batches",
                    "ordering": ["-number"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("sealed_at__isnull", True),
                                    ("pages__isnull", True),
                                    ("sheets__isnull", True),
                                    ("pdf_sha256__isnull", True),
                                    ("manifest_sha256__isnull", True),
                                ),
                                models.Q(
                                    ("sealed_at__isnull", False),
                                    ("pages__isnull", False),
                                    ("sheets__isnull", False),
                                    ("pdf_sha256__isnull", False),
                                    ("manifest_sha256__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_sealed_batch_has_its_pages_and_hashes",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("handed_at__isnull", True), ("handed_by__isnull", True)),
                                models.Q(
                                    ("handed_at__isnull", False), ("handed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_batch_handed_over_names_by_whom",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("confirmed_at__isnull", True), ("confirmed_by__isnull", True)
                                ),
                                models.Q(
                                    ("confirmed_at__isnull", False), ("confirmed_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="a_confirmed_batch_names_by_whom",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("handed_at", None), ("sealed_at__isnull", False), _connector="OR"
                            ),
                            name="only_a_sealed_batch_is_handed_over",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("confirmed_at", None),
                                ("handed_at__isnull", False),
                                _connector="OR",
                            ),
                            name="only_a_batch_handed_over_is_confirmed",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("confirmed_by", None),
                                models.Q(("confirmed_by", models.F("handed_by")), _negated=True),
                                _connector="OR",
                            ),
                            name="who_confirms_a_batch_did_not_hand_it_over",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PrintedLetter",
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
                        "batch",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="printed",
                            to="notices.printbatch",
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
                        "delivery",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="printed",
                            to="notices.delivery",
                        ),
                    ),
                    ("position", models.PositiveIntegerField()),
                    ("first_page", models.PositiveIntegerField(blank=True, null=True)),
                    ("pages", models.PositiveSmallIntegerField(blank=True, null=True)),
                    ("sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("batch", "position"), name="a_place_in_a_batch_is_one_letters"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("first_page__isnull", True),
                                    ("pages__isnull", True),
                                    ("sha256__isnull", True),
                                ),
                                models.Q(
                                    ("first_page__isnull", False),
                                    ("pages__isnull", False),
                                    ("sha256__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="a_printed_letter_has_its_pages_and_hash",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReturnFile",
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
                    ("sha256", models.BinaryField(max_length=32, unique=True)),
                    ("letters", models.PositiveIntegerField()),
                    ("taken_at", models.DateTimeField()),
                    (
                        "taken_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "return file",
                    "verbose_name_plural": "return files",
                },
            ),
            migrations.CreateModel(
                name="StaffMail",
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
                        "to",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("key", models.CharField(max_length=80)),
                    ("content", models.BinaryField()),
                    ("owed_at", models.DateTimeField()),
                    ("sent_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("sent_at", None)),
                            fields=["id"],
                            name="mails_to_staff_still_owed",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("to", "key"), name="a_mail_to_staff_is_owed_once_per_key"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Welcomed",
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
                    ("tag", models.CharField(max_length=64, unique=True)),
                    ("delivery", models.UUIDField(unique=True)),
                    ("facts", models.JSONField()),
                    ("at", models.DateTimeField()),
                ],
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
