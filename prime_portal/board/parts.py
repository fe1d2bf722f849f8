"""What the board is made of: clauses, their figures, and the rows behind each figure.

`asks` is the clause in a sentence or two. A figure is counted live, by a function that is asked at
a moment; its rows are a list of the admin's, or lines that the board shows on a page of its own.
`tests` are files below tests/, or tests in them, and a test of the tests fails when one is not
there. "This year" is the calendar year in Los Angeles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from django.utils.functional import Promise

from prime_portal.models import EnteredInError

DELIVERIES = "admin:notices_delivery_changelist"
DISCLOSURES = "admin:consent_disclosure_changelist"
GONE = f"{DISCLOSURES}?gone=yes&at__year={{year}}&clause__exact="
AUTHORIZATIONS = "admin:consent_authorization_changelist"
PURPOSES = "admin:usage_purpose_changelist"


@dataclass(frozen=True)
class Line:
    """One row behind a figure: what it says, the page that shows it, and what that is about."""

    says: str
    page: str = ""
    about: Model | None = None


Lines = Callable[[datetime], Sequence[Line]]


@dataclass(frozen=True)
class Figure:
    """One figure: what it is, how it is counted, and where its rows stand.

    of: counts it, or says it in a few words; where it is left out, the lines are counted.
    rows: the name of a page with the query that narrows it; {year} is the year that is counted,
    {today} the day. lines: the rows, where no list shows just them. why: why neither is there.
    least, most: a number outside of them is red. late: says of a text whether it is red.
    """

    says: str | Promise
    of: Callable[[datetime], int | str] | None = None
    rows: str = ""
    lines: Lines | None = None
    why: str | Promise = ""
    least: int | None = None
    most: int | None = None
    late: Callable[[datetime], bool] | None = None

    @property
    def key(self) -> str:
        """What the page of its lines is called in addresses."""
        return self.lines.__name__.replace("_", "-") if self.lines else ""

    def value(self, at: datetime) -> int | str:
        if self.of is not None:
            return self.of(at)
        return len(self.lines(at)) if self.lines else 0

    def bad(self, value: int | str, *, at: datetime) -> bool:
        if isinstance(value, str):
            return self.late is not None and self.late(at)
        return (self.most is not None and value > self.most) or (
            self.least is not None and value < self.least
        )


@dataclass(frozen=True)
class Clause:
    number: str
    title: str | Promise
    asks: str | Promise
    figures: tuple[Figure, ...]
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


def this_year(at: datetime, field: str) -> dict[str, datetime]:
    """The filter for moments of the calendar year."""
    zone = timezone.get_default_timezone()
    year = timezone.localdate(at).year
    first, after = datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
    return {f"{field}__gte": first, f"{field}__lt": after}


def marked() -> Exists:
    """Whether a row was entered in error."""
    return Exists(EnteredInError.objects.filter(row=OuterRef("pk")))
