"""What a customer takes away (6.3), and copies that take a machine more than a moment.

The worker prepares those; she comes back for them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working, together
from usage.models.customers import Customer
from usage.models.vocabulary import Via
from usage.querysets import OfCustomer

if TYPE_CHECKING:
    from prime_portal.models import User


class Download(models.Model):
    """A customer took her own Covered Information (6.3). Evidence, not a disclosure.

    `flows` are the directions asked for, none meaning all. Where staff took it for her, `reason`
    says why. A copy the worker prepares has a PreparedDownload; it is finished when fetched.
    """

    kept = Evidence(stamps=("finished_at", "rows", "size", "sha256"), private=("reason",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="downloads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    format = models.CharField(max_length=20)
    agreements = ArrayField(models.UUIDField())
    flows = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("Bytes."))
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "download")
        verbose_name_plural = pgettext_lazy("table", "downloads")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(via="portal") | ~Q(reason=""),
                name="whoever_takes_a_copy_for_a_customer_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.at:%Y-%m-%d}"


class PreparedDownloads(OfCustomer):
    def asked_by(self, user: User) -> Self:
        """Whoever asked for a copy, and nobody else, comes for it."""
        return self.filter(download__by=user).select_related("download")

    def waiting(self, *, at: datetime) -> Self:
        """Those that no worker prepares at the moment, oldest first."""
        return self.filter(
            Q(leased_until=None) | Q(leased_until__lte=at), ready_at=None, failed_at=None
        ).order_by("download_id")

    def expired(self, *, at: datetime) -> Self:
        return self.filter(expires_at__lte=at, removed_at=None)

    def given_up(self, *, since: datetime) -> Self:
        """Those that could not be prepared, and in whose place the customer got no other yet."""
        later = self.model.objects.filter(
            customer=OuterRef("customer"), ready_at__gt=OuterRef("failed_at")
        )
        return self.filter(~Exists(later), failed_at__gte=since).select_related("download")

    def to_announce(self) -> Self:
        """Ready, still there, and asked for in the portal: the app above tells who asked."""
        return self.filter(
            ready_at__isnull=False, removed_at=None, download__via="portal"
        ).select_related("download__by", "customer")


class PreparedDownload(models.Model):
    """A copy being prepared for the evidence row `download`, and where it waits when it is ready.

    The file lies encrypted below FILES_DIR, its key sealed in this row: with the key gone, after
    seven days, nothing is left of it. `for_post` puts an address page in front.
    """

    kept = Working(private=("path", "sealed_key"))

    class State(models.TextChoices):
        WAITING = "waiting", _("being prepared")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be prepared")
        REMOVED = "removed", _("removed after seven days")

    download = models.OneToOneField(
        Download, models.PROTECT, primary_key=True, related_name="prepared"
    )
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    for_post = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    path = models.CharField(max_length=200, blank=True, help_text=_("Below FILES_DIR."))
    sealed_key = models.BinaryField(null=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PreparedDownloads.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=together("ready_at", "expires_at"),
                name="a_copy_that_is_ready_says_until_when",
            ),
            models.CheckConstraint(
                condition=Q(ready_at=None) | Q(failed_at=None),
                name="a_copy_is_ready_or_failed_never_both",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(sealed_key=None),
                name="a_copy_that_was_removed_has_no_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["download"],
                condition=Q(ready_at=None, failed_at=None),
                name="copies_still_to_be_prepared",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(removed_at=None, ready_at__isnull=False),
                name="copies_waiting_to_be_fetched",
            ),
        ]

    def __str__(self) -> str:
        return str(self.State(self.state).label)

    @property
    def state(self) -> State:
        if self.removed_at:
            return self.State.REMOVED
        if self.ready_at:
            return self.State.READY
        return self.State.FAILED if self.failed_at else self.State.WAITING
