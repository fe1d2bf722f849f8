"""A customer looks at her use and takes it away (6.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from usage import corrections, disputes, history
from usage.intervals import day_length
from usage.models import Dispute, Removal, ServiceAgreement
from usage.places import Place, place_of
from usage.requests import CustomerRequest
from usage.tables import Row, Table, percent, split
from usage.templatetags.energy import kwh


@require_GET
def year(request: CustomerRequest, year: int | None = None) -> HttpResponse:
    """Show the newest thirteen months, or a calendar year, each beside the same a year before.

    A year without readings is a 404.
    """
    place, today = place_of(request), timezone.localdate()
    months = history.months(place.agreement, count=120, on=today) if place.agreement else []
    by_start = {period.start: period for period in months}
    years = sorted({period.start.year for period in months if period.held}, reverse=True)
    if year is not None and year not in years:
        raise Http404
    shown = [one for one in months if one.start.year == year] if year else months[-13:]
    if place.agreement:
        shown = history.laid_over(place.agreement, shown, on=today)
    removed = corrections.removals(place.agreement) if place.agreement else []
    changed = (
        corrections.by_month(place.agreement, shown[0].start, removed)
        if place.agreement and shown
        else {}
    )
    rows = [
        Row(
            date_format(period.start, "YEAR_MONTH_FORMAT"),
            period,
            date_format(period.start, "M"),
            place.href("usage:month", period.start.year, period.start.month),
            by_start.get(history.month_before(period.start, 12)),
            _changed_days(changed.get(period.start, 0)),
        )
        for period in shown
    ]
    return render(
        request,
        "usage/year.html",
        {
            "place": place,
            "table": Table(_("Electricity by month"), rows),
            "taken_out": _months_taken_out(place, removed, held={one.start for one in shown}),
            "asked": year,
            "years": years if len(months) > len(months[-13:]) else [],
        },
    )


@require_GET
def month(request: CustomerRequest, year: int, month: int) -> HttpResponse:
    """Show the days of one month. A month outside her agreement is a 404."""
    place = place_of(request)
    first = _date_or_404(year, month, 1)
    after = history.next_month(first)
    agreement = place.over(first, after)
    a_year_before = history.month_before(first, 12)
    held = history.read(
        agreement, (first, after), (a_year_before, history.next_month(a_year_before))
    )
    of_month = [(flow, block) for flow, block in held if block.day >= first]
    changes = corrections.of_days(agreement, first, after, of_month)
    disputed = Dispute.objects.of(agreement.customer).about(agreement, first, after)
    rows = [
        Row(
            date_format(period.start, "l j"),
            period,
            str(period.start.day) if period.start.day in (1, 5, 10, 15, 20, 25, 30) else "",
            place.href("usage:day", year, month, period.start.day) if period.held else "",
            more=_remarks(period.start, changes.get(period.start, []), disputed),
        )
        for period in history.days(agreement, first, held, on=timezone.localdate())
    ]
    before = history.month_before(first, 1)
    context = {
        "place": place,
        "table": Table(_("Electricity by day"), rows),
        "month": first,
        "before": before if history.covers(agreement, before, first) else None,
        "after": after if place.reaches(after, history.next_month(after)) else None,
        "compared": _compared(first, held),
        "taken_out": corrections.taken_out(changes),
        "split": split(agreement, of_month),
    }
    return render(request, "usage/month.html", context)


@require_GET
def day(request: CustomerRequest, year: int, month: int, day: int) -> HttpResponse:
    """Show one day as fine as the meter recorded it, on days of 23 and 25 hours too."""
    place = place_of(request)
    on = _date_or_404(year, month, day)
    before, after = on - timedelta(days=1), on + timedelta(days=1)
    agreement = place.over(on, after)
    month_of = on.replace(day=1)
    of_month = history.read(agreement, (month_of, history.next_month(month_of)))
    held = [(flow, block) for flow, block in of_month if block.day == on]
    hours = day_length(on) // 3600
    rows = [
        Row(
            # On the day that repeats an hour the clock alone does not tell which one.
            _clock(period.start, hours=hours),
            period,
            _hour(period.start),
        )
        for period in history.intervals(agreement, on, of_month)
    ]
    context = {
        "place": place,
        "table": Table(_("Electricity through the day"), rows, decimals=3),
        "day": on,
        "hours": hours,
        "before": before if history.covers(agreement, before, on) else None,
        "after": after if place.reaches(after, after + timedelta(days=1)) else None,
        "changes": [
            (change, _energy_before(change), _readings_before(agreement, change, hours=hours))
            for change in corrections.of_days(agreement, on, after, held).get(on, [])
        ],
        "disputes": Dispute.objects.of(agreement.customer).about(agreement, on, after),
        "split": split(agreement, held),
    }
    return render(request, "usage/day.html", context)


def _months_taken_out(
    place: Place, removed: Iterable[Removal], *, held: Collection[date]
) -> list[tuple[date, str]]:
    """Months that are no row of the table any more, for everything in them was taken out."""
    months = {
        month
        for removal in removed
        for month in history.months_between(removal.first_day, removal.last_day)
    }
    return [
        (month, place.href("usage:month", month.year, month.month))
        for month in sorted(months - set(held), reverse=True)
        if place.agreement and history.covers(place.agreement, month, history.next_month(month))
    ]


def _date_or_404(year: int, month: int, day: int) -> date:
    try:
        asked = date(year, month, day)
    except (ValueError, OverflowError):
        raise Http404 from None
    if not 2000 <= asked.year < 2100:
        raise Http404
    return asked


def _changed_days(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    words = ngettext("%(count)s day changed later", "%(count)s days changed later", count)
    return (words % {"count": count},)


def _remarks(
    day: date, changes: list[corrections.Change], disputed: Iterable[Dispute]
) -> tuple[str, ...]:
    """What else is to be said of a day: that it was changed, that she disputes it."""
    remarks = []
    if changes:
        corrected = any(change.corrected for change in changes)
        words = _("corrected on %(date)s") if corrected else _("completed on %(date)s")
        remarks.append(words % {"date": date_format(timezone.localtime(changes[-1].at))})
    if any(disputes.touches(one, day) for one in disputed):
        remarks.append(_("disputed by you"))
    return tuple(remarks)


def _energy_before(change: corrections.Change) -> str:
    if change.before is None:
        return ""
    sent = change.flow == history.RECEIVED
    words = _("%(kwh)s kWh sent back") if sent else _("%(kwh)s kWh delivered")
    return words % {"kwh": kwh(change.before)}


def _readings_before(
    agreement: ServiceAgreement, change: corrections.Change, *, hours: int
) -> Table | None:
    """The day reading by reading as it stood; None where nothing was held of it."""
    if change.earlier is None:
        return None
    stood = history.intervals(agreement, change.day, [(change.flow, change.earlier)])
    rows = [Row(_clock(period.start, hours=hours), period) for period in stood]
    return Table(_("What stood here before"), rows, decimals=3)


def _compared(month: date, held: history.Held) -> dict[str, object] | None:
    """What was delivered on the days held of this month, and on the same days a year before."""
    days = {block.day for _flow, block in held}
    pairs = [
        (day, earlier)
        for day in days
        if day >= month and (earlier := _year_before(day)) and earlier in days
    ]
    now, _sent = history.energy_of((day for day, _earlier in pairs), held)
    before, _sent = history.energy_of((earlier for _day, earlier in pairs), held)
    if now is None or before is None:
        return None
    return {"days": len(pairs), "now": now, "before": before, "change": percent(now, before)}


def _year_before(day: date) -> date | None:
    """The same day of the year before; none for February 29."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return None


def _clock(start: datetime, *, hours: int) -> str:
    """When an interval begins; in the hour that comes twice Django's own “T” says nothing."""
    clock = date_format(start, "P")
    return clock if hours == 24 else f"{clock} {start.tzname()}"


def _hour(start: datetime) -> str:
    """A label under every fourth hour; few enough to be read on a phone."""
    return date_format(start, "g a") if start.hour % 4 == 0 and start.minute == 0 else ""
