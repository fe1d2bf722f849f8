"""The desk where two people let the portal work again after a restore (5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from prime_portal import restores
from prime_portal.ledger import rows
from prime_portal.models import Restore, RestoreDrill
from usage.frozen import frozen

may_look = permission_required("prime_portal.view_restore", raise_exception=True)
SHOWN = 12


@dataclass(frozen=True)
class Line:
    """What became of one kind of row."""

    name: str
    again: int
    stamped: int
    people: int


@may_look
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Say whether the portal is frozen and what was set right; take the word of two people."""
    held = restores.newest()
    if request.method == "POST":
        if not request.user.has_perm("prime_portal.end_freeze"):
            raise PermissionDenied
        return _next_step(request, held)
    context = {
        "frozen": frozen(),
        "restore": held,
        "lines": _lines(held) if held else [],
        "earlier": Restore.objects.select_related("looked_by", "confirmed_by")[:SHOWN],
        "drills": RestoreDrill.objects.all()[:SHOWN],
    }
    return render(request, "admin/restores.html", admin.site.each_context(request) | context)


def _next_step(request: HttpRequest, held: Restore | None) -> HttpResponse:
    step = restores.confirm if held and held.looked_at else restores.look
    try:
        if held is None or str(held.pk) != request.POST.get("restore"):
            raise restores.Refused(_("It was reconciled anew since: look at that one."))
        step(held, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except restores.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Recorded."))
    return redirect("restore_desk:desk")


def _lines(restore: Restore) -> list[Line]:
    """What is left to people first."""
    counts = {part: restore.facts.get(part, {}) for part in ("again", "stamped", "people")}
    found = [
        Line(
            str(model._meta.verbose_name_plural),
            *(counts[part].get(model._meta.db_table, 0) for part in counts),
        )
        for model in rows.evidence()
    ]
    told = [line for line in found if line.again or line.stamped or line.people]
    return sorted(told, key=lambda line: (-line.people, line.name))


app_name = "restore_desk"
urlpatterns = [path("", desk, name="desk")]
