"""Sign-ins, kept when their sessions are gone; ordinary rows, dropped after their period (5.1)."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("prime_portal", "0008_role_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
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
                    "outcome",
                    models.CharField(
                        choices=[("signed_in", "signed in"), ("step_failed", "second step failed")],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("ip", models.GenericIPAddressField()),
                ("browser", models.CharField(blank=True, max_length=40)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
                "ordering": ["-at"],
                "indexes": [
                    models.Index(fields=["user", "at"], name="sign_ins_of_somebody"),
                    models.Index(fields=["at"], name="sign_ins_by_age"),
                ],
            },
        ),
    ]
