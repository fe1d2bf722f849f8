"""The public pages of the record's seal: anyone may take it and hold PRIME to it (5.1)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from notices.models.sealed import PublishedSeal


@login_not_required
@require_GET
def seal(request: HttpRequest) -> HttpResponse:
    """Show the newest seal, earlier ones, and in plain words what they are for."""
    newest, *earlier = [*PublishedSeal.objects.all()[:31]] or [None]
    context = {"newest": newest, "earlier": earlier, "keys": settings.LEDGER_PUBLIC_KEYS}
    return render(request, "seal.html", context)


@login_not_required
@require_GET
def note(request: HttpRequest, day: str) -> HttpResponse:
    """Hand out the signed checkpoint of a day, as the verifier reads it."""
    try:
        published = get_object_or_404(PublishedSeal, day=date.fromisoformat(day))
    except ValueError:
        raise Http404 from None
    answer = HttpResponse(published.note, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="seal-{published.day}.txt"'
    return answer
