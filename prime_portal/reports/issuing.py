"""Issuing a report: PDF and CSV are made, kept, and can be made again from the ledger (5.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from prime_portal.models import IssuedReport, User
from prime_portal.reports import annual, binder, past
from prime_portal.reports.sections import Section, table
from usage import pdf

MAKERS: dict[str, Callable[..., list[Section]]] = {
    IssuedReport.Kind.ANNUAL: annual.sections,
    IssuedReport.Kind.BINDER: binder.sections,
}


class Refused(Exception):
    """Nothing was issued. The sentence says why."""


@transaction.atomic
def issue(
    kind: IssuedReport.Kind, *, first_day: date, last_day: date, by: User, at: datetime
) -> IssuedReport:
    """Make a report of past days and keep it.

    Raises Refused, NotProven, StillWriting or CannotBePrinted.
    """
    if first_day > last_day:
        raise Refused(_("The first day lies after the last."))
    if last_day >= timezone.localdate(at):
        raise Refused(_("A report is about days that are over (CPUC rule 9)."))
    upto = past.newest()
    sections = MAKERS[kind](first_day, last_day, upto=upto)
    made = IssuedReport(
        kind=kind,
        first_day=first_day,
        last_day=last_day,
        ledger_id=upto,
        issued_at=at,
        issued_by=by,
    )
    made.csv = table(sections)
    made.csv_sha256 = sha256(made.csv.encode()).digest()
    made.pdf = _pdf(made, sections)
    made.pdf_sha256 = sha256(made.pdf).digest()
    made.save(force_insert=True)
    return made


def same_again(report: IssuedReport) -> bool:
    """Make the table once more from the ledger, and say whether it is the same to the byte."""
    sections = MAKERS[report.kind](report.first_day, report.last_day, upto=report.ledger_id)
    return table(sections) == report.csv


def _pdf(report: IssuedReport, sections: list[Section]) -> bytes:
    with translation.override("en"):  # the Commission reads English
        page = render_to_string(
            "reports/report.html",
            {
                "report": report,
                "sections": sections,
                "csv_sha256": report.csv_sha256.hex(),
                "official": settings.OFFICIAL,
            },
        )
    return pdf.write(page, identifier=report.pk.bytes)
