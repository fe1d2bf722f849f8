"""The drop folder: whatever is put there is taken in, then moved away.

    DROP_DIR/feed.cmep            any file whose format says whose it is
    DROP_DIR/<key of a source>/   bulk files of a sender whose times and units are set
    DROP_DIR/done/                taken in, or nothing new in it
    DROP_DIR/refused/             nothing taken in, or usable; the import's row says why

Files still being written are left alone: hidden and unfinished names, and any that changed in
the last minute. One process at a time looks; one that dies leaves its file where it lay, and
the next takes it, which changes nothing if all of it had been taken in already.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from django.db import OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet

from usage import intake
from usage.intake import Cap
from usage.models import Import, Source

logger = logging.getLogger(__name__)

SOURCE = "drop folder"
DONE, REFUSED = "done", "refused"
STILL = timedelta(minutes=1)
"""How long a file must not have changed."""

OF_NO_USE = (Import.Outcome.REFUSED, Import.Outcome.UNUSABLE)
LISTED_FOR = timedelta(days=30)
"""How long a file of no use stands on the work list, if it does not come again."""

UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp")

CAP = Cap(intake.BULK.size, timedelta(minutes=8))
"""Shorter than the broker's visibility timeout: a file must not be taken by two workers."""


def watch(folder: Path, *, clock: Callable[[], datetime], at_most: timedelta = CAP.within) -> int:
    """Take in the files that lie ready, oldest first; returns how many there were.

    Stops after `at_most`, and does nothing while another process is at it.
    """
    began, taken = clock(), 0
    with _alone(folder) as alone:
        if not alone:
            return 0
        for path, sender in list(_ready(folder, at=began)):
            _take(folder, path, sender, at=clock())
            taken += 1
            if clock() - began > at_most:
                break
    return taken


def _take(folder: Path, path: Path, sender: Source | None, *, at: datetime) -> None:
    # The name of a file may be about a person: the import's row has it, the log does not.
    try:
        row = intake.take_in(path, sender=sender, source=SOURCE, by=None, at=at, cap=CAP)
    except OperationalError:
        raise  # the database is away; the file waits
    except Exception as error:
        # Only the kind of error: its words may hold a line of the file.
        logger.error("drop folder: a file could not be taken in: %s", type(error).__name__)
        _move(path, folder / REFUSED, at=at)
        return
    logger.info("drop folder: import %s, %s", row.pk, row.outcome)
    _move(path, folder / (REFUSED if row.outcome in OF_NO_USE else DONE), at=at)


def refused(*, at: datetime) -> QuerySet[Import]:
    """Files of the last month of which nothing could be taken in, oldest first.

    One that came again since, by its name or its bytes and by whichever way, counts no more:
    what became of it then is what matters. One that was broken off counts after an hour.
    """
    again = Import.objects.filter(
        Q(file_name=OuterRef("file_name")) | Q(sha256=OuterRef("sha256")),
        started_at__gt=OuterRef("started_at"),
    )
    broken_off = Q(outcome=None, started_at__lte=at - timedelta(hours=1))
    came = Import.objects.filter(source=SOURCE, started_at__gt=at - LISTED_FOR)
    of_no_use = came.filter(broken_off | Q(outcome__in=OF_NO_USE))
    return of_no_use.exclude(Exists(again)).order_by("started_at")


def _move(path: Path, place: Path, *, at: datetime) -> None:
    """Move the file away under a name no other file has."""
    place.mkdir(exist_ok=True)
    path.rename(place / f"{at:%Y%m%dT%H%M%S%f}-{path.name}")


def _ready(folder: Path, *, at: datetime) -> Iterator[tuple[Path, Source | None]]:
    """Files that may be taken, with their sender."""
    senders: dict[str, Source | None] = {"": None}
    senders |= {source.key: source for source in Source.objects.all()}
    found = [
        (path, sender)
        for key, sender in senders.items()
        if (folder / key).is_dir()
        for path in (folder / key).iterdir()
        if _whole(path, at=at)
    ]
    yield from sorted(found, key=lambda pair: pair[0].stat().st_mtime_ns)


def _whole(path: Path, *, at: datetime) -> bool:
    """Whether this is a file, complete by all signs. A link could lead anywhere and is not."""
    if path.name.startswith((".", "~")) or path.name.lower().endswith(UNFINISHED):
        return False
    told = path.lstat()
    return S_ISREG(told.st_mode) and told.st_mtime <= (at - STILL).timestamp()


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, which the kernel lets go when the process dies."""
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
