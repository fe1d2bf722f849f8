"""When she uses electricity: a year of hours as a picture, as averages and by rate period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from usage import charts, heat, history, png
from usage.history import Held
from usage.models import ServiceAgreement
from usage.places import Place, place_of
from usage.requests import CustomerRequest
from usage.tables import split
from usage.templatetags.energy import kwh

A_YEAR = timedelta(days=364)
FEWEST_DAYS = 28


@dataclass(frozen=True)
class Shown:
    """The days on the page: the readings held of them, and the same as hours."""

    held: Held
    year: heat.Year


@require_GET
def hours(request: CustomerRequest, year: int | None = None) -> HttpResponse:
    """Show the newest twelve months, or a calendar year. A year without readings is a 404."""
    place = place_of(request)
    months = history.months(place.agreement, count=120) if place.agreement else []
    years = sorted({month.start.year for month in months if month.held}, reverse=True)
    shown = _shown(place.agreement, year, months) if place.agreement and months else None
    if shown is None and year is not None:
        raise Http404
    context: dict[str, object] = {"place": place, "asked": year, "years": years, "shown": shown}
    if shown is not None and place.agreement is not None:
        averages = heat.averages(shown.year)
        parted = split(place.agreement, shown.held)
        periods = {one.period: one.name for one in parted.sums} if parted else {}
        context |= {
            "picture": _framed(place, year, shown.year, averages),
            "averages": [(_clock(average.hour), average) for average in averages],
            "busiest": _busiest(averages),
            "split": parted,
            "by_month": list(_by_month(place.agreement, shown, periods)),
            "shades": _shades(shown.year.step[0], 0, heat.RECEIVED_FROM),
            "shades_back": _shades(shown.year.step[1], heat.RECEIVED_FROM, heat.GAP_FROM)
            if shown.year.sends_back
            else [],
        }
    return render(request, "usage/hours.html", context)


@require_GET
def picture(request: CustomerRequest, year: int | None = None) -> HttpResponse:
    """The picture itself, from an address of its own, for the signed-in customer alone."""
    place = place_of(request)
    months = history.months(place.agreement, count=120) if place.agreement else []
    shown = _shown(place.agreement, year, months) if place.agreement and months else None
    if shown is None:
        raise Http404
    return HttpResponse(heat.picture(shown.year), content_type=png.MIME)


def _shown(
    agreement: ServiceAgreement, year: int | None, months: list[history.Period[date]]
) -> Shown | None:
    newest = months[-1].start
    if year is None:
        first, after = history.month_before(newest, 12), history.next_month(newest)
    elif 1900 < year < 9999:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
    else:
        return None
    held = history.read(agreement, (first, after))
    if not held:
        return None
    last = held[-1][1].day
    if year is None:
        first = max(last - A_YEAR, min(held[0][1].day, last - timedelta(days=FEWEST_DAYS - 1)))
    else:
        last = date(year, 12, 31)
    inside = [(flow, block) for flow, block in held if first <= block.day <= last]
    return Shown(inside, heat.over(first, last, inside))


def _framed(
    place: Place, asked: int | None, year: heat.Year, averages: list[heat.Average]
) -> charts.Svg:
    count = len(year.days)
    starts = [
        (n / count, date_format(day, "M"))
        for n in range(count)
        if (day := year.first + timedelta(days=n)).day == 1 and n < count - 12
    ]
    name, args = "usage:hours_picture", ([] if asked is None else [asked])
    return charts.framed(
        place.href(name, *args),
        columns=starts if len(starts) < 7 else starts[::2],
        rows=[(hour / 24, time_format(time(hour), "g a")) for hour in (6, 12, 18)],
        key="hours",
        title=_("Electricity hour by hour, from %(first)s to %(last)s")
        % {"first": date_format(year.first), "last": date_format(year.last)},
        about=_busiest(averages),
    )


def _busiest(averages: list[heat.Average]) -> str:
    """The hours of workdays in which she uses most and least, in a sentence."""
    known = [(one.workday, one.hour) for one in averages if one.workday is not None]
    if not known:
        return ""
    (most, dear), (least, calm) = max(known), min(known)
    return _(
        "On workdays most electricity is used in the hour from %(most)s (%(most_kwh)s kWh on "
        "average), least in the hour from %(least)s (%(least_kwh)s kWh)."
    ) % {
        "most": _clock(dear),
        "most_kwh": kwh(most, 2),
        "least": _clock(calm),
        "least_kwh": kwh(least, 2),
    }


def _by_month(
    agreement: ServiceAgreement, shown: Shown, periods: dict[str, str]
) -> Iterator[tuple[date, list[tuple[str, int | None]]]]:
    """The months shown, each split by itself: each period's name, and Wh delivered in it."""
    by_month: dict[date, Held] = {}
    for flow, block in shown.held:
        by_month.setdefault(block.day.replace(day=1), []).append((flow, block))
    for month, held in sorted(by_month.items()):
        if parted := split(agreement, held):
            sums = {one.period: one.delivered for one in parted.sums}
            yield month, [(name, sums.get(period)) for period, name in periods.items()]


def _shades(step: int, first: int, after: int) -> list[tuple[int, str]]:
    """What the colors of the palette from `first` to before `after` mean, in kWh."""
    last = after - first - 1
    ranges = [f"{_short(n * step)}–{_short((n + 1) * step)}" for n in range(last)]
    ranges.append(_("%(kwh)s and more") % {"kwh": _short(last * step)})
    return list(enumerate(ranges, first))


def _short(wh: int) -> str:
    return f"{wh / 1000:g}"


def _clock(hour: int) -> str:
    return time_format(time(hour), "P")
