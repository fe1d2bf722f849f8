"""Planning who is owed a yearly notice: a statement, against a loop over the customers."""

from __future__ import annotations

import time

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import mailing
from benchmarks.goals import AtMost, Measured
from benchmarks.timing import Differs, per_second
from benchmarks.world import NOW, SMALL, World
from notices import deliveries


def run(of: World) -> list[Measured]:
    many = 50 if of.size.meters < SMALL.meters else 5000 if of.size.meters < 100 else 100_000
    few = mailing.neighbors(10)
    with CaptureQueriesContext(connection) as for_few:
        planned = deliveries.plan_annual(at=NOW)
    if planned < len(few):
        raise Differs(f"{planned} of {len(few)} notices were planned")
    mailing.neighbors(many)
    with CaptureQueriesContext(connection) as for_many:
        began = time.perf_counter()
        planned = deliveries.plan_annual(at=NOW)
        seconds = time.perf_counter() - began
    if planned < many or deliveries.plan_annual(at=NOW):
        raise Differs(f"{planned} of {many} notices were planned, or some of them twice")
    return [
        Measured(
            f"statements to plan {many:,} yearly notices",
            f"{len(few)} notices",
            len(for_many) / len(for_few),
            f"{len(for_many)} ({per_second(many, seconds)})",
            f"{len(for_few)}",
            AtMost(1, exact=True),
        )
    ]
