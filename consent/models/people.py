"""Who else may act for a customer: invitations to her household and to representatives."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.models import Access, Language, Via
from usage.querysets import OfCustomer


class Invitations(OfCustomer):
    def open(self, *, at: object) -> Invitations:
        """Neither accepted nor withdrawn, and not too old."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """Somebody is asked to act for a customer, with a sign-in of their own.

    It is no secret: only who signs in with the very address it was sent to can accept it.
    """

    kept = Evidence(
        stamps=("accepted_at", "accepted_by", "withdrawn_at", "withdrawn_by"),
        private=("email", "proof"),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey("usage.Customer", models.PROTECT, related_name="invitations")
    email = models.EmailField()
    capacity = models.CharField(max_length=20, choices=Access.Capacity)
    scope = models.CharField(max_length=20, choices=Access.Scope)
    proof = models.CharField(max_length=200, help_text=_("Why this person may act for her."))
    ends_on = models.DateField(null=True, blank=True, help_text=_("First day no longer allowed."))
    language = models.CharField(max_length=2, choices=Language)
    invited_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = Invitations.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(capacity="holder"), name="nobody_is_invited_to_be_the_holder"
            ),
            models.CheckConstraint(
                condition=~Q(capacity="representative") | Q(ends_on__isnull=False),
                name="a_representative_has_an_end",
            ),
            models.CheckConstraint(
                condition=together("accepted_at", "accepted_by")
                & together("withdrawn_at", "withdrawn_by")
                & (Q(accepted_at=None) | Q(withdrawn_at=None)),
                name="an_invitation_is_accepted_or_withdrawn_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")), name="an_invitation_has_some_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capacity} {timezone.localdate(self.invited_at)}"
