"""Many who grant and cancel one and the same thing at the same moment."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connections

from consent import authorizations
from consent.models import Authorization, Receipt
from notices.models import Delivery
from prime_portal.models import LedgerEntry, User
from tests import builders
from tests.builders import NOW
from usage.models import Customer, Via


def granted_and_canceled_at_once(
    rosa: Customer, her: User, *, count: int, at: datetime = NOW
) -> None:
    """Let that many send the same form and cancel at once; it must be as if one had."""
    key, chosen = uuid4(), builders.terms(rosa, builders.use())
    shown = authorizations.read_back(rosa, chosen, language="es", at=at)
    gate = threading.Barrier(count)
    granted: set[object] = set()
    canceled: set[object] = set()
    failed: list[Exception] = []

    def both(seconds: int) -> None:
        try:
            gate.wait()
            held = authorizations.grant(
                rosa,
                chosen,
                shown_sha256=shown.sha256,
                request_key=key,
                language="es",
                by=her,
                via=Via.PORTAL,
                at=at,
            )
            granted.add(held.pk)
            done = authorizations.cancel(
                held, by=her, via=Via.PORTAL, at=at + timedelta(seconds=seconds)
            )
            canceled.add(done.canceled_at)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=both, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(granted) == len(canceled) == 1
    (pk,) = granted
    held = Authorization.objects.get(pk=pk)
    assert sorted(Receipt.objects.filter(authorization=held).values_list("event", flat=True)) == [
        "canceled",
        "granted",
    ]
    entries = LedgerEntry.objects.filter(row_id=held.pk).order_by("id")
    assert [entry.kind.split(":")[1] for entry in entries] == ["written", "stamped"]
    owed = Delivery.objects.filter(kind=Delivery.Kind.RECEIPT, key__endswith=str(held.pk))
    assert owed.count() == 2
