"""Who asks for a new code writes down what was typed; the worker decides."""

import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0009_uploads_are_encrypted"),
    ]

    operations = [
        migrations.CreateModel(
            name="CodeRequest",
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
                ("account_number", models.CharField(help_text="As typed.", max_length=40)),
                ("zip_code", models.CharField(help_text="As typed.", max_length=10)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
