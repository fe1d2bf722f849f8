"""New claim codes by post for whoever asked for one on the public page (6.3, 5.1).

The page only writes down what was typed. Here the worker finds out whether it names a customer,
and owes the letter if it does.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from notices import deliveries
from usage import claims
from usage.models import CodeRequest

AT_ONCE = 500


def plan(*, at: datetime) -> int:
    """Owe a letter for each request that may have one, oldest first. How many letters."""
    asked = CodeRequest.objects.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    return sum(_answer(pk, at=at) for pk in list(asked))


@transaction.atomic
def _answer(pk: UUID, *, at: datetime) -> bool:
    asked = CodeRequest.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    claim = claims.issue_again(asked, at=at) if asked else None
    if claim:
        deliveries.owe_claim_code(claim, at=at)
    return claim is not None
