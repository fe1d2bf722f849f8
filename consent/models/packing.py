"""What waits for third parties, encrypted: packages and the customers in each."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Working
from usage.granularity import Granularity
from usage.querysets import OfCustomer


class Packages(QuerySet["Package", "Package"]):
    def kept(self, *, at: datetime) -> Self:
        """Those whose time to be fetched is not over."""
        return self.filter(removed_at=None, expires_at__gt=at)

    def waiting(self, *, at: datetime) -> Self:
        """Those worth fetching: nobody in them has canceled. A key is decided anew all the same."""
        canceled = PackageMember.objects.filter(authorization__canceled_at__isnull=False)
        return self.kept(at=at).exclude(pk__in=canceled.values("package"))


class Package(models.Model):
    """Covered Information prepared and encrypted for a third party. Not yet a disclosure.

    With its members it is the whole proposal it was packed for. Its file and key stay, for the
    customers in it to see, when the key has left; else they go when it expires.
    """

    kept = Working(private=("path", "sealed_key"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey("consent.ThirdParty", models.PROTECT, related_name="packages")
    purpose = models.ForeignKey("usage.Purpose", models.PROTECT, related_name="+")
    contract = models.ForeignKey(
        "consent.Contract", models.PROTECT, null=True, blank=True, related_name="packages"
    )
    demand = models.ForeignKey(
        "consent.Demand", models.PROTECT, null=True, blank=True, related_name="packages"
    )
    categories = ArrayField(models.CharField(max_length=40))
    granularity = models.CharField(max_length=12, choices=Granularity)
    first_day = models.DateField()
    last_day = models.DateField()
    proposal_sha256 = models.BinaryField(max_length=32, help_text=_("Of what it was packed for."))
    format = models.CharField(max_length=20)
    path = models.CharField(max_length=200, help_text=_("Below FILES_DIR."))
    sha256 = models.BinaryField(max_length=32, help_text=_("Of the file in clear."))
    size = models.PositiveBigIntegerField(help_text=_("Of the encrypted file, in bytes."))
    rows = models.PositiveBigIntegerField()
    heading = models.PositiveBigIntegerField(
        help_text=_("Bytes in clear before the first member's.")
    )
    sealed_key = models.BinaryField(null=True)
    prepared_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text=_("When file and key went."))

    objects = Packages.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "package")
        verbose_name_plural = pgettext_lazy("table", "packages")
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at=None, sealed_key__isnull=False)
                | Q(removed_at__isnull=False, sealed_key=None),
                name="a_removed_package_has_no_key",
            )
        ]

    def __str__(self) -> str:
        at = f"{timezone.localtime(self.prepared_at):%Y-%m-%d %H:%M}"
        return str(_("package %(at)s") % {"at": at})


class PackageMember(models.Model):
    """One customer in a package: her agreements, and where the lines about her are.

    Bytes [starts, ends) of the file in clear are about her and nobody else.
    """

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="package_members")
    package = models.ForeignKey(Package, models.CASCADE, related_name="members")
    authorization = models.ForeignKey(
        "consent.Authorization", models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreements = ArrayField(models.UUIDField())
    rows = models.PositiveBigIntegerField()
    starts = models.PositiveBigIntegerField()
    ends = models.PositiveBigIntegerField()

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "package"], name="a_customer_is_in_a_package_once"
            ),
            models.CheckConstraint(
                condition=Q(starts__lte=models.F("ends")), name="a_slice_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return str(self.package_id)
