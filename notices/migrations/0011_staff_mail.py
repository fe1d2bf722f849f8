"""Mails to PRIME's own staff."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

WATCH = "SELECT ledger.watch('notices_staffmail', '{content}', '{sent_at}');"


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0010_notice_of_data_breach"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                ("key", models.CharField(max_length=80)),
                ("content", models.BinaryField()),
                ("owed_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
