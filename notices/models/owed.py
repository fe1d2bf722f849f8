"""What a customer is owed, and whether sending stands still (6.2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from notices.models.published import Notice, PostedPolicy, Published
from notices.querysets import Deliveries, Pauses
from usage.evidence import Evidence, together
from usage.models import Customer, Language


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
        CALLED_OFF = "called_off", _("called off before it went")

    class State(models.TextChoices):
        """How it stands, in the words of GOV.UK Notify; see Deliveries.with_state."""

        OWED = "owed", _("owed")
        LEASED = "leased", _("leased")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        TEMPORARY = "temporary", _("temporary failure")
        PERMANENT = "permanent", _("permanent failure")
        TECHNICAL = "technical", _("technical failure")
        RETURNED = "returned", _("returned letter")
        VALIDATION = "validation", _("validation failed")
        CALLED_OFF = "called_off", _("called off before it went")

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
    recipient = models.TextField(help_text=_("The e-mail address, or the lines of the envelope."))
    subject = models.CharField(max_length=200, blank=True)
    content = models.BinaryField(
        null=True,
        help_text=_("What is sent, where its owner rendered it; else made when sent."),
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
        help_text=_("Who of the staff had it sent again."),
    )
    owed_at = models.DateTimeField()
    due_on = models.DateField(help_text=_("The day by which it must have been sent."))
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=20, choices=Failure, null=True, blank=True)
    failure_detail = models.TextField(null=True, blank=True)

    objects = Deliveries.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "delivery")
        verbose_name_plural = pgettext_lazy("table", "deliveries")
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
        """How it stands, in words: as Deliveries.with_state said of it, or asked now."""
        return str(self._stands.label)

    @property
    def told(self) -> str:
        """How it stands, in words for whom it is for: staff's say how the portal works."""
        return str(TOLD.get(self._stands, self._stands.label))

    @property
    def _stands(self) -> Delivery.State:
        standing = getattr(self, "standing", None)
        if standing is None:
            asked = Delivery.objects.filter(pk=self.pk).with_state(at=timezone.now())
            standing = asked.values_list("standing", flat=True).get()
        return self.State(standing)


TOLD = {
    Delivery.State.OWED: _("waiting to be sent"),
    Delivery.State.LEASED: _("being sent"),
    Delivery.State.TEMPORARY: _("not delivered yet; we try again"),
    Delivery.State.PERMANENT: _("could not be delivered"),
    Delivery.State.TECHNICAL: _("could not be sent"),
    Delivery.State.RETURNED: _("the letter came back"),
    Delivery.State.VALIDATION: _("not sent: the address is not right"),
}


class Pause(models.Model):
    """That nothing was sent by a medium for a while, and who let it go on; open, nothing is yet."""

    kept = Evidence(stamps=("resumed_at", "resumed_by"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    medium = models.CharField(max_length=10, choices=Delivery.Medium)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = Pauses.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["medium"],
                condition=Q(resumed_at=None),
                name="a_medium_is_held_still_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=together("resumed_at", "resumed_by"),
                name="a_pause_that_ended_names_who_ended_it",
            ),
        ]

    def __str__(self) -> str:
        return self.get_medium_display()
