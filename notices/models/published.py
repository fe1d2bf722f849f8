"""What PRIME publishes in versions, from the draft to the frozen page (6.1, 6.2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notices.querysets import Notices, WebsiteAttestations
from usage.evidence import Evidence, Working
from usage.models import Language


class Document(models.TextChoices):
    """What PRIME publishes in versions (6.2): the Notice, and the posted privacy policy."""

    NOTICE = "notice", _("Notice")
    POLICY = "policy", _("Privacy policy")


class NoticeDraft(models.Model):
    """A notice or policy being written. Publishing makes a version of it and ends the draft.

    stamps: who wrote a text and when last, as {"identity.es": {"at": …, "by": [first, …, last]}},
    what changed and the day among them; so it is known whose words they are, and which Spanish
    is older than its English.
    """

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.CharField(max_length=10, choices=Document, default=Document.NOTICE)
    title = models.CharField(max_length=120, help_text=_("For staff only."))
    effective_on = models.DateField(null=True, blank=True)
    content = models.JSONField(default=dict, help_text=_("See notices.writing.content.Written."))
    stamps = models.JSONField(default=dict, blank=True, editable=False)
    changes_en = models.TextField(blank=True, help_text=_("What changed since the version before."))
    changes_es = models.TextField(blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notice_drafts"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "notice draft")
        verbose_name_plural = pgettext_lazy("table", "notice drafts")

    def __str__(self) -> str:
        return self.title


class Published(models.Model):
    """One published version, both languages. Its bytes never change (6.2)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveSmallIntegerField(unique=True)
    effective_on = models.DateField(help_text=_("In force from 00:00 Pacific of this day."))
    published_at = models.DateTimeField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = models.JSONField()
    changes_en = models.TextField(help_text=_("What changed since the version before."))
    changes_es = models.TextField()
    html_en = models.TextField()
    html_es = models.TextField()
    sha256_en = models.BinaryField(max_length=32)
    sha256_es = models.BinaryField(max_length=32)

    objects = Notices.as_manager()

    class Meta:
        abstract = True
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(_("version %(number)s") % {"number": self.number})

    @property
    def changes(self) -> str:
        return self.changes_es if get_language() == "es" else self.changes_en

    @property
    def html(self) -> str:
        return self.html_es if get_language() == "es" else self.html_en


class Notice(Published):
    """One version of the Notice (6.1, 6.2)."""

    kept = Evidence()

    class Meta(Published.Meta):
        verbose_name = pgettext_lazy("table", "notice")
        verbose_name_plural = pgettext_lazy("table", "notices")
        constraints = [
            models.CheckConstraint(
                condition=~Q(drafted_by=F("approved_by")),
                name="the_one_who_approves_a_notice_did_not_write_it",
            )
        ]


class PostedPolicy(Published):
    """One version of the posted privacy policy (6.2)."""

    kept = Evidence()

    class Meta(Published.Meta):
        verbose_name = pgettext_lazy("table", "posted policy")
        verbose_name_plural = pgettext_lazy("table", "posted policies")
        constraints = [
            models.CheckConstraint(
                condition=~Q(drafted_by=F("approved_by")),
                name="the_one_who_approves_a_policy_did_not_write_it",
            )
        ]


class PublishedPdf(models.Model):
    """A version as it was on paper the moment it was published, one for each language."""

    kept = Evidence(private=("content",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="pdfs")
    policy = models.ForeignKey(PostedPolicy, models.PROTECT, null=True, related_name="pdfs")
    language = models.CharField(max_length=2, choices=Language)
    sha256 = models.BinaryField(max_length=32)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(notice=None, policy__isnull=False)
                | Q(notice__isnull=False, policy=None),
                name="a_pdf_is_of_one_published_version",
            ),
            models.UniqueConstraint(
                fields=["notice", "language"], name="a_notice_has_one_pdf_in_each_language"
            ),
            models.UniqueConstraint(
                fields=["policy", "language"], name="a_policy_has_one_pdf_in_each_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice or self.policy}, {self.language}"


class WebsiteAttestation(models.Model):
    """That somebody looked, and PRIME's own web site carries the link to the Notice (6.2)."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    page = models.URLField(help_text=_("The page that was looked at."))
    seen_on = models.DateField()
    attested_at = models.DateTimeField()
    attested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = WebsiteAttestations.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "website attestation")
        verbose_name_plural = pgettext_lazy("table", "website attestations")
        ordering = ["-seen_on", "-attested_at"]

    def __str__(self) -> str:
        return f"{self.seen_on:%Y-%m-%d}"
