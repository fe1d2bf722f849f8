"""The shape in which every app tells what it holds about a customer (6.3).

A section is a plain table: pages show it, the whole record carries it, and nobody has to know
which app it came from. Its texts are in the language in force when it was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Cell = str | int | Decimal | date | datetime | None
"""What stands in a table: text, a number, a day, a moment (UTC), or nothing."""


def kilo(number: int | None) -> Decimal | None:
    """Wh as kWh, watts as kW: a number to its last digit, in files as on pages."""
    return None if number is None else Decimal(number).scaleb(-3)


def dollars(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


@dataclass(frozen=True)
class Section:
    """One kind of thing PRIME holds about a customer, as a table.

    `key` names it for addresses and files; `category` is the kind of Covered Information it
    belongs to (usage.categories); `source` says in a sentence where PRIME has it from;
    `nothing` is said in place of a table without rows; `lacks` names what the kind speaks of and
    PRIME does not hold. `sensitive` ones are shown only after one more click; `newest_first`
    says that the rows stand that way.
    """

    key: str
    category: str
    title: str
    source: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    nothing: str
    lacks: str = ""
    sensitive: bool = False
    newest_first: bool = False
