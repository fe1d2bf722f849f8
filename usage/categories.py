"""The kinds of Covered Information (6.2): their keys, as rows and contracts name them.

What each is called, what it holds and how long it is kept stands in the Category rows, which
the notice prints (usage/migrations/0004_categories_and_purposes.py laid the first ones).
"""

ACCOUNT_IDENTITY = "account_identity"
CONTACT = "contact"
SERVICE_LOCATION = "service_location"
INTERVAL_USAGE = "interval_usage"
TOU_USAGE = "tou_usage"
DEMAND = "demand"
BILLING_HISTORY = "billing_history"
RATE_SCHEDULE = "rate_schedule"
PROGRAM_ENROLLMENT = "program_enrollment"
GENERATION_EXPORT = "generation_export"
CCA_STATUS = "cca_status"
PRIVACY_RECORDS = "privacy_records"
PORTAL_SECURITY = "portal_security"

# What a file of readings can hold.
READINGS = (INTERVAL_USAGE, GENERATION_EXPORT)

ALL = (
    ACCOUNT_IDENTITY,
    CONTACT,
    SERVICE_LOCATION,
    INTERVAL_USAGE,
    TOU_USAGE,
    DEMAND,
    BILLING_HISTORY,
    RATE_SCHEDULE,
    PROGRAM_ENROLLMENT,
    GENERATION_EXPORT,
    CCA_STATUS,
    PRIVACY_RECORDS,
    PORTAL_SECURITY,
)
