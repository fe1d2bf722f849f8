"""Use, disclosure and customer authorization, PRIME-07 6.4 to 6.11."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import doubts, flows
from consent.asks import mandate_of
from consent.facts import CONTRACT_CLAUSES, ONWARD_CLAUSES, Mandate
from consent.models import (
    Authorization,
    Contract,
    ContractVersion,
    Disclosure,
    DisclosureMember,
    Finding,
    StandingFlow,
    Stop,
)
from prime_portal.board.parts import (
    AUTHORIZATIONS,
    DISCLOSURES,
    GONE,
    Clause,
    Figure,
    Line,
    this_year,
)
from prime_portal.board.section_4 import gone
from usage.models import AggregateRelease

WITHOUT = f"{DISCLOSURES}?doubt=without_contract&clause__exact="
A_DAY = timedelta(days=1)


# 6.4 to 6.7


def by_64(at: datetime) -> int:
    return gone(at).filter(clause="6.4").count()


def by_65(at: datetime) -> int:
    return gone(at).filter(clause="6.5").count()


def by_66(at: datetime) -> int:
    return gone(at).filter(clause="6.6").count()


def without_64(at: datetime) -> int:
    return doubts.without_contract().filter(clause="6.4").count()


def without_65(at: datetime) -> int:
    return doubts.without_contract().filter(clause="6.5").count()


def without_66(at: datetime) -> int:
    return doubts.without_contract().filter(clause="6.6").count()


def going(at: datetime) -> int:
    return StandingFlow.objects.filter(ended_at=None).count()


def flows_without_ground(at: datetime) -> list[Line]:
    """What goes out there though the policy would not let it: PRIME must end it there."""
    judged = [(flow, who, flows.judged(flow, at=at)) for flow, who in flows.going()]
    return [
        Line(
            f"{who.legal_name}: {flow.what} {decision.clause}: {gettext(decision.reason)}",
            "party_desk:party",
            flow.contract.third_party,
        )
        for flow, who, decision in judged
        if not decision.allowed
    ]


def _in_force(at: datetime, standing: Contract.Standing) -> list[tuple[Contract, Mandate]]:
    """Contracts of this standing in force, each as the policy reads it."""
    held = Contract.objects.filter(standing=standing).select_related("third_party")
    read = [(contract, mandate_of(contract)) for contract in held.order_by("opened_at")]
    return [(contract, mandate) for contract, mandate in read if mandate.in_force(at=at)]


def _lines(found: Iterable[tuple[Contract, Mandate]], clauses: Iterable[str] = ()) -> list[Line]:
    """Each contract, or only those that lack one of these clauses, with what they lack."""
    lines, asked = [], set(clauses)
    for contract, mandate in found:
        lacks = [clause for clause in mandate.missing if clause in asked]
        if lacks or not asked:
            words = f"{contract.third_party.words.legal_name}, {mandate.reference}"
            lacking = f": {_lacks(lacks)}" if lacks else ""
            lines.append(Line(words + lacking, "admin:consent_contract_change", contract))
    return lines


def _lacks(clauses: Iterable[str]) -> str:
    named = "; ".join(f"“{ContractVersion.Clause(clause).label}”" for clause in clauses)
    return gettext("it lacks %(clauses)s") % {"clauses": named}


def contracts(at: datetime) -> list[Line]:
    return _lines(_in_force(at, Contract.Standing.PRIMARY_PURPOSE))


def contracts_lacking(at: datetime) -> list[Line]:
    return _lines(_in_force(at, Contract.Standing.PRIMARY_PURPOSE), CONTRACT_CLAUSES)


def without_flow_down(at: datetime) -> list[Line]:
    held = _in_force(at, Contract.Standing.PRIMARY_PURPOSE)
    return _lines(held, ("flow_down", "primary_only"))


def passed_on(at: datetime) -> list[Line]:
    return _lines(_in_force(at, Contract.Standing.ONWARD))


def passed_on_unbound(at: datetime) -> list[Line]:
    return _lines(_in_force(at, Contract.Standing.ONWARD), ONWARD_CLAUSES)


def without_material_breach(at: datetime) -> list[Line]:
    return _lines(_in_force(at, Contract.Standing.PRIMARY_PURPOSE), ("material_breach",))


def freed_by_order(at: datetime) -> list[Line]:
    """Contracts the CPUC ordered may do without the clause on material breach."""
    held = _in_force(at, Contract.Standing.PRIMARY_PURPOSE)
    return _lines((contract, mandate) for contract, mandate in held if mandate.breach_order.strip())


# 6.8


def findings_waiting(at: datetime) -> list[Line]:
    """Patterns found over a day ago, and nobody stopped the third party or dropped it."""
    waiting = Finding.objects.waiting().filter(found_at__lt=at - A_DAY)
    return [
        Line(
            f"{finding.third_party.words.legal_name} "
            f"({date_format(timezone.localdate(finding.found_at))})",
            "party_desk:party",
            finding.third_party,
        )
        for finding in waiting.select_related("third_party").order_by("found_at")
    ]


def stops(at: datetime) -> int:
    return Stop.objects.in_force().filter(customer=None).count()


def stops_unconfirmed(at: datetime) -> list[Line]:
    waiting = Stop.objects.unconfirmed(at=at).select_related("third_party")
    return [
        Line(str(stop), "party_desk:party", stop.third_party)
        for stop in waiting.order_by("stopped_at")
    ]


def gone_while_stopped(at: datetime) -> int:
    return doubts.while_stopped().count()


# 6.9, 6.10


def authorizations(at: datetime) -> int:
    return Authorization.objects.in_force(at=at).count()


def by_69(at: datetime) -> int:
    return gone(at).filter(clause="6.9").count()


def without_basis(at: datetime) -> int:
    return doubts.without_basis().count()


def finer_by_69(at: datetime) -> int:
    return doubts.finer().filter(clause="6.9").count()


def refused(at: datetime) -> int:
    return Disclosure.objects.filter(allowed=False, **this_year(at, "at")).count()


def canceled(at: datetime) -> int:
    return Authorization.objects.filter(**this_year(at, "canceled_at")).count()


def gone_after_cancel(at: datetime) -> int:
    return doubts.after_cancel().count()


def slowest_cancel(at: datetime) -> str:
    """The longest time after a cancel at which something still went under it."""
    gone = DisclosureMember.objects.gone().filter(gone_at__gt=F("authorization__canceled_at"))
    after = gone.values_list("gone_at", "authorization__canceled_at")
    longest = max((left - canceled_at for left, canceled_at in after), default=timedelta(0))
    return f"{longest.total_seconds():.1f} s"


# 6.11


def releases(at: datetime) -> list[Line]:
    released = AggregateRelease.objects.filter(**this_year(at, "released_at"))
    return [
        Line(
            f"{date_format(timezone.localdate(one.released_at))}: {one.purpose}",
            "aggregates:released",
            one,
        )
        for one in released.defer("content")
    ]


CLAUSES = (
    Clause(
        "6.4",
        _("CPUC contracts and programs"),
        _(
            "Without consent only to a third party under contract with the CPUC, for services by "
            "its order or resolution, or to a governmental entity for energy efficiency, or its "
            "evaluation, by such an order or resolution."
        ),
        (
            Figure(_("Disclosures this year by 6.4"), by_64, f"{GONE}6.4"),
            Figure(
                _("Disclosures ever by 6.4 without a sound contract or order in force"),
                without_64,
                f"{WITHOUT}6.4",
                most=0,
            ),
        ),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_policy_whole.py::test_every_line_and_branch_of_the_policy_is_in_the_table",
            "chaos/test_policy_mutants.py::test_the_table_notices_every_change_of_the_policy",
        ),
    ),
    Clause(
        "6.5",
        _("Orders and contracts"),
        _(
            "Without consent only by an explicit order of the CPUC, or for a primary purpose "
            "carried out under contract with PRIME and on its behalf, if the contract protects no "
            "less than PRIME itself must."
        ),
        (
            Figure(_("Disclosures this year by 6.5"), by_65, f"{GONE}6.5"),
            Figure(
                _("Disclosures ever by 6.5 without a sound contract or order in force"),
                without_65,
                f"{WITHOUT}6.5",
                most=0,
            ),
            Figure(
                _("Registered flows outside of the portal, by 6.4 to 6.6"),
                going,
                "admin:consent_standingflow_changelist?ended_at__isnull=1",
            ),
            Figure(
                _("Registered flows without a ground today (PRIME must end them out there)"),
                lines=flows_without_ground,
                most=0,
            ),
            Figure(_("Contracts for a primary purpose in force"), lines=contracts),
            Figure(_("Of these lacking a clause (nothing goes by them)"), lines=contracts_lacking),
        ),
        ("consent/test_disclosures.py::test_a_contract_that_lacks_a_clause_lets_nothing_go",),
    ),
    Clause(
        "6.6",
        _("Onward disclosure"),
        _(
            "Whoever received it from PRIME passes it on without consent for a primary purpose "
            "only, and by a contract that binds the next one to that purpose and protects no "
            "less."
        ),
        (
            Figure(_("Disclosures this year by 6.6"), by_66, f"{GONE}6.6"),
            Figure(
                _("Disclosures ever by 6.6 without a sound contract in force"),
                without_66,
                f"{WITHOUT}6.6",
                most=0,
            ),
            Figure(_("Contracts in force by which a recipient passes it on"), lines=passed_on),
            Figure(_("Of these lacking a clause (nothing goes by them)"), lines=passed_on_unbound),
            Figure(
                _("PRIME’s contracts that do not bind the next one (nothing goes by them)"),
                lines=without_flow_down,
            ),
        ),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_contracting.py::test_what_is_passed_on_rests_on_what_it_was_received_under",
        ),
    ),
    Clause(
        "6.7",
        _("Material breach"),
        _(
            "Each contract of PRIME’s makes a pattern or practice of mishandling a material "
            "breach, unless the CPUC orders otherwise."
        ),
        (
            Figure(
                _("Contracts without that clause (nothing goes by them)"),
                lines=without_material_breach,
            ),
            Figure(_("Contracts an order of the CPUC frees from it"), lines=freed_by_order),
        ),
        (
            "consent/test_policy.py::test_the_first_clause_a_contract_lacks_is_named_first",
            "consent/test_contracting.py::test_a_cpuc_order_stands_in_for_the_clause_on_material_breach",
        ),
    ),
    Clause(
        "6.8",
        _("Stop"),
        _(
            "When PRIME finds that a third party mishandles it as a pattern or practice, "
            "disclosures to that third party cease promptly."
        ),
        (
            Figure(
                _("Patterns found over a day ago that nobody acted on"),
                lines=findings_waiting,
                most=0,
            ),
            Figure(
                _("Third parties stopped"),
                stops,
                "admin:consent_stop_changelist?customer__isnull=1&lifted_at__isnull=1",
            ),
            Figure(
                _("Emergency stops no second person confirmed within a day"),
                lines=stops_unconfirmed,
                most=0,
            ),
            Figure(
                _("Disclosures while a stop was in force"),
                gone_while_stopped,
                f"{DISCLOSURES}?doubt=while_stopped",
                most=0,
            ),
        ),
        (
            "consent/test_disclosures.py::test_a_stopped_third_party_gets_nothing",
            "consent/test_third_parties.py",
            "consent/test_authorizations.py::test_a_stopped_third_party_gets_no_new_grants",
            "chaos/test_cancel_against_release.py::test_no_key_leaves_after_the_acknowledgement",
            "consent/test_receiving.py::test_each_fetch_is_decided_anew_and_the_refusal_names_the_clause",
        ),
    ),
    Clause(
        "6.9",
        _("Separate authorization"),
        _("Every other disclosure needs the separate authorization of each customer."),
        (
            Figure(_("Authorizations in force"), authorizations, f"{AUTHORIZATIONS}?in_force=now"),
            Figure(_("Disclosures this year by authorization"), by_69, f"{GONE}6.9"),
            Figure(
                _("Disclosures without basis"),
                without_basis,
                f"{DISCLOSURES}?doubt=without_basis",
                most=0,
            ),
            Figure(
                _("Disclosures finer than the customer authorized"),
                finer_by_69,
                f"{DISCLOSURES}?doubt=finer&clause__exact=6.9",
                most=0,
            ),
            Figure(
                _("Disclosures refused this year, by any clause"),
                refused,
                f"{DISCLOSURES}?allowed__exact=0&at__year={{year}}",
            ),
        ),
        (
            "consent/test_pages.py::test_choose_read_back_confirm",
            "consent/test_pages.py::test_nothing_is_ticked_beforehand",
            "consent/test_disclosures.py::test_what_she_authorized_goes_and_leaves_a_row",
            "consent/test_disclosures.py::test_no_finer_goes_than_she_allowed_and_the_energy_is_the_same",
            "consent/test_wishes.py::test_a_paper_signed_under_old_words_is_not_entered_under_new_ones",
            "consent/test_receipts.py::test_no_byte_of_it_can_be_changed_dropped_or_added",
            "consent/test_reminders.py::test_nothing_is_renewed_by_itself",
        ),
    ),
    Clause(
        "6.10",
        _("Cancel by the same mechanism"),
        _(
            "A customer cancels an authorization for a secondary purpose in the way she granted "
            "it, or in any other, and it holds at once."
        ),
        (
            Figure(
                _("Authorizations canceled this year"),
                canceled,
                f"{AUTHORIZATIONS}?canceled_at__year={{year}}",
            ),
            Figure(
                _("Disclosures after a cancel"),
                gone_after_cancel,
                f"{DISCLOSURES}?doubt=after_cancel",
                most=0,
            ),
            Figure(
                _("Slowest cancel: longest that something still went after one"),
                slowest_cancel,
                f"{DISCLOSURES}?doubt=after_cancel",
            ),
        ),
        (
            "consent/test_pages.py::test_canceling_takes_no_more_steps_than_granting",
            "consent/test_disclosures.py::test_after_cancel_nothing_goes_and_the_refusal_is_recorded",
            "chaos/test_cancel_against_release.py::test_no_key_leaves_after_the_acknowledgement",
            "consent/test_wishes.py::test_any_way_cancels_what_any_way_granted",
            "consent/test_wishes.py::test_a_clerk_cancels_on_one_page_with_fewer_fields_than_granting",
            "consent/test_receipts.py::test_without_a_printer_there_is_still_the_page_and_the_file",
            "consent/test_disclosures.py::test_thirty_at_once_grant_once_and_cancel_once",
            "test_journey.py::test_from_the_letter_to_the_cancel",
        ),
    ),
    Clause(
        "6.11",
        _("Aggregated usage data"),
        _(
            "Aggregated data serves analysis, reporting and program management, and gives no "
            "customer away by the size of the group, the rate class or the nature of the "
            "information."
        ),
        (Figure(_("Reports released this year"), lines=releases),),
        ("usage/test_aggregates.py", "usage/test_red_team.py"),
    ),
)
