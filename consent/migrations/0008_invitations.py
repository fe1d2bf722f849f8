"""Invitations to act for a customer."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = """
SELECT ledger.watch('consent_invitation', '{email, proof}', '{accepted_at, accepted_by_id, withdrawn_at, withdrawn_by_id}');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0007_wishes"),
        ("usage", "0010_code_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
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
                    "scope",
                    models.CharField(
                        choices=[
                            ("everything", "see, take, grant and cancel"),
                            ("see", "see and take only"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "proof",
                    models.CharField(help_text="Why this person may act for her.", max_length=200),
                ),
                (
                    "ends_on",
                    models.DateField(
                        blank=True, help_text="First day no longer allowed.", null=True
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2),
                ),
                ("invited_at", models.DateTimeField()),
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
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="usage.customer",
                    ),
                ),
                (
                    "invited_by",
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
                    models.CheckConstraint(
                        condition=models.Q(("capacity", "holder"), _negated=True),
                        name="nobody_is_invited_to_be_the_holder",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("capacity", "representative"), _negated=True),
                            ("ends_on__isnull", False),
                            _connector="OR",
                        ),
                        name="a_representative_has_an_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("accepted_at__isnull", True), ("accepted_by__isnull", True)
                                ),
                                models.Q(
                                    ("accepted_at__isnull", False), ("accepted_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(
                                    ("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)
                                ),
                                models.Q(
                                    ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("accepted_at", None), ("withdrawn_at", None), _connector="OR"
                            ),
                        ),
                        name="an_invitation_is_accepted_or_withdrawn_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("invited_at"))),
                        name="an_invitation_has_some_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
