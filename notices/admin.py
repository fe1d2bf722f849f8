"""What staff see of notices: drafts to write, versions and deliveries to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    EDeliveryConsent,
    Notice,
    NoticeDraft,
    PostedPolicy,
    PrintBatch,
    ReturnFile,
    WebsiteAttestation,
)
from usage.admin import ReadOnlyAdmin, ReadOnlyInline


@admin.register(NoticeDraft)
class Drafts(ReadOnlyAdmin):
    """Drafts are written at the notice desk; here one can be thrown away."""

    list_display = ("title", "document", "effective_on", "drafted_by", "changed_at")
    exclude = ("content",)

    def view_on_site(self, obj: NoticeDraft) -> str:
        """Lead to the desk, where its words are read and written."""
        return reverse("notice_desk:draft", args=[obj.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(Notice)
class Notices(ReadOnlyAdmin):
    list_display = ("number", "effective_on", "published_at", "drafted_by", "approved_by")
    exclude = ("content", "html_en", "html_es", "sha256_en", "sha256_es")

    def view_on_site(self, obj: Notice | PostedPolicy) -> str:
        """Lead to the version as everybody reads it."""
        space = "policy" if isinstance(obj, PostedPolicy) else "notices"
        return reverse(f"{space}:version", args=[obj.number])


@admin.register(PostedPolicy)
class PostedPolicies(Notices):
    pass


@admin.register(WebsiteAttestation)
class WebsiteAttestations(ReadOnlyAdmin):
    list_display = ("seen_on", "page", "attested_by")


@admin.register(EDeliveryConsent)
class EDeliveryConsents(ReadOnlyAdmin):
    list_display = ("customer", "language", "via", "granted_at", "withdrawn_at")
    list_filter = ("via", "language")
    date_hierarchy = "granted_at"


class Condition(admin.SimpleListFilter):
    title = _("condition")
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("overdue", _("overdue")),
            ("failed", _("failed, and no letter took its place")),
            ("sent", _("went out, whatever became of it")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        found: dict[str | None, QuerySet[Delivery]] = {
            "overdue": Delivery.objects.overdue(on=timezone.localdate()),
            "failed": Delivery.objects.failed_for_good(),
            "sent": Delivery.objects.sent(),
        }
        chosen = found.get(self.value())
        return rows if chosen is None else rows.filter(pk__in=chosen.values("pk"))


class Standing(admin.SimpleListFilter):
    """How deliveries stand at this moment, in the words the list says it in."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Delivery.State.choices

    def queryset(self, request: HttpRequest, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = self.value()
        if chosen is None or chosen not in Delivery.State.values:
            return rows
        found = Delivery.objects.in_state(Delivery.State(chosen), at=timezone.now())
        return rows.filter(pk__in=found.values("pk"))


class Attempts(ReadOnlyInline):
    model = DeliveryAttempt
    fields = ("opened_at", "closed_at", "outcome", "answer", "holder")
    ordering = ("opened_at",)


class Events(ReadOnlyInline):
    model = DeliveryEvent
    fields = ("happened_at", "event", "answer")
    ordering = ("happened_at",)


@admin.register(PrintBatch)
class PrintBatches(ReadOnlyAdmin):
    """To look at; they are handed over at the desk for sending."""

    list_display = ("number", "letters", "sheets", "sealed_at", "handed_at", "confirmed_at")
    exclude = ("pdf_sha256", "manifest_sha256")


@admin.register(ReturnFile)
class ReturnFiles(ReadOnlyAdmin):
    list_display = ("taken_at", "letters", "taken_by")
    exclude = ("sha256",)


@admin.register(Delivery)
class Deliveries(ReadOnlyAdmin):
    list_display = ("customer", "kind", "medium", "shown_state", "owed_at", "due_on", "sent_at")
    list_filter = (Standing, Condition, "kind", "medium", "language")
    list_select_related = ("customer",)
    date_hierarchy = "owed_at"
    exclude = ("content",)
    inlines = (Attempts, Events)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: Any = super().get_queryset(request)
        return rows.with_state(at=timezone.now())  # type: ignore[no-any-return]

    @admin.display(description=_("state"))
    def shown_state(self, delivery: Delivery) -> str:
        late = delivery.sent_at is None and delivery.due_on < timezone.localdate()
        return f"{delivery.state}, {_('overdue')}" if late else delivery.state

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Say above the list what needs somebody: what is overdue, what failed for good."""
        if request.method == "GET":
            overdue = Delivery.objects.overdue(on=timezone.localdate()).count()
            failed = Delivery.objects.failed_for_good().count()
            if overdue or failed:
                text = _("%(overdue)s overdue, %(failed)s failed for good.")
                messages.error(request, text % {"overdue": overdue, "failed": failed})
        return super().changelist_view(request, extra_context)
