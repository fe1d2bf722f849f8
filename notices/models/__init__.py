"""The Notice (6.1, 6.2), and every e-mail and letter a customer is owed.

Each model stands in the room named beside it.
"""

from notices.models.agreed import EDeliveryConsent
from notices.models.owed import Delivery, Pause
from notices.models.printed import PrintBatch, PrintedLetter, ReturnFile
from notices.models.published import (
    Document,
    Notice,
    NoticeDraft,
    PostedPolicy,
    Published,
    PublishedPdf,
    WebsiteAttestation,
)
from notices.models.sealed import PublishedSeal
from notices.models.telling_staff import StaffMail
from notices.models.tried import DeliveryAttempt, DeliveryEvent, DeliveryLease, Resolution
from notices.models.welcomed import Welcomed

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
