"""Taking a file in from the command line, with a bar in a terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from usage import intake
from usage.intake import Tried
from usage.management import acting
from usage.models import Import, Source


def ask_for_readings(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--agreement",
        metavar="NUMBER",
        help="service account number whose readings these are, whatever its dates",
    )
    parser.add_argument(
        "--sender",
        metavar="KEY",
        help="who sends the file: says what times and units in CMEP mean (Sources in the admin)",
    )


def ask_how(parser: ArgumentParser) -> None:
    """By whom, and whether at all."""
    acting.ask_who(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would change, only")


def take(
    file: Path,
    *,
    among: Sequence[str],
    format: str | None = None,  # noqa: A002  what it is called everywhere
    agreement: str | None = None,
    sender: str | None = None,
    by: str | None = None,
    dry_run: bool = False,
) -> Import | Tried:
    """Take the file in, or say what would come of it.

    Raises CommandError, in a sentence, for what cannot be asked.
    """
    if not file.is_file():
        raise CommandError(f"{file} is not a file.")
    person = acting.who(by)
    named = source = None
    if agreement is not None:
        named = intake.find_agreement(agreement)
        if named is None:
            raise CommandError("No agreement has that service account number.")
    if sender is not None:
        source = Source.objects.filter(pk=sender).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("pk", flat=True)) or "none yet"
            raise CommandError(f"No sender has the key {sender}; known: {known}.")
    size = file.stat().st_size
    with tqdm(total=size, unit="B", unit_scale=True, disable=None, leave=False) as bar:
        take_in = intake.try_out if dry_run else intake.take_in
        return take_in(
            file,
            format=format,
            among=among,
            agreement=named,
            sender=source,
            source=acting.where(person),
            by=person,
            at=timezone.now(),
            progress=bar.update,
        )
