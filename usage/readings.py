"""Readings on their way out of the database, a day at a time.

What a customer takes and what a third party may be given start here alike, so neither can
be finer or longer than the other for the same scope (6.3). Nothing leaves from here: the
doors are usage.downloads and usage.release.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid5

from django.db.models import Sum

from usage import categories, disputes, formats
from usage.day_rows import held_blocks
from usage.formats import Window
from usage.granularity import Granularity, coarser
from usage.intervals import Block, cut, day_start, local_day
from usage.models import Bill, Channel, Customer, IntervalDay, MonthTotal, ServiceAgreement

FLOWS = {Channel.Flow.DELIVERED: formats.DELIVERED, Channel.Flow.RECEIVED: formats.RECEIVED}


@dataclass
class Counted:
    """How many readings have passed, in all and by customer."""

    rows: int = 0
    by_customer: dict[UUID, int] = field(default_factory=dict)

    def add(self, customer: UUID, rows: int) -> None:
        self.rows += rows
        self.by_customer[customer] = self.by_customer.get(customer, 0) + rows


def window_of(first_day: date, last_day: date) -> Window:
    """The time from the start of the first local day to the end of the last."""
    return Window(day_start(first_day), day_start(last_day + timedelta(days=1)))


def blocks_of(
    agreement: ServiceAgreement,
    channel_id: UUID,
    *,
    window: Window,
    counted: Counted,
    net: bool = False,
    granularity: Granularity = Granularity.AS_MEASURED,
) -> Iterator[Block]:
    """Stream a channel's days, cut to the agreement and the window, no finer than asked.

    Days that are delivered minus received (net) come apart from the others.
    """
    first, last = date.min, date.max
    if window.starts_at is not None:
        first = local_day(int(window.starts_at.timestamp()))
    if window.ends_at is not None:
        last = local_day(int(window.ends_at.timestamp()) - 1)
    customer = agreement.customer_id
    held = held_blocks(customer, agreement.pk, channel_id, net=net, first=first, last=last)
    for block in cut(held, starts_at=window.starts_at, ends_at=window.ends_at):
        block = coarser(block, granularity)
        counted.add(customer, block.held)
        yield block


def records_of(
    customer: Customer,
    agreements: Iterable[UUID],
    *,
    window: Window,
    counted: Counted,
    label: Callable[[ServiceAgreement], str],
    flows: Collection[str] = (),
    bills: bool = False,
    granularity: Granularity = Granularity.AS_MEASURED,
) -> Iterator[formats.Agreement]:
    """The customer's agreements among these, oldest first, ready to be written.

    An agreement of somebody else is passed over like one that does not exist. `flows` are the
    directions wanted, none meaning all; `bills` adds those that touch the window.
    """
    held = ServiceAgreement.objects.of(customer).filter(pk__in=list(agreements))
    for agreement in held.order_by("starts_at", "pk"):
        agreement.customer = customer
        record = formats.Agreement(
            agreement.pk, label(agreement), agreement.starts_at, agreement.ends_at, []
        )
        inside, channels = window.within(record), _channels(agreement)
        mixed = {net for _channel, _flow, net in channels} == {False, True}
        yield formats.Agreement(
            record.id,
            record.label,
            record.starts_at,
            record.ends_at,
            [
                formats.Channel(
                    uuid5(channel, "net") if net else channel,
                    formats.NET if net else FLOWS[flow],
                    blocks_of(
                        agreement,
                        channel,
                        window=inside,
                        counted=counted,
                        net=net,
                        granularity=granularity,
                    ),
                    _days(agreement, net=not net) if mixed else (),
                )
                for channel, flow, net in channels
                if not flows or flow in flows
            ],
            disputes.ranges(agreement, *categories.READINGS),
            _summaries(agreement, inside) if bills else (),
        )


def _channels(agreement: ServiceAgreement) -> list[tuple[UUID, Channel.Flow, bool]]:
    """The channels this agreement has readings of, delivered before received.

    A channel with days of net energy comes a second time for these, marked.
    """
    months = MonthTotal.objects.of(agreement.customer).filter(agreement=agreement)
    sums = months.values_list("channel_id", "channel__flow").annotate(Sum("days"), Sum("net_days"))
    return [
        (channel, Channel.Flow(flow), net)
        for channel, flow, days, net_days in sums.order_by(
            "channel__flow", "channel__meter_number", "channel_id"
        )
        for net, count in ((False, days - net_days), (True, net_days))
        if count
    ]


def _days(agreement: ServiceAgreement, *, net: bool) -> frozenset[date]:
    """Days held of net energy, which tell both directions, or the others."""
    held = IntervalDay.objects.of(agreement.customer).filter(agreement=agreement, net=net)
    return frozenset(held.values_list("day", flat=True))


def _summaries(agreement: ServiceAgreement, window: Window) -> list[formats.Summary]:
    """The bills that stand and touch the window, in order; money in 1/100,000 of a dollar."""
    held = Bill.objects.of(agreement.customer).standing().filter(agreement=agreement)
    disputed = disputes.ranges(agreement, categories.BILLING_HISTORY)
    summaries = [
        formats.Summary(
            bill.pk,
            day_start(bill.starts_on),
            day_start(bill.ends_on),
            day_start(bill.issued_on),
            bill.wh,
            bill.charges_cents * 1000,
            agreement.rate_schedule,
            disputed=any(
                first <= bill.last_day and last >= bill.starts_on for first, last in disputed
            ),
        )
        for bill in held.order_by("starts_on", "pk")
    ]
    return [
        summary
        for summary in summaries
        if (window.starts_at is None or summary.ends_at > window.starts_at)
        and (window.ends_at is None or summary.starts_at < window.ends_at)
    ]
