"""A breach letter is a delivery of its own kind (Civ. Code 1798.29)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0009_evidence_of_print_batches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="kind",
            field=models.CharField(
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
    ]
