"""Copies that take a machine more than a moment: asked for, prepared, fetched, removed (6.3).

Rows are the queue. A worker leases the oldest one that waits and makes the file into an
encrypted one; killed half-way, its lease runs out and another worker starts over. Whoever asked
fetches it as often as she likes for seven days; then key and file are gone, and the Download
row stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation

from usage import copies, downloads, sealed_files, sealing
from usage.intervals import ZONE
from usage.models import Customer, Download, PreparedDownload, Via
from usage.readings import Counted

if TYPE_CHECKING:
    from prime_portal.models import User

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Maker = Callable[[PreparedDownload, Counted, datetime], Iterator[bytes]]
"""Makes the bytes of one copy, in the language in force. Kinds that only apps above can make
come with makers of theirs."""

KEPT = timedelta(days=7)
LEASE = timedelta(minutes=15)
TRIES = 3
AT_ONCE = 5
FOLDER = Path("downloads")


@transaction.atomic
def ask(
    customer: Customer,
    *,
    kind: str,
    agreements: Iterable[UUID],
    first_day: date,
    last_day: date,
    by: User,
    via: Via,
    at: datetime,
    language: str,
    flows: Collection[str] = (),
    reason: str = "",
    for_post: bool = False,
) -> PreparedDownload:
    """Leave the row of a download and the wish that the worker prepares it.

    Raises KeyError for a kind nobody makes.
    """
    if kind not in copies.KINDS:
        raise KeyError(kind)
    download = downloads.write_down(
        customer,
        kind=kind,
        agreements=agreements,
        first_day=first_day,
        last_day=last_day,
        flows=flows,
        by=by,
        via=via,
        reason=reason,
        at=at,
    )
    prepared: PreparedDownload = PreparedDownload.objects.create(
        download=download, customer=customer, language=language, for_post=for_post
    )
    return prepared


def ask_for_everything(
    customer: Customer,
    *,
    kind: str = copies.RECORD,
    by: User,
    via: Via,
    at: datetime,
    language: str,
    reason: str = "",
    for_post: bool = False,
) -> PreparedDownload:
    """Ask for the whole record: every agreement from its first day to today."""
    today = at.astimezone(ZONE).date()
    agreements = list(customer.agreements.order_by("starts_at"))
    first = min((held.starts_at.astimezone(ZONE).date() for held in agreements), default=today)
    return ask(
        customer,
        kind=kind,
        agreements=[held.pk for held in agreements],
        first_day=min(first, today),
        last_day=today,
        by=by,
        via=via,
        at=at,
        language=language,
        reason=reason,
        for_post=for_post,
    )


def too_many(customer: Customer) -> bool:
    """Whether so many copies of this customer wait that one more is not asked for."""
    waiting = PreparedDownload.objects.of(customer).filter(ready_at=None, failed_at=None)
    return waiting.count() >= AT_ONCE


def prepare_next(*, clock: Clock, makers: Mapping[str, Maker]) -> bool:
    """Prepare the copy that has waited longest. False when none waits."""
    prepared = _lease(at=clock())
    if prepared is None:
        return False
    try:
        _make(prepared, makers, clock=clock)
    except Exception as error:
        # The kind of error only: its words may quote what was to be written.
        logger.error("Copy %s could not be prepared: %s.", prepared.pk, type(error).__name__)
        now = clock()
        waits = {"leased_until": now + timedelta(minutes=prepared.tries)}
        over = {"failed_at": now}
        _unprepared(prepared).update(**(over if prepared.tries >= TRIES else waits))
    return True


def fetch(prepared: PreparedDownload, *, at: datetime) -> downloads.Taking | None:
    """Open a copy that is ready, from `at`; None once it is gone.

    The first time it is fetched whole, the Download is stamped as finished.
    """
    gone = prepared.expires_at is None or at >= prepared.expires_at
    if gone or prepared.removed_at or prepared.sealed_key is None:
        return None
    key = bytes.fromhex(sealing.unseal(bytes(prepared.sealed_key).decode()))
    download = prepared.download
    try:
        pieces = sealed_files.read(Path(settings.MEDIA_ROOT) / prepared.path, key=key)
    except FileNotFoundError:
        return None
    return downloads.Taking(
        download,
        copies.name_of(download),
        copies.mime_of(download),
        downloads.finished(download, pieces, at=at),
    )


def remove_expired(*, at: datetime) -> int:
    """Remove the copies whose seven days are over: the file, and the key to it. How many.

    What a worker left behind when it was killed goes too, once nobody can be writing it.
    """
    gone = 0
    for prepared in PreparedDownload.objects.expired(at=at):
        (Path(settings.MEDIA_ROOT) / prepared.path).unlink(missing_ok=True)
        gone += _removed([prepared.pk], at=at)
    kept = set(PreparedDownload.objects.exclude(path="").values_list("path", flat=True))
    for left in (Path(settings.MEDIA_ROOT) / FOLDER).glob("*"):
        if str(FOLDER / left.name) not in kept and _age(left, at=at) > LEASE:
            left.unlink(missing_ok=True)
    return gone


def remove_stale(about: Mapping[UUID, tuple[date, date]], *, since: datetime, at: datetime) -> int:
    """Take away the keys of copies that lie ready and hold what was taken back since.

    She can ask again. The files go when the worker next removes what nothing names.
    about: of each customer the first and last day of which something went.
    """
    ready = PreparedDownload.objects.filter(
        customer__in=about, ready_at__gte=since, removed_at=None
    ).select_related("download")
    stale = [
        one.pk
        for one in ready
        if one.download.first_day <= about[one.customer_id][1]
        and one.download.last_day >= about[one.customer_id][0]
    ]
    return _removed(stale, at=at)


def _removed(copies_: Collection[UUID], *, at: datetime) -> int:
    of = PreparedDownload.objects.filter(pk__in=copies_, removed_at=None)
    return of.update(removed_at=at, sealed_key=None, path="")


def _age(path: Path, *, at: datetime) -> timedelta:
    try:
        return at - datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return timedelta()


def _lease(*, at: datetime) -> PreparedDownload | None:
    """Take one that waits; two workers never take the same one."""
    with transaction.atomic():
        waiting = PreparedDownload.objects.waiting(at=at)
        # The last worker of these was killed over them, time and again.
        waiting.filter(tries__gte=TRIES).order_by().update(failed_at=at)
        prepared: PreparedDownload | None = waiting.select_for_update(skip_locked=True).first()
        if prepared is not None:
            prepared.tries += 1
            prepared.leased_until = at + LEASE
            prepared.save(update_fields=["tries", "leased_until"])
        return prepared


def _make(prepared: PreparedDownload, makers: Mapping[str, Maker], *, clock: Clock) -> None:
    """Write the file, then say in one go that it is ready and what it held.

    Every try has a file and a key of its own, so one that comes too late spoils nothing.
    """
    counted, key, hashed, size = Counted(), sealed_files.new_key(), sha256(), 0
    path = FOLDER / f"{prepared.pk}-{prepared.tries}.sealed"
    whole = Path(settings.MEDIA_ROOT) / path

    def measured(pieces: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            size += len(piece)
            hashed.update(piece)
            yield piece

    with translation.override(prepared.language):
        maker = makers.get(prepared.download.format, _copy)
        sealed_files.write(whole, measured(maker(prepared, counted, clock())), key=key)
    now = clock()
    with transaction.atomic():
        ready = _unprepared(prepared).update(
            ready_at=now,
            expires_at=now + KEPT,
            path=str(path),
            sealed_key=sealing.seal(key.hex()).encode(),
        )
        if ready:
            Download.objects.filter(pk=prepared.pk).update(
                rows=counted.rows, size=size, sha256=hashed.digest()
            )
    if not ready:
        whole.unlink(missing_ok=True)


def _copy(prepared: PreparedDownload, counted: Counted, at: datetime) -> Iterator[bytes]:
    customer = prepared.customer
    recipient = f"{customer.name}\n{customer.mailing_address}" if prepared.for_post else ""
    return copies.write(prepared.download, counted=counted, at=at, recipient=recipient)


def _unprepared(prepared: PreparedDownload) -> QuerySet[PreparedDownload]:
    return PreparedDownload.objects.filter(pk=prepared.pk, ready_at=None, failed_at=None)
