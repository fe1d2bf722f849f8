"""Mails to PRIME's own staff: owed as rows, sent through the one door, each once.

They name no customer and carry no information of hers: they say that something waits, and where.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.db import transaction

from notices import mail, messages
from notices.models import StaffMail
from usage.frozen import frozen

if TYPE_CHECKING:
    from prime_portal.models import User

logger = logging.getLogger(__name__)


def owe(to: User, *, key: str, name: str, context: Mapping[str, Any], at: datetime) -> StaffMail:
    """Owe one of the staff a mail, rendered now from templates/mail/<name>/.

    Owing the same key again returns what is owed already.
    """
    message = mail.render(name, context, language=to.language)
    owed, _new = StaffMail.objects.get_or_create(
        to=to, key=key, defaults={"content": messages.stored(message), "owed_at": at}
    )
    return owed


def drain(*, clock: Callable[[], datetime]) -> int:
    """Send what is owed; what fails is tried at the next poke. How many went. None while frozen.

    A crash between sending and the stamp sends one mail twice, with the same Message-ID.
    """
    sent = 0
    if frozen():
        return sent
    for pk in StaffMail.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            waiting = StaffMail.objects.select_for_update(skip_locked=True, of=("self",))
            row = waiting.select_related("to").filter(pk=pk, sent_at=None).first()
            if row is None:
                continue
            try:
                mail.email(messages.read(bytes(row.content)), to=row.to.email, key=row.pk).send()
            except (OSError, SMTPException) as error:
                logger.warning("A mail to staff waits: %s", type(error).__name__)
                continue
            StaffMail.objects.filter(pk=row.pk).update(sent_at=clock())
            sent += 1
    return sent
