"""An e-mail of its own kind: that a copy somebody asked for is ready."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0004_evidence_of_versions"),
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
                    ("claim_code", "claim code"),
                    ("receipt", "receipt"),
                    ("alert", "account alert"),
                    ("ready", "copy is ready"),
                ],
                max_length=20,
            ),
        ),
    ]
