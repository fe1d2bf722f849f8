"""By which way a customer wants her notices (R72)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from notices.querysets import EDeliveryConsents
from usage.evidence import Evidence, together
from usage.models import Customer, Language, Via


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
        help_text=_("What the mail provider reported, where that ended it and not a person."),
    )

    objects = EDeliveryConsents.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "e-delivery consent")
        verbose_name_plural = pgettext_lazy("table", "e-delivery consents")
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
        return str(_("since %(day)s") % {"day": timezone.localdate(self.granted_at)})
