"""The same readings in the same formats, for a third party. Only consent.disclosures calls this.

It does not ask whether anything may leave: consent.policy has decided that, and what happens
here happens into an encrypted package. A scope can only narrow what the customer herself can
take (6.3): her agreements, inside their dates, in a window of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from usage import formats
from usage.formats import csv
from usage.models import Customer, ServiceAgreement
from usage.readings import Counted, records_of, window_of

__all__ = ["FORMAT", "Counted", "stream"]

FORMAT = "csv"


def stream(
    members: Iterable[tuple[Customer, Sequence[ServiceAgreement]]],
    *,
    first_day: date,
    last_day: date,
    counted: Counted,
) -> Iterator[bytes]:
    """Yield one CSV of these customers' agreements, both days included.

    Agreements go by their id, not by their account number: the file names no one.
    """
    window = window_of(first_day, last_day)

    def records() -> Iterator[formats.Agreement]:
        for customer, agreements in members:
            yield from records_of(
                customer,
                [agreement.pk for agreement in agreements],
                window=window,
                counted=counted,
                label=lambda agreement: str(agreement.pk),
            )

    return csv.write(records(), window)
