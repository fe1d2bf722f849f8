"""A table of use and the chart beside it, made from the same periods (WCAG 1.1.1, 1.4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from usage import charts, copies, tou
from usage.history import Held, Period
from usage.models import ServiceAgreement
from usage.templatetags.energy import kwh


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is called, below which tick it stands, and where it leads.

    `before` is the same time a year before, `more` what else is to be said of it.
    """

    name: str
    period: Period[Any]
    tick: str = ""
    href: str = ""
    before: Period[Any] | None = None
    more: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What a reader should know about this line, in words."""
        period = self.period
        if not period.held:
            return [_("no reading"), *self.more]
        notes = [copies.words().of(code) for code in sorted(period.codes)]
        if period.missing:
            words = ngettext(
                "%(count)s reading is missing", "%(count)s readings are missing", period.missing
            )
            notes.append(words % {"count": f"{period.missing:,}"})
        if period.absent:
            words = ngettext(
                "no reading on %(count)s day", "no reading on %(count)s days", period.absent
            )
            notes.append(words % {"count": period.absent})
        if period.marked:
            words = ngettext(
                "estimated or marked readings on %(count)s day",
                "estimated or marked readings on %(count)s days",
                period.marked,
            )
            notes.append(words % {"count": period.marked})
        if period.net:
            notes.append(_("net: less what was sent back"))
        return [*notes, *self.more]

    @property
    def change(self) -> str:
        """How much more or less than a year before, where both are whole: "+5%"."""
        before = self.before
        if before is None or not (self.period.whole and before.whole):
            return ""
        return percent(self.period.delivered, before.delivered)

    def said(self, decimals: int) -> str:
        """The line as one sentence, for whoever rests a pointer on its bar."""
        energies = [
            words % {"kwh": kwh(wh, decimals)}
            for words, wh in (
                (_("%(kwh)s kWh delivered"), self.period.delivered),
                (_("%(kwh)s kWh sent back"), self.period.received),
            )
            if wh is not None
        ]
        return f"{self.name}: {', '.join(energies + self.notes)}"


@dataclass(frozen=True)
class Table:
    """Rows in order, and what can be said of all of them. `decimals` is how fine kWh are."""

    title: str
    rows: list[Row]
    decimals: int = 1

    @property
    def delivered(self) -> int | None:
        return _total(row.period.delivered for row in self.rows)

    @cached_property
    def received(self) -> int | None:
        """Wh sent back to the grid; None for a place that has no channel for it."""
        return _total(row.period.received for row in self.rows)

    @property
    def last(self) -> Any:
        """The start of the last line's period."""
        return self.rows[-1].period.start

    @property
    def estimated(self) -> bool:
        return any(row.period.codes for row in self.rows)

    @property
    def gaps(self) -> bool:
        return any(not row.period.held for row in self.rows)

    @property
    def compared(self) -> bool:
        return any(row.before and row.before.whole for row in self.rows)

    @property
    def changed(self) -> bool:
        return any(row.change for row in self.rows)

    @property
    def noted(self) -> bool:
        return any(row.notes for row in self.rows)

    @property
    def narrow(self) -> str:
        """How it fits a phone: with more columns than there is room for each row folds, with
        remarks these take a line of their own."""
        if self.compared:
            return "use--fold"
        return "use--noted" if self.noted else ""

    @property
    def chart(self) -> charts.Svg:
        bars = [
            charts.Bar(
                row.said(self.decimals),
                row.period.delivered,
                row.period.received,
                row.tick,
                bool(row.period.codes),
                row.before.delivered if row.before and row.before.whole else None,
            )
            for row in self.rows
        ]
        return charts.draw(bars, key="use", title=self.title, about=self._about())

    def _about(self) -> str:
        used = [row for row in self.rows if row.period.delivered is not None]
        if not used:
            return _("There are no readings.")
        most = max(used, key=lambda row: row.period.delivered or 0)
        least = min(used, key=lambda row: row.period.delivered or 0)
        return _(
            "From %(first)s to %(last)s. Most: %(most)s, %(most_kwh)s kWh. "
            "Least: %(least)s, %(least_kwh)s kWh. The table below has every value."
        ) % {
            "first": self.rows[0].name,
            "last": self.rows[-1].name,
            "most": most.name,
            "most_kwh": kwh(most.period.delivered, self.decimals),
            "least": least.name,
            "least_kwh": kwh(least.period.delivered, self.decimals),
        }


@dataclass(frozen=True)
class Split:
    """The use of some days by the periods of a rate, dearest first."""

    rate: str
    rule: tou.Rule
    sums: list[tou.Sum]

    @property
    def received(self) -> bool:
        return any(one.received is not None for one in self.sums)

    @property
    def lines(self) -> list[tuple[tou.Sum, str]]:
        """Each period and its share of what was delivered."""
        whole = sum(one.delivered or 0 for one in self.sums)
        return [
            (one, f"{one.delivered / whole:.0%}" if whole and one.delivered is not None else "")
            for one in self.sums
        ]

    @property
    def strip(self) -> charts.Svg:
        said = [
            (one, f"{one.name}: {kwh(one.delivered)} kWh, {share}")
            for one, share in self.lines
            if one.delivered
        ]
        return charts.strip(
            [(one.period, words, one.delivered or 0) for one, words in said],
            key="split",
            title=_("Electricity by rate period"),
            about=". ".join(words for _one, words in said),
        )


def split(agreement: ServiceAgreement, held: Held) -> Split | None:
    """Split what is held by the rate on record, or None for a rate without known periods."""
    rule = tou.rule_of(agreement.rate_schedule)
    sums = tou.split(rule, held) if rule else []
    return Split(agreement.rate_schedule, rule, sums) if rule and sums else None


def percent(now: int | None, before: int | None) -> str:
    """The change from before to now, signed; nothing where there is nothing to compare."""
    if now is None or not before or before < 0:
        return ""
    return f"{round((now - before) * 100 / before):+d}%".replace("-", "−")


def _total(values: Iterable[int | None]) -> int | None:
    held = [value for value in values if value is not None]
    return sum(held) if held else None
