"""What staff see of third parties, authorizations and disclosures. Evidence is read-only."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consent import authorizations, disclosures, proposals
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    Contract,
    ContractVersion,
    Disclosure,
    DisclosureMember,
    Finding,
    Package,
    StatedUse,
    Stop,
    ThirdParty,
    ThirdPartyVersion,
)
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
class Authorizations(ReadOnlyAdmin):
    list_display = ("third_party", "purpose", "granted_at", "via", "ends_on", "canceled_at")
    list_filter = ("third_party", "via", "canceled_via")
    date_hierarchy = "granted_at"
    exclude = ("shown",)
    inlines = (Agreements,)
    actions = ("send_now", "cancel_by_phone", "cancel_on_paper", "cancel_at_counter")

    def has_disclose_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("consent.disclose_authorization"))

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

    @admin.action(description="Send now what these permit", permissions=["disclose"])
    def send_now(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        for authorization in chosen:
            proposal = proposals.gather(
                authorization, first_day=authorization.history_from, last_day=yesterday
            )
            try:
                gone = disclosures.disclose(
                    proposal,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now,
                )
            except disclosures.Refused as refused:
                messages.error(request, f"{authorization}: {refused}")
            else:
                messages.success(
                    request,
                    f"{authorization}: {gone.rows} readings sent on clause {gone.clause}.",
                )


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
    exclude = ("sealed_key", "rows_by_customer")


admin.site.register((Finding, Stop), ReadOnlyAdmin)
