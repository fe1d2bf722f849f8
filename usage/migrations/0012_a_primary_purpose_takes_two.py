"""A primary purpose takes two people: one proposes it, another confirms (4.4, 4.5)."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0011_aggregated_usage"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PurposeProposal",
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
                ("key", models.SlugField(max_length=40)),
                (
                    "limb",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "provide or bill for electrical power"),
                            (2, "system, grid or operational needs"),
                            (3, "required by law or a CPUC order"),
                            (4, "demand response, energy management or energy efficiency programs"),
                        ]
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True,
                        help_text="Contract or program of the fourth limb (4.4).",
                        max_length=120,
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("name_en", models.CharField(max_length=120)),
                ("name_es", models.CharField(max_length=120)),
                ("text_en", models.TextField()),
                ("text_es", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-proposed_at"],
            },
        ),
        migrations.AddField(
            model_name="purpose",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="purpose",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "secondary"),
                    (
                        "key__in",
                        (
                            "bill_power",
                            "buy_power",
                            "run_safely",
                            "meet_legal_duties",
                            "energy_programs",
                        ),
                    ),
                    models.Q(
                        ("confirmed_by__isnull", False),
                        ("proposed_by__isnull", False),
                        models.Q(("proposed_by", models.F("confirmed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_purpose_becomes_primary_by_two_people",
            ),
        ),
        migrations.AddField(
            model_name="purposeproposal",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="purposeproposal",
            name="made",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposal",
                to="usage.purpose",
            ),
        ),
        migrations.AddField(
            model_name="purposeproposal",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="purposeproposal",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposals",
                to="usage.purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="a_decided_proposal_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_second_person_decides_a_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("made", None), ("decided_at__isnull", False), _connector="OR"),
                name="a_purpose_is_made_by_a_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="purposeproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("limb", 4), _negated=True),
                    models.Q(("reference", ""), _negated=True),
                    _connector="OR",
                ),
                name="the_fourth_limb_names_its_contract_or_program",
            ),
        ),
        migrations.RunSQL(
            "SELECT ledger.watch('usage_purposeproposal', '{}', "
            "'{decided_at, decided_by_id, made_id}')",
            migrations.RunSQL.noop,
        ),
    ]
