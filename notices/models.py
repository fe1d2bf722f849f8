"""The Notice (6.1, 6.2), and every e-mail and letter a customer is owed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from notices.paper import PrintBatch, PrintedLetter, ReturnFile
from notices.querysets import Deliveries, EDeliveryConsents, Notices, WebsiteAttestations
from notices.sealed import PublishedSeal as PublishedSeal
from notices.telling_staff import StaffMail as StaffMail
from usage.evidence import Evidence, Working, together
from usage.models import Customer, Language, Via

__all__ = [
    "Delivery",
    "DeliveryAttempt",
    "DeliveryEvent",
    "DeliveryLease",
    "Document",
    "EDeliveryConsent",
    "Notice",
    "NoticeDraft",
    "Pause",
    "PostedPolicy",
    "PrintBatch",
    "PrintedLetter",
    "Published",
    "PublishedPdf",
    "Resolution",
    "ReturnFile",
    "WebsiteAttestation",
]


class Document(models.TextChoices):
    """What PRIME publishes in versions (6.2): the Notice, and the posted privacy policy."""

    NOTICE = "notice", _("Notice")
    POLICY = "policy", _("Privacy policy")


class NoticeDraft(models.Model):
    """A notice or policy being written. Publishing makes a version of it and ends the draft.

    stamps: who wrote a text last and when, as {"identity.es": {"at": …, "by": …}}; so it is
    known whose words they are, and which Spanish is older than its English.
    """

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.CharField(max_length=10, choices=Document, default=Document.NOTICE)
    title = models.CharField(max_length=120, help_text="For staff only.")
    effective_on = models.DateField(null=True, blank=True)
    content = models.JSONField(default=dict, help_text="See notices.content.Written.")
    stamps = models.JSONField(default=dict, blank=True, editable=False)
    changes_en = models.TextField(blank=True, help_text="What changed since the version before.")
    changes_es = models.TextField(blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notice_drafts"
    )
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.title


class Published(models.Model):
    """One published version, both languages. Its bytes never change (6.2)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveSmallIntegerField(unique=True)
    effective_on = models.DateField(help_text="In force from 00:00 Pacific of this day.")
    published_at = models.DateTimeField()
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = models.JSONField()
    changes_en = models.TextField(help_text="What changed since the version before.")
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
        return f"version {self.number}"

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
        verbose_name_plural = "posted policies"
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
    page = models.URLField(help_text="The page that was looked at.")
    seen_on = models.DateField()
    attested_at = models.DateTimeField()
    attested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = WebsiteAttestations.as_manager()

    class Meta:
        ordering = ["-seen_on", "-attested_at"]

    def __str__(self) -> str:
        return f"{self.seen_on:%Y-%m-%d}"


class EDeliveryConsent(models.Model):
    """That a customer agreed to get notices by e-mail (E-SIGN). Paper is the default."""

    kept = Evidence(stamps=("withdrawn_at", "withdrawn_by", "complaint"), private=("email",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="edelivery_consents")
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=Language)
    via = models.CharField(max_length=10, choices=Via)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    complaint = models.ForeignKey(
        "notices.DeliveryEvent",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What the mail provider reported, where that ended it and not a person.",
    )

    objects = EDeliveryConsents.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(withdrawn_at=None),
                name="a_customer_has_one_open_e_delivery_consent",
            ),
            models.CheckConstraint(
                condition=Q(complaint=None) & together("withdrawn_at", "withdrawn_by")
                | Q(complaint__isnull=False, withdrawn_at__isnull=False, withdrawn_by=None),
                name="a_withdrawn_e_delivery_consent_names_who_or_what_ended_it",
            ),
        ]

    def __str__(self) -> str:
        return f"since {self.granted_at:%Y-%m-%d}"


class Delivery(models.Model):
    """One e-mail or letter a customer is owed, and what became of it.

    Unique per customer, kind and key, so planning twice, late or in parallel owes it once:
    annual notices are keyed by the delivery (or enrollment) they renew, new-account notices
    by the enrollment, changes by the version, receipts by what they confirm. A delivery that
    falls to the other medium is a new one, keyed "<key>:letter" or "<key>:email", that
    `replaces` the failed one; one that staff send again is keyed "<key>:2" and so on.
    """

    kept = Evidence(
        stamps=("sent_at", "delivered_at", "failed_at", "failure", "failure_detail"),
        private=("recipient", "subject", "content", "failure_detail"),
    )

    class Kind(models.TextChoices):
        NEW_ACCOUNT = "new_account", _("new-account notice")
        ANNUAL = "annual", _("annual notice")
        CHANGE = "change", _("change of notice")
        POLICY = "policy", _("change of privacy policy")
        CLAIM_CODE = "claim_code", _("claim code")
        RECEIPT = "receipt", _("receipt")
        ALERT = "alert", _("account alert")
        READY = "ready", _("copy is ready")
        BREACH = "breach", _("notice of data breach")

    class Medium(models.TextChoices):
        EMAIL = "email", _("e-mail")
        LETTER = "letter", _("letter")

    class Failure(models.TextChoices):
        PERMANENT = "permanent", _("permanent failure")
        TECHNICAL = "technical", _("technical failure")
        VALIDATION = "validation", _("validation failed")
        RETURNED = "returned", _("returned letter")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=80)
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    policy = models.ForeignKey(
        PostedPolicy, models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    medium = models.CharField(max_length=10, choices=Medium)
    language = models.CharField(max_length=2, choices=Language)
    recipient = models.TextField(help_text="The e-mail address, or the lines of the envelope.")
    subject = models.CharField(max_length=200, blank=True)
    content = models.BinaryField(
        null=True,
        help_text="What is sent, where its owner rendered it; else made when sent.",
    )
    claim = models.ForeignKey(
        "usage.Claim", models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of the staff had it sent again.",
    )
    owed_at = models.DateTimeField()
    due_on = models.DateField(help_text="The day by which it must have been sent.")
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=20, choices=Failure, null=True, blank=True)
    failure_detail = models.TextField(null=True, blank=True)

    objects = Deliveries.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "key"],
                name="a_delivery_is_owed_once_per_customer_kind_and_key",
            ),
            models.CheckConstraint(
                condition=together("failed_at", "failure"),
                name="a_failed_delivery_says_how_it_failed",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(sent_at__isnull=False),
                name="what_was_delivered_was_sent",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(sent_at=None, failed_at=None),
                name="deliveries_still_owed",
            ),
            models.Index(fields=["customer", "kind", "owed_at"], name="deliveries_of_a_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_medium_display()})"

    @property
    def version(self) -> Published | None:
        """The version of the Notice or of the policy it is about, if any."""
        return self.notice or self.policy

    @property
    def state(self) -> str:
        """The state in the words of design: owed, sent, delivered, or how it failed."""
        if self.failure:
            return str(self.Failure(self.failure).label)
        if self.delivered_at:
            return str(_("delivered"))
        return str(_("sent")) if self.sent_at else str(_("owed"))


class Pause(models.Model):
    """That nothing is sent by a medium for now; without a row, it is."""

    kept = Working()

    medium = models.CharField(max_length=10, choices=Delivery.Medium, primary_key=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.get_medium_display()


class DeliveryLease(models.Model):
    """Who is sending a delivery right now, and until when nobody else may."""

    kept = Working()

    delivery = models.OneToOneField(
        Delivery, models.PROTECT, primary_key=True, related_name="lease"
    )
    holder = models.CharField(max_length=80)
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"until {self.until:%H:%M:%S}"


class DeliveryAttempt(models.Model):
    """One try at sending: opened before the first byte goes, closed with what came back."""

    kept = Evidence(stamps=("closed_at", "outcome", "answer", "sha256"), private=("answer",))

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        UNREACHABLE = "unreachable", _("temporary failure")
        UNKNOWN = "unknown", _("unknown")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts")
    holder = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, null=True, blank=True)
    answer = models.TextField(null=True, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(closed_at=None),
                name="a_delivery_has_one_open_attempt",
            ),
            models.CheckConstraint(
                condition=together("closed_at", "outcome"),
                name="a_closed_attempt_says_what_came_of_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opened_at:%Y-%m-%d %H:%M:%S}"


class DeliveryEvent(models.Model):
    """What the mail provider told of an e-mail after the relay had taken it."""

    kept = Evidence(private=("answer",))

    class Event(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("bounced")
        REJECTED = "rejected", _("rejected")
        FAILED = "failed", _("could not be sent")
        COMPLAINED = "complained", _("reported as spam")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="events")
    event = models.CharField(max_length=20, choices=Event)
    answer = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "event", "happened_at"], name="an_event_is_taken_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_event_display()


class Resolution(models.Model):
    """What staff did about a delivery that failed for good, where it is not sent again."""

    kept = Evidence(private=("words",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="resolution")
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
