"""Whom an incident touches by what goes regularly outside the portal is counted apart."""

from django.db import migrations, models
from django.db.models import F, Q

OF_WHAT = "a_reach_names_the_third_party_the_sign_in_or_the_batch"
WHEN = "a_reach_in_time_says_from_when_until_when"


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_forms_on_paper")]
    operations = [
        migrations.RemoveConstraint(model_name="reach", name=OF_WHAT),
        migrations.RemoveConstraint(model_name="reach", name=WHEN),
        migrations.AlterField(
            model_name="reach",
            name="how",
            field=models.CharField(
                choices=[
                    ("disclosures", "disclosed to a third party"),
                    (
                        "flows",
                        (
                            "goes regularly to a third party, outside this portal: "
                            "everybody PRIME served then"
                        ),
                    ),
                    ("sign_in", "open to a sign-in, looked at or taken by it"),
                    ("everybody", "everybody PRIME serves or served"),
                    ("batch", "the customers of a print batch"),
                    ("accounts", "these accounts"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="reach",
            constraint=models.CheckConstraint(
                condition=Q(
                    how__in=["disclosures", "flows"],
                    third_party__isnull=False,
                    user=None,
                    batch=None,
                )
                | Q(how="sign_in", third_party=None, user__isnull=False, batch=None)
                | Q(how="batch", third_party=None, user=None, batch__isnull=False)
                | Q(how__in=["everybody", "accounts"], third_party=None, user=None, batch=None),
                name=OF_WHAT,
            ),
        ),
        migrations.AddConstraint(
            model_name="reach",
            constraint=models.CheckConstraint(
                condition=Q(
                    how__in=["disclosures", "flows", "sign_in"],
                    first_at__isnull=False,
                    last_at__gte=F("first_at"),
                )
                | Q(how__in=["everybody", "batch", "accounts"], first_at=None, last_at=None),
                name=WHEN,
            ),
        ),
    ]
