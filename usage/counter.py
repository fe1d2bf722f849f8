"""At the counter and on the telephone: staff print or post a customer's record for her (6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from usage import copies, preparing, taking
from usage.forms import DownloadForm
from usage.listing import Listed
from usage.models import Customer, Download, IntervalDay, Language, PreparedDownload, Via
from usage.models.prepared import PreparedDownloads

HEARD = [choice for choice in Via.choices if choice[0] != Via.PORTAL]
"""How a customer's wish reaches staff."""

MOST_PAGES = 400
"""What the worker prints of single readings at once, in some minutes."""


@dataclass(frozen=True)
class Part:
    """Days that can be printed at once, and about how many pages they fill."""

    first_day: date
    last_day: date
    pages: int


def pages_of(days: QuerySet[IntervalDay]) -> int:
    """About how many pages these days fill, reading by reading."""
    return _pages(days.count())


def parts_of(days: QuerySet[IntervalDay]) -> list[Part]:
    """Parts that can be printed one after the other and are together all of these days.

    A part is of whole months, as the paper is, where a month is not too long itself.
    """
    by_day = days.values("day").annotate(sheets=Count("channel")).order_by("day")
    held = list(by_day.values_list("day", "sheets"))
    pieces: list[list[tuple[date, int]]] = []
    for _month, of_month in groupby(held, key=lambda told: told[0].replace(day=1)):
        whole = list(of_month)
        pieces += [whole] if _fit(whole) else [[one] for one in whole]
    parts: list[list[tuple[date, int]]] = []
    for piece in pieces:
        if parts and _fit(parts[-1] + piece):
            parts[-1] += piece
        else:
            parts.append(list(piece))
    return [Part(part[0][0], part[-1][0], _pages(_sheets(part))) for part in parts]


def _fit(days: list[tuple[date, int]]) -> bool:
    return _pages(_sheets(days)) <= MOST_PAGES


def _sheets(days: list[tuple[date, int]]) -> int:
    return sum(sheets for _day, sheets in days)


def _pages(sheets: int) -> int:
    return -(-sheets // copies.SHEETS_A_PAGE)


class CounterForm(DownloadForm):
    """What she wants, and what staff add: how she asked, why, in which language, how it goes."""

    via = forms.ChoiceField(label=_("How did it reach PRIME?"), choices=HEARD)
    reason = forms.CharField(
        label=_("What she asked for, and how you know that it is she"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    language = forms.ChoiceField(label=_("In which language?"), choices=Language)
    for_post = forms.BooleanField(
        label=_("Put a page with her address in front (PDF only)"), required=False
    )

    parts: Sequence[Part] = ()
    """What to ask for one after the other, where it is too much at once."""

    def __init__(self, data: Any = None, *, customer: Customer, **days: Any) -> None:
        super().__init__(data, customer=customer, **days)
        fields: dict[str, Any] = self.fields
        kinds = copies.WHOLE | copies.FORMATS | copies.ON_PAPER
        fields["kind"].choices = list(kinds.items())
        self.initial.update(kind=copies.RECORD_PDF, language=customer.language)

    def clean(self) -> dict[str, Any]:
        """On paper every reading fills many pages: more than a box of it is not begun."""
        cleaned = super().clean()
        if not self.errors and cleaned["kind"] in copies.ON_PAPER:
            asked = IntervalDay.objects.of(self.customer).filter(
                agreement__in=cleaned["agreements"],
                day__range=(cleaned["first_day"], cleaned["last_day"]),
            )
            if flows := self.flows():
                asked = asked.filter(channel__flow__in=flows)
            if (pages := pages_of(asked)) > MOST_PAGES:
                words = _(
                    "These days would fill about %(pages)s pages, and %(most)s are printed at "
                    "once. Ask for them in parts: each button below asks for one."
                )
                self.add_error("first_day", words % {"pages": f"{pages:,}", "most": MOST_PAGES})
                self.parts = parts_of(asked)
        return cleaned

    def ask(self, customer: Customer, **who: Any) -> PreparedDownload:
        """Ask for the copy. The whole record has no days or places to choose."""
        chosen = self.cleaned_data
        told = {name: chosen[name] for name in ("reason", "language", "for_post")}
        told |= {"via": Via(chosen["via"]), **who}
        if chosen["kind"] in copies.WHOLE:
            return preparing.ask_for_everything(customer, kind=chosen["kind"], **told)
        return preparing.ask(customer, flows=self.flows(), **self.scope(), **told)


class Downloads(Listed):
    """Every copy that was taken, and the page on which staff take one for a customer."""

    list_display = ("at", "customer", "form_words", "via", "first_day", "last_day", "finished_at")
    list_filter = ("format", "via")
    date_hierarchy = "at"

    @admin.display(description=_("Form"), ordering="format")
    def form_words(self, row: Download) -> str:
        return copies.words_for(row.format)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only from the page of the customer whose copy it is."""
        return "customer" in request.GET and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        fetch = self.admin_site.admin_view(self.fetch)
        return [path("<uuid:pk>/file/", fetch, name="usage_download_file"), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a copy on a customer's behalf. It is written down with how she asked, and why."""
        if not self.has_add_permission(request):
            return render(request, "403.html", status=403)
        try:
            customer = get_object_or_404(Customer, pk=request.GET.get("customer"))
        except (ValueError, ValidationError):
            raise Http404 from None
        now = timezone.now()
        today = timezone.localdate(now)
        form = CounterForm(
            _of_part(request.POST) or None,
            customer=customer,
            first=today - timedelta(days=31),
            last=today - timedelta(days=1),
            today=today,
        )
        if form.is_valid():
            asked = form.ask(customer, by=request.user, at=now)
            return redirect("admin:usage_download_change", asked.pk)
        pages = pages_of(IntervalDay.objects.of(customer))
        context = {"form": form, "customer": customer, "pages": pages}
        return self._page(request, "copy_for", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what was taken, and how far a copy is that the worker prepares."""
        download = self.get_object(request, object_id)
        if download is None or not self.has_view_permission(request, download):
            raise Http404
        context = {
            "download": download,
            "name": copies.words_for(download.format),
            "copy": _asked_by(request).filter(pk=download.pk).first(),
        }
        return self._page(request, "copy", context)

    def fetch(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Hand the file to whoever of the staff asked for it, and to nobody else."""
        taken = preparing.fetch(get_object_or_404(_asked_by(request), pk=pk), at=timezone.now())
        if taken is None:
            return redirect("admin:usage_download_change", pk)
        return taking.stream(request, taken)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        facts = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/usage/{name}.html", facts)


def _of_part(sent: QueryDict) -> QueryDict:
    """The form as it was sent, with the days of the part whose button was pressed."""
    first, _slash, last = sent.get("part", "").partition("/")
    if not last:
        return sent
    changed = sent.copy()
    changed["first_day"], changed["last_day"] = first, last
    return changed


def _asked_by(request: HttpRequest) -> PreparedDownloads:
    """Copies this member of staff asked for on somebody's behalf."""
    asked = PreparedDownload.objects.asked_by(request.user)  # type: ignore[arg-type]
    return asked.exclude(download__via=Via.PORTAL)
