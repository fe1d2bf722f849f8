"""The record's seal of each day, as the public was told it."""

import uuid_utils.compat
from django.db import migrations, models

WATCH = "SELECT ledger.watch('notices_publishedseal', '{}', '{mailed_at}');"


class Migration(migrations.Migration):
    dependencies = [("notices", "0011_staff_mail"), ("prime_portal", "0002_ledger")]
    operations = [
        migrations.CreateModel(
            name="PublishedSeal",
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
                ("day", models.DateField(unique=True)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("published_at", models.DateTimeField()),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"ordering": ["-day"]},
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
