"""What staff see of third parties, authorizations and disclosures. Evidence is read-only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from consent import contracting, doubts, sharing_desk
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    BulkApproval,
    BulkProposal,
    Contract,
    ContractVersion,
    Declined,
    Demand,
    DemandedCustomer,
    Disclosure,
    DisclosureMember,
    DutiesLetter,
    Finding,
    Package,
    Receipt,
    RecipientCredential,
    Schedule,
    StandingFlow,
    StatedUse,
    Stop,
    ThirdParty,
    ThirdPartyVersion,
    Wish,
    Withdrawal,
)
from consent.sending_admin import Sending
from usage import training
from usage.admin import ReadOnlyAdmin, ReadOnlyInline


class Words(ReadOnlyInline):
    model = ThirdPartyVersion


class Uses(ReadOnlyInline):
    model = StatedUse


class Stops(ReadOnlyInline):
    model = Stop
    exclude = ("customer",)
    cards = True


@admin.register(ThirdParty)
class ThirdParties(ReadOnlyAdmin):
    list_display = ("key", "legal_name", "may_receive", "registered_at", "closed_at")
    inlines = (Words, Uses, Stops)

    @admin.display(description=gettext_lazy("legal name"))
    def legal_name(self, third_party: ThirdParty) -> str:
        return third_party.words.legal_name

    @admin.display(description=gettext_lazy("disclosures allowed to it"), boolean=True)
    def may_receive(self, third_party: ThirdParty) -> bool:
        return not Stop.objects.in_force().against(third_party).exists()


class ContractWords(ReadOnlyInline):
    model = ContractVersion
    cards = True


@admin.register(Contract)
class Contracts(ReadOnlyAdmin):
    list_display = ("third_party", "standing", "purpose", "missing_clauses", "trained", "ended_at")
    list_filter = ("standing",)
    readonly_fields = ("trained",)
    inlines = (ContractWords,)

    @admin.display(description=gettext_lazy("clauses missing (6.5 to 6.7)"))
    def missing_clauses(self, contract: Contract) -> str:
        return ", ".join(contracting.missing(contract)) or _("none")

    @admin.display(description=gettext_lazy("attests that its people are trained (5.2)"))
    def trained(self, contract: Contract) -> str:
        held = training.of_third_party(contract.third_party.key)
        if held is None:
            return _("no")
        over = held.expires_on <= timezone.localdate()
        said = _("expired on %(day)s: %(course)s") if over else _("until %(day)s: %(course)s")
        return said % {"day": date_format(held.expires_on), "course": held.course}


class Agreements(ReadOnlyInline):
    model = AuthorizedAgreement


class InForce(admin.SimpleListFilter):
    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("now", _("in force now"))]

    def queryset(
        self, request: HttpRequest, rows: QuerySet[Authorization]
    ) -> QuerySet[Authorization]:
        if self.value() != "now":
            return rows
        return rows.filter(pk__in=Authorization.objects.in_force(at=timezone.now()).values("pk"))


@admin.register(Authorization)
class Authorizations(Sending, ReadOnlyAdmin):
    list_display = ("third_party", "purpose", "granted_at", "via", "ends_on", "canceled_at")
    list_filter = (InForce, "third_party", "via", "canceled_via")
    date_hierarchy = "granted_at"
    exclude = ("shown",)
    inlines = (Agreements,)
    actions = Sending.actions

    def get_urls(self) -> list[URLPattern]:
        return [*sharing_desk.urls(self.admin_site), *super().get_urls()]


@admin.register(Receipt)
class Receipts(ReadOnlyAdmin):
    list_display = ("made_at", "event", "authorization", "entry_id", "language")
    list_filter = ("event",)
    date_hierarchy = "made_at"
    exclude = ("content",)


@admin.register(Declined)
class Declines(ReadOnlyAdmin):
    list_display = ("declined_at", "third_party_words", "purpose_words", "via")
    list_filter = ("via",)
    date_hierarchy = "declined_at"


@admin.register(Wish)
class Wishes(ReadOnlyAdmin):
    list_display = ("received_at", "via", "entered_at", "entered_by", "scan")
    list_filter = ("via",)
    list_select_related = ("entered_by", "scan")
    date_hierarchy = "received_at"

    @admin.display(description=gettext_lazy("scanned form"))
    def scan(self, wish: Wish) -> str:
        if not hasattr(wish, "scan"):
            return _("none")
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:consent_desk_scan", args=[wish.pk]), _("form")
        )


class Members(ReadOnlyInline):
    model = DisclosureMember


class Doubt(admin.SimpleListFilter):
    title = gettext_lazy("what ought not to be")
    parameter_name = "doubt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(key, title) for key, (title, _rows) in doubts.QUESTIONS.items()]

    def queryset(self, request: HttpRequest, rows: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
        asked = doubts.QUESTIONS.get(self.value() or "")
        return rows.filter(pk__in=asked[1]().values("pk")) if asked else rows


class Gone(admin.SimpleListFilter):
    title = gettext_lazy("what went, or may have")
    parameter_name = "gone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("went, or may have"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
        gone = Disclosure.objects.gone()
        return rows.filter(pk__in=gone.values("pk")) if self.value() == "yes" else rows


@admin.register(Disclosure)
class Disclosures(ReadOnlyAdmin):
    """Why it was decided so is kept in English, and shown in the reader's language."""

    list_display = (
        *("at", "third_party", "purpose", "allowed", "clause", "rows"),
        *("handed_over_at", "not_handed_over_at"),
    )
    list_filter = (Gone, Doubt, "allowed", "clause", "purpose__kind", "third_party")
    date_hierarchy = "at"
    exclude = ("reason",)
    readonly_fields = ("why",)
    inlines = (Members,)

    @admin.display(description=pgettext_lazy("column", "reason"))
    def why(self, disclosure: Disclosure) -> str:
        return _(disclosure.reason)


@admin.register(Package)
class Packages(ReadOnlyAdmin):
    list_display = ("third_party", "prepared_at", "released_at", "rows", "size")
    exclude = ("sealed_key",)


@admin.register(RecipientCredential)
class Credentials(ReadOnlyAdmin):
    """Given out and ended at the desk for what goes to third parties."""

    list_display = ("third_party", "label", "issued_at", "issued_by", "ended_at", "ended_by")
    exclude = ("secret_sha256",)


@admin.register(Withdrawal)
class Withdrawals(ReadOnlyAdmin):
    list_display = ("told_at", "third_party", "why", "acknowledged_at", "chased_at", "chased_by")
    list_filter = ("why", "third_party")


class Named(ReadOnlyInline):
    model = DemandedCustomer


@admin.register(Demand)
class Demands(ReadOnlyAdmin):
    list_display = ("process", "reference", "third_party", "received_at", "closed_at")
    list_filter = ("process",)
    inlines = (Named,)


admin.site.register(
    (BulkApproval, BulkProposal, DutiesLetter, Finding, Schedule, StandingFlow, Stop), ReadOnlyAdmin
)
