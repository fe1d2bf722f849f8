"""What staff see of third parties, authorizations and disclosures. Evidence is read-only."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consent import authorizations
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    BulkApproval,
    BulkProposal,
    Contract,
    ContractVersion,
    Disclosure,
    DisclosureMember,
    Finding,
    Package,
    RecipientCredential,
    Schedule,
    StatedUse,
    Stop,
    ThirdParty,
    ThirdPartyVersion,
    Withdrawal,
)
from consent.sending_admin import Sending
from usage.admin import ReadOnlyAdmin, ReadOnlyInline
from usage.models import Via


class Words(ReadOnlyInline):
    model = ThirdPartyVersion


class Uses(ReadOnlyInline):
    model = StatedUse


class Stops(ReadOnlyInline):
    model = Stop
    exclude = ("customer",)


@admin.register(ThirdParty)
class ThirdParties(ReadOnlyAdmin):
    list_display = ("key", "legal_name", "may_receive", "registered_at", "closed_at")
    inlines = (Words, Uses, Stops)

    @admin.display(description="legal name")
    def legal_name(self, third_party: ThirdParty) -> str:
        return third_party.words.legal_name

    @admin.display(description="disclosures allowed to it", boolean=True)
    def may_receive(self, third_party: ThirdParty) -> bool:
        return not Stop.objects.in_force().against(third_party).exists()


class ContractWords(ReadOnlyInline):
    model = ContractVersion


@admin.register(Contract)
class Contracts(ReadOnlyAdmin):
    list_display = ("third_party", "standing", "purpose", "missing_clauses", "ended_at")
    list_filter = ("standing",)
    inlines = (ContractWords,)

    @admin.display(description="clauses missing (6.5 to 6.7)")
    def missing_clauses(self, contract: Contract) -> str:
        missing = set(ContractVersion.Clause.values) - set(contract.words.clauses)
        return ", ".join(sorted(missing)) or "none"


class Agreements(ReadOnlyInline):
    model = AuthorizedAgreement


@admin.register(Authorization)
class Authorizations(Sending, ReadOnlyAdmin):
    list_display = ("third_party", "purpose", "granted_at", "via", "ends_on", "canceled_at")
    list_filter = ("third_party", "via", "canceled_via")
    date_hierarchy = "granted_at"
    exclude = ("shown",)
    inlines = (Agreements,)
    actions = (*Sending.actions, "cancel_by_phone", "cancel_on_paper", "cancel_at_counter")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("consent.cancel_authorization"))

    @admin.action(description="Cancel: the customer telephoned (6.10)", permissions=["cancel"])
    def cancel_by_phone(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._cancel(request, chosen, Via.PHONE)

    @admin.action(description="Cancel: the customer wrote (6.10)", permissions=["cancel"])
    def cancel_on_paper(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._cancel(request, chosen, Via.PAPER)

    @admin.action(description="Cancel: the customer came by (6.10)", permissions=["cancel"])
    def cancel_at_counter(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._cancel(request, chosen, Via.COUNTER)

    def _cancel(self, request: HttpRequest, chosen: QuerySet[Authorization], via: Via) -> None:
        for authorization in chosen:
            authorizations.cancel(
                authorization,
                by=request.user,  # type: ignore[arg-type]
                via=via,
                at=timezone.now(),
            )
        messages.success(request, "Canceled. Nothing more goes; the receipts are owed.")


class Members(ReadOnlyInline):
    model = DisclosureMember


@admin.register(Disclosure)
class Disclosures(ReadOnlyAdmin):
    list_display = ("at", "third_party", "purpose", "allowed", "clause", "rows", "handed_over_at")
    list_filter = ("allowed", "clause", "third_party")
    date_hierarchy = "at"
    inlines = (Members,)


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


admin.site.register((BulkApproval, BulkProposal, Finding, Schedule, Stop), ReadOnlyAdmin)
