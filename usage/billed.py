"""Her bills, each beside what the meter recorded on the same days."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usage import categories, disputes
from usage.models import Bill, Dispute, Removal
from usage.requests import CustomerRequest


@require_GET
def bills(request: CustomerRequest) -> HttpResponse:
    """List PRIME's part of her bills, newest first; what was corrected or is disputed says so."""
    standing = Bill.objects.of(request.customer).standing().newest_first()
    earlier: dict[tuple[object, ...], Bill] = {}
    replaced = Bill.objects.of(request.customer).filter(replaced_at__isnull=False)
    for bill in replaced.order_by("replaced_at"):
        earlier[bill.agreement_id, bill.starts_on, bill.ends_on] = bill
    disputed = list(Dispute.objects.of(request.customer).marking(categories.BILLING_HISTORY))
    rows = [
        (
            bill,
            earlier.get((bill.agreement_id, bill.starts_on, bill.ends_on)),
            disputes.over(disputed, bill),
        )
        for bill in standing.select_related("agreement__service_point")
    ]
    removed = Removal.objects.of(request.customer).filter(category=categories.BILLING_HISTORY)
    context = {"bills": rows, "removed": removed.order_by("-first_day")}
    return render(request, "usage/bills.html", context)
