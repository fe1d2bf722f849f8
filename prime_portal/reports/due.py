"""Which annual reports PRIME owes the Commission, and by when (CPUC rules 8c, 9e)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from consent.clocks import report_due
from prime_portal.models import EnteredInError, IssuedReport, LedgerEntry


@dataclass(frozen=True, slots=True)
class Owed:
    """An annual report that nobody issued yet: about which year, and its last day."""

    year: int
    due: date


def owed(*, on: date) -> list[Owed]:
    """The years that are over, since the record began, and have no annual report; oldest first.

    One that was entered in error is none.
    """
    first = LedgerEntry.objects.order_by("id").values_list("at", flat=True).first()
    if first is None:
        return []
    began = timezone.localdate(datetime.fromisoformat(first)).year
    wrong = EnteredInError.objects.filter(row=OuterRef("pk"))
    issued = IssuedReport.objects.filter(~Exists(wrong), kind=IssuedReport.Kind.ANNUAL)
    about = {day.year for day in issued.values_list("first_day", flat=True)}
    return [Owed(year, report_due(year)) for year in range(began, on.year) if year not in about]


def overdue(*, on: date) -> list[Owed]:
    return [one for one in owed(on=on) if one.due < on]
