"""Who of PRIME's staff may do what: the whole of it, as data (5.1).

`MATRIX` says which roles hold which permission; `manage.py migrate` makes each role a group that
holds exactly these. `PAGES` and `ACTIONS` say which permission a staff page or an admin action
asks for; the middleware refuses a page nobody declared. tests/test_roles.py goes through all of
it as every role. No role is a superuser's, and none needs one.

Whoever adds a staff page, an action or a model to the admin adds a line here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model

from usage.models import Customer

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from prime_portal.models import User


class Role(StrEnum):
    """The name of each group. The letter in front of each line stands for it in the matrix."""

    SERVICE = "service representative"
    MAIL = "mail clerk"
    NOTICES = "notice editor"
    CONTRACTS = "contract manager"
    OFFICIAL = "privacy official"
    AUDITOR = "auditor"
    OPERATOR = "operator"


LETTERS = dict(zip("SMNCPAO", Role, strict=True))

MATRIX: dict[str, str] = {
    # Customers, and what they say and take
    "usage.view_customer": "SP",
    "usage.view_access": "SPA",
    "usage.view_claim": "SMPA",
    "usage.view_dispute": "SPA",
    "usage.add_dispute": "SP",
    "usage.add_disputeevent": "SP",
    "usage.view_download": "SPA",
    "usage.add_download": "SP",
    # Looking: only in a case (usage.cases), and by the trained
    "usage.add_search": "SMNCP",
    "usage.view_search": "PA",
    "usage.add_case": "SMCP",
    "usage.break_glass": "MNC",
    "usage.view_case": "PA",
    "usage.review_case": "P",
    "usage.view_look": "PA",
    "usage.view_trainingrecord": "CPA",
    "usage.add_trainingrecord": "CP",
    "usage.add_contactchange": "SP",
    "usage.view_contactchange": "SPA",
    # What the utility sends, and how long it is kept
    "usage.view_import": "PA",
    "usage.add_import": "P",
    "usage.view_source": "PAO",
    "usage.add_source": "PO",
    "usage.change_source": "PO",
    "usage.view_qualityword": "PAO",
    "usage.view_hold": "PA",
    "usage.add_hold": "P",
    "usage.change_hold": "P",
    "usage.view_retentionrun": "PAO",
    # The vocabulary
    "usage.view_category": "SMNCPA",
    "usage.view_purpose": "SNCPA",
    "usage.view_purposeversion": "SNCPA",
    "usage.add_purpose": "CP",
    "usage.view_purposeproposal": "CPA",
    # The Notice, and everything mailed
    "notices.view_notice": "SMNCPA",
    "notices.view_postedpolicy": "SMNCPA",
    "notices.view_noticedraft": "NP",
    "notices.change_noticedraft": "NP",
    "notices.delete_noticedraft": "NP",
    "notices.add_notice": "NP",
    "notices.view_websiteattestation": "NPA",
    "notices.add_websiteattestation": "NP",
    "notices.view_edeliveryconsent": "SMPA",
    "notices.view_delivery": "SMPA",
    "notices.view_deliveryattempt": "SMPA",
    "notices.view_deliveryevent": "SMPA",
    "notices.change_delivery": "MP",
    "notices.view_printbatch": "MPA",
    "notices.change_printbatch": "MP",
    "notices.view_returnfile": "MPA",
    # Third parties, contracts, authorizations, and what left
    "consent.view_thirdparty": "SCPA",
    "consent.view_thirdpartyversion": "SCPA",
    "consent.view_stateduse": "SCPA",
    "consent.view_contract": "CPA",
    "consent.view_contractversion": "CPA",
    "consent.add_contract": "CP",
    "consent.view_standingflow": "CPA",
    "consent.view_dutiesletter": "CPA",
    "consent.view_finding": "CPA",
    "consent.add_finding": "CP",
    "consent.view_stop": "CPA",
    "consent.add_stop": "CP",
    "consent.view_demand": "CPA",
    "consent.add_demand": "CP",
    "consent.change_demand": "CP",
    "consent.view_authorization": "SPA",
    "consent.view_authorizedagreement": "SPA",
    "consent.grant_authorization": "SP",
    "consent.cancel_authorization": "SP",
    "consent.view_receipt": "SPA",
    "consent.view_declined": "SPA",
    "consent.view_wish": "SPA",
    "consent.add_invitation": "SP",
    "consent.disclose_authorization": "CP",
    "consent.view_disclosure": "CPA",
    "consent.view_disclosuremember": "PA",
    "consent.view_package": "CPA",
    "consent.view_recipientcredential": "CPA",
    "consent.add_recipientcredential": "CP",
    "consent.change_recipientcredential": "CP",
    "consent.view_schedule": "CPA",
    "consent.view_withdrawal": "CPA",
    "consent.change_withdrawal": "CP",
    "consent.view_bulkproposal": "CPA",
    "consent.add_bulkproposal": "CP",
    "consent.approve_bulkproposal": "P",
    "consent.view_bulkapproval": "CPA",
    # Accountability: figures of many, incidents, the board, reports to the Commission
    "usage.release_aggregates": "P",
    "consent.handle_incidents": "P",
    "consent.view_noncompliance": "PA",
    "prime_portal.view_board": "PA",
    "prime_portal.issue_reports": "P",
    "prime_portal.view_issuedreport": "PA",
    # Staff and the machine
    "prime_portal.view_user": "PA",
    "prime_portal.change_user": "P",
    "prime_portal.view_rolechange": "PA",
    "prime_portal.view_ledgerentry": "PA",
    "prime_portal.view_heartbeat": "PAO",
    "prime_portal.view_erasure": "PA",
    "prime_portal.add_erasure": "P",
    "prime_portal.view_enteredinerror": "PA",
    "prime_portal.add_enteredinerror": "SCP",
    "prime_portal.view_restore": "PAO",
    "prime_portal.end_freeze": "PO",
}

EVERYBODY = ""
"""Of the staff, signed in with a second factor."""

PAGES: dict[str, str] = {
    "admin:index": EVERYBODY,
    "admin:app_list": EVERYBODY,
    "admin:login": EVERYBODY,
    "admin:logout": EVERYBODY,
    "admin:jsi18n": EVERYBODY,
    "admin:password_change": EVERYBODY,
    "admin:password_change_done": EVERYBODY,
    "admin:autocomplete": EVERYBODY,
    "admin:django.contrib.admin.sites.AdminSite.catch_all_view": EVERYBODY,
    "admin:django.views.generic.base.RedirectView": EVERYBODY,
    "admin:view_on_site": EVERYBODY,
    "work": EVERYBODY,
    # Finding somebody shows little; opening her page needs a case.
    "admin:usage_customer_changelist": "usage.add_search",
    "admin:usage_customer_kind": "usage.view_customer",
    "admin:usage_case_open": "usage.add_case|usage.break_glass",
    "admin:usage_case_close": "usage.add_case|usage.break_glass",
    "admin:usage_download_file": "usage.add_download",
    "admin:usage_import_send": "usage.add_import",
    "admin:usage_import_confirm": "usage.add_import",
    "admin:usage_import_problems": "usage.view_import",
    "admin:usage_import_take_back": "usage.add_import",
    "admin:usage_hold_place": "usage.add_hold",
    "admin:consent_desk": "consent.view_authorization",
    "admin:consent_desk_grant": "consent.grant_authorization",
    "admin:consent_desk_cancel": "consent.cancel_authorization",
    "admin:consent_desk_form": "consent.view_authorization",
    "admin:consent_desk_no_form": "consent.view_authorization",
    "admin:consent_desk_people": "consent.add_invitation",
    "admin:consent_desk_scan": "consent.view_wish",
    "notice_desk:desk": "notices.change_noticedraft",
    "notice_desk:draft": "notices.change_noticedraft",
    "notice_desk:words": "notices.change_noticedraft",
    "notice_desk:preview": "notices.change_noticedraft",
    "notice_desk:approve": "notices.add_notice",
    "notice_desk:website": "notices.add_websiteattestation",
    "run_desk:run": "notices.view_delivery",
    "run_desk:ahead": "notices.view_delivery|notices.change_noticedraft",
    "run_desk:pause": "notices.change_delivery",
    "run_desk:hand_over": "notices.change_printbatch",
    "run_desk:returned": "notices.change_delivery",
    "run_desk:failed": "notices.view_delivery",
    "run_desk:find": "notices.view_delivery",
    "run_desk:proof": "notices.view_delivery",
    "run_desk:again": "notices.change_delivery",
    "run_desk:delivery": "notices.view_delivery",
    "run_desk:copy": "notices.view_delivery",
    "party_desk:desk": "consent.view_thirdparty",
    "party_desk:party": "consent.view_thirdparty",
    "party_desk:register": "consent.add_contract",
    "party_desk:words": "consent.add_contract",
    "party_desk:use": "consent.add_contract",
    "party_desk:end_use": "consent.add_contract",
    "party_desk:contract": "consent.add_contract",
    "party_desk:amend": "consent.add_contract",
    "party_desk:end_contract": "consent.add_contract",
    "party_desk:flow": "consent.add_contract",
    "party_desk:end_flow": "consent.add_contract",
    "party_desk:letter": "consent.add_contract",
    "party_desk:find": "consent.add_finding",
    "party_desk:act_on": "consent.add_stop",
    "party_desk:drop": "consent.add_stop",
    "party_desk:confirm": "consent.add_stop",
    "party_desk:lift": "consent.add_stop",
    "party_desk:for_customer": "consent.add_stop",
    "party_desk:demands": "consent.view_demand",
    "party_desk:demand": "consent.view_demand",
    "party_desk:details": "consent.change_demand",
    "party_desk:record_demand": "consent.add_demand",
    "party_desk:review": "consent.change_demand",
    "party_desk:check": "consent.change_demand",
    "party_desk:close": "consent.change_demand",
    "party_desk:contest": "consent.change_demand",
    "party_desk:end_gag": "consent.change_demand",
    "party_desk:release": "consent.change_demand",
    "party_desk:purposes": "usage.view_purpose",
    "party_desk:record_purpose": "usage.add_purpose",
    "party_desk:purpose_words": "usage.add_purpose",
    "party_desk:propose": "usage.add_purpose",
    "party_desk:confirm_purpose": "usage.add_purpose",
    "party_desk:decline_purpose": "usage.add_purpose",
    "recipient_desk:desk": "consent.view_package",
    "recipient_desk:issue": "consent.add_recipientcredential",
    "recipient_desk:end": "consent.change_recipientcredential",
    "recipient_desk:chase": "consent.change_withdrawal",
    "recipient_desk:propose": "consent.add_bulkproposal",
    "recipient_desk:bulk": "consent.add_bulkproposal",
    "aggregates:desk": "usage.release_aggregates",
    "aggregates:release": "usage.release_aggregates",
    "aggregates:released": "usage.release_aggregates",
    "aggregates:table": "usage.release_aggregates",
    "incidents:desk": "consent.handle_incidents",
    "incidents:findings": "consent.handle_incidents",
    "incidents:mend": "consent.handle_incidents",
    "incidents:incident": "consent.handle_incidents",
    "incidents:act": "consent.handle_incidents",
    "board": "prime_portal.view_board",
    "board_rows": "prime_portal.view_board",
    "reports:desk": "prime_portal.view_issuedreport",
    "reports:report": "prime_portal.view_issuedreport",
    "reports:file": "prime_portal.view_issuedreport",
    "restore_desk:desk": "prime_portal.view_restore",
    "evidence_desk:row": "prime_portal.add_enteredinerror|prime_portal.view_ledgerentry",
}
"""The permission each page asks for, or one of several; models have five pages more, by rule."""

BY_RULE = {
    "changelist": "view",
    "change": "view",
    "history": "view",
    "add": "add",
    "delete": "delete",
}

ASKED = "?customer"
"""The page is about the customer its query names."""

ABOUT: dict[str, str] = {
    "admin:usage_customer_kind": "usage.Customer",
    "admin:usage_case_change": "",  # who looked and why, for whoever reviews it
    "admin:usage_case_history": "",
    "admin:usage_case_close": "",
    "admin:usage_download_file": "usage.Download",
    "admin:consent_desk": "usage.Customer",
    "admin:consent_desk_grant": "usage.Customer",
    "admin:consent_desk_cancel": "usage.Customer",
    "admin:consent_desk_form": "usage.Customer",
    "admin:consent_desk_no_form": "usage.Customer",
    "admin:consent_desk_people": "usage.Customer",
    "admin:consent_desk_scan": "consent.Wish",
    "run_desk:delivery": "notices.Delivery",
    "run_desk:copy": "notices.Delivery",
    "run_desk:proof": "usage.Customer",
    "party_desk:details": "consent.DemandedCustomer",
    # About nobody in particular, or showing nothing of whom they are about
    "run_desk:again": "",
    "run_desk:hand_over": "",
    "party_desk:party": "",
    "party_desk:words": "",
    "party_desk:use": "",
    "party_desk:end_use": "",
    "party_desk:contract": "",
    "party_desk:amend": "",
    "party_desk:end_contract": "",
    "party_desk:flow": "",
    "party_desk:end_flow": "",
    "party_desk:letter": "",
    "party_desk:find": "",
    "party_desk:act_on": "",
    "party_desk:drop": "",
    "party_desk:confirm": "",
    "party_desk:lift": "",
    "party_desk:for_customer": "",
    "party_desk:demand": "",
    "party_desk:review": "",
    "party_desk:check": "",
    "party_desk:close": "",
    "party_desk:end_gag": "",
    "party_desk:release": "",
    "party_desk:contest": "",
    "party_desk:purpose_words": "",
    "party_desk:confirm_purpose": "",
    "party_desk:decline_purpose": "",
    "aggregates:released": "",
    "aggregates:table": "",
    "incidents:mend": "",
    "incidents:incident": "",
    "incidents:act": "",
    "reports:report": "",
    "reports:file": "",
    "evidence_desk:row": "",  # of private columns it shows no words
    "recipient_desk:end": "",
    "recipient_desk:chase": "",
    "recipient_desk:bulk": "",
    "admin:usage_import_confirm": "",
    "admin:usage_import_problems": "",
    "admin:usage_import_take_back": "",
    "notice_desk:draft": "",
    "notice_desk:words": "",
    "notice_desk:preview": "",
    "notice_desk:approve": "",
}
"""Of each page with an id in its address: the model whose row it names, and so the customer the
page is about, whose case it needs; or nothing, when it is about none. Pages that get the customer
in their query say ASKED. A model's own pages are about the customer its row belongs to, by rule."""

WITH_BROKEN_GLASS = {"admin:usage_customer_change", "admin:usage_customer_kind"}
"""What can be read without the right to, when it cannot wait; another person is told."""

ACTIONS: dict[str, str] = {
    "consent.Authorization.pack": "consent.disclose_authorization",
    "consent.Authorization.refresh_daily": "consent.disclose_authorization",
    "consent.Authorization.refresh_monthly": "consent.disclose_authorization",
    "consent.Authorization.refresh_no_more": "consent.disclose_authorization",
    "consent.Authorization.send_now": "consent.disclose_authorization",
    "usage.Hold.lift": "usage.change_hold",
}
"""What can be done to ticked rows. Taking them away as a file is none of it, and never will be."""


def permission_for(page: str) -> str | None:
    """Return the permission a page of this name asks for; None for one that nobody declared."""
    if page in PAGES:
        return PAGES[page]
    model, deed = by_rule(page)
    return f"{model._meta.app_label}.{deed}_{model._meta.model_name}" if model else None


def about(page: str) -> str:
    """Say how to find the customer a page is about: a model's label, ASKED, or nothing."""
    if page in ABOUT:
        return ABOUT[page]
    model, deed = by_rule(page)
    if model is None or page.endswith("_changelist"):
        return ""
    if model is Customer:
        return "" if deed == "add" else Customer._meta.label
    if not any(field.name == "customer" for field in model._meta.fields):
        return ""
    return ASKED if deed == "add" else model._meta.label


READS = "prime_portal.view_ledgerentry"
"""Whoever reads the record is led to a row as the record holds it, where only a case would open its
page (prime_portal.case_door): the auditor, who opens none."""


def may(user: User | AnonymousUser, needed: str) -> bool:
    """Whether somebody holds what a page asks for."""
    return any(user.has_perm(one) for one in needed.split("|")) if needed else user.is_active


def by_rule(page: str) -> tuple[type[Model] | None, str]:
    """The model one of whose five pages this is, and what is done on it."""
    for model in admin.site._registry:
        for ending, deed in BY_RULE.items():
            if page == f"admin:{model._meta.app_label}_{model._meta.model_name}_{ending}":
                return model, deed
    return None, ""


def permissions_of(role: Role) -> set[str]:
    return {
        permission
        for permission, letters in MATRIX.items()
        if role in {LETTERS[letter] for letter in letters}
    }


def lay(*, using: str) -> None:
    """Make each role a group that holds what the matrix says: no more, no less.

    Raises Permission.DoesNotExist for a line that names no permission.
    """
    held = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    unknown = set(MATRIX) - set(held)
    if unknown:
        raise Permission.DoesNotExist(f"The matrix names {', '.join(sorted(unknown))}.")
    with transaction.atomic(using=using):
        for role in Role:
            group, _new = Group.objects.using(using).get_or_create(name=role.value)
            group.permissions.set(held[name] for name in permissions_of(role))
