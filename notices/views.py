"""The Notice, for everyone: no sign-in, a lasting address for each version and language (6.2)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from notices.models import Notice


@login_not_required
@require_safe
def current(request: HttpRequest) -> HttpResponse:
    """Show the version in force today, not the newest one."""
    notice = _in_force()
    if notice is None:
        return render(request, "notices/none.html")
    return render(request, "notices/version.html", {"notice": notice, "in_force": notice})


@login_not_required
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show one version, in force, coming or past: the bytes frozen when it was published."""
    notice = get_object_or_404(Notice, number=number)
    return render(request, "notices/version.html", {"notice": notice, "in_force": _in_force()})


@login_not_required
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """List every version there was and when each took effect (6.2)."""
    context = {"versions": Notice.objects.all(), "in_force": _in_force()}
    return render(request, "notices/versions.html", context)


def _in_force() -> Notice | None:
    return Notice.objects.in_force(on=timezone.localdate())
