"""What staff see of customers and imports: no readings, and numbers by their last four digits."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from usage import counter, desk, hold_desk, import_desk
from usage.models import (
    Access,
    Category,
    Claim,
    Customer,
    Dispute,
    Download,
    Enrollment,
    Hold,
    Import,
    Purpose,
    PurposeProposal,
    PurposeVersion,
    QualityWord,
    RetentionRun,
    ServiceAgreement,
    Source,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to look at: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    template = "admin/read_only_inline.html"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Enrollments(ReadOnlyInline):
    model = Enrollment


class Agreements(ReadOnlyInline):
    model = ServiceAgreement
    fields = ("last_four", "rate_schedule", "starts_at", "ends_at")
    readonly_fields = ("last_four",)

    @admin.display(description="service account")
    def last_four(self, agreement: ServiceAgreement) -> str:
        return f"…{agreement.number[-4:]}"


class Accesses(ReadOnlyInline):
    model = Access
    fields = ("user", "capacity", "scope", "starts_at", "ends_at", "ended_at")


@admin.register(Customer)
class Customers(ReadOnlyAdmin):
    list_display = ("name", "last_four", "kind", "language")
    list_filter = ("kind", "language")
    search_fields = ("name", "account_number__endswith", "mailing_address", "telephone")
    exclude = ("account_number",)
    readonly_fields = ("last_four",)
    inlines = (Enrollments, Agreements, Accesses)

    @admin.display(description="account")
    def last_four(self, customer: Customer) -> str:
        return f"…{customer.account_number[-4:]}"


@admin.register(Claim)
class Claims(ReadOnlyAdmin):
    list_display = ("customer", "issued_at", "expires_at", "redeemed_at", "via")
    date_hierarchy = "issued_at"


class PurposeWords(ReadOnlyInline):
    model = PurposeVersion


@admin.register(Purpose)
class Purposes(ReadOnlyAdmin):
    list_display = ("key", "kind", "limb", "recorded_at", "ended_at")
    list_filter = ("kind",)
    inlines = (PurposeWords,)


@admin.register(Category)
class Categories(ReadOnlyAdmin):
    list_display = ("name_en", "key", "sensitive", "retention_months")


admin.site.register(Dispute, desk.Disputes)
admin.site.register(Import, import_desk.Imports)
admin.site.register(Source, import_desk.Sources)
admin.site.register(Hold, hold_desk.Holds)
admin.site.register(RetentionRun, hold_desk.RetentionRuns)
admin.site.register((PurposeProposal, QualityWord), ReadOnlyAdmin)
admin.site.register(Download, counter.Downloads)
