"""PRIME-07, clause by clause: the one registry of what shows it is kept and what guards it.

`asks` is the clause in a sentence. Figures are counted live; `tests` are files below tests/, or
tests in them, and a test of the tests fails when one is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notices import watchdog
from prime_portal.board import figures

DELIVERIES = "admin:notices_delivery_changelist"
DISCLOSURES = "admin:consent_disclosure_changelist"
GONE = f"{DISCLOSURES}?handed_over_at__isnull=0&at__year={{year}}&clause__exact="
REQUIRED = f"{DELIVERIES}?kind__in={','.join(watchdog.REQUIRED)}"
NOTICES = f"{REQUIRED}&owed_at__year={{year}}"
CONTRACTS = "admin:consent_contract_changelist?standing__exact=primary_purpose"
AUTHORIZATIONS = "admin:consent_authorization_changelist"
PURPOSES = "admin:usage_purpose_changelist"


@dataclass(frozen=True)
class Figure:
    """One figure: what it is, how it is counted, and where its rows stand.

    rows: the name of a page with the query that narrows it; {year} is the year that is counted,
    {today} the day.
    least, most: a number outside of them is red.
    """

    says: str
    of: Callable[[datetime], int | str]
    rows: str
    least: int | None = None
    most: int | None = None

    def bad(self, value: int | str) -> bool:
        if isinstance(value, str):
            return value in {"none", "never"}
        return (self.most is not None and value > self.most) or (
            self.least is not None and value < self.least
        )


@dataclass(frozen=True)
class Clause:
    number: str
    title: str
    asks: str
    figures: tuple[Figure, ...]
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


CLAUSES = (
    Clause(
        "4.1",
        "AMI data",
        "What meters tell is known as that: from which source it came, file by file, and which "
        "columns hold it.",
        (
            Figure("Sources of files", figures.sources, "admin:usage_source_changelist"),
            Figure(
                "Files taken in this year",
                figures.files,
                "admin:usage_import_changelist?outcome__exact=taken&started_at__year={year}",
            ),
        ),
        (
            "test_field_register.py::test_every_table_is_in_the_register",
            "test_field_register.py::test_every_category_is_one_of_the_notice_or_none_of_a_customers",
            "usage/test_sce_csv.py",
        ),
    ),
    Clause(
        "4.2",
        "Aggregate usage data",
        "Figures about many customers hold nothing from which one of them can be made out.",
        (
            Figure(
                "Fewest homes in a released figure",
                figures.smallest_homes,
                "aggregates:desk",
                least=100,
            ),
            Figure(
                "Fewest other customers in a released figure",
                figures.smallest_others,
                "aggregates:desk",
                least=15,
            ),
        ),
        (
            "usage/test_aggregates.py::test_a_group_is_large_enough_or_not_shown",
            "usage/test_red_team.py::test_nobody_is_told_within_five_percent",
        ),
    ),
    Clause(
        "4.3",
        "Covered Information",
        "Usage that can be joined to a home or a business is protected, for both alike.",
        (
            Figure(
                "Homes",
                figures.homes,
                "admin:usage_customer_changelist?kind__exact=residential",
            ),
            Figure(
                "Businesses",
                figures.businesses,
                "admin:usage_customer_changelist?kind__exact=non_residential",
            ),
        ),
        (
            "test_evidence.py::test_every_model_says_whether_it_is_evidence_or_working",
            "consent/test_disclosures.py::test_the_package_names_nobody",
        ),
    ),
    Clause(
        "4.4",
        "Primary purpose",
        "A purpose is primary only under one of the four limbs of the definition.",
        (
            Figure(
                "Primary purposes in use",
                figures.primary_purposes,
                f"{PURPOSES}?kind__exact=primary&ended_at__isnull=1",
            ),
            Figure(
                "Primary purposes without a limb",
                figures.primary_without_limb,
                f"{PURPOSES}?kind__exact=primary&limb__isnull=1",
                most=0,
            ),
            Figure(
                "Disclosures this year because the law demanded it", figures.by_law, f"{GONE}4.4"
            ),
        ),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_policy.py::test_the_answer_says_why",
            "consent/test_demands.py",
            "test_party_desk.py::test_a_secondary_purpose_becomes_primary_by_two_people_only",
        ),
    ),
    Clause(
        "4.5",
        "Secondary purpose",
        "Every other purpose is secondary and needs each customer’s own authorization.",
        (
            Figure(
                "Secondary purposes in use",
                figures.secondary_purposes,
                f"{PURPOSES}?kind__exact=secondary&ended_at__isnull=1",
            ),
        ),
        ("consent/test_policy.py::test_the_policy_answers_with_its_clause",),
    ),
    Clause(
        "5.1",
        "Safeguards",
        "Covered Information is guarded against unauthorized access, use, change and disclosure.",
        (
            Figure(
                "Entries the database wrote itself",
                figures.ledger_entries,
                "admin:prime_portal_ledgerentry_changelist",
                least=1,
            ),
            Figure(
                "Kinds of evidence the database does not watch",
                figures.unwatched,
                "admin:prime_portal_ledgerentry_changelist",
                most=0,
            ),
            Figure(
                "Changes of staff’s roles this year",
                figures.role_changes,
                "admin:prime_portal_rolechange_changelist",
            ),
            Figure(
                "Seals of the record that were not mailed to the auditor",
                figures.unmailed_seals,
                "admin:prime_portal_ledgerentry_changelist?kind__exact=notices_publishedseal:written",
                most=0,
            ),
            Figure(
                "Staff without a second factor (they reach nothing)",
                figures.staff_without_second_factor,
                "admin:prime_portal_user_changelist?is_staff__exact=1&is_active__exact=1",
            ),
            Figure(
                "Duties of incidents that are overdue",
                figures.late_duties,
                "incidents:desk",
                most=0,
            ),
            Figure(
                "Non-compliances not mended yet",
                figures.open_findings,
                "admin:consent_noncompliance_changelist?mended_at__isnull=1&marked=no",
                most=0,
            ),
            Figure(
                "Annual reports to the Commission that are overdue",
                figures.reports_late,
                "reports:desk",
                most=0,
            ),
            Figure(
                "Rows of evidence marked as entered in error",
                figures.marks,
                "admin:prime_portal_enteredinerror_changelist",
            ),
        ),
        (
            "test_evidence.py::test_the_owner_and_a_superuser_are_refused_too",
            "test_whole_portal.py::test_a_page_shows_nothing_before_signing_in",
            "test_sign_in.py::test_staff_without_a_second_factor_do_not_reach_the_admin",
            "test_cases.py::test_no_page_about_a_customer_opens_without_a_case",
            "test_roles.py::test_each_role_is_let_in_where_the_matrix_says_so_and_nowhere_else",
            "consent/test_incidents.py",
            "notices/test_codes.py",
            "usage/test_claims.py::test_sixty_guesses_at_once_are_five_guesses",
            "consent/test_bulk.py::test_the_database_refuses_many_without_an_approval_of_just_them",
        ),
    ),
    Clause(
        "5.2",
        "Training",
        "Whoever uses, stores or processes Covered Information is trained for it.",
        (
            Figure(
                "Staff whose training counts today",
                figures.staff_trained,
                "admin:usage_trainingrecord_changelist?state=current",
            ),
            Figure(
                "Pages about customers opened by staff whose training did not count",
                figures.looks_untrained,
                "admin:usage_case_changelist",
                most=0,
            ),
            Figure(
                "Third parties nothing goes to until they attest training",
                figures.unattested,
                "admin:usage_trainingrecord_changelist?state=over",
            ),
        ),
        (
            "test_cases.py::test_training_that_ran_out_shuts_the_next_page",
            "usage/test_training.py",
            "consent/test_attestations.py",
        ),
    ),
    Clause(
        "5.3",
        "No more than needed",
        "PRIME collects, keeps, uses and discloses only what a purpose needs.",
        (
            Figure(
                "Kinds of information held",
                figures.categories_held,
                "admin:usage_category_changelist",
            ),
            Figure(
                "Kinds held that no purpose knows",
                figures.categories_unknown,
                "admin:usage_category_changelist",
                most=0,
            ),
            Figure(
                "Disclosures wider than their authorization",
                figures.wider_than_authorized,
                f"{DISCLOSURES}?doubt=wider",
                most=0,
            ),
            Figure(
                "Files refused this year, nothing of them kept",
                figures.refused_files,
                "admin:usage_import_changelist?outcome__exact=refused&started_at__year={year}",
            ),
            Figure(
                "Last time old information was let go",
                figures.last_retention,
                "admin:usage_retentionrun_changelist",
            ),
            Figure(
                "Holds in force", figures.holds, "admin:usage_hold_changelist?lifted_at__isnull=1"
            ),
        ),
        (
            "usage/test_roster_file.py",
            "usage/test_retention.py",
            "consent/test_authorizations.py::test_terms_that_cannot_be_are_refused_in_a_sentence",
        ),
    ),
    Clause(
        "6.1",
        "Meaningful notice",
        "The Notice says clearly and accurately what PRIME does with customers’ information.",
        (
            Figure(
                "Version in effect", figures.version_in_force, "admin:notices_notice_changelist"
            ),
            Figure(
                "Things PRIME does that the Notice leaves out",
                figures.unsaid,
                "notice_desk:desk",
                most=0,
            ),
        ),
        (
            "consent/test_authorizations.py::test_nothing_is_granted_while_no_notice_is_in_force",
            "notices/test_publishing.py",
            "notices/test_drift.py",
        ),
    ),
    Clause(
        "6.2",
        "Written notice, label, link",
        "Every customer gets the notice when the account is confirmed and once a year.",
        (
            Figure("Owed this year", figures.notices_owed, NOTICES),
            Figure(
                "Sent, nothing came back",
                figures.notices_sent,
                f"{NOTICES}&sent_at__isnull=0&failed_at__isnull=1",
            ),
            Figure(
                "Of these known to be delivered",
                figures.notices_delivered,
                f"{NOTICES}&delivered_at__isnull=0&failed_at__isnull=1",
            ),
            Figure(
                "Failed (a letter takes its place)",
                figures.notices_failed,
                f"{NOTICES}&failed_at__isnull=0",
            ),
            Figure("Overdue", figures.notices_overdue, f"{REQUIRED}&condition=overdue", most=0),
            Figure(
                "Failed, overdue, and nothing was sent in its place",
                figures.notices_lost,
                f"{REQUIRED}&condition=failed&due_on__lt={{today}}",
                most=0,
            ),
            Figure(
                "Customers who lack a notice they are owed",
                figures.notices_forgotten,
                "run_desk:run",
                most=0,
            ),
            Figure(
                "Link last seen on PRIME’s web site",
                figures.website_seen,
                "admin:notices_websiteattestation_changelist",
            ),
        ),
        (
            "test_whole_portal.py::test_the_home_page_leads_conspicuously_to_the_notice",
            "notices/test_checking.py::test_each_element_that_is_missing_or_vague_is_named",
            "test_notice_desk.py::test_a_draft_is_written_mended_approved_scheduled_and_takes_force",
            "notices/test_deliveries.py",
            "notices/test_mail.py",
            "notices/test_events.py",
            "notices/test_batches.py",
            "notices/test_worker_killed.py",
            "test_run_desk.py::test_a_customers_year_is_proved_on_a_page_and_on_paper",
            "test_healthz.py::test_an_overdue_notice_is_red_until_it_is_sent",
            "notices/test_watchdog.py",
            "notices/test_states.py",
        ),
    ),
    Clause(
        "6.3",
        "Access, no less detailed",
        "Customers see and take away their information, as finely as any third party gets it.",
        (
            Figure(
                "Copies taken this year",
                figures.copies,
                "admin:usage_download_changelist?at__year={year}",
            ),
            Figure(
                "Disputes and questions open",
                figures.disputes_open,
                "admin:usage_dispute_changelist?state=open",
            ),
            Figure(
                "Disputes past their day",
                figures.disputes_late,
                "admin:usage_dispute_changelist?state=overdue",
                most=0,
            ),
        ),
        (
            "test_journey.py::test_from_the_letter_to_the_cancel",
            "usage/test_parity.py",
            "test_claiming.py::test_number_zip_and_code_lead_to_a_sign_in_of_ones_own",
            "usage/test_granularity.py",
        ),
    ),
    Clause(
        "6.4",
        "CPUC contracts and programs",
        "Without consent only to who acts under a CPUC order or resolution.",
        (Figure("Disclosures this year by 6.4", figures.by_64, f"{GONE}6.4"),),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_policy_whole.py::test_every_line_and_branch_of_the_policy_is_in_the_table",
            "chaos/test_policy_mutants.py::test_the_table_notices_every_change_of_the_policy",
        ),
    ),
    Clause(
        "6.5",
        "Orders and contracts",
        "Without consent only by order of the CPUC, or for a primary purpose under a contract "
        "that protects as well as PRIME does.",
        (
            Figure("Disclosures this year by 6.5", figures.by_65, f"{GONE}6.5"),
            Figure("Contracts in force", figures.contracts, CONTRACTS),
            Figure(
                "Of these lacking a clause (nothing goes by them)",
                figures.contracts_lacking,
                CONTRACTS,
            ),
            Figure(
                "Disclosures by 6.4 to 6.6 without a contract or order",
                figures.gone_without_contract,
                f"{DISCLOSURES}?doubt=without_contract",
                most=0,
            ),
        ),
        ("consent/test_disclosures.py::test_a_contract_that_lacks_a_clause_lets_nothing_go",),
    ),
    Clause(
        "6.6",
        "Onward disclosure",
        "Who receives it passes it on for the same primary purpose only, and binds the next one.",
        (
            Figure("Disclosures this year by 6.6", figures.by_66, f"{GONE}6.6"),
            Figure(
                "Contracts without the flow-down (nothing goes by them)",
                figures.without_flow_down,
                CONTRACTS,
            ),
        ),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_contracting.py::test_what_is_passed_on_rests_on_what_it_was_received_under",
        ),
    ),
    Clause(
        "6.7",
        "Material breach",
        "A pattern of mishandling is a material breach, by contract.",
        (
            Figure(
                "Contracts without it (nothing goes by them)",
                figures.without_material_breach,
                CONTRACTS,
            ),
        ),
        (
            "consent/test_policy.py::test_the_first_clause_a_contract_lacks_is_named_first",
            "consent/test_contracting.py::test_a_cpuc_order_stands_in_for_the_clause_on_material_breach",
        ),
    ),
    Clause(
        "6.8",
        "Stop",
        "To a third party that mishandles it as a pattern, nothing goes any more.",
        (
            Figure(
                "Third parties stopped",
                figures.stops,
                "admin:consent_stop_changelist?customer__isnull=1&lifted_at__isnull=1",
            ),
            Figure(
                "Disclosures while a stop was in force",
                figures.gone_while_stopped,
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
        "Separate authorization",
        "Everything else needs each customer’s separate authorization.",
        (
            Figure(
                "Authorizations in force", figures.authorizations, f"{AUTHORIZATIONS}?in_force=now"
            ),
            Figure(
                "Disclosures without basis",
                figures.without_basis,
                f"{DISCLOSURES}?doubt=without_basis",
                most=0,
            ),
            Figure(
                "Refused this year",
                figures.refused,
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
        "Cancel by the same mechanism",
        "A customer cancels the way she granted, and it holds at once.",
        (
            Figure(
                "Canceled this year",
                figures.canceled,
                f"{AUTHORIZATIONS}?canceled_at__year={{year}}",
            ),
            Figure(
                "Disclosures after a cancel",
                figures.gone_after_cancel,
                f"{DISCLOSURES}?doubt=after_cancel",
                most=0,
            ),
            Figure(
                "Slowest cancel", figures.slowest_cancel, f"{AUTHORIZATIONS}?canceled_at__isnull=0"
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
        "Aggregated usage data",
        "Aggregated data serves analysis and reporting, and reveals no customer.",
        (Figure("Reports released this year", figures.releases, "aggregates:desk"),),
        ("usage/test_aggregates.py", "usage/test_red_team.py"),
    ),
)
