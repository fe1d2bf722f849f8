"""The sum of a day of the largest readings that fit does not fit into 32 bits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0007_prepared_downloads"),
    ]

    operations = [
        migrations.AlterField(
            model_name="intervalday",
            name="day_wh",
            field=models.BigIntegerField(help_text="Sum of the readings held, Wh."),
        ),
    ]
