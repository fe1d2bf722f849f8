"""How staff heard of a wish to grant or cancel, and that what they enter says so."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('consent_wish', '{speaker, identity, reference, scan_key}', '{}');
SELECT ledger.watch('consent_authorization', '{}', '{canceled_at, canceled_by_id, canceled_via, canceled_wish_id, used_at}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0006_granularity_and_declines"),
        ("notices", "0005_copy_is_ready"),
        ("usage", "0009_uploads_are_encrypted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="authorization",
            options={
                "ordering": ["-granted_at"],
                "permissions": [
                    ("disclose_authorization", "Can send what authorizations permit"),
                    ("grant_authorization", "Can grant on a customer's request"),
                    ("cancel_authorization", "Can cancel on a customer's request"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Wish",
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
                    "speaker",
                    models.CharField(help_text="Who called, signed or came.", max_length=120),
                ),
                (
                    "capacity",
                    models.CharField(
                        choices=[
                            ("holder", "account holder"),
                            ("household", "household member"),
                            ("representative", "authorized representative"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "identity",
                    models.CharField(
                        help_text="How PRIME knew that it was this person.", max_length=300
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="Number of call or form.", max_length=80
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                ("scan_sha256", models.BinaryField(blank=True, max_length=32, null=True)),
                ("scan_key", models.TextField(blank=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wishes",
                        to="usage.customer",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "wishes",
            },
        ),
        migrations.AddField(
            model_name="authorization",
            name="canceled_wish",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="canceled",
                to="consent.wish",
            ),
        ),
        migrations.AddField(
            model_name="authorization",
            name="wish",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="granted",
                to="consent.wish",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
                condition=models.Q(("via", "portal"), ("wish__isnull", False), _connector="OR"),
                name="what_staff_enter_says_how_they_heard_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(("via", "portal"), _negated=True),
                name="a_wish_in_the_portal_needs_no_staff",
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.CheckConstraint(
                condition=models.Q(("received_at__lte", models.F("entered_at"))),
                name="a_wish_is_entered_after_it_is_received",
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
