"""What is kept beside an authorization: its receipts, each no, and how staff heard of a wish."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working
from usage.models import Access, Language, Via
from usage.querysets import OfCustomer


class Receipt(models.Model):
    """What a customer has in hand of a grant, a cancel or an end, signed (6.9, 6.10).

    `content` is the very file she can take away and have checked; page, PDF and message are
    made from it. `entry_id` and `leaf` name the ledger entry of what it confirms.
    """

    kept = Evidence(private=("content",))

    class Event(models.TextChoices):
        GRANTED = "granted", _("granted")
        CANCELED = "canceled", _("canceled")
        ENDED = "ended", _("ended")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="receipts")
    authorization = models.ForeignKey(
        "consent.Authorization", models.PROTECT, related_name="receipts"
    )
    event = models.CharField(max_length=10, choices=Event)
    language = models.CharField(max_length=2, choices=Language)
    entry_id = models.BigIntegerField()
    leaf = models.BinaryField(max_length=32)
    content = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "receipt")
        verbose_name_plural = pgettext_lazy("table", "receipts")
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "event"], name="what_happens_once_has_one_receipt"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {timezone.localdate(self.made_at)}"


class PaperForm(models.Model):
    """How a form on paper is worded, from a moment on: the page as it is printed, for nobody.

    Its set phrases come with the software, its names from what is recorded; here it stays whole, so
    that the form of a past day can be shown word for word (CPUC rule 9a).
    """

    kept = Evidence()

    class Name(models.TextChoices):
        GRANT = "grant", _("to grant")
        CANCEL = "cancel", _("to cancel")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=10, choices=Name)
    use = models.ForeignKey(
        "consent.StatedUse", models.PROTECT, null=True, blank=True, related_name="forms"
    )
    language = models.CharField(max_length=2, choices=Language)
    page = models.TextField(help_text=_("HTML, with nobody's name and nothing ticked."))
    sha256 = models.BinaryField(max_length=32)
    first_at = models.DateTimeField(help_text=_("When it was first seen to be worded so."))

    class Meta:
        verbose_name = pgettext_lazy("table", "form on paper")
        verbose_name_plural = pgettext_lazy("table", "forms on paper")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(name="grant", use__isnull=False)
                | models.Q(name="cancel", use=None),
                name="a_form_to_grant_says_to_whom_and_one_to_cancel_is_for_all",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language} {timezone.localdate(self.first_at)}"


class Declined(models.Model):
    """That a customer was asked, and said no: to whom and to what, in the words of that day."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="declined")
    third_party_words = models.ForeignKey(
        "consent.ThirdPartyVersion", models.PROTECT, related_name="+"
    )
    purpose_words = models.ForeignKey("usage.PurposeVersion", models.PROTECT, related_name="+")
    notice = models.ForeignKey(
        "notices.Notice", models.PROTECT, null=True, blank=True, related_name="+"
    )
    declined_at = models.DateTimeField()
    declined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    request_key = models.UUIDField(
        help_text=_("Sent with the form, so a second click counts once.")
    )

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "declined")
        verbose_name_plural = pgettext_lazy("table", "declined")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "request_key"], name="a_no_sent_twice_is_recorded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party_words} {timezone.localdate(self.declined_at)}"


class Wish(models.Model):
    """How a wish to grant or cancel reached staff, and how they know that it is the customer's.

    It holds from `received_at`, the moment it reached PRIME, not from when it was entered. A
    scanned form lies encrypted beside the other files (ScannedForm).
    """

    kept = Evidence(private=("speaker", "identity", "reference"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="wishes")
    via = models.CharField(max_length=10, choices=Via)
    speaker = models.CharField(max_length=120, help_text=_("Who called, signed or came."))
    capacity = models.CharField(max_length=20, choices=Access.Capacity)
    identity = models.CharField(
        max_length=300, help_text=_("How PRIME knew that it was this person.")
    )
    reference = models.CharField(max_length=80, blank=True, help_text=_("Number of call or form."))
    received_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    scan_sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "wish")
        verbose_name_plural = pgettext_lazy("table", "wishes")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(via=Via.PORTAL), name="a_wish_in_the_portal_needs_no_staff"
            ),
            models.CheckConstraint(
                condition=models.Q(received_at__lte=models.F("entered_at")),
                name="a_wish_is_entered_after_it_is_received",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.via} {timezone.localdate(self.received_at)}"


class ScannedForm(models.Model):
    """The key of a wish's scanned form. It may be sealed anew; the form's hash is evidence."""

    kept = Working(private=("sealed_key",))

    wish = models.OneToOneField(Wish, models.PROTECT, primary_key=True, related_name="scan")
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="+")
    sealed_key = models.TextField()

    objects = OfCustomer.as_manager()

    def __str__(self) -> str:
        return str(self.wish)
