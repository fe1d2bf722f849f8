"""A customer looks at her use and takes it away (6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from usage import downloads, history
from usage.formats import gzip
from usage.forms import DownloadForm
from usage.intervals import day_length
from usage.models import Download, ServiceAgreement, Via
from usage.requests import CustomerRequest
from usage.tables import Row, Table


@dataclass(frozen=True, slots=True)
class Place:
    """The customer's agreements, and the one she looks at: the one asked for, or the newest."""

    agreements: list[ServiceAgreement]
    agreement: ServiceAgreement | None
    query: str

    def over(self, first: date, after: date) -> ServiceAgreement:
        """Return the agreement if any of these days lies in it, else answer 404."""
        if self.agreement is None or not history.covers(self.agreement, first, after):
            raise Http404
        return self.agreement

    def reaches(self, first: date, after: date) -> bool:
        """Whether there may be readings of these days: in the agreement and not to come."""
        return (
            self.agreement is not None
            and first < timezone.localdate()
            and history.covers(self.agreement, first, after)
        )

    def href(self, name: str, *args: int) -> str:
        return reverse(name, args=args) + self.query


def place_of(request: CustomerRequest) -> Place:
    """Read ?place=…; somebody else's place is a 404 like one that does not exist."""
    agreements = list(ServiceAgreement.objects.of(request.customer).newest_first())
    asked = request.GET.get("place")
    if asked is None:
        return Place(agreements, agreements[0] if agreements else None, "")
    for agreement in agreements:
        if str(agreement.pk) == asked:
            return Place(agreements, agreement, f"?place={asked}")
    raise Http404


@require_GET
def year(request: CustomerRequest) -> HttpResponse:
    """Show thirteen months, so that a month stands beside the same month a year before."""
    place = place_of(request)
    rows = [
        Row(
            date_format(period.start, "YEAR_MONTH_FORMAT"),
            period,
            date_format(period.start, "M"),
            place.href("usage:month", period.start.year, period.start.month),
        )
        for period in (history.months(place.agreement) if place.agreement else [])
    ]
    return render(
        request,
        "usage/year.html",
        {"place": place, "table": Table(_("Electricity by month"), rows)},
    )


@require_GET
def month(request: CustomerRequest, year: int, month: int) -> HttpResponse:
    """Show the days of one month. A month outside her agreement is a 404."""
    place = place_of(request)
    first = _date_or_404(year, month, 1)
    agreement = place.over(first, _after(first))
    rows = [
        Row(
            date_format(period.start, "l j"),
            period,
            str(period.start.day) if period.start.day in (1, 5, 10, 15, 20, 25, 30) else "",
            place.href("usage:day", year, month, period.start.day) if period.held else "",
        )
        for period in history.days(agreement, first)
    ]
    before = (first - timedelta(days=1)).replace(day=1)
    after = _after(first)
    context = {
        "place": place,
        "table": Table(_("Electricity by day"), rows),
        "month": first,
        "before": before if history.covers(agreement, before, first) else None,
        "after": after if place.reaches(after, _after(after)) else None,
    }
    return render(request, "usage/month.html", context)


@require_GET
def day(request: CustomerRequest, year: int, month: int, day: int) -> HttpResponse:
    """Show one day as fine as the meter recorded it, on days of 23 and 25 hours too."""
    place = place_of(request)
    on = _date_or_404(year, month, day)
    before, after = on - timedelta(days=1), on + timedelta(days=1)
    agreement = place.over(on, after)
    hours = day_length(on) // 3600
    rows = [
        Row(
            # On the day that repeats an hour the clock alone does not tell which one.
            date_format(period.start, "P" if hours == 24 else "P T"),
            period,
            _hour(period.start),
        )
        for period in history.intervals(agreement, on)
    ]
    context = {
        "place": place,
        "table": Table(_("Electricity through the day"), rows, decimals=3),
        "day": on,
        "hours": hours,
        "before": before if history.covers(agreement, before, on) else None,
        "after": after if place.reaches(after, after + timedelta(days=1)) else None,
    }
    return render(request, "usage/day.html", context)


@require_http_methods(["GET", "POST"])
def download(request: CustomerRequest) -> HttpResponseBase:
    """Ask what she wants, then stream it. The Download row is written before the first byte."""
    now = timezone.now()
    today = timezone.localdate(now)
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        customer=request.customer,
        first=today.replace(day=1, year=today.year - 1),
        last=today - timedelta(days=1),
    )
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "usage/download.html", {"form": form}, status=status)
    chosen = form.cleaned_data
    taking = downloads.take(
        request.customer,
        kind=chosen["kind"],
        agreements=[agreement.pk for agreement in chosen["agreements"]],
        first_day=chosen["first_day"],
        last_day=chosen["last_day"],
        by=request.user,
        via=Via.PORTAL,
        at=now,
    )
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(
        gzip.compress(taking.pieces) if packed else taking.pieces, content_type=taking.mime
    )
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Disposition"] = f'attachment; filename="{taking.name}"'
    return response


@require_GET
def taken(request: CustomerRequest) -> HttpResponse:
    """List the copies taken for this account, whoever of its people took them."""
    rows = [
        (download, downloads.FORMATS.get(download.format, download.format))
        for download in Download.objects.of(request.customer)[:200]
    ]
    return render(request, "usage/downloads.html", {"downloads": rows})


def _date_or_404(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Http404 from None


def _after(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


def _hour(start: datetime) -> str:
    """A label under every fourth hour; few enough to be read on a phone."""
    return date_format(start, "g a") if start.hour % 4 == 0 and start.minute == 0 else ""
