"""SCE's "Green Button" CSV in: what a customer downloads from SCE, of both generations.

The older one holds consumption alone, the newer one energy delivered and received. Both are
blocks of a day under a heading that says which; all else (preamble, "for 24 hours", the
location) is passed over. No-break spaces stand where spaces are expected, and lines may be
padded with commas.

Times are local wall time without an offset, and ends are exclusive. On the day in November
whose 01:00 hour comes twice, only the order of the rows tells which is which; in March the
02:00 hour is not there. The file names no meter: somebody must name its agreement.

A consumption file of a customer with panels holds negative values. Then all of it is energy
delivered minus received, kept with its sign and marked as net.
"""

import csv
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from usage import feeds
from usage.feeds import DELIVERED, RECEIVED, BadFile, Problem, Run, refuse, text
from usage.intervals import LENGTHS, MISSING, ZONE, day_length
from usage.sentences import noop as _
from usage.sentences import say

FIRST_LINE = "Energy Usage Information"
MOST_BYTES = 100 * text.MB
COLUMNS = 3
"""Time, energy, quality, in every generation; lines may be padded with empty cells."""

_DAY = re.compile(r"Data for period starting: \d{4}-\d\d-\d\d.*", re.IGNORECASE)
_HEADING = re.compile(r"Energy (\w+) time period", re.IGNORECASE)
_TIME = r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?)"
_ROW = re.compile(rf"{_TIME} to {_TIME}")
_KWH = re.compile(r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})")
_NEGATIVE = re.compile(r"\d to \d{4}-\d\d-\d\d [\d:]+\"?,\s*\"?\s*-")
_UNIT = "kilowatt-hours"
_QUALITY = "reading quality"
_FLOWS = {"consumption": DELIVERED, "delivered": DELIVERED, "received": RECEIVED}


def tidy(cell: str) -> str:
    """A cell with every kind of space made one plain space."""
    return " ".join(cell.split())


@dataclass(slots=True)
class _Row:
    line: int
    starts: datetime
    ends: datetime
    wh: int | None
    code: int


class Reader(feeds.Reader):
    """Reads one file, a day at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._flow: int | None = None
        self._skipping = False
        self._rows: list[_Row] = []

    def __iter__(self) -> Iterator[Run]:
        """Each day of each direction. Raises BadFile for a file that is another one."""
        self._begin()
        self._flow, self._skipping, self._rows = None, False, []
        net, found, begun = self._is_net(), False, False
        for line, cells in self._cells():
            head = cells[0]
            if not begun:
                if head != FIRST_LINE:
                    what = say(_("does not begin with %(first)r"), first=FIRST_LINE)
                    raise refuse(self.file, line, what)
                begun = True
            elif _DAY.fullmatch(head):
                yield from self._day(net)
                self._flow, self._skipping, found = None, False, True
            elif heading := _HEADING.fullmatch(head):
                yield from self._day(net)
                self._heading(line, heading[1], cells)
                found = True
            elif row := _ROW.fullmatch(head):
                self._take(line, row, cells)
            elif found:
                self.reject(line, say(_("is neither a day, nor a heading, nor a reading")))
        yield from self._day(net)
        if not found:
            raise refuse(self.file, None, say(_("holds no readings")))

    def _cells(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that hold anything, with the number of their line."""
        reader = csv.reader(text.lines(self.path, most=MOST_BYTES, progress=self.progress))
        try:
            for row in reader:
                cells = [tidy(cell) for cell in row]
                if any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise refuse(self.file, reader.line_num, text.not_csv(error)) from error

    def _is_net(self) -> bool:
        """Whether a consumption anywhere in the file is negative."""
        flow = ""
        for line in text.lines(self.path, most=MOST_BYTES):
            plain = tidy(line).lstrip('"')
            if "time period" in plain:
                flow = plain.split()[1] if plain.startswith("Energy ") else ""
            elif flow == "consumption" and _NEGATIVE.search(plain):
                return True
        return False

    def _heading(self, line: int, kind: str, cells: list[str]) -> None:
        self._refuse_others(line, cells)
        self._flow = _FLOWS.get(kind.lower())
        measured = cells[1] if len(cells) > 1 else ""
        if self._flow is None:
            what = _("“%(kind)s” readings are not kept; only consumption, delivered, received")
            self.skip(line, say(what, kind=kind))
        elif _UNIT not in measured.lower():
            what = _("readings of %(unit)r are not kept; only kilowatt-hours are")
            self.skip(line, say(what, unit=measured[:60]))
            self._flow = None
        self._skipping = self._flow is None

    def _refuse_others(self, line: int, cells: list[str]) -> None:
        """Refuse by name a column the portal has no need for (5.3). Padding has no name."""
        others = [cell for cell in cells[COLUMNS:] if cell]
        others += [cell for cell in cells[2:COLUMNS] if cell and cell.lower() != _QUALITY]
        if others:
            raise BadFile([Problem(self.file, line, text.not_taken(name)) for name in others])

    def _take(self, line: int, row: re.Match[str], cells: list[str]) -> None:
        if self._flow is None:
            if self._skipping:
                self.skips += 1
            else:
                self.reject(line, say(_("is a reading without a heading that says of what")))
            return
        if any(cells[COLUMNS:]):
            self.reject(line, text.cells_wrong(len(cells), COLUMNS))
            return
        said = cells[1] if len(cells) > 1 else ""
        try:
            starts, ends = (datetime.fromisoformat(time) for time in row.groups())
        except ValueError:
            self.reject(line, say(_("has no such time as %(time)r"), time=row[0]))
            return
        if said and not _KWH.fullmatch(said):
            what = _("has %(cell)r as energy, which is not a number")
            self.reject(line, say(what, cell=said[:40]))
            return
        wh = self._wh(said) if said else None
        if wh is not None and abs(wh) >= -MISSING:
            what = _("has %(cell)r kWh, more than one interval can hold")
            self.reject(line, say(what, cell=said[:40]))
            return
        code = self.words.code(cells[2] if len(cells) > 2 else "")
        if code is None:
            raise refuse(self.file, line, say(_("has more words for quality than can be kept")))
        self._rows.append(_Row(line, starts, ends, wh, code))

    def _wh(self, said: str) -> int:
        exact = Decimal(said) * 1000
        whole = int(exact.to_integral_value(ROUND_HALF_UP))
        self.rounded += whole != exact
        return whole

    def _day(self, net: bool) -> Iterator[Run]:
        """The readings gathered under one heading, each given its instant."""
        rows, self._rows = self._rows, []
        if not rows or self._flow is None:
            return
        # Where the clock changes, the label of an end can be an hour off: most rows decide.
        lengths = Counter(int((row.ends - row.starts).total_seconds()) for row in rows)
        sec = lengths.most_common(1)[0][0]
        if sec not in LENGTHS:
            for row in rows:
                what = _("is a reading of %(sec)s seconds, which do not fill an hour")
                self.reject(row.line, say(what, sec=sec))
            return
        starts, wh, codes = array("q"), array("i"), bytearray()
        before, seen = 0, set()
        for row in rows:
            start = _instant(row.starts, after=before)
            if start is None:
                what = _("begins at %(time)s, which no clock showed that day")
                self.reject(row.line, say(what, time=str(row.starts)))
            elif row.ends - row.starts != timedelta(seconds=sec) and not _changes(row.starts):
                what = _("is not a reading of %(sec)s seconds, as its day has them")
                self.reject(row.line, say(what, sec=sec))
            elif start in seen:
                what = _("has the interval from %(time)s once more")
                self.reject(row.line, say(what, time=str(row.starts)))
            else:
                seen.add(start)
                before = start
                if row.wh is not None:
                    starts.append(start)
                    wh.append(row.wh)
                    codes.append(row.code)
        consumption = net and self._flow == DELIVERED
        if starts:
            yield Run("", self._flow, sec, starts, wh, bytes(codes), consumption, rows[0].line)


def _changes(moment: datetime) -> bool:
    """Whether the clocks change on the day of this wall time."""
    return day_length(moment.date()) != timedelta(days=1).total_seconds()


def _instant(wall: datetime, *, after: int) -> int | None:
    """Epoch seconds of a local wall time; the later one, if there are two and `after` is not
    before the first. None if the clock was put forward over it."""
    first = int(wall.replace(tzinfo=ZONE).timestamp())
    if datetime.fromtimestamp(first, ZONE).replace(tzinfo=None) != wall:
        return None
    if first > after:
        return first
    second = int(wall.replace(tzinfo=ZONE, fold=1).timestamp())
    return max(first, second)
