"""What staff see of third parties, authorizations and disclosures. Evidence is read-only."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consent import disclosures
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


class Words(ReadOnlyInline):
    model = ThirdPartyVersion


class Uses(ReadOnlyInline):
    model = StatedUse


class Stops(ReadOnlyInline):
    model = Stop
    exclude = ("customer",)


@admin.register(ThirdParty)
class ThirdParties(ReadOnlyAdmin):
    list_display = ("key", "legal_name", "stopped", "registered_at", "closed_at")
    inlines = (Words, Uses, Stops)

    @admin.display(description="legal name")
    def legal_name(self, third_party: ThirdParty) -> str:
        return third_party.words.legal_name

    @admin.display(description="disclosures allowed to it", boolean=True)
    def stopped(self, third_party: ThirdParty) -> bool:
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
    actions = ("send_now",)

    @admin.action(description="Send now what these authorizations permit")
    def send_now(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        for authorization in chosen:
            proposal = disclosures.gather(
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
