"""A receipt's plain data, said line by line in the reader's language: for page, paper and check."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage.granularity import Granularity
from usage.models import Access, Via

PACIFIC = ZoneInfo("America/Los_Angeles")
Line = tuple[str, list[str]]

EVENTS = {
    "given": gettext_lazy("You allowed sharing"),
    "used": gettext_lazy("It was used, once"),
    "withdrawn": gettext_lazy("You canceled"),
    "ended": gettext_lazy("It ended"),
}
TITLES = {
    "given": gettext_lazy("Receipt: you allowed sharing"),
    "withdrawn": gettext_lazy("Receipt: you canceled sharing"),
    "ended": gettext_lazy("Receipt: sharing ended"),
}
CAPACITIES = dict(Access.Capacity.choices) | {"staff": gettext_lazy("PRIME’s staff")}
METHODS = dict(Via.choices)
FINE = dict(Granularity.choices)


def title_of(receipt: dict[str, Any]) -> str:
    return str(TITLES.get(receipt["event"][-1]["event_type"], _("Receipt")))


def lines_of(receipt: dict[str, Any]) -> list[Line]:
    """Return every line of it: a label, and what stands beside it."""
    processing = receipt["pii_processing"]
    party = next(
        party for party in receipt["party_identification"] if party["party_role"] == "third_party"
    )
    notice, ledger = receipt["privacy_notice"], receipt["ledger"]
    return [
        *[
            (str(EVENTS.get(event["event_type"], event["event_type"])), _told(event))
            for event in receipt["event"]
        ],
        (_("Who gets it"), [party["party_name"]]),
        (_("How to reach them"), party["party_contact"].splitlines()),
        (_("What for"), [processing["purpose"], processing["purpose_text"]]),
        (_("What they get"), [kind["name"] for kind in processing["pii_information"]]),
        (
            _("For which place"),
            [f"{place['place']} (…{place['ends_in']})" for place in processing["services"]],
        ),
        (
            _("From when on"),
            [_("Readings from %(on)s on") % {"on": _day(processing["history_from"])}],
        ),
        (_("How fine"), [str(FINE.get(processing["granularity"], processing["granularity"]))]),
        (_("How long"), [_until(processing)]),
        (_("How to cancel"), [processing["withdrawal_method"]]),
        (
            _("Notice in force then"),
            [
                _("version %(number)s, of %(on)s")
                % {"number": notice["version"], "on": _day(notice["effective_on"])}
            ],
        ),
        (_("Receipt number"), [receipt["receipt_id"]]),
        (_("Number of the authorization"), [receipt["record_id"]]),
        (
            _("In PRIME’s record"),
            [_("entry %(number)s") % {"number": ledger["entry_id"]}, ledger["leaf"]],
        ),
    ]


def _told(event: dict[str, Any]) -> list[str]:
    moment = parse_datetime(event["event_time"])
    lines = [_moment(moment) if moment else event["event_time"]]
    if asked_by := event.get("asked_by"):
        lines.append(f"{asked_by}, {CAPACITIES.get(event['asked_as'], event['asked_as'])}")
    if by := event.get("by"):
        capacity = CAPACITIES.get(event["capacity"], event["capacity"])
        lines.append(f"{by}, {capacity}; {METHODS.get(event['method'], event['method'])}")
    return lines


def _until(processing: dict[str, Any]) -> str:
    if processing["once"]:
        return _("Just once.")
    if processing["ends_on"]:
        return _("It ends when %(on)s begins.") % {"on": _day(processing["ends_on"])}
    return _("Until you cancel.")


def _day(text: str) -> str:
    day: date | None = parse_date(text)
    return date_format(day, "DATE_FORMAT") if day else text


def _moment(moment: datetime) -> str:
    return date_format(moment.astimezone(PACIFIC), "DATETIME_FORMAT")
