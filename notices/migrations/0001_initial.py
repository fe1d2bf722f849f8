"""Notices, deliveries and the consent to e-delivery."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("usage", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("new_account", "new-account notice"),
                            ("annual", "annual notice"),
                            ("change", "change of notice"),
                            ("claim_code", "claim code"),
                            ("receipt", "receipt"),
                            ("alert", "account alert"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                (
                    "medium",
                    models.CharField(
                        choices=[("email", "e-mail"), ("letter", "letter")],
                        max_length=10,
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                (
                    "recipient",
                    models.TextField(help_text="The e-mail address, or the lines of the envelope."),
                ),
                ("subject", models.CharField(blank=True, max_length=200)),
                (
                    "content",
                    models.BinaryField(
                        help_text="What is sent, where its owner rendered it; else made when sent.",
                        null=True,
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
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("failure_detail", models.TextField(blank=True, null=True)),
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
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="usage.customer",
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
            ],
            options={
                "verbose_name_plural": "deliveries",
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
            name="Notice",
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
                ("number", models.PositiveSmallIntegerField(unique=True)),
                (
                    "effective_on",
                    models.DateField(help_text="In force from 00:00 Pacific of this day."),
                ),
                ("published_at", models.DateTimeField()),
                ("content", models.JSONField()),
                (
                    "changes_en",
                    models.TextField(help_text="What changed since the version before."),
                ),
                ("changes_es", models.TextField()),
                ("html_en", models.TextField()),
                ("html_es", models.TextField()),
                ("sha256_en", models.BinaryField(max_length=32)),
                ("sha256_es", models.BinaryField(max_length=32)),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="notice",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="notices.notice",
            ),
        ),
        migrations.CreateModel(
            name="NoticeDraft",
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
                    "title",
                    models.CharField(help_text="For staff only.", max_length=120),
                ),
                ("effective_on", models.DateField(blank=True, null=True)),
                (
                    "content",
                    models.JSONField(default=dict, help_text="See notices.publishing.Content."),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "drafted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notice_drafts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                ("email", models.EmailField(max_length=254)),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
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
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edelivery_consents",
                        to="usage.customer",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("customer",),
                        name="a_customer_has_one_open_e_delivery_consent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
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
                        name="a_withdrawn_e_delivery_consent_names_who_withdrew_it",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("drafted_by", models.F("approved_by")), _negated=True),
                name="the_one_who_approves_a_notice_did_not_write_it",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("failed_at", None), ("sent_at", None)),
                fields=["id"],
                name="deliveries_still_owed",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["customer", "kind", "owed_at"], name="deliveries_of_a_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("customer", "kind", "key"),
                name="a_delivery_is_owed_once_per_customer_kind_and_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failed_at__isnull", True), ("failure__isnull", True)),
                    models.Q(("failed_at__isnull", False), ("failure__isnull", False)),
                    _connector="OR",
                ),
                name="a_failed_delivery_says_how_it_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivered_at", None), ("sent_at__isnull", False), _connector="OR"
                ),
                name="what_was_delivered_was_sent",
            ),
        ),
    ]
