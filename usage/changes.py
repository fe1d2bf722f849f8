"""What a file would change, said of its first changes: whose, which fact, before and after.

Only a dry run says it, to whoever may send the file; nothing of it is kept with an import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage.models import Customer, Import, IntervalDay

SHOWN = 20

DAY = "day"
"""A fact of readings: its field is `day delivered` or `day received`, and `day` says which."""

WORDS = {
    "name": gettext_lazy("customer’s name"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "mailing_address": gettext_lazy("mailing address"),
    "mailing_zip": gettext_lazy("ZIP of the mailing address"),
    "email": gettext_lazy("e-mail address"),
    "telephone": gettext_lazy("telephone"),
    "address": gettext_lazy("address of the place"),
    "zip": gettext_lazy("ZIP of the place"),
    "rate_schedule": gettext_lazy("rate schedule of an agreement"),
    "starts_at": gettext_lazy("start of an agreement"),
    "ends_at": gettext_lazy("end of an agreement"),
    "program": gettext_lazy("program of an agreement"),
    "starts_on": gettext_lazy("start of the enrollment"),
    "ends_on": gettext_lazy("end of the enrollment"),
    f"{DAY} delivered": gettext_lazy("readings, delivered"),
    f"{DAY} received": gettext_lazy("readings, received"),
}

Facts = dict[str, tuple[Any, Any]]
"""What a fact was and what it is to be, by its name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact of one customer, as it goes into JSON. `account` has four digits and no more."""

    account: str
    field: str
    before: str
    after: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The same in words."""

    account: str
    what: str
    before: str
    after: str


def of_facts(account: str, facts: Facts) -> list[Change]:
    """The changes of one row of a customer's."""
    return [
        Change(account[-4:], name, _plain(before), _plain(after))
        for name, (before, after) in facts.items()
    ]


def of_readings(row: Import) -> list[Change]:
    """The first days an import brought: new ones, and ones that take the place of a version."""
    days = IntervalDay.objects.filter(taken_in=row).order_by("day", "agreement__number")
    return [
        Change(
            one.agreement.number[-4:],
            f"{DAY} {one.channel.flow}",
            str(one.revision or ""),
            str(one.revision + 1),
            one.day.isoformat(),
        )
        for one in days.select_related("agreement", "channel")[:SHOWN]
    ]


def told(changes: Sequence[Change]) -> list[Told]:
    """Say them in the language in force."""
    return [
        Told(
            f"…{one.account}",
            _what(one),
            _value(one.field, one.before) or "—",
            _value(one.field, one.after) or "—",
        )
        for one in changes
    ]


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _what(change: Change) -> str:
    words = str(WORDS.get(change.field, change.field))
    return f"{words}, {date_format(date.fromisoformat(change.day))}" if change.day else words


def _value(field: str, said: str) -> str:
    if field.startswith(DAY) and said:
        return _("version %(number)s") % {"number": said}
    if field in ("starts_at", "ends_at", "starts_on", "ends_on") and said:
        return date_format(date.fromisoformat(said))
    if field == "kind":
        return str(dict(Customer.Kind.choices).get(said, said))
    return said
