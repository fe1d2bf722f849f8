"""The portal's own few pages: home, the overview after sign-in, choosing an account, health."""

from __future__ import annotations

from datetime import timedelta

from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from consent.models import Authorization, Disclosure
from notices import watchdog
from notices.models import Delivery
from prime_portal import heartbeats, retention
from prime_portal.ledger import publishing, sealing
from prime_portal.models import Heartbeat, SignIn
from usage import categories
from usage.frozen import frozen
from usage.models import Access, Category, Customer, Download, MonthTotal
from usage.requests import CustomerRequest

SILENT = timedelta(minutes=10)

NEWEST = 50
"""Sign-ins shown at first; a link shows them all."""


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Say in ten seconds what this is. The notice's link stands on it by base.html (6.2)."""
    return render(request, "home.html")


@login_not_required
@require_GET
def icon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that look for an icon by habit to ours: staff pages name none."""
    return redirect(static("img/mark.svg"))


@require_http_methods(["GET", "POST"])
def signed_in(request: CustomerRequest) -> HttpResponseBase:
    """Show where somebody is signed in, and every sign-in of theirs on record, newest first."""
    held = SignIn.objects.filter(user=request.user)
    key, today = categories.PORTAL_SECURITY, timezone.localdate()
    months = max(
        Category.objects.get(pk=key).retention_months, retention.said(on=today).get(key, 0)
    )
    shown = held if "all" in request.GET else held[:NEWEST]
    context = {"sign_ins": shown, "count": held.count(), "months": months}
    answer: HttpResponseBase = ListUserSessionsView.as_view(extra_context=context)(request)
    return answer


@require_GET
def overview(request: CustomerRequest) -> HttpResponse:
    """Show everything a customer can do, with today's state of each."""
    customer: Customer | None = getattr(request, "customer", None)
    if customer is None:
        return redirect("admin:index" if request.user.is_staff else "claim")
    now = timezone.now()
    return render(
        request,
        "overview.html",
        {
            "agreements": customer.agreements.newest_first(),
            "months": MonthTotal.objects.of(customer).order_by("-month")[:4],
            "sharing": Authorization.objects.of(customer).in_force(at=now).with_words(),
            "disclosures": Disclosure.objects.of(customer).gone().count(),
            "deliveries": Delivery.objects.of(customer)
            .with_state(at=timezone.now())
            .order_by(Coalesce("sent_at", "owed_at").desc())[:3],
            "downloads": Download.objects.of(customer)[:3],
        },
    )


@require_http_methods(["GET", "POST"])
def choose_customer(request: CustomerRequest) -> HttpResponse:
    """Let a person who acts for several customers say for which one."""
    accesses = (
        Access.objects.of_user(request.user).in_force(at=timezone.now()).select_related("customer")
    )
    if request.method == "POST":
        chosen = [held for held in accesses if str(held.pk) == request.POST.get("access")]
        if not chosen:
            return render(request, "404.html", status=404)
        (access,) = chosen
        request.session["customer"] = str(access.customer_id)
        messages.success(request, _("You now see this account."))
        return redirect("overview")
    return render(request, "choose_customer.html", {"accesses": accesses})


@require_GET
def second_factor_needed(request: HttpRequest) -> HttpResponse:
    """Tell staff why the admin is closed: their second factor was not checked this time (5.1)."""
    return render(request, "account/second_factor_needed.html")


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Say, for a monitor, what is silent or overdue: 200 when all is well, 503 when not.

    Beat and worker each write a heartbeat; ten silent minutes are red. So is a task that failed
    ten minutes ago and did not work since; a notice that should have been sent by now, failed
    with nothing sent after it, or was never planned; an entry of the record that waits for its
    seal for more than five minutes; a day without a seal that anybody could read, and a record
    that was not copied away for ten minutes, unless the portal is frozen and publishes and
    copies nothing; and a portal that was restored and waits for two people to let it work again
    (5.1). docs/operations.md says of each line what to do.
    """
    now = timezone.now()
    try:
        beats = dict(Heartbeat.objects.values_list("name", "at"))
        late = watchdog.overdue(at=now) + watchdog.forgotten(at=now)
        unsealed = sealing.is_late(at=now)
        unpublished = publishing.is_late(at=now)
        restored = frozen()
    except DatabaseError:
        return JsonResponse({"database": "red"}, status=503)
    silent = {
        name: name not in beats or now - beats[name] >= SILENT
        for name in ("beat", "worker", "reconcile", "journal")
    }
    wrong = {
        "beat": silent["beat"],
        "worker": silent["worker"] or silent["reconcile"],
        "tasks": any(now - at >= SILENT for at in heartbeats.failing_since(beats)),
        "notices": bool(late),
        "record": unsealed,
        "seal": unpublished,
        "journal": bool(settings.JOURNAL_DIR) and silent["journal"] and not restored,
        "restored": restored,
    }
    report = {line: "red" if is_wrong else "green" for line, is_wrong in wrong.items()}
    return JsonResponse(report, status=503 if "red" in report.values() else 200)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from a page left open too long, or from elsewhere."""
    return render(request, "403.html", {"form_was_old": True}, status=403)
