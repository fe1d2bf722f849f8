"""What staff see of notices: drafts to write, versions and deliveries to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices import content
from notices.models import (
    Delivery,
    DeliveryAttempt,
    EDeliveryConsent,
    Notice,
    NoticeDraft,
)
from usage.admin import ReadOnlyAdmin, ReadOnlyInline


class DraftForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NoticeDraft
        fields = ("title", "effective_on", "content")

    def clean_content(self) -> Any:
        data = self.cleaned_data["content"]
        try:
            content.written_from(data)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return data


@admin.register(NoticeDraft)
class Drafts(admin.ModelAdmin):  # type: ignore[type-arg]
    """Whoever writes a draft cannot be the one who approves it (notices.publishing)."""

    form = DraftForm
    list_display = ("title", "effective_on", "drafted_by", "changed_at")

    def save_model(self, request: HttpRequest, obj: NoticeDraft, form: Any, change: bool) -> None:
        obj.drafted_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)


@admin.register(Notice)
class Notices(ReadOnlyAdmin):
    list_display = ("number", "effective_on", "published_at", "drafted_by", "approved_by")
    exclude = ("html_en", "html_es", "sha256_en", "sha256_es")


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
            ("owed", _("owed")),
            ("sent", _("sent")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        found: dict[str | None, QuerySet[Delivery]] = {
            "overdue": Delivery.objects.overdue(on=timezone.localdate()),
            "failed": Delivery.objects.failed_for_good(),
            "owed": Delivery.objects.owed(),
            "sent": Delivery.objects.sent(),
        }
        chosen = found.get(self.value())
        return rows if chosen is None else rows.filter(pk__in=chosen.values("pk"))


class Attempts(ReadOnlyInline):
    model = DeliveryAttempt
    fields = ("opened_at", "closed_at", "outcome", "answer", "holder")
    ordering = ("opened_at",)


@admin.register(Delivery)
class Deliveries(ReadOnlyAdmin):
    list_display = ("customer", "kind", "medium", "shown_state", "owed_at", "due_on", "sent_at")
    list_filter = (Condition, "kind", "medium", "failure", "language")
    list_select_related = ("customer",)
    date_hierarchy = "owed_at"
    exclude = ("content",)
    inlines = (Attempts,)
    show_full_result_count = False

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
