"""Which format a file has, by its first bytes. Archives and spreadsheets are refused by name."""

import csv
import re
from pathlib import Path

from usage.feeds import billing, refuse, roster, sce_csv, text
from usage.sentences import noop as _
from usage.sentences import say

ROSTER, BILLS, DEMAND, TIME_OF_USE = "roster", "bills", "demand", "time_of_use"
GREEN_BUTTON, SCE_CSV, CMEP = "green_button", "sce_csv", "cmep"

HEAD = 64 * 1024

_ARCHIVES = {
    b"PK": say(_("a ZIP archive or an Excel workbook")),
    b"\x1f\x8b": say(_("a gzip archive")),
    b"BZh": say(_("a bzip2 archive")),
    b"\xfd7zXZ": say(_("an xz archive")),
    b"7z\xbc\xaf": say(_("a 7-Zip archive")),
    b"Rar!": say(_("a RAR archive")),
    b"\x28\xb5\x2f\xfd": say(_("a zstd archive")),
    b"\xd0\xcf\x11\xe0": say(_("an old Excel workbook")),
    b"%PDF": say(_("a PDF")),
}
_ITSELF = _("is %(what)s; send the CSV or XML file itself")
_CMEP = re.compile(rb"\s*\"?MEP[A-Z]{2}\d\d")
_XML = re.compile(rb"\s*<[?!A-Za-z]")
_COLUMNS = {
    ROSTER: set(roster.REQUIRED),
    BILLS: set(billing.BILLS.needed),
    DEMAND: set(billing.DEMAND.needed),
    TIME_OF_USE: set(billing.TIME_OF_USE.needed),
}


def format_of(path: Path) -> str:
    """The format of this file, or BadFile saying what it is instead."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    for mark, what in _ARCHIVES.items():
        if head.startswith(mark):
            raise refuse(path.name, None, say(_ITSELF, what=what))
    if head[257:262] == b"ustar":
        raise refuse(path.name, None, say(_ITSELF, what=say(_("a tar archive"))))
    if not head.strip():
        raise refuse(path.name, None, say(_("is empty")))
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _XML.match(plain) or head[:4] in {b"\xff\xfe<\0", b"\xfe\xff\0<"}:
        return GREEN_BUTTON
    if _CMEP.match(plain):
        return CMEP
    return _by_heading(path, plain.decode("utf-8", "replace"))


def _by_heading(path: Path, head: str) -> str:
    """By the first line with anything in it."""
    some = (line for line in head.splitlines() if line.strip(', \t\u00a0"'))
    first = next(some, "")
    try:
        cells = [sce_csv.tidy(cell) for cell in next(csv.reader([first]), [""])]
    except csv.Error as error:
        raise refuse(path.name, 1, text.not_csv(error)) from error
    if sce_csv.FIRST_LINE in cells[:1]:
        return SCE_CSV
    names = {cell.lower() for cell in cells}
    likeness = {name: len(names & needed) / len(needed) for name, needed in _COLUMNS.items()}
    best = max(likeness, key=lambda name: likeness[name])
    if likeness[best] < 0.5:
        what = _(
            "is no file the portal knows (docs/feeds.md): a roster, bills, demand, times of use, "
            "SCE's Green Button CSV, Green Button XML or CMEP"
        )
        raise refuse(path.name, 1, say(what))
    return best
