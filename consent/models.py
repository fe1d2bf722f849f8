"""Third parties, PRIME's contracts with them, authorizations, and what left (6.4 to 6.10).

Each lives in a room of its own; this is their index.
"""

from consent.approving import BulkApproval, BulkMember, BulkProposal
from consent.breaches import (
    BreachWords,
    DutyDone,
    Incident,
    Knowing,
    NonCompliance,
    Reach,
    Reached,
)
from consent.contracts import (
    Contract,
    ContractVersion,
    DutiesLetter,
    StandingFlow,
)
from consent.demands import Demand, DemandedCustomer
from consent.grants import Authorization, AuthorizedAgreement, Shown
from consent.packing import Package, PackageMember
from consent.papers import Declined, Receipt, ScannedForm, Wish
from consent.parties import StatedUse, ThirdParty, ThirdPartyVersion
from consent.people import Invitation
from consent.receiving import RecipientCredential, Schedule, Withdrawal
from consent.releases import Disclosure, DisclosureMember
from consent.stops import Finding, Stop

__all__ = [
    "Authorization",
    "AuthorizedAgreement",
    "BreachWords",
    "BulkApproval",
    "BulkMember",
    "BulkProposal",
    "Contract",
    "ContractVersion",
    "Declined",
    "Demand",
    "DemandedCustomer",
    "Disclosure",
    "DisclosureMember",
    "DutiesLetter",
    "DutyDone",
    "Finding",
    "Incident",
    "Invitation",
    "Knowing",
    "NonCompliance",
    "Package",
    "PackageMember",
    "Reach",
    "Reached",
    "Receipt",
    "RecipientCredential",
    "ScannedForm",
    "Schedule",
    "Shown",
    "StandingFlow",
    "StatedUse",
    "Stop",
    "ThirdParty",
    "ThirdPartyVersion",
    "Wish",
    "Withdrawal",
]
