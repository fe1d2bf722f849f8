"""The desk where staff answer what customers dispute, ask and complain about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from usage import disputes
from usage.forms import DisputeForm
from usage.listing import Listed
from usage.models import Customer, Dispute, DisputeEvent, Via

HEARD = [choice for choice in Via.choices if choice[0] != Via.PORTAL]
"""How a customer's words reach staff."""


class StepForm(forms.Form):
    """What staff do next. Every step is kept and shown to the customer, word for word."""

    step = forms.ChoiceField(
        label=_("What happens now?"),
        choices=[
            ("answer", _("PRIME answers")),
            ("hand_over", _("PRIME passes it on to SCE")),
            ("close", _("It is closed")),
            ("reply", _("The customer added something")),
        ],
        widget=forms.RadioSelect,
    )
    outcome = forms.ChoiceField(
        label=_("If it is closed: what came of it?"),
        choices=[("", "—"), *DisputeEvent.Outcome.choices],
        required=False,
    )
    via = forms.ChoiceField(
        label=_("If the customer added something: how?"), choices=HEARD, required=False
    )
    text = forms.CharField(
        label=_("Words the customer reads"),
        max_length=disputes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("step") == "close" and not cleaned.get("outcome"):
            self.add_error("outcome", _("Say what came of it."))
        return cleaned

    def take(self, dispute: Dispute, **who: Any) -> DisputeEvent:
        """Call the verb that the form names."""
        cleaned, text = self.cleaned_data, self.cleaned_data["text"]
        match cleaned["step"]:
            case "answer":
                return disputes.answer(dispute, text=text, via=Via.PORTAL, **who)
            case "hand_over":
                return disputes.hand_over_to_sce(dispute, text=text, via=Via.PORTAL, **who)
            case "close":
                outcome = DisputeEvent.Outcome(cleaned["outcome"])
                return disputes.close(dispute, outcome=outcome, text=text, via=Via.PORTAL, **who)
            case _:
                via = Via(cleaned["via"] or Via.PHONE)
                return disputes.reply(dispute, text=text, via=via, **who)


class HeardForm(DisputeForm):
    """A dispute told to staff, and how it was told."""

    via = forms.ChoiceField(label=_("How did it reach PRIME?"), choices=HEARD)

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.fields["text"].label = _("In the customer’s own words")
        self.fields["text"].help_text = ""


class State(admin.SimpleListFilter):
    title = _("how it stands")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("overdue", _("overdue")),
            ("waiting", _("waiting for PRIME")),
            ("open", _("not closed")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
        found: dict[str | None, QuerySet[Dispute]] = {
            "overdue": Dispute.objects.overdue(on=timezone.localdate()),
            "waiting": Dispute.objects.waiting(),
            "open": Dispute.objects.open(),
        }
        chosen = found.get(self.value())
        return rows if chosen is None else rows.filter(pk__in=chosen.values("pk"))


class Disputes(Listed):
    """The list, earliest due day first, settled ones last; and the page on which one is answered.

    A dispute is evidence and never edited: whoever may add its events takes the steps.
    """

    list_display = ("reference", "due", "state", "since", "customer", "kind", "category")
    list_filter = (State, "kind", "category")
    search_fields = ("=reference",)
    search_help_text = _("By its number, as read out. By a name: “Find a customer”.")
    list_select_related = ("customer", "category")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        settled = Case(When(newest=DisputeEvent.Kind.CLOSED, then=1), default=0)
        held: QuerySet[Dispute] = Dispute.objects.with_state().annotate(settled=settled)
        return held

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("settled", "due")

    @admin.display(description=_("how it stands"))
    def state(self, dispute: Any) -> str:
        return str(disputes.STATES[dispute.newest])

    @admin.display(description=_("answer due"), ordering="due")
    def due(self, dispute: Any) -> str:
        return date_format(dispute.due) if disputes.waits(dispute) else "—"

    @admin.display(description=_("since"))
    def since(self, dispute: Any) -> str:
        return date_format(timezone.localdate(dispute.since))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only from the page of the customer whose words they are."""
        return "customer" in request.GET and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Say above the list how many answers are late."""
        if request.method == "GET":
            late = Dispute.objects.overdue(on=timezone.localdate()).count()
            if late:
                messages.error(request, _("Answers overdue: %(late)s.") % {"late": late})
        return super().changelist_view(request, extra_context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Record what a customer told by telephone, on paper or at the counter."""
        if not self.has_add_permission(request):
            return render(request, "403.html", status=403)
        try:
            customer = get_object_or_404(Customer, pk=request.GET.get("customer"))
        except (ValueError, forms.ValidationError):
            raise Http404 from None
        form = HeardForm(request.POST or None, customer=customer, initial={"kind": "dispute"})
        if form.is_valid():
            try:
                raised = disputes.raise_(
                    customer,
                    form.about(),
                    kind=Dispute.Kind(form.cleaned_data["kind"]),
                    text=form.cleaned_data["text"],
                    request_key=form.cleaned_data["request_key"],
                    by=request.user,  # type: ignore[arg-type]
                    via=Via(form.cleaned_data["via"]),
                    at=timezone.now(),
                )
            except disputes.Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("Tell the customer the number."))
                return redirect("admin:usage_dispute_change", raised.pk)
        return self._page(request, "heard", {"form": form, "customer": customer})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show one with its history, and take the next step."""
        dispute = self.get_object(request, object_id)
        if dispute is None or not self.has_view_permission(request, dispute):
            raise Http404
        form = StepForm(request.POST or None)
        if request.method == "POST":
            if not request.user.has_perm("usage.add_disputeevent"):
                return render(request, "403.html", status=403)
            if form.is_valid():
                try:
                    form.take(dispute, by=request.user, at=timezone.now())
                except disputes.Refused as refused:
                    form.add_error("text", str(refused))
                else:
                    messages.success(request, _("Recorded. The customer is told."))
                    return redirect("admin:usage_dispute_change", dispute.pk)
        context = {
            "dispute": dispute,
            "state": self.state(dispute),
            "standing": disputes.standing(dispute),
            "form": form,
            "events": dispute.events.select_related("by").order_by("number"),
            "for_sce": disputes.for_sce(dispute) if dispute.category_id in disputes.SCES else "",
        }
        return self._page(request, "dispute", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        facts = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/usage/{name}.html", facts)
