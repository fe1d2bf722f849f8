"""How large a group must be and how small its largest member (6.11), as data.

A rule that no source confirms is listed, so that it is known, and cannot be chosen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from usage.sentences import noop

HOMES, OTHERS = "residential", "non_residential"


class Refused(Exception):
    """Nothing is released. The sentence says why and names the clause."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At least `fewest` customers, none with `percent` of the energy or more.

    effective_on: since when PRIME holds its releases to it.
    """

    key: str
    kind: str
    fewest: int
    percent: int
    citation: str
    effective_on: date
    confirmed: bool = True

    def kept_by(self, uses: Collection[int]) -> bool:
        """Whether a group may be shown: the use of each customer, all agreements together.

        Who used nothing hides nobody and is not counted. Energy sent back counts by its size.
        """
        sizes = [abs(wh) for wh in uses if wh]
        return self.kept(len(sizes), sum(sizes), max(sizes, default=0))

    def kept(self, customers: int, wh: int, largest: int) -> bool:
        """The same of a group that was counted already. Exactly `percent` is too much."""
        return customers >= self.fewest and largest * 100 < wh * self.percent


IN_FORCE = date(2017, 7, 1)
RULES = (
    Rule(
        "homes-100", HOMES, 100, 15, noop("D.14-05-016: 100 homes; 15 %: PRIME-07 6.11"), IN_FORCE
    ),
    Rule("15-15", OTHERS, 15, 15, noop("D.14-05-016; SCE’s 15/15 rule for CCAs"), IN_FORCE),
    Rule("15-20", OTHERS, 15, 20, noop("no source read confirms 15/20"), IN_FORCE, False),
    Rule("5-25", OTHERS, 5, 25, noop("no source read confirms 5/25 (industry)"), IN_FORCE, False),
    Rule("100-10", HOMES, 100, 10, noop("no source read confirms 100/10"), IN_FORCE, False),
)
KINDS = (HOMES, OTHERS)


def choose(key: str) -> Rule:
    """Return a rule to release by; one that is not confirmed is refused."""
    for rule in RULES:
        if rule.key == key and rule.confirmed:
            return rule
    said = _("%(key)s is no confirmed rule for aggregated data (PRIME-07 6.11).")
    raise Refused(said % {"key": key})


def in_force() -> dict[str, Rule]:
    """The rule for each kind of customer."""
    return {HOMES: choose("homes-100"), OTHERS: choose("15-15")}


def version() -> str:
    """Name the rules in force, so that a release says by which it was made."""
    return "; ".join(
        f"{rule.kind} {rule.key}: {rule.fewest} customers, each under {rule.percent} %"
        for rule in in_force().values()
    )
