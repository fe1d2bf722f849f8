"""Covered Information (4.3): who is served, where, under which agreement, and the readings.

Customers live here because they arrive in the utility's feed together with the readings,
and readings are Covered Information only when they can be joined to a customer. Every row
about a customer carries `customer`. Each model stands in the room named beside it.
"""

from usage.models.aggregated import AggregateRelease, ClosedBlock, ClosedHours, ClosedMonth
from usage.models.arriving import Import, QualityWord, Source, Upload
from usage.models.asking import Dispute, DisputeEvent
from usage.models.bills import Bill, DemandPeak, TimeOfUse
from usage.models.customers import (
    Customer,
    Enrollment,
    ProgramEnrollment,
    ServiceAgreement,
    ServicePoint,
)
from usage.models.entering import Access, AttemptCount, Claim, CodeRequest
from usage.models.keeping import Hold, RetentionRun
from usage.models.looking import Case, ContactChange, Look, Search, TrainingRecord
from usage.models.measured import (
    Channel,
    IntervalDay,
    IntervalDayRevision,
    MonthTotal,
    Removal,
    RepeatedDays,
)
from usage.models.prepared import Download, PreparedDownload
from usage.models.proposing import PurposeProposal
from usage.models.vocabulary import Category, Language, Purpose, PurposeVersion, Via

__all__ = [
    "Access",
    "AggregateRelease",
    "AttemptCount",
    "Bill",
    "Case",
    "Category",
    "Channel",
    "Claim",
    "ClosedBlock",
    "ClosedHours",
    "ClosedMonth",
    "CodeRequest",
    "ContactChange",
    "Customer",
    "DemandPeak",
    "Dispute",
    "DisputeEvent",
    "Download",
    "Enrollment",
    "Hold",
    "Import",
    "IntervalDay",
    "IntervalDayRevision",
    "Language",
    "Look",
    "MonthTotal",
    "PreparedDownload",
    "ProgramEnrollment",
    "Purpose",
    "PurposeProposal",
    "PurposeVersion",
    "QualityWord",
    "Removal",
    "RepeatedDays",
    "RetentionRun",
    "Search",
    "ServiceAgreement",
    "ServicePoint",
    "Source",
    "TimeOfUse",
    "TrainingRecord",
    "Upload",
    "Via",
]
