"""Where staff send files: what would come of one, a second look, and what came of it.

Sending needs the permission to add imports; what a file would change is shown before anything
is changed. The problems of an import can be taken away as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from usage import changes, dropping, imports, intake, uploads
from usage.feeds.detection import (
    BILLS,
    CMEP,
    DEMAND,
    GREEN_BUTTON,
    ROSTER,
    SCE_CSV,
    TIME_OF_USE,
)
from usage.feeds.text import MB
from usage.formats import csv
from usage.listing import Listed
from usage.management import acting
from usage.models import Import, ServiceAgreement, Source, Upload
from usage.sentences import masked, told, told_of_nobody

SHOWN = 50
"""Problems shown on a page; the table has all that were kept."""

FORMATS = {
    ROSTER: gettext_lazy("roster (CSV)"),
    GREEN_BUTTON: gettext_lazy("Green Button (XML)"),
    SCE_CSV: gettext_lazy("SCE’s Green Button (CSV)"),
    CMEP: gettext_lazy("CMEP, the bulk feed"),
    BILLS: gettext_lazy("bills (CSV)"),
    DEMAND: gettext_lazy("demand (CSV)"),
    TIME_OF_USE: gettext_lazy("times of use (CSV)"),
    intake.READINGS: gettext_lazy("readings"),
    intake.UNKNOWN: gettext_lazy("not known"),
}

COUNTS = {
    "lines": gettext_lazy("lines in the file"),
    "new": gettext_lazy("new rows"),
    "replaced": gettext_lazy("rows replaced by a correction"),
    "unchanged": gettext_lazy("rows that say nothing new"),
    "readings": gettext_lazy("readings in the file"),
    "net": gettext_lazy("of these net (delivered minus received)"),
    "taken": gettext_lazy("of these taken into a day"),
    "repeated": gettext_lazy("of these said again later in the file: the later one stands"),
    "unplaced": gettext_lazy("of these not taken: they fit into no day, or it is held finer"),
    "days_new": gettext_lazy("new days"),
    "days_changed": gettext_lazy("days filled or corrected"),
    "days_unchanged": gettext_lazy("days that say nothing new"),
    "set_aside": gettext_lazy("readings set aside: nobody holds an agreement for them"),
    "rejected": gettext_lazy("lines or readings that cannot be read"),
    "skipped": gettext_lazy("lines or readings of a kind that is not kept"),
    "rounded": gettext_lazy("values rounded to a watt-hour"),
    "new customers": gettext_lazy("new customers"),
    "changed customers": gettext_lazy("customers changed"),
    "new service points": gettext_lazy("new places"),
    "changed service points": gettext_lazy("places changed"),
    "new channels": gettext_lazy("new meters"),
    "new service agreements": gettext_lazy("new service agreements"),
    "changed service agreements": gettext_lazy("service agreements changed"),
    "new program enrollments": gettext_lazy("programs begun"),
    "changed program enrollments": gettext_lazy("programs ended or taken up again"),
    "new enrollments": gettext_lazy("new enrollments"),
    "changed enrollments": gettext_lazy("enrollments changed"),
}

CAME_BY = {
    uploads.SOURCE: gettext_lazy("staff pages"),
    dropping.SOURCE: gettext_lazy("drop folder"),
    acting.SOURCE: gettext_lazy("command line"),
}

TAKEN_BACK = {
    "customers": gettext_lazy("customers whose days they are"),
    "days_removed": gettext_lazy("days of which no reading is left"),
    "days_put_back": gettext_lazy("days on which what stood before stands again"),
    "days_beneath": gettext_lazy("days a later file had corrected: they stay as they are"),
    "days_stays": gettext_lazy("days a later file said the same of: they stay as they are"),
    "rows_removed": gettext_lazy("rows that go"),
    "rows_put_back": gettext_lazy("rows that stand again"),
    "rows_beneath": gettext_lazy("rows a later file had corrected: that correction stays"),
    "rows_stays": gettext_lazy("rows a later file said the same of: they stay"),
}


class FileForm(forms.Form):
    """A file, and what cannot be read in it: whose it is, or what its times mean."""

    file = forms.FileField(label=gettext_lazy("File"), max_length=255)
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        choices=[
            ("", gettext_lazy("find it out")),
            *((name, FORMATS[name]) for name in intake.FORMATS),
        ],
    )
    agreement = forms.CharField(
        label=gettext_lazy("Service account number"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "Only for readings: all of the file are then this account’s. SCE’s Green Button CSV "
            "names no meter and needs it."
        ),
    )
    source = forms.ModelChoiceField(
        label=gettext_lazy("Sender"),
        queryset=Source.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("times are UTC and mark the end of an interval"),
        help_text=gettext_lazy("Only for CMEP: what its times and units mean."),
    )

    def __init__(self, *args: Any, too_large: bool = False, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.too_large = too_large

    def clean_agreement(self) -> ServiceAgreement | None:
        number = self.cleaned_data["agreement"]
        found = intake.find_agreement(number) if number else None
        if number and found is None:
            raise forms.ValidationError(_("No agreement has that service account number."))
        return found

    def clean(self) -> dict[str, Any]:
        if self.too_large:
            self.errors.pop("file", None)
            most = intake.BY_HAND.size // MB
            words = _("The file is larger than %(most)s MB. Use the command line or the folder.")
            self.add_error("file", words % {"most": most})
        return super().clean() or {}


class _Said(admin.SimpleListFilter):
    """The values of a column there are, in words."""

    column: str
    words: ClassVar[dict[str, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        held = Import.objects.order_by(self.column).values_list(self.column)
        return [(one, self.words.get(one, one)) for (one,) in held.distinct()]

    def queryset(self, request: HttpRequest, rows: QuerySet[Import]) -> QuerySet[Import]:
        return rows.filter(**{self.column: self.value()}) if self.value() else rows


class Kinds(_Said):
    title, words = pgettext_lazy("column", "kind"), FORMATS
    parameter_name = column = "kind"


class Ways(_Said):
    title, words = gettext_lazy("came by"), CAME_BY
    parameter_name = column = "source"


class Imports(Listed):
    """Every file that was taken in or refused, and the pages to send one."""

    list_display = ("started_at", "read", "result", "came_by", "by", "finished_at")
    list_filter = (Kinds, "outcome", Ways)
    date_hierarchy = "started_at"
    list_select_related = ("by",)

    @admin.display(description=gettext_lazy("what came of it"), ordering="outcome")
    def result(self, row: Import) -> str:
        if row.taken_back_at:
            return _("taken back")
        return row.get_outcome_display() or _("broken off")

    @admin.display(description=gettext_lazy("Format"), ordering="kind")
    def read(self, row: Import) -> str:
        return str(FORMATS.get(row.read_as.get("format") or row.kind, row.kind))

    @admin.display(description=gettext_lazy("came by"), ordering="source")
    def came_by(self, row: Import) -> str:
        way, colon, account = row.source.partition(": ")
        return f"{CAME_BY.get(way, way)}{colon}{account}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not as a row: a file is sent on a page of its own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        send = self.admin_site.admin_view(self.send)
        confirm = self.admin_site.admin_view(self.confirm)
        problems = self.admin_site.admin_view(self.problems)
        return [
            path("send/", send, name="usage_import_send"),
            path("send/<uuid:pk>/", confirm, name="usage_import_confirm"),
            path("<uuid:pk>/problems.csv", problems, name="usage_import_problems"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"may_send": _may_send(request)})

    def send(self, request: HttpRequest) -> HttpResponse:
        """Take a file from the browser and say what would come of it."""
        _only_who_may_send(request)
        form = FileForm()
        if request.method == "POST":
            sent = request.POST, request.FILES
            form = FileForm(*sent, too_large="prime.too_large" in request.META)
        if form.is_valid():
            chosen = form.cleaned_data
            upload = uploads.try_out(
                chosen["file"].chunks(),
                name=chosen["file"].name,
                format=chosen["format"] or None,
                agreement=chosen["agreement"],
                source=chosen["source"],
                by=request.user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
            return redirect("admin:usage_import_confirm", upload.pk)
        return self.page(request, "import_file", {"form": form, "most": intake.BY_HAND.size // MB})

    def confirm(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show what would come of the file; take it in, or throw it away."""
        _only_who_may_send(request)
        upload = get_object_or_404(Upload.objects.select_related("agreement", "source"), pk=pk)
        if request.method == "POST":
            if "discard" in request.POST:
                uploads.discard(upload)
                messages.success(request, _("The file was thrown away. Nothing was changed."))
                return redirect("admin:usage_import_changelist")
            try:
                taken = uploads.confirm(
                    upload,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                )
            except uploads.Gone:
                messages.error(request, _("This file is no longer waiting. Look below for it."))
                return redirect("admin:usage_import_changelist")
            return redirect("admin:usage_import_change", taken.pk)
        result = upload.result
        context = {
            "upload": upload,
            "format": FORMATS[result["format"]],
            "outcome": result["outcome"],
            "changes": changes.told(uploads.changes_of(upload)),
            **_told(result["counts"], result["problems"]),
        }
        return self.page(request, "import_confirm", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what came of a file; what it says of customers only to whoever may send one."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        read_as = dict(row.read_as)
        sender = Source.objects.filter(pk=read_as.get("sender") or None).first()
        may = _may_send(request)
        context = {
            "row": row,
            "masked": not may,
            "file_name": row.file_name if may else masked(row.file_name),
            "outcome": self.result(row),
            "format": FORMATS.get(read_as.get("format", ""), row.kind),
            "sha256": bytes(row.sha256).hex(),
            "seconds": (row.finished_at - row.started_at).total_seconds() if row.finished_at else 0,
            "read_as": read_as,
            "sender": sender,
            "stamps": dict(Source.Stamps.choices).get(read_as.get("stamps", "")),
            "clock": dict(Source.Clock.choices).get(read_as.get("clock", "")),
            "taken_back": told_back(row.taken_back_counts or {}),
            "cannot": imports.can_be(row),
            "came_by": self.came_by(row),
            **_told(row.counts or {}, row.problems or [], told if may else told_of_nobody),
            **(extra_context or {}),
        }
        return self.page(request, "import", context)

    def problems(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The problems of an import as a table for a spreadsheet."""
        row = get_object_or_404(Import, pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        say = told if _may_send(request) else told_of_nobody
        lines = [(_("Line"), _("Problem"))]
        lines += [(str(one["line"] or ""), say(one)) for one in row.problems or []]
        if cut := _cut(row.counts or {}):
            lines.append(("", cut))
        text = "".join(f"{csv.cell(line)},{csv.cell(what)}\r\n" for line, what in lines)
        response = HttpResponse("\ufeff" + text, content_type=csv.MIME)
        response["Content-Disposition"] = f'attachment; filename="import-{row.pk}-problems.csv"'
        return response

    def page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        facts = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/usage/{name}.html", facts)


class Sources(Listed):
    """Who sends bulk files, and what their times and units mean."""

    list_display = ("name", "key", "stamps", "clock")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key stands in imports and names a folder: it does not change."""
        return ("key",) if obj else ()


def _may_send(request: HttpRequest) -> bool:
    return request.user.has_perm("usage.add_import")


def _only_who_may_send(request: HttpRequest) -> None:
    if not _may_send(request):
        raise PermissionDenied


def _told(
    counts: dict[str, int],
    problems: list[dict[str, Any]],
    say: Callable[[Mapping[str, Any]], str] = told,
) -> dict[str, Any]:
    """Counts in words, those that are zero left out, and the first problems.

    An `old` one was kept in English alone.
    """
    of_problems = (intake.UNLISTED, intake.STOPPED)
    return {
        "counts": [
            (COUNTS.get(name, name), counts[name])
            for name in dict.fromkeys([*COUNTS, *counts])
            if counts.get(name) and name not in of_problems
        ],
        "shown": [
            {"line": one["line"], "what": say(one), "old": "words" not in one}
            for one in problems[:SHOWN]
        ],
        "more": max(len(problems) - SHOWN, 0),
        "cut": _cut(counts),
    }


def told_back(counts: dict[str, int]) -> list[tuple[Any, int]]:
    """What taking an import back changes, in words; what is zero is left out."""
    return [(words, counts[name]) for name, words in TAKEN_BACK.items() if counts.get(name)]


def _cut(counts: dict[str, int]) -> str:
    """That the list of problems does not hold all of them, in a sentence; else nothing."""
    if unlisted := counts.get(intake.UNLISTED):
        words = ngettext(
            "The list is cut: %(count)s more problem is counted and not in it.",
            "The list is cut: %(count)s more problems are counted and not in it.",
            unlisted,
        )
        return words % {"count": number_format(unlisted, force_grouping=True)}
    if stopped := counts.get(intake.STOPPED):
        words = _("The list is cut: reading stopped after %(count)s problems; there may be more.")
        return words % {"count": number_format(stopped, force_grouping=True)}
    return ""
