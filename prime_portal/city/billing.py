"""Made-up bills of the demo's people: what their readings came to, at a made-up price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from prime_portal import taking_back
from prime_portal.city.building import SOURCE, NotBuilt
from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage import history, intake, tou
from usage.feeds.billing import Line
from usage.feeds.detection import BILLS, DEMAND, TIME_OF_USE
from usage.history import Held
from usage.intervals import MISSING
from usage.models import Import, ServiceAgreement

CENTS_A_KWH = 13
BILLED = {
    tou.ON_PEAK: "on_peak",
    tou.MID_PEAK: "mid_peak",
    tou.OFF_PEAK: "off_peak",
    tou.SUPER_OFF_PEAK: "super_off_peak",
}
"""How the file names the periods of a rate."""


def told(agreements: Iterable[ServiceAgreement], when: Calendar) -> None:
    """Take in the bills of the past year, what belongs to them, and a correction of one."""
    bills: list[Line] = []
    peaks: list[Line] = []
    uses: list[Line] = []
    for agreement in agreements:
        for first, after in _periods(agreement, when):
            held = history.read(agreement, (first, after))
            if held:
                line = Line(0, agreement.number, first, after, (), {})
                bills.append(replace(line, facts=_bill(held, after)))
                uses += _uses(agreement, line, held)
                if agreement.customer.kind == agreement.customer.Kind.NON_RESIDENTIAL:
                    peaks.append(replace(line, kind=("maximum",), facts=_peak(held)))
    for kind, lines in ((BILLS, bills), (DEMAND, peaks), (TIME_OF_USE, uses)):
        _take(lines, kind, name=f"{SOURCE} {kind}", at=when.ago(5))
    last = max(bills, key=lambda line: (line.account == bills[0].account, line.starts_on))
    lower = last.facts | {"charges_cents": last.facts["charges_cents"] - 215}
    name = f"{SOURCE} {BILLS} corrected"
    _take([replace(last, facts=lower)], BILLS, name=name, at=when.ago(3))


def taken_back(agreement: ServiceAgreement, when: Calendar, *, by: User) -> None:
    """A bill of somebody else's for the first weeks of this account came, and went again."""
    first = history.first_day(agreement)
    after = first + timedelta(days=20)
    held = history.read(agreement, (first, after))
    line = Line(0, agreement.number, first, after, (), _bill(held, after))
    wrong = _take([line], BILLS, name=f"{SOURCE} {BILLS} wrong account", at=when.ago(3))
    why = "The bill was meant for another service account."
    taking_back.take_back(wrong, by=by, why=why, at=when.ago(2))


def _take(lines: list[Line], kind: str, *, name: str, at: datetime) -> Import:
    numbered = [replace(line, line=number) for number, line in enumerate(lines, 2)]
    taken = intake.take_billing(numbered, kind, name=name, source=SOURCE, by=None, at=at)
    if taken.outcome != Import.Outcome.TAKEN:
        raise NotBuilt(f"{name}: {taken.problems}")
    return taken


def _periods(agreement: ServiceAgreement, when: Calendar) -> Iterator[tuple[date, date]]:
    """Stretches of 30 days, as between two visits to the meter, newest first."""
    ended = history.last_day(agreement)
    after = when.yesterday - timedelta(days=8)
    after = after if ended is None else min(after, ended + timedelta(days=1))
    for _bill in range(12):
        first = after - timedelta(days=30)
        if first < history.first_day(agreement):
            return
        yield first, after
        after = first


def _bill(held: Held, after: date) -> dict[str, object]:
    """In whole kWh, as bills are; what was sent back is set off."""
    delivered, received = history.energy_of({block.day for _flow, block in held}, held)
    kwh = round((delivered or 0) / 1000)
    cents = (kwh - round((received or 0) / 2000)) * CENTS_A_KWH
    return {
        "issued_on": after + timedelta(days=3),
        "wh": kwh * 1000,
        "charges_cents": cents,
        "paid_cents": max(cents, 0),
        "past_due_cents": 0,
    }


def _peak(held: Held) -> dict[str, object]:
    watts = max(
        wh * 3600 // block.sec
        for flow, block in held
        if flow == history.DELIVERED
        for wh in block.values
        if wh != MISSING
    )
    return {"kind": "maximum", "watts": watts, "peaked_at": None}


def _uses(agreement: ServiceAgreement, line: Line, held: Held) -> Iterator[Line]:
    """A line for each season that the days lie in and each period of the rate."""
    rule = tou.rule_of(agreement.rate_schedule)
    for season in ("summer", "winter"):
        days = [pair for pair in held if (pair[1].day.month in tou.SUMMER) == (season == "summer")]
        for one in tou.split(rule, days) if rule and days else []:
            if one.delivered is not None:
                kind = (season, BILLED[one.period])
                facts = {"season": season, "hours": kind[1], "wh": one.delivered}
                yield replace(line, kind=kind, facts=facts)
