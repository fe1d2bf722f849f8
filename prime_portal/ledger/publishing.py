"""The newest checkpoint goes out each day, to where no owner of the database can reach (5.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from notices import mail
from notices.models.sealed import PublishedSeal
from prime_portal.models import Checkpoint
from usage.frozen import frozen

MAILED_WITHIN = timedelta(days=14)
PUBLISHED_WITHIN = timedelta(hours=26)
"""One seal a day, on a day of 25 hours too, and an hour for a worker that was down."""

MINE = "SELECT pg_try_advisory_xact_lock(hashtext('ledger.mail_to_auditor'))"


@transaction.atomic
def publish(*, at: datetime) -> PublishedSeal | None:
    """Publish today's seal, once a day. None if nothing was sealed yet, or while frozen."""
    newest = Checkpoint.objects.first()
    if newest is None or frozen():
        return None
    seal, _ = PublishedSeal.objects.get_or_create(
        day=timezone.localdate(at),
        defaults={
            "size": newest.size,
            "root": newest.root,
            "note": newest.note,
            "published_at": at,
        },
    )
    return seal


def is_late(*, at: datetime) -> bool:
    """Whether there is something to publish and nothing was for over a day. Never while frozen."""
    since = at - PUBLISHED_WITHIN
    if frozen() or PublishedSeal.objects.filter(published_at__gt=since).exists():
        return False
    return Checkpoint.objects.filter(at__lte=since).exists()


def mail_to_auditor(*, at: datetime) -> int:
    """Mail what was published and not yet mailed to AUDITOR_EMAIL. How many.

    One worker mails at a time; another finds nothing to do. Stopped between sending and stamping,
    one is sent again, with the same Message-ID.
    """
    if not settings.AUDITOR_EMAIL or frozen():
        return 0
    waiting = PublishedSeal.objects.filter(mailed_at=None, published_at__gt=at - MAILED_WITHIN)
    keys = list(waiting.order_by("day").values_list("pk", flat=True))
    return sum(_mail(key, at=at) for key in keys)


@transaction.atomic
def _mail(key: UUID, *, at: datetime) -> bool:
    """Mail one seal, unless another worker mails now, or has mailed it meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(MINE)
        (mine,) = cursor.fetchone()
    seal = PublishedSeal.objects.filter(pk=key, mailed_at=None).first() if mine else None
    if seal is None:
        return False
    with translation.override("en"):
        address = settings.PORTAL_ORIGIN + reverse("seal")
    message = mail.render("seal", {"seal": seal, "address": address}, language="en")
    email = mail.email(message, to=settings.AUDITOR_EMAIL, key=seal.pk)
    email.attach(f"seal-{seal.day}.txt", seal.note, "text/plain")
    email.send()
    PublishedSeal.objects.filter(pk=seal.pk).update(mailed_at=at)
    return True
