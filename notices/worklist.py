"""What waits for somebody of the staff: sentences, and where to act on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notices.models import Delivery, Pause, PrintBatch
from notices.writing import attestations


@dataclass(frozen=True)
class Row:
    """One thing to do. `page` is the name of the address where it is done."""

    sentence: str
    page: str
    permission: str


def rows(*, on: date) -> list[Row]:
    """Return what is to be done about notices, mails and letters today."""
    found = []
    if attestations.due(on=on):
        found.append(
            Row(
                _("Nobody has looked this quarter whether PRIME’s web site carries the link."),
                "notice_desk:website",
                "notices.add_websiteattestation",
            )
        )
    failed = Delivery.objects.failed_for_good().count()
    overdue = Delivery.objects.overdue(on=on).count()
    batches = PrintBatch.objects.filter(Q(handed_at=None) | Q(confirmed_at=None))
    sealed = batches.filter(sealed_at__isnull=False).count()
    for count, sentence, page, permission in (
        (
            failed,
            ngettext(
                "%(count)s notice or message reached nobody.",
                "%(count)s notices or messages reached nobody.",
                failed,
            ),
            "run_desk:failed",
            "notices.change_delivery",
        ),
        (
            overdue,
            ngettext(
                "%(count)s notice or message is late.",
                "%(count)s notices or messages are late.",
                overdue,
            ),
            "run_desk:run",
            "notices.view_delivery",
        ),
        (
            sealed,
            ngettext(
                "%(count)s print batch waits to be handed over or confirmed.",
                "%(count)s print batches wait to be handed over or confirmed.",
                sealed,
            ),
            "run_desk:run",
            "notices.change_printbatch",
        ),
    ):
        if count:
            found.append(Row(sentence % {"count": count}, page, permission))
    for pause in Pause.objects.open().order_by("medium"):
        sentence = _("Sending stands still: %(medium)s.") % {"medium": pause.get_medium_display()}
        found.append(Row(sentence, "run_desk:run", "notices.change_delivery"))
    return found
