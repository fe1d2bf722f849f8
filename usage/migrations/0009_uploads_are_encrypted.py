"""A file that waits to be confirmed lies encrypted; its key is in the row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0008_sums_of_days_are_wide"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="key",
            field=models.TextField(
                default="", help_text="Of the encrypted file, itself encrypted."
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="upload",
            name="result",
            field=models.JSONField(help_text="What would come of it (usage.intake.Tried)."),
        ),
    ]
