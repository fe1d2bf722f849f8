"""A table of use and the chart beside it, made from the same periods (WCAG 1.1.1, 1.4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from usage import charts, downloads
from usage.history import Period
from usage.templatetags.energy import kwh


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is called, below which tick it stands, and where it leads."""

    name: str
    period: Period[Any]
    tick: str = ""
    href: str = ""

    @property
    def notes(self) -> list[str]:
        """What a reader should know about this line, in words."""
        period = self.period
        if not period.held:
            return [_("no reading")]
        notes = [downloads.words().of(code) for code in sorted(period.codes)]
        return notes + ([_("parts are missing")] if period.missing else [])

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
    def estimated(self) -> bool:
        return any(row.period.codes for row in self.rows)

    @property
    def gaps(self) -> bool:
        return any(not row.period.held for row in self.rows)

    @property
    def noted(self) -> bool:
        return any(row.notes for row in self.rows)

    @property
    def chart(self) -> charts.Svg:
        bars = [
            charts.Bar(
                row.said(self.decimals),
                row.period.delivered,
                row.period.received,
                row.tick,
                bool(row.period.codes),
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


def _total(values: Iterable[int | None]) -> int | None:
    held = [value for value in values if value is not None]
    return sum(held) if held else None
