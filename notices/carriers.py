"""The way out for e-mails: one connection to a mail relay. Letters go by notices.paper.batches."""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass

from django.core.mail import get_connection

from notices import mail, messages
from notices.models import Delivery, DeliveryAttempt

logger = logging.getLogger(__name__)

Failure, Outcome = Delivery.Failure, DeliveryAttempt.Outcome


@dataclass(frozen=True)
class Result:
    """What came of one try: what was answered, and a hash of what was handed over.

    failure: when it was refused, how that counts for the delivery.
    """

    outcome: DeliveryAttempt.Outcome
    answer: str = ""
    sha256: bytes | None = None
    failure: Delivery.Failure = Failure.PERMANENT


class Relay:
    """One connection to the mail relay, kept for many e-mails."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_error: object) -> None:
        self._hang_up()

    def ready(self) -> bool:
        """Say whether the relay can be spoken to, connecting if need be."""
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("The mail relay cannot be reached: %s.", type(error).__name__)
            return False
        return True

    def carry(self, delivery: Delivery, *, agreed: str | None) -> Result:
        """Send one e-mail and say what the relay answered.

        agreed: where the customer agrees to get e-mail right now. Who has gone back to paper since
        the notice was planned gets it on paper (R72).
        """
        if delivery.kind in messages.SHORT and agreed != delivery.recipient:
            return Result(Outcome.REFUSED, "no longer by e-mail", failure=Failure.VALIDATION)
        message = messages.of(delivery)
        email = mail.email(message, to=delivery.recipient, key=delivery.pk)
        try:
            sent = self._connection.send_messages([email])
        except smtplib.SMTPRecipientsRefused as error:
            return _answered(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:  # our fault, not the customer's
            return Result(Outcome.UNREACHABLE, f"{error.smtp_code} sender refused")
        except smtplib.SMTPDataError as error:
            return _answered(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Result(Outcome.UNREACHABLE, type(error).__name__)
        if not sent:
            return Result(Outcome.UNREACHABLE, "not sent")
        return Result(Outcome.ACCEPTED, sha256=messages.digest(message))

    def _hang_up(self) -> None:
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            logger.info("The mail relay hung up first.")


def _answered(code: int, words: bytes | str) -> Result:
    """5xx is a refusal for good (RFC 5321), 4xx one for now."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    outcome = Outcome.REFUSED if 500 <= code < 600 else Outcome.UNREACHABLE
    return Result(outcome, f"{code} {said}")
