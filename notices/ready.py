"""Telling whoever asked for a copy of her data that it is there to be fetched (6.3).

The rows in usage wait to be announced; here somebody asks for them. The e-mail goes to the one
person who may fetch the copy, in the language it was asked for in, and says nothing of what is
in it. There is no letter: a copy waits for seven days, shorter than a letter may take.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone, translation

from notices import deliveries
from notices.models import Delivery
from usage.models import PreparedDownload

NAME = "copy_ready"


def plan(*, at: datetime) -> int:
    """Owe one e-mail for each copy that is ready and not yet told of. How many are new."""
    told = Delivery.objects.filter(
        customer=OuterRef("customer"),
        kind=Delivery.Kind.READY,
        key=Cast(OuterRef("pk"), CharField()),
    )
    waiting = PreparedDownload.objects.to_announce().filter(~Exists(told))
    return len([_owe(copy, at=at) for copy in waiting.order_by("pk")])


def _owe(copy: PreparedDownload, *, at: datetime) -> Delivery:
    with translation.override(copy.language):
        path = reverse("usage:prepared", args=[copy.pk])
    return deliveries.owe(
        copy.customer,
        kind=Delivery.Kind.READY,
        key=str(copy.pk),
        name=NAME,
        context={"copy": copy, "address": settings.PORTAL_ORIGIN + path},
        at=at,
        due_on=timezone.localdate(copy.expires_at),
        medium=Delivery.Medium.EMAIL,
        to=copy.download.by.email,
        language=copy.language,
    )
