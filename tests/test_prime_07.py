"""PRIME-07, clause by clause: which tests guard it. A clause without a test fails."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

GUARDED_BY = {
    "4.2 aggregate usage data": [],
    "4.3 Covered Information": [
        "test_evidence.py::test_every_model_says_whether_it_is_evidence_or_working",
        "consent/test_disclosures.py::test_the_package_names_nobody",
    ],
    "4.4 primary purpose": [
        "consent/test_policy.py::test_the_policy_answers_with_its_clause",
        "consent/test_policy.py::test_a_refused_contract_says_what_is_wrong_with_it",
    ],
    "5.1 safeguards": [
        "test_evidence.py::test_the_owner_and_a_superuser_are_refused_too",
        "test_whole_portal.py::test_a_page_shows_nothing_before_signing_in",
        "test_sign_in.py::test_staff_without_a_second_factor_do_not_reach_the_admin",
        "usage/test_claims.py::test_sixty_guesses_at_once_are_five_guesses",
        "notices/test_codes.py",
        "consent/test_bulk.py::test_the_database_refuses_many_without_an_approval_of_just_them",
    ],
    "5.2 training": [],
    "5.3 no more than needed": [
        "usage/test_roster_file.py",
        "consent/test_authorizations.py::test_terms_that_cannot_be_are_refused_in_a_sentence",
    ],
    "6.1 meaningful notice": [
        "consent/test_authorizations.py::test_nothing_is_granted_while_no_notice_is_in_force",
        "notices/test_publishing.py",
        "notices/test_drift.py",
    ],
    "6.2 written notice, label, link": [
        "test_whole_portal.py::test_the_home_page_leads_conspicuously_to_the_notice",
        "notices/test_checking.py::test_each_element_that_is_missing_or_vague_is_named",
        "test_notice_desk.py::test_a_draft_is_written_mended_approved_scheduled_and_takes_force",
        "notices/test_deliveries.py",
        "notices/test_events.py",
        "notices/test_batches.py",
        "notices/test_worker_killed.py",
        "notices/test_mail.py",
        "test_run_desk.py::test_a_customers_year_is_proved_on_a_page_and_on_paper",
        "test_healthz.py::test_an_overdue_notice_is_red_until_it_is_sent",
    ],
    "6.3 access, no less detailed": [
        "usage/test_granularity.py",
        "test_journey.py::test_from_the_letter_to_the_cancel",
        "test_claiming.py::test_number_zip_and_code_lead_to_a_sign_in_of_ones_own",
    ],
    "6.4 CPUC contracts and programs": [
        "consent/test_policy.py::test_the_policy_answers_with_its_clause"
    ],
    "6.5 orders and contracts": [
        "consent/test_disclosures.py::test_a_contract_that_lacks_a_clause_lets_nothing_go"
    ],
    "6.6 onward disclosure": [],
    "6.7 material breach": [
        "consent/test_policy.py::test_a_refused_contract_says_what_is_wrong_with_it"
    ],
    "6.8 stop": [
        "consent/test_disclosures.py::test_a_stopped_third_party_gets_nothing",
        "consent/test_receiving.py::test_each_fetch_is_decided_anew_and_the_refusal_names_the_clause",
        "consent/test_authorizations.py::test_a_stopped_third_party_gets_no_new_grants",
        "chaos/test_cancel_against_release.py::test_no_key_leaves_after_the_acknowledgement",
    ],
    "6.9 separate authorization": [
        "consent/test_pages.py::test_choose_read_back_confirm",
        "consent/test_pages.py::test_nothing_is_ticked_beforehand",
        "consent/test_disclosures.py::test_what_she_authorized_goes_and_leaves_a_row",
        "consent/test_disclosures.py::test_no_finer_goes_than_she_allowed_and_the_energy_is_the_same",
        "consent/test_wishes.py::test_a_paper_signed_under_old_words_is_not_entered_under_new_ones",
        "consent/test_receipts.py::test_no_byte_of_it_can_be_changed_dropped_or_added",
        "consent/test_reminders.py::test_nothing_is_renewed_by_itself",
    ],
    "6.10 cancel by the same mechanism": [
        "consent/test_pages.py::test_canceling_takes_no_more_steps_than_granting",
        "consent/test_wishes.py::test_any_way_cancels_what_any_way_granted",
        "consent/test_wishes.py::test_a_clerk_cancels_on_one_page_with_fewer_fields_than_granting",
        "consent/test_receipts.py::test_without_a_printer_there_is_still_the_page_and_the_file",
        "consent/test_disclosures.py::test_thirty_at_once_grant_once_and_cancel_once",
        "test_journey.py::test_from_the_letter_to_the_cancel",
        "consent/test_disclosures.py::test_after_cancel_nothing_goes_and_the_refusal_is_recorded",
        "chaos/test_cancel_against_release.py::test_no_key_leaves_after_the_acknowledgement",
    ],
    "6.11 aggregated usage data": [],
}
# What the portal does not do yet, and so has nothing to test. Whoever builds it, empties this.
NOT_BUILT = {
    "4.2 aggregate usage data",
    "5.2 training",
    "6.6 onward disclosure",
    "6.11 aggregated usage data",
}


@pytest.mark.parametrize("clause", GUARDED_BY)
def test_each_clause_is_guarded_by_tests_that_exist(clause: str) -> None:
    tests = GUARDED_BY[clause]
    assert bool(tests) != (clause in NOT_BUILT)
    for test in tests:
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names if name else any(found.startswith("test_") for found in names), test
