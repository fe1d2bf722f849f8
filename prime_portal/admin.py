"""Sign-ins, the ledger and signs of life, to look at."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from prime_portal.desks import cases, contacts, customers, training
from prime_portal.models import EnteredInError, Erasure, Heartbeat, LedgerEntry, User
from usage.admin import ReadOnlyAdmin
from usage.models import Case, ContactChange, Customer, TrainingRecord

admin.site.site_header = gettext_lazy("PRIME privacy portal")
admin.site.site_title = "PRIME"
admin.site.index_title = gettext_lazy("Staff")
admin.site.disable_action("delete_selected")

# A second factor, an address and a session belong to the person alone: not for staff to edit.
for theirs in (EmailAddress, Authenticator, UserSession):  # registered before ours
    if admin.site.is_registered(theirs):
        admin.site.unregister(theirs)
# What a role may do is said in prime_portal.roles and nowhere else.
admin.site.unregister(Group)


@admin.register(User)
class Users(admin.ModelAdmin):  # type: ignore[type-arg]
    """Whoever may change users says here who is staff, and in which roles. Not of themselves."""

    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "is_active", "is_staff", "groups", "last_login")
    readonly_fields = ("email", "last_login")
    filter_horizontal = ("groups",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return obj != request.user and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(LedgerEntry)
class LedgerEntries(ReadOnlyAdmin):
    list_display = ("id", "at", "kind", "row_id")
    search_fields = ("=row_id",)
    show_full_result_count = False


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


admin.site.register(Heartbeat, ReadOnlyAdmin)
admin.site.register(Customer, customers.Customers)
admin.site.register(Case, cases.Cases)
admin.site.register(ContactChange, contacts.ContactChanges)
admin.site.register(TrainingRecord, training.TrainingRecords)
