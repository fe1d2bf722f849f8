"""Letters that came back, from the list the print house or the post office sends (CSV).

    letter,reason
    0012-00037,moved left no address
    0194f2a0-…,

`letter` is the mark at the foot of each page, or the number in the batch's manifest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from notices import failures
from notices.models import Delivery, PrintedLetter, ReturnFile

if TYPE_CHECKING:
    from prime_portal.models import User

MARK = re.compile(r"(\d{4,9})-(\d{5})")
MOST = 2 * 1024 * 1024
SHOWN = 20


class Refused(Exception):
    """Nothing was taken in. `sentences` says what is wrong, and in which line."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@transaction.atomic
def take(content: bytes, *, by: User, at: datetime) -> int:
    """Stamp each letter of a list as returned; it goes by e-mail, or to the staff's list (6.2).

    A letter that was on an earlier list already, or stands in this one twice, changes nothing.
    How many are new.
    """
    found: dict[UUID, tuple[Delivery, str]] = {}
    problems = []
    for line, number, reason in _rows(content):
        letter = _letter(number)
        if letter is None:
            said = _("Line %(line)s: no letter has the number %(number)s.")
            problems.append(said % {"line": line, "number": number or _("(none)")})
        elif letter.sent_at is None:
            said = _("Line %(line)s: letter %(number)s was not handed over yet.")
            problems.append(said % {"line": line, "number": number})
        else:
            found.setdefault(letter.pk, (letter, reason))
    if problems:
        more = len(problems) - SHOWN
        raise Refused(
            problems[:SHOWN] + ([_("And %(count)s more.") % {"count": more}] if more > 0 else [])
        )
    sha256 = hashlib.sha256(content).digest()
    if before := ReturnFile.objects.filter(sha256=sha256).first():
        said = _("This very list was taken in already, on %(on)s.")
        on = formats.date_format(timezone.localdate(before.taken_at))
        raise Refused([said % {"on": on}])
    ReturnFile.objects.create(sha256=sha256, letters=len(found), taken_at=at, taken_by=by)
    new = 0
    for letter, reason in found.values():
        if letter.failed_at is None:
            failures.fail(
                letter, failure=Delivery.Failure.RETURNED, detail=reason or "returned", at=at
            )
            new += 1
    return new


def _rows(content: bytes) -> list[tuple[int, str, str]]:
    if len(content) > MOST:
        raise Refused([_("The list is larger than 2 MB.")])
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        heading = [(name or "").strip().lower() for name in reader.fieldnames or []]
        if "letter" not in heading:
            raise Refused([_("The first line must name the columns: letter, reason.")])
        reader.fieldnames = heading
        return [
            (reader.line_num, (row["letter"] or "").strip(), (row.get("reason") or "").strip())
            for row in reader
        ]
    except UnicodeDecodeError:
        raise Refused([_("The list is not UTF-8 text; save it as CSV UTF-8.")]) from None
    except csv.Error as error:
        raise Refused([_("The list is not CSV: %(error)s.") % {"error": error}]) from None


def _letter(number: str) -> Delivery | None:
    letters = Delivery.objects.filter(medium=Delivery.Medium.LETTER).select_related("customer")
    if mark := MARK.fullmatch(number):
        batch, position = map(int, mark.groups())
        printed = PrintedLetter.objects.filter(batch__number=batch, position=position)
        return letters.filter(pk__in=printed.values("delivery")).first()
    try:
        return letters.filter(pk=UUID(number)).first()
    except ValueError:
        return None
