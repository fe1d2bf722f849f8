"""manage.py verify_ledger [--checkpoint FILE …] [--receipt ENTRY:LEAF …]"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from prime_portal.ledger import verifying


class Command(BaseCommand):
    help = "Check every entry, checkpoint and row of evidence (5.1); fails if any was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint",
            action="append",
            type=Path,
            default=[],
            help="a file with a checkpoint kept elsewhere; the only way to find a record "
            "that was rolled back, or written anew with the key",
        )
        parser.add_argument(
            "--receipt",
            action="append",
            type=_receipt,
            default=[],
            help="ENTRY:LEAF of a receipt somebody holds, the leaf in hexadecimal digits",
        )

    def handle(
        self, *_args: Any, checkpoint: list[Path], receipt: list[verifying.Receipt], **_options: Any
    ) -> None:
        if not settings.LEDGER_PUBLIC_KEYS:
            raise CommandError("LEDGER_PUBLIC_KEYS is not set: checkpoints are checked with it.")
        try:
            outside = [path.read_text(encoding="utf-8") for path in checkpoint]
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None
        with tqdm(
            total=_entries(),
            unit=" entries",
            unit_scale=True,
            leave=False,
            disable=not sys.stderr.isatty(),
        ) as bar:
            report = verifying.verify(
                keys=settings.LEDGER_PUBLIC_KEYS,
                at=timezone.now(),
                outside=outside,
                receipts=receipt,
                progress=bar.update,
            )
        self.stdout.write(
            f"{report.entries:,} entries ({report.unsealed:,} not sealed yet), "
            f"{report.checkpoints:,} checkpoints, {report.rows:,} rows of evidence; "
            f"{report.unopenable:,} unopenable."
        )
        for remark in report.remarks:
            self.stdout.write(remark)
        if report.faults:
            told = report.faults[: verifying.TOLD]
            more = len(report.faults) - len(told)
            raise CommandError(
                "\n".join(["The record was tampered with, or is damaged:", *told])
                + (f"\n… and {more:,} more." if more else "")
            )
        self.stdout.write(
            "Nothing was changed."
            if outside
            else "Nothing was changed since the oldest checkpoint you trust: name one with "
            "--checkpoint, and a rollback would show too."
        )


def _entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger.entry")
        (number,) = cursor.fetchone()
    return int(number)


def _receipt(text: str) -> verifying.Receipt:
    number, _, leaf = text.partition(":")
    try:
        return verifying.Receipt(int(number), bytes.fromhex(leaf))
    except ValueError:
        raise ArgumentTypeError("A receipt is written as ENTRY:LEAF.") from None
