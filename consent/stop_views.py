"""A customer's own stop: nothing more about her goes to one organization (6.8; CPUC Rule 6(c)(3)).

It is more than a cancel: it also holds what PRIME could send without asking her. She makes it
and lifts it herself, from the page of an authorization or of who received her data.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consent import third_parties
from consent.models import Stop, ThirdParty
from usage.models import Access, Via
from usage.requests import CustomerRequest


@require_http_methods(["GET", "POST"])
def stop(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Ask first, then stop; or, where she has stopped it, lift. GET changes nothing."""
    held = get_object_or_404(ThirdParty.objects.touching(request.customer), pk=pk)
    if request.access.scope != Access.Scope.EVERYTHING:
        return render(request, "403.html", status=403)
    hers = Stop.objects.in_force().filter(third_party=held, customer=request.customer)
    if request.method == "POST":
        now = timezone.now()
        if "lift" in request.POST:
            for one in hers:
                third_parties.lift(one, reason="", by=request.user, at=now)
            messages.success(request, _("Lifted. What you allow may be sent again."))
        elif not hers.exists():
            third_parties.stop(
                held,
                customer=request.customer,
                reason=request.POST.get("reason", "")[:1000],
                via=Via.PORTAL,
                by=request.user,
                at=now,
            )
            messages.success(
                request, _("Stopped. Nothing more about you is sent to this organization.")
            )
        return redirect("consent:stop", pk)
    return render(
        request,
        "consent/stop.html",
        {"third_party": held, "words": held.words, "hers": hers.first()},
    )
