"""What customers authorize, and the very text each was shown (6.9, 6.10)."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from consent.models.papers import Wish
from consent.models.parties import ThirdParty, ThirdPartyVersion
from consent.querysets import Authorizations
from notices.models import Notice
from usage.evidence import Evidence, together
from usage.granularity import Granularity
from usage.models import (
    Customer,
    Language,
    Purpose,
    PurposeVersion,
    ServiceAgreement,
    Via,
)

RENEWABLE = timedelta(days=30)
"""So long before its end an authorization may be granted anew; the new one takes its place."""


class Shown(models.Model):
    """What a customer was shown, word for word, before she granted."""

    kept = Evidence(private=("text",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField()
    sha256 = models.BinaryField(max_length=32)
    shown_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"shown {timezone.localdate(self.shown_at)}"


class Authorization(models.Model):
    """One customer lets one third party have named categories for one purpose (6.9).

    Granted once, canceled at most once (6.10), never edited. `ends_on` is the first day it no
    longer holds; None means until she cancels; `once` means until the first disclosure.
    """

    kept = Evidence(
        stamps=("canceled_at", "canceled_by", "canceled_via", "canceled_wish", "used_at"),
        private=("signed_from", "signed_with"),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="authorizations")
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="authorizations")
    third_party_words = models.ForeignKey(ThirdPartyVersion, models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="authorizations")
    purpose_words = models.ForeignKey(PurposeVersion, models.PROTECT, related_name="+")
    agreements = models.ManyToManyField(
        ServiceAgreement, through="AuthorizedAgreement", related_name="authorizations"
    )
    categories = ArrayField(models.CharField(max_length=40))
    history_from = models.DateField()
    granularity = models.CharField(max_length=12, choices=Granularity)
    ends_on = models.DateField(null=True, blank=True)
    once = models.BooleanField(default=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="+")
    shown = models.OneToOneField(Shown, models.PROTECT, related_name="authorization")
    language = models.CharField(max_length=2, choices=Language)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    wish = models.OneToOneField(Wish, models.PROTECT, null=True, blank=True, related_name="granted")
    signed_from = models.CharField(
        max_length=45, blank=True, help_text=_("Address on the internet.")
    )
    signed_with = models.CharField(
        max_length=300, blank=True, help_text=_("The browser’s own name.")
    )
    request_key = models.UUIDField(
        help_text=_("Sent with the form, so a second click grants once.")
    )
    canceled_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    canceled_via = models.CharField(max_length=10, choices=Via, null=True, blank=True)
    canceled_wish = models.ForeignKey(
        Wish, models.PROTECT, null=True, blank=True, related_name="canceled"
    )
    used_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a one-time authorization was used up.")
    )

    objects = Authorizations.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "authorization")
        verbose_name_plural = pgettext_lazy("table", "authorizations")
        ordering = ["-granted_at"]
        permissions = [
            ("disclose_authorization", "Can send what authorizations permit"),
            ("grant_authorization", "Can grant on a customer's request"),
            ("cancel_authorization", "Can cancel on a customer's request"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "id"],
                name="an_authorization_is_found_by_its_customer",
            ),
            models.UniqueConstraint(
                fields=["customer", "request_key"], name="a_form_sent_twice_grants_once"
            ),
            models.CheckConstraint(
                condition=Q(via=Via.PORTAL) | Q(wish__isnull=False),
                name="what_staff_enter_says_how_they_heard_it",
            ),
            models.CheckConstraint(
                condition=together("canceled_at", "canceled_by", "canceled_via"),
                name="a_canceled_authorization_says_who_and_how",
            ),
            models.CheckConstraint(
                condition=Q(canceled_at=None) | Q(canceled_at__gte=F("granted_at")),
                name="an_authorization_is_canceled_after_it_is_granted",
            ),
            models.CheckConstraint(
                condition=~Q(categories=[]),
                name="an_authorization_names_its_categories",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.third_party} {timezone.localdate(self.granted_at)}"

    def ends_soon(self, *, on: date) -> bool:
        """Whether its end is near enough that it may be granted anew."""
        return self.ends_on is not None and self.ends_on <= on + RENEWABLE


class AuthorizedAgreement(models.Model):
    """One service agreement she ticked."""

    kept = Evidence(header="authorization")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    authorization = models.ForeignKey(Authorization, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "agreement"],
                name="an_agreement_is_authorized_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.agreement_id)
