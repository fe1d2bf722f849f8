"""A customer takes her data away: asks for a copy, waits for a large one, fetches it (6.3)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usage import copies, downloads, history, preparing
from usage.formats import gzip
from usage.forms import DownloadForm
from usage.models import Download, PreparedDownload, Via
from usage.requests import CustomerRequest, newest


@require_http_methods(["GET", "POST"])
def download(request: CustomerRequest) -> HttpResponseBase:
    """Ask what she wants; stream it, or let the worker prepare what takes more than a moment.

    The Download row is written before the first byte.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    yesterday = today - timedelta(days=1)
    first, last = history.span(request.customer) or (today.replace(day=1), yesterday)
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        customer=request.customer,
        first=first,
        last=min(last, yesterday),
        today=today,
    )
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "usage/download.html", {"form": form}, status=status)
    scope = form.scope()
    asked = {**scope, "flows": form.flows(), "by": request.user, "via": Via.PORTAL, "at": now}
    if not downloads.takes_a_while(request.customer, **scope):
        return stream(request, downloads.take(request.customer, **asked))
    if preparing.too_many(request.customer):
        return _wait(request)
    asked["language"] = get_language()
    return redirect("usage:prepared", preparing.ask(request.customer, **asked).pk)


@require_POST
def everything(request: CustomerRequest) -> HttpResponse:
    """Ask for all that PRIME holds about her, as one file. The worker prepares it."""
    if preparing.too_many(request.customer):
        return _wait(request)
    prepared = preparing.ask_for_everything(
        request.customer,
        by=request.user,
        via=Via.PORTAL,
        at=timezone.now(),
        language=get_language() or request.customer.language,
    )
    return redirect("usage:prepared", prepared.pk)


@require_GET
def prepared(request: CustomerRequest, pk: UUID) -> HttpResponse:
    """Say how far a copy is, with a button to look again: no script is needed to wait."""
    copy = _hers(request, pk)
    context = {"copy": copy, "name": copies.words_for(copy.download.format)}
    return render(request, "usage/prepared.html", context)


@require_GET
def fetch(request: CustomerRequest, pk: UUID) -> HttpResponseBase:
    """Hand over a copy that is ready, to whoever asked for it and nobody else."""
    taking = preparing.fetch(_hers(request, pk), at=timezone.now())
    if taking is None:
        return redirect("usage:prepared", pk)
    return stream(request, taking)


@require_GET
def taken(request: CustomerRequest) -> HttpResponse:
    """List the copies taken for this account, whoever of its people took them."""
    held = Download.objects.of(request.customer).select_related("prepared", "by")
    shown, more = newest(request, held)
    rows = [(download, copies.words_for(download.format)) for download in shown]
    return render(request, "usage/downloads.html", {"downloads": rows, "more": more})


def stream(request: HttpRequest, taking: downloads.Taking) -> StreamingHttpResponse:
    """Answer with the file as it is made. What is packed already is not packed again."""
    packed = taking.mime.startswith(("text/", "application/json", "application/atom"))
    packed = packed and "gzip" in request.headers.get("Accept-Encoding", "")
    response = StreamingHttpResponse(
        gzip.compress(taking.pieces) if packed else taking.pieces, content_type=taking.mime
    )
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Disposition"] = f'attachment; filename="{taking.name}"'
    return response


def _hers(request: CustomerRequest, pk: UUID) -> PreparedDownload:
    """The copy, if this very person asked for it for this very account; else a 404."""
    asked = PreparedDownload.objects.of(request.customer).asked_by(request.user)
    found: PreparedDownload = get_object_or_404(asked.filter(download__via=Via.PORTAL), pk=pk)
    return found


def _wait(request: CustomerRequest) -> HttpResponse:
    messages.warning(request, _("Some copies are still being prepared. Please wait for them."))
    return redirect("usage:downloads")
