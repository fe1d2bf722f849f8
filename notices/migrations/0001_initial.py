"""What PRIME publishes: the Notice, the privacy policy, and each day's seal on the record."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from usage.creating import CreateModels

WATCH = """
SELECT ledger.watch('notices_notice', '{}', '{}');
SELECT ledger.watch('notices_postedpolicy', '{}', '{}');
SELECT ledger.watch('notices_publishedpdf', '{content}', '{}');
SELECT ledger.watch('notices_websiteattestation', '{}', '{}');
SELECT ledger.watch('notices_publishedseal', '{}', '{mailed_at}');
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("usage", "0004_categories_and_purposes"),
    ]
    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Notice",
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
                    ("number", models.PositiveSmallIntegerField(unique=True)),
                    (
                        "effective_on",
                        models.DateField(help_text="In force from 00:00 Pacific of this day."),
                    ),
                    ("published_at", models.DateTimeField()),
                    (
                        "drafted_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("content", models.JSONField()),
                    (
                        "changes_en",
                        models.TextField(help_text="What changed since the version before."),
                    ),
                    ("changes_es", models.TextField()),
                    ("html_en", models.TextField()),
                    ("html_es", models.TextField()),
                    ("sha256_en", models.BinaryField(max_length=32)),
                    ("sha256_es", models.BinaryField(max_length=32)),
                ],
                options={
                    "verbose_name": "notice",
                    "verbose_name_plural": "notices",
                    "ordering": ["-number"],
                    "abstract": False,
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("drafted_by", models.F("approved_by")), _negated=True
                            ),
                            name="the_one_who_approves_a_notice_did_not_write_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PostedPolicy",
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
                    ("number", models.PositiveSmallIntegerField(unique=True)),
                    (
                        "effective_on",
                        models.DateField(help_text="In force from 00:00 Pacific of this day."),
                    ),
                    ("published_at", models.DateTimeField()),
                    (
                        "drafted_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "approved_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("content", models.JSONField()),
                    (
                        "changes_en",
                        models.TextField(help_text="What changed since the version before."),
                    ),
                    ("changes_es", models.TextField()),
                    ("html_en", models.TextField()),
                    ("html_es", models.TextField()),
                    ("sha256_en", models.BinaryField(max_length=32)),
                    ("sha256_es", models.BinaryField(max_length=32)),
                ],
                options={
                    "verbose_name": "posted policy",
                    "verbose_name_plural": "posted policies",
                    "ordering": ["-number"],
                    "abstract": False,
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("drafted_by", models.F("approved_by")), _negated=True
                            ),
                            name="the_one_who_approves_a_policy_did_not_write_it",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="NoticeDraft",
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
                        "document",
                        models.CharField(
                            choices=[("notice", "Notice"), ("policy", "Privacy policy")],
                            default="notice",
                            max_length=10,
                        ),
                    ),
                    ("title", models.CharField(help_text="For staff only.", max_length=120)),
                    ("effective_on", models.DateField(blank=True, null=True)),
                    (
                        "content",
                        models.JSONField(
                            default=dict, help_text="See notices.writing.content.Written."
                        ),
                    ),
                    ("stamps", models.JSONField(blank=True, default=dict, editable=False)),
                    (
                        "changes_en",
                        models.TextField(
                            blank=True, help_text="What changed since the version before."
                        ),
                    ),
                    ("changes_es", models.TextField(blank=True)),
                    (
                        "drafted_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="notice_drafts",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("changed_at", models.DateTimeField(auto_now=True)),
                ],
                options={
                    "verbose_name": "notice draft",
                    "verbose_name_plural": "notice drafts",
                },
            ),
            migrations.CreateModel(
                name="PublishedPdf",
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
                        "notice",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="pdfs",
                            to="notices.notice",
                        ),
                    ),
                    (
                        "policy",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="pdfs",
                            to="notices.postedpolicy",
                        ),
                    ),
                    (
                        "language",
                        models.CharField(
                            choices=[("en", "English"), ("es", "Spanish")], max_length=2
                        ),
                    ),
                    ("sha256", models.BinaryField(max_length=32)),
                    ("content", models.BinaryField()),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("notice", None), ("policy__isnull", False)),
                                models.Q(("notice__isnull", False), ("policy", None)),
                                _connector="OR",
                            ),
                            name="a_pdf_is_of_one_published_version",
                        ),
                        models.UniqueConstraint(
                            fields=("notice", "language"),
                            name="a_notice_has_one_pdf_in_each_language",
                        ),
                        models.UniqueConstraint(
                            fields=("policy", "language"),
                            name="a_policy_has_one_pdf_in_each_language",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="WebsiteAttestation",
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
                    ("page", models.URLField(help_text="The page that was looked at.")),
                    ("seen_on", models.DateField()),
                    ("attested_at", models.DateTimeField()),
                    (
                        "attested_by",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "verbose_name": "website attestation",
                    "verbose_name_plural": "website attestations",
                    "ordering": ["-seen_on", "-attested_at"],
                },
            ),
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
                options={
                    "ordering": ["-day"],
                },
            ),
        ),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
