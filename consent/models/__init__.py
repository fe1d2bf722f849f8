"""Third parties, PRIME's contracts with them, authorizations, and what left (6.4 to 6.10).

Each lives in a room of its own; this is their index.
"""

from consent.models.approving import BulkApproval, BulkMember, BulkProposal
from consent.models.breaches import (
    BreachWords,
    DutyDone,
    Incident,
    Knowing,
    NonCompliance,
    Reach,
    Reached,
)
from consent.models.contracts import (
    Contract,
    ContractVersion,
    DutiesLetter,
    StandingFlow,
)
from consent.models.demands import Demand, DemandedCustomer
from consent.models.grants import Authorization, AuthorizedAgreement, Shown
from consent.models.packing import Package, PackageMember
from consent.models.papers import Declined, PaperForm, Receipt, ScannedForm, Wish
from consent.models.parties import StatedUse, ThirdParty, ThirdPartyVersion
from consent.models.people import Invitation
from consent.models.receiving import RecipientCredential, Schedule, Withdrawal
from consent.models.releases import Disclosure, DisclosureMember
from consent.models.stops import Finding, Stop

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
    "PaperForm",
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
