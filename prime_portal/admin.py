"""Sign-ins, the ledger and signs of life, to look at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from consent.models.breaches import NonCompliance
from prime_portal import role_changes
from prime_portal.desks import cases, contacts, customers, findings, imports, training
from prime_portal.ledger import rows
from prime_portal.models import EnteredInError, Erasure, Heartbeat, LedgerEntry, RoleChange, User
from usage.admin import ReadOnlyAdmin
from usage.evidence import Evidence
from usage.listing import Listed
from usage.models import Case, ContactChange, Customer, Import, TrainingRecord

admin.site.site_header = _("PRIME privacy portal")
admin.site.site_title = "PRIME"
admin.site.index_title = _("Staff")
admin.site.disable_action("delete_selected")

# A second factor, an address and a session belong to the person alone: not for staff to edit.
for theirs in (EmailAddress, Authenticator, UserSession):  # registered before ours
    if admin.site.is_registered(theirs):
        admin.site.unregister(theirs)
# What a role may do is said in prime_portal.roles and nowhere else.
admin.site.unregister(Group)


TABLES = {
    model._meta.db_table: model
    for model in rows.evidence()
    if isinstance(getattr(model, "kept", None), Evidence)
}
"""Each kind of evidence, by what its entries call it."""


@admin.register(User)
class Users(Listed):
    """Whoever may change users says here who is staff, and in which roles. Not of themselves.

    Who signs in for a customer is no row of it: she stands on the customer's page, in a case (5.1).
    """

    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    fields = ("email", "name", "language", "is_active", "is_staff", "groups", "last_login")
    readonly_fields = ("email", "last_login")
    filter_horizontal = ("groups",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Who works for PRIME, or did: staff, and whoever has roles or was trained."""
        worked = Q(is_staff=True) | Q(groups__isnull=False) | Q(trainings__isnull=False)
        return User.objects.filter(pk__in=User.objects.filter(worked).values("pk"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Record who gave which roles, or let somebody in or out (5.1)."""
        user, before = form.instance, role_changes.held(form.instance)
        super().save_related(request, form, formsets, change)
        if role_changes.held(user) != before or {"is_staff", "is_active"} & set(form.changed_data):
            role_changes.record(user, before=before, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(LedgerEntry)
class LedgerEntries(ReadOnlyAdmin):
    """What the database recorded, found by the number of a row or of a customer. No name is in it.

    An auditor comes here from every list of evidence, and goes from one entry to all of a customer.
    """

    list_display = ("id", "at", "what", "of_row", "of_customer")
    search_fields = ("row_id", "customer_id")
    search_help_text = _("The whole number of a row or of a customer.")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """Find along the two indexes, by a whole number only."""
        if not search_term.strip():
            return queryset, False
        try:
            number = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(Q(row_id=number) | Q(customer_id=number)), False

    @admin.display(description=_("kind"), ordering="kind")
    def what(self, entry: LedgerEntry) -> str:
        """What was written or stamped, leading to the row as it stands now."""
        table = entry.kind.partition(":")[0]
        model = TABLES.get(table)
        if model is None:
            return entry.kind
        page = reverse("evidence_desk:row", args=[model._meta.label_lower, entry.row_id])
        return format_html('<a href="{}">{}</a>', page, entry.kind)

    @admin.display(description=_("row"))
    def of_row(self, entry: LedgerEntry) -> str:
        return format_html('<a href="?q={0}">{0}</a>', entry.row_id)

    @admin.display(description=_("customer"))
    def of_customer(self, entry: LedgerEntry) -> str:
        if entry.customer_id is None:
            return "—"
        return format_html('<a href="?q={0}">{0}</a>', entry.customer_id)


@admin.register(Erasure)
class Erasures(ReadOnlyAdmin):
    list_display = ("at", "table", "columns", "clause", "by")
    list_filter = ("table",)
    date_hierarchy = "at"


@admin.register(EnteredInError)
class Errors(ReadOnlyAdmin):
    list_display = ("at", "table", "by")
    list_filter = ("table",)
    date_hierarchy = "at"


@admin.register(RoleChange)
class RoleChanges(ReadOnlyAdmin):
    list_display = ("at", "user", "before", "roles", "let_in", "by")
    list_filter = ("let_in",)
    list_select_related = ("user", "by")
    date_hierarchy = "at"


admin.site.register(Heartbeat, ReadOnlyAdmin)
admin.site.register(Customer, customers.Customers)
admin.site.register(Import, imports.Imports)
admin.site.register(Case, cases.Cases)
admin.site.register(NonCompliance, findings.NonCompliances)
admin.site.register(ContactChange, contacts.ContactChanges)
admin.site.register(TrainingRecord, training.TrainingRecords)
