"""How a person comes to act for a customer: the letter that invites, the access it opens, tries."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working, together
from usage.models.customers import Customer
from usage.models.vocabulary import Via
from usage.querysets import Access as AccessQuerySet
from usage.querysets import OfCustomer


class Claim(models.Model):
    """An invitation by letter to claim an account. Its code is derived, never stored."""

    kept = Evidence(stamps=("redeemed_at", "redeemed_by"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="claims")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    via = models.CharField(max_length=10, choices=Via)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "claim")
        verbose_name_plural = pgettext_lazy("table", "claims")
        constraints = [
            models.CheckConstraint(
                condition=together("redeemed_at", "redeemed_by"),
                name="a_redeemed_claim_names_who_redeemed_it",
            )
        ]

    def __str__(self) -> str:
        return str(_("claim issued %(day)s") % {"day": timezone.localdate(self.issued_at)})


class Access(models.Model):
    """That a user may act for a customer, in which capacity, and how we know."""

    kept = Evidence(stamps=("ended_at", "ended_by"), private=("proof",))

    class Capacity(models.TextChoices):
        HOLDER = "holder", _("account holder")
        HOUSEHOLD = "household", _("household member")
        REPRESENTATIVE = "representative", _("authorized representative")

    class Scope(models.TextChoices):
        EVERYTHING = "everything", _("see, take, grant and cancel")
        SEE = "see", _("see and take only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accesses")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="accesses")
    capacity = models.CharField(max_length=20, choices=Capacity)
    scope = models.CharField(max_length=20, choices=Scope, default=Scope.EVERYTHING)
    proof = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("Known from the start."))
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("Ended early."))
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("accesses")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "customer"],
                condition=Q(ended_at=None),
                name="a_user_has_one_open_access_to_a_customer",
            ),
            models.CheckConstraint(
                condition=together("ended_at", "ended_by"),
                name="an_ended_access_names_who_ended_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capacity}"

    @property
    def only_sees(self) -> bool:
        return self.scope == self.Scope.SEE


class CodeRequest(models.Model):
    """Somebody asked for a new code by post. What was typed stands here until the worker decides.

    Whether there is such a customer is not looked up while anybody waits for an answer, so that
    neither the answer nor its pace can tell.
    """

    kept = Working(private=("account_number", "zip_code"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_number = models.CharField(max_length=40, help_text=_("As typed."))
    zip_code = models.CharField(max_length=10, help_text=_("As typed."))
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"asked {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class AttemptCount(models.Model):
    """How often something guessable was tried, counted before it is compared."""

    kept = Working()

    key = models.CharField(max_length=64, primary_key=True, help_text=_("Keyed hash, no person."))
    tries = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tries} tries"
