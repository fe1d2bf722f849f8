"""Who does it, on the command line: somebody of the staff, or an account of the machine."""

from __future__ import annotations

from argparse import ArgumentParser
from getpass import getuser
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

if TYPE_CHECKING:
    from prime_portal.models import User

SOURCE = "command line"


def ask_who(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--by",
        metavar="E-MAIL",
        help="who does this, of the staff who may; else the machine's account stands on record",
    )


def who(email: str | None) -> User | None:
    """The person with this address, who may send files. CommandError if nobody does."""
    if email is None:
        return None
    people = get_user_model().objects.filter(is_staff=True, is_active=True)
    person: User | None = people.filter(email__iexact=email).first()
    if person is None or not person.has_perm("usage.add_import"):
        raise CommandError("--by must be somebody of the staff who may send files.")
    return person


def where(person: User | None) -> str:
    """The way it came, for its record: with the machine's account where no person is known."""
    if person is not None:
        return SOURCE
    try:
        return f"{SOURCE}: {getuser()}"[:60]
    except (KeyError, OSError):  # an account without a name
        return SOURCE
