"""The Notice and the posted privacy policy, for everyone (6.2).

No sign-in; a lasting address for each version, language and PDF; what changed in each; and
what was in force on any day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from notices.forms import DayForm
from notices.models import PublishedPdf
from notices.writing import comparing
from notices.writing.documents import KINDS, NOTICE, Kind


@login_not_required
@require_safe
def current(request: HttpRequest, *, kind: Kind) -> HttpResponse:
    """Show the version in force today, not the newest one."""
    held = _held(kind)
    if held["in_force"] is None:
        return render(request, "notices/none.html", held)
    return render(request, "notices/version.html", held | {"notice": held["in_force"]})


@login_not_required
@require_safe
def version(request: HttpRequest, number: int, *, kind: Kind) -> HttpResponse:
    """Show one version, in force, coming or past: the bytes frozen when it was published."""
    notice = get_object_or_404(kind.model, number=number)
    return render(request, "notices/version.html", _held(kind) | {"notice": notice})


@login_not_required
@require_safe
def versions(request: HttpRequest, *, kind: Kind) -> HttpResponse:
    """List every version there was and when each took effect (6.2)."""
    context = _held(kind) | {"versions": kind.model.objects.all()}
    return render(request, "notices/versions.html", context)


@login_not_required
@require_safe
def changes(request: HttpRequest, number: int, *, kind: Kind) -> HttpResponse:
    """Show word by word how a version differs from the one before."""
    notice = get_object_or_404(kind.model, number=number)
    before = get_object_or_404(kind.model, number=number - 1)
    passages = comparing.compare(before.html, notice.html)
    context = _held(kind) | {"notice": notice, "before": before, "passages": passages}
    return render(request, "notices/changes.html", context)


@login_not_required
@require_safe
def on_paper(request: HttpRequest, number: int, *, kind: Kind) -> HttpResponse:
    """Hand out the PDF made when the version was published: the same bytes for ever."""
    language = get_language() or "en"
    pdf = get_object_or_404(
        PublishedPdf, **{f"{kind.document.value}__number": number}, language=language
    )
    name = f"prime-{kind.document.value}-{number}-{language}.pdf"
    response = HttpResponse(
        bytes(pdf.content),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "ETag": f'"{bytes(pdf.sha256).hex()}"',
        },
    )
    patch_cache_control(response, public=True, max_age=timedelta(days=365).total_seconds())
    return response


@login_not_required
@require_safe
def in_force_on(request: HttpRequest) -> HttpResponse:
    """Answer which version of each document was in force on a day (6.2)."""
    form = DayForm(request.GET) if "day" in request.GET else DayForm()
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        day = form.cleaned_data["day"]
        context |= {"day": day, "answers": [_answer(kind, day) for kind in KINDS.values()]}
    return render(request, "notices/in_force_on.html", context)


def _answer(kind: Kind, day: date) -> dict[str, Any]:
    found = kind.model.objects.in_force(on=day)
    after = kind.model.objects.filter(effective_on__gt=day).order_by("effective_on").first()
    return _held(kind) | {
        "version": found,
        "last": after and after.effective_on - timedelta(days=1),
    }


def _held(kind: Kind) -> dict[str, Any]:
    """What every page of a document knows: its addresses, its label, what is in force today."""
    return {
        "space": "notices" if kind is NOTICE else "policy",
        "is_notice": kind is NOTICE,
        "label": kind.label,
        "in_force": kind.model.objects.in_force(on=timezone.localdate()),
    }
