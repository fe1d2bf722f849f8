"""The Notice (6.1, 6.2), and every e-mail and letter a customer is owed.

Each model stands in the room named beside it.
"""

from notices.agreed import EDeliveryConsent
from notices.owed import Delivery, Pause
from notices.printed import PrintBatch, PrintedLetter, ReturnFile
from notices.published import (
    Document,
    Notice,
    NoticeDraft,
    PostedPolicy,
    Published,
    PublishedPdf,
    WebsiteAttestation,
)
from notices.sealed import PublishedSeal
from notices.telling_staff import StaffMail
from notices.tried import DeliveryAttempt, DeliveryEvent, DeliveryLease, Resolution
from notices.welcomed import Welcomed

__all__ = [
    "Delivery",
    "DeliveryAttempt",
    "DeliveryEvent",
    "DeliveryLease",
    "Document",
    "EDeliveryConsent",
    "Notice",
    "NoticeDraft",
    "Pause",
    "PostedPolicy",
    "PrintBatch",
    "PrintedLetter",
    "Published",
    "PublishedPdf",
    "PublishedSeal",
    "Resolution",
    "ReturnFile",
    "StaffMail",
    "WebsiteAttestation",
    "Welcomed",
]
