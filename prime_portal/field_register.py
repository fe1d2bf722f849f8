"""What every column holds, what for, how long, and whether it may stand in a log (5.1 to 5.3).

Said by table, with exceptions by column; what can be told from the column itself is not said again:

- a column its model calls private, or a text nobody called plain, is never logged;
- of what is about people, only numbers (ids) are logged; of the rest, anything;
- evidence is kept as evidence, unless its table says otherwise.

tests/test_field_register.py fails for a column that is in none of it, for a new text that is
neither private nor plain, and for an entry whose column is gone. `manage.py fields` prints it all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from usage import categories
from usage.evidence import Evidence, Member

# -- Whose information it is: a category of the notice (6.2), or nobody's it serves --------------

STAFF = "staff"
PARTIES = "third parties and contracts"
PUBLISHED = "what PRIME publishes"
MANY = "figures about many customers"
MACHINE = "the machine itself"
NOBODYS = (PARTIES, PUBLISHED, MANY, MACHINE)

# -- What for --------------------------------------------------------------------------------

SERVE = "buying and delivering electricity, and answering about it (4.4)"
NOTIFY = "giving notice and sending what is owed (6.1, 6.2)"
SHOW = "letting customers see, take and dispute what PRIME holds (6.3)"
SHARE = "carrying out what a customer authorized and canceled (6.9, 6.10)"
ACCOUNT = "accounting for what left, and stopping it (6.4 to 6.8)"
PROTECT = "letting in the right people, and seeing who looked (5.1, 5.2)"
REPORT = "reporting to the Commission, and about many customers (6.11; CPUC rules 8, 9)"
RUN = "keeping the portal at work (5.1)"

# -- How long --------------------------------------------------------------------------------

PERIOD = "as long as its category's period in the notice (usage.retention)"
AS_EVIDENCE = "as evidence: never deleted; its private text can be erased"
IN_USE = "while it is in use"
WITH_WORDS = "until the words of its row are erased"
KEY_GOES = "its row stays; its key and file go with its category's period"
MOMENTS = "until the worker has seen to it"
DAYS = "a few days, then it is removed"

# -- Whether it may stand in a log -------------------------------------------------------------

NEVER, NUMBER, FREELY = "never", "as a number", "freely"


@dataclass(frozen=True)
class Table:
    """One table: whose, what for, how long; which of its texts name nobody, and what differs."""

    category: str
    purpose: str
    kept: str = AS_EVIDENCE
    plain: str = ""
    other: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One column, all said."""

    table: str
    column: str
    category: str
    purpose: str
    kept: str
    log: str


WHO, CONTACT, PLACE = categories.ACCOUNT_IDENTITY, categories.CONTACT, categories.SERVICE_LOCATION
CHOICES, SECURITY = categories.PRIVACY_RECORDS, categories.PORTAL_SECURITY

USAGE = {
    "Customer": Table(
        WHO,
        SERVE,
        PERIOD,
        other=dict.fromkeys(("mailing_address", "mailing_zip", "email", "telephone"), CONTACT),
    ),
    "Enrollment": Table(categories.CCA_STATUS, SERVE, PERIOD),
    "ServicePoint": Table(PLACE, SERVE, PERIOD),
    "ServiceAgreement": Table(
        PLACE, SERVE, PERIOD, other={"rate_schedule": categories.RATE_SCHEDULE}
    ),
    "ProgramEnrollment": Table(categories.PROGRAM_ENROLLMENT, SERVE, PERIOD),
    "Channel": Table(PLACE, SERVE, PERIOD),
    "IntervalDay": Table(categories.INTERVAL_USAGE, SERVE, PERIOD, plain="said"),
    "IntervalDayRevision": Table(categories.INTERVAL_USAGE, SERVE, PERIOD, plain="said"),
    "RepeatedDays": Table(categories.INTERVAL_USAGE, SERVE, PERIOD, plain="said"),
    "Removal": Table(categories.INTERVAL_USAGE, SHOW, PERIOD, plain="category"),
    "MonthTotal": Table(categories.INTERVAL_USAGE, SHOW, PERIOD),
    "TimeOfUse": Table(categories.TOU_USAGE, SERVE, PERIOD, plain="repeated_by"),
    "DemandPeak": Table(categories.DEMAND, SERVE, PERIOD, plain="repeated_by"),
    "Bill": Table(categories.BILLING_HISTORY, SERVE, PERIOD, plain="repeated_by"),
    "Source": Table(
        MACHINE,
        SERVE,
        IN_USE,
        plain="key name delivered_units received_units net_units",
    ),
    "Upload": Table(categories.INTERVAL_USAGE, SERVE, DAYS, plain="sha256 format"),
    "Import": Table(
        categories.INTERVAL_USAGE,
        SERVE,
        plain="kind sha256 source read_as counts taken_back_counts",
    ),
    "QualityWord": Table(MACHINE, SERVE, IN_USE, plain="text"),
    "Category": Table(
        PUBLISHED, NOTIFY, IN_USE, plain="key name_en name_es elements_en elements_es"
    ),
    "Purpose": Table(PUBLISHED, NOTIFY, plain="key categories"),
    "PurposeVersion": Table(PUBLISHED, NOTIFY, plain="name_en name_es text_en text_es"),
    "PurposeProposal": Table(
        PUBLISHED,
        NOTIFY,
        plain="key reference reason categories name_en name_es text_en text_es",
    ),
    "Dispute": Table(CHOICES, SHOW, plain="reference"),
    "DisputeEvent": Table(CHOICES, SHOW),
    "Claim": Table(SECURITY, PROTECT),
    "Access": Table(SECURITY, PROTECT),
    "CodeRequest": Table(WHO, PROTECT, MOMENTS),
    "AttemptCount": Table(SECURITY, PROTECT, PERIOD, plain="key"),
    "Hold": Table(CHOICES, ACCOUNT, plain="categories"),
    "RetentionRun": Table(MACHINE, ACCOUNT, plain="schedule cutoffs holds still_open counts"),
    "Case": Table(CHOICES, PROTECT),
    "Look": Table(CHOICES, PROTECT, plain="page part"),
    "Search": Table(CHOICES, PROTECT),
    "TrainingRecord": Table(STAFF, PROTECT, plain="third_party employer course"),
    "ContactChange": Table(CONTACT, SERVE),
    "Download": Table(CHOICES, SHOW, plain="format agreements flows sha256"),
    "PreparedDownload": Table(CHOICES, SHOW, DAYS, plain="language"),
    "ClosedMonth": Table(MANY, REPORT, plain="rules inputs_sha256"),
    "ClosedBlock": Table(MANY, REPORT, plain="kind groups"),
    "ClosedHours": Table(MANY, REPORT, plain="wh groups left_out"),
    "AggregateRelease": Table(
        MANY, REPORT, plain="question purpose rules inputs_sha256 told content sha256"
    ),
}
NOTICES = {
    "NoticeDraft": Table(
        PUBLISHED, NOTIFY, IN_USE, plain="title content stamps changes_en changes_es"
    ),
    "Notice": Table(
        PUBLISHED,
        NOTIFY,
        plain="content changes_en changes_es html_en html_es sha256_en sha256_es",
    ),
    "PostedPolicy": Table(
        PUBLISHED,
        NOTIFY,
        plain="content changes_en changes_es html_en html_es sha256_en sha256_es",
    ),
    "PublishedPdf": Table(PUBLISHED, NOTIFY, plain="sha256"),
    "PublishedSeal": Table(PUBLISHED, ACCOUNT, plain="root note"),
    "WebsiteAttestation": Table(PUBLISHED, NOTIFY, plain="page"),
    "EDeliveryConsent": Table(CONTACT, NOTIFY),
    "Delivery": Table(CHOICES, NOTIFY, plain="key", other={"recipient": CONTACT}),
    "DeliveryAttempt": Table(CHOICES, NOTIFY, plain="holder sha256"),
    "DeliveryEvent": Table(CHOICES, NOTIFY),
    "DeliveryLease": Table(MACHINE, NOTIFY, MOMENTS, plain="holder"),
    "Pause": Table(MACHINE, NOTIFY, plain="reason"),
    "PrintBatch": Table(MACHINE, NOTIFY, plain="pdf_sha256 manifest_sha256"),
    "PrintedLetter": Table(CHOICES, NOTIFY, plain="sha256"),
    "ReturnFile": Table(MACHINE, NOTIFY, plain="sha256"),
    "Resolution": Table(CHOICES, NOTIFY),
    "StaffMail": Table(STAFF, RUN, plain="key"),
    "Welcomed": Table(CHOICES, NOTIFY, plain="tag facts"),
}
CONSENT = {
    "ThirdParty": Table(PARTIES, ACCOUNT, plain="key"),
    "ThirdPartyVersion": Table(
        PARTIES, ACCOUNT, plain="legal_name does_en does_es contact policy_url"
    ),
    "StatedUse": Table(PARTIES, SHARE, plain="categories"),
    "Contract": Table(PARTIES, ACCOUNT),
    "ContractVersion": Table(
        PARTIES,
        ACCOUNT,
        plain="reference order document clauses breach_order categories",
    ),
    "StandingFlow": Table(PARTIES, ACCOUNT, plain="what_en what_es categories"),
    "DutiesLetter": Table(PARTIES, ACCOUNT),
    "Finding": Table(PARTIES, ACCOUNT),
    "Stop": Table(CHOICES, ACCOUNT),
    "Demand": Table(CHOICES, ACCOUNT, plain="reference categories gag_order"),
    "DemandedCustomer": Table(CHOICES, ACCOUNT),
    "PaperForm": Table(PUBLISHED, SHARE, plain="page sha256"),
    "Shown": Table(CHOICES, SHARE, plain="sha256"),
    "Authorization": Table(CHOICES, SHARE, plain="categories"),
    "AuthorizedAgreement": Table(CHOICES, SHARE),
    "Declined": Table(CHOICES, SHARE),
    "Receipt": Table(CHOICES, SHARE, plain="leaf sha256"),
    "Wish": Table(CHOICES, SHARE, plain="scan_sha256"),
    "ScannedForm": Table(CHOICES, SHARE, WITH_WORDS),
    "Invitation": Table(CONTACT, SHARE),
    "Package": Table(CHOICES, SHARE, KEY_GOES, plain="categories proposal_sha256 format sha256"),
    "PackageMember": Table(CHOICES, SHARE, KEY_GOES, plain="agreements"),
    "Schedule": Table(CHOICES, SHARE, IN_USE, plain="format"),
    "Withdrawal": Table(CHOICES, SHARE, plain="text signature"),
    "RecipientCredential": Table(PARTIES, PROTECT, plain="label"),
    "Disclosure": Table(
        CHOICES,
        ACCOUNT,
        plain="clause categories proposal_sha256 sha256 members_sha256",
    ),
    "DisclosureMember": Table(CHOICES, ACCOUNT),
    "BulkProposal": Table(CHOICES, ACCOUNT, plain="categories members_sha256 proposal_sha256"),
    "BulkMember": Table(CHOICES, ACCOUNT),
    "BulkApproval": Table(CHOICES, ACCOUNT, plain="proposal_sha256"),
    "Incident": Table(PARTIES, REPORT, plain="title"),
    "Knowing": Table(PARTIES, REPORT),
    "Reach": Table(CHOICES, REPORT, plain="members_sha256"),
    "Reached": Table(CHOICES, REPORT),
    "BreachWords": Table(PUBLISHED, REPORT, plain="texts"),
    "DutyDone": Table(PARTIES, REPORT, plain="duty"),
    "NonCompliance": Table(PARTIES, REPORT, plain="clause description mending"),
}
PORTAL = {
    "User": Table(SECURITY, PROTECT, PERIOD, plain="language", other={"is_staff": STAFF}),
    "Heartbeat": Table(MACHINE, RUN, IN_USE, plain="name"),
    "LedgerEntry": Table(CHOICES, ACCOUNT, plain="at kind body leaf"),
    "Checkpoint": Table(PUBLISHED, ACCOUNT, plain="root frontier note"),
    "IssuedReport": Table(MANY, REPORT, plain="csv_sha256 pdf_sha256"),
    "Erasure": Table(CHOICES, ACCOUNT, plain="table columns clause"),
    "EnteredInError": Table(CHOICES, ACCOUNT, plain="table"),
    "RoleChange": Table(STAFF, PROTECT, plain="before roles"),
    "SignIn": Table(SECURITY, PROTECT, PERIOD),
    "Restore": Table(MACHINE, RUN, plain="home facts"),
    "RestoreDrill": Table(MACHINE, RUN, plain="facts"),
}
# Tables of Django and django-allauth. No text of theirs is plain.
LIBRARIES = {
    "admin.LogEntry": Table(STAFF, PROTECT, PERIOD),
    "auth.Group": Table(MACHINE, PROTECT, IN_USE, plain="name"),
    "auth.Permission": Table(MACHINE, PROTECT, IN_USE, plain="name codename"),
    "contenttypes.ContentType": Table(MACHINE, RUN, IN_USE, plain="app_label model"),
    "sessions.Session": Table(SECURITY, PROTECT, PERIOD),
    "account.EmailAddress": Table(SECURITY, PROTECT, PERIOD),
    "account.EmailConfirmation": Table(SECURITY, PROTECT, PERIOD),
    "mfa.Authenticator": Table(SECURITY, PROTECT, PERIOD),
    "usersessions.UserSession": Table(SECURITY, PROTECT, PERIOD),
}
if apps.is_installed("allauth.socialaccount"):
    LIBRARIES |= {
        "socialaccount.SocialAccount": Table(STAFF, PROTECT, IN_USE),
        "socialaccount.SocialApp": Table(MACHINE, PROTECT, IN_USE),
        "socialaccount.SocialToken": Table(STAFF, PROTECT, IN_USE),
    }
REGISTER = {
    **{f"usage.{name}": table for name, table in USAGE.items()},
    **{f"notices.{name}": table for name, table in NOTICES.items()},
    **{f"consent.{name}": table for name, table in CONSENT.items()},
    **{f"prime_portal.{name}": table for name, table in PORTAL.items()},
    **LIBRARIES,
}
WITHOUT_MODEL = {
    "django_migrations": "the machine's own: what was migrated when",
    "prime_portal_cache": "the library's counts of tries, by keyed hash; a few minutes",
    "ledger.salt": "salts of private texts; deleted with the text they belong to",
    "ledger.leaf": "places of entries in the tree; as evidence",
    "ledger.node": "nodes of the tree; as evidence",
    "ledger.mark": "up to where the record was sealed",
    "ledger.tag_key": "the key of the tags by which a restored portal knows an account again",
    "ledger.home": "where the database was let work, and since when",
}
"""Tables no model stands for; but for salts they hold numbers, hashes and times."""


def text(column: models.Field[Any, Any]) -> bool:
    """Whether anything could stand in a column: a choice, a number or a day names nobody."""
    free = (models.CharField, models.TextField, models.BinaryField, models.JSONField, ArrayField)
    return isinstance(column, free) and not getattr(column, "choices", None)


def private(model: type[models.Model]) -> frozenset[str]:
    """The columns a model itself calls private."""
    return frozenset(getattr(getattr(model, "kept", None), "private", ()))


def entries() -> Iterator[Entry]:
    """Say of every column of every table all that is to be said."""
    for label, table in REGISTER.items():
        model = apps.get_model(label)
        for column in model._meta.concrete_fields:
            yield _entry(model, column, table)


def _entry(model: type[models.Model], column: Any, table: Table) -> Entry:
    name = column.name
    return Entry(
        table=model._meta.db_table.replace('"', ""),
        column=name,
        category=table.other.get(name, table.category),
        purpose=table.purpose,
        kept=table.kept,
        log=_log(model, column, table),
    )


def _log(model: type[models.Model], column: Any, table: Table) -> str:
    if column.name in private(model) or (text(column) and column.name not in table.plain.split()):
        return NEVER
    if table.category in NOBODYS:
        return FREELY
    return NUMBER if column.primary_key or column.is_relation else NEVER


def is_evidence(model: type[models.Model]) -> bool:
    return isinstance(getattr(model, "kept", None), Evidence | Member)
