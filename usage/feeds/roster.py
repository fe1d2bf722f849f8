"""The roster: who is served where, in the portal's own CSV (docs/feeds.md).

One line for each service agreement. The file is taken whole or not at all: every
problem in it is listed by line, and a column the portal has no need for is
refused by name, so that what is not needed is never stored (5.3).
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from usage.feeds import MOST_PROBLEMS, BadFile, Problem, Progress, refuse, text
from usage.sentences import Sentence, say
from usage.sentences import noop as _

REQUIRED = (
    "account_number",
    "service_account_number",
    "customer_name",
    "kind",
    "language",
    "service_point",
    "meter_number",
    "service_address_1",
    "service_city",
    "service_state",
    "service_zip",
    "start_date",
)
OPTIONAL = (
    "rate_schedule",
    "service_address_2",
    "mailing_address_1",
    "mailing_address_2",
    "mailing_city",
    "mailing_state",
    "mailing_zip",
    "email",
    "telephone",
    "end_date",
    "enrolled_on",
    "opted_out_on",
    "programs",
)
COLUMNS = REQUIRED + OPTIONAL

MOST_LINES = 200_000
MOST_BYTES = 100 * text.MB
MOST_TOGETHER = 5_000
"""Lines of one account, or of one place."""

LONGEST_CELL = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One service agreement as the roster tells it.

    Account numbers are text. Addresses are the lines of an envelope. `end_date`
    and `opted_out_on` are the first day *no longer* served: service ends at the
    start of that local day.
    """

    line: int
    account_number: str
    service_account_number: str
    customer_name: str
    kind: str
    language: str
    service_point: str
    meter_number: str
    rate_schedule: str
    service_address: str
    service_zip: str
    mailing_address: str
    mailing_zip: str
    email: str
    telephone: str
    start_date: date
    end_date: date | None
    enrolled_on: date | None
    opted_out_on: date | None
    programs: tuple[str, ...]

    @property
    def customer(self) -> tuple[str, ...]:
        """What must be the same on every line of one customer."""
        return (
            self.customer_name,
            self.kind,
            self.language,
            self.mailing_address,
            self.mailing_zip,
            self.email,
            self.telephone,
        )

    @property
    def place(self) -> tuple[str, str]:
        """What must be the same on every line of one service point."""
        return self.service_address, self.service_zip


def read(path: Path, progress: Progress | None = None) -> Iterator[Line]:
    """The lines of a roster one by one; at its end BadFile, if any was found, with all problems.

    Whoever takes the lines keeps them only when the end is reached. What is remembered of each
    is a few numbers, to find lines that contradict each other.
    """
    rows = text.rows(path, most_bytes=MOST_BYTES, most_lines=MOST_LINES, progress=progress)
    heading = next(rows, (1, []))[1]
    columns = text.columns(path, heading, needed=REQUIRED, known=COLUMNS, what=say(_("a roster")))
    seen = _Seen()
    problems: list[Problem] = []
    for number, cells in rows:
        if len(problems) >= MOST_PROBLEMS:
            break
        if not any(cells):
            continue
        if len(cells) != len(columns):
            what = text.cells_wrong(len(cells), len(columns))
            problems.append(Problem(path.name, number, what))
            continue
        row = _Row(dict(zip(columns, cells, strict=True)))
        line = row.line(number)
        problems += [Problem(path.name, number, what) for what in row.wrong]
        if not row.wrong:
            seen.add(line)
            yield line
    problems += [Problem(path.name, number, what) for number, what in seen.contradictions()]
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise BadFile(problems[:MOST_PROBLEMS], stopped=len(problems) >= MOST_PROBLEMS)
    if not seen.lines:
        raise refuse(path.name, None, say(_("holds no service agreement")))


_NUMBER = re.compile(r"[0-9A-Za-z]([0-9A-Za-z-]{0,28}[0-9A-Za-z])?")
_DAMAGED = re.compile(r"[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+|[0-9]+[.,][0-9]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZIP = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_PERSONAL = {"email", "telephone"}
_STATE = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_TELEPHONE = re.compile(r"[0-9+() .x-]{7,40}")
_PROGRAM = re.compile(r"[\w .&/-]{1,40}")


class _Row:
    """One line while it is read; `wrong` gathers what is wrong with it."""

    def __init__(self, cells: dict[str, str]) -> None:
        self.cells = cells
        self.wrong: list[Sentence] = []

    def line(self, number: int) -> Line:
        service, zip_ = self.address("service", required=True)
        mailing, mailing_zip = self.address("mailing", required=False)
        line = Line(
            line=number,
            account_number=self.number("account_number"),
            service_account_number=self.number("service_account_number"),
            customer_name=self.text("customer_name", required=True),
            kind=self.choice("kind", {"residential", "non_residential"}),
            language=self.choice("language", {"en", "es"}),
            service_point=self.number("service_point"),
            meter_number=self.number("meter_number"),
            rate_schedule=self.text("rate_schedule", longest=40),
            service_address=service,
            service_zip=zip_,
            mailing_address=mailing or service,
            mailing_zip=mailing_zip or zip_,
            email=self.shaped("email", _EMAIL, _("an e-mail address")),
            telephone=self.shaped("telephone", _TELEPHONE, _("a telephone number")),
            start_date=self.day("start_date") or date.min,
            end_date=self.day("end_date"),
            enrolled_on=self.day("enrolled_on"),
            opted_out_on=self.day("opted_out_on"),
            programs=self.programs(),
        )
        if not self.cells["start_date"]:
            self.say(text.EMPTY, column="start_date")
        self.in_order("end_date", line.end_date, "start_date", line.start_date)
        if line.opted_out_on and not line.enrolled_on:
            self.say(_("opted_out_on is given without enrolled_on"))
        self.in_order("opted_out_on", line.opted_out_on, "enrolled_on", line.enrolled_on)
        return line

    def say(self, words: str, **values: str | int | Sentence) -> None:
        self.wrong.append(say(words, **values))

    def text(self, name: str, *, required: bool = False, longest: int = LONGEST_CELL) -> str:
        cell = unicodedata.normalize("NFC", self.cells.get(name, ""))
        if required and not cell:
            self.say(text.EMPTY, column=name)
        if len(cell) > longest:
            self.say(_("%(column)s is longer than %(most)s characters"), column=name, most=longest)
        if any(unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for mark in cell):
            self.say(_("%(column)s holds characters that cannot be printed"), column=name)
        return cell

    def shaped(
        self, name: str, shape: "re.Pattern[str]", what: str, *, required: bool = False
    ) -> str:
        """A cell of this shape. What is personal is not repeated: staff read the problems."""
        cell = self.text(name, required=required)
        if cell and not shape.fullmatch(cell):
            if name in _PERSONAL:
                self.say(_("%(column)s is not %(what)s"), column=name, what=say(what))
            else:
                words = _("%(column)s is %(cell)r, which is not %(what)s")
                self.say(words, column=name, cell=cell[:40], what=say(what))
        return cell

    def number(self, name: str) -> str:
        cell = self.cells[name]
        if _DAMAGED.fullmatch(cell):
            self.say(text.DAMAGED, column=name, cell=cell[:40])
            return cell
        cell = self.shaped(name, _NUMBER, _("up to 30 letters, digits and dashes"), required=True)
        return cell.replace("-", "").upper() if name.endswith("account_number") else cell

    def choice(self, name: str, known: set[str]) -> str:
        cell = self.cells[name].lower().replace("-", "_")
        if cell not in known:
            one, other = sorted(known)
            words = _("%(column)s is %(cell)r; it must be %(some)s or %(last)s")
            self.say(words, column=name, cell=self.cells[name][:40], some=one, last=other)
        return cell

    def day(self, name: str) -> date | None:
        cell = self.cells.get(name, "")
        if not cell:
            return None
        if _DAY.fullmatch(cell) and "1950" <= cell < "2200":
            try:
                return date.fromisoformat(cell)
            except ValueError:
                pass
        self.say(
            _("%(column)s is %(cell)r; write dates as 2026-01-31"), column=name, cell=cell[:40]
        )
        return None

    def in_order(self, late: str, end: date | None, early: str, start: date | None) -> None:
        if end and start and end <= start:
            words = _(
                "%(late)s (%(end)s) must come after %(early)s (%(start)s): it is the first day no "
                "longer served"
            )
            self.say(words, late=late, end=str(end), early=early, start=str(start))

    def address(self, which: str, *, required: bool) -> tuple[str, str]:
        """The lines of the envelope, and the ZIP code; both empty if nothing is given."""
        names = [f"{which}_{part}" for part in ("address_1", "address_2", "city", "state", "zip")]
        if not required and not any(self.cells.get(name) for name in names):
            return "", ""
        street, second = self.text(names[0], required=True), self.text(names[1])
        city = self.text(names[2], required=True)
        state = self.shaped(names[3], _STATE, _("a two-letter state"), required=True)
        zip_ = self.shaped(names[4], _ZIP, _("a ZIP code"), required=True)
        return "\n".join(filter(None, [street, second, f"{city}, {state} {zip_}"])), zip_

    def programs(self) -> tuple[str, ...]:
        found = [part.strip() for part in self.text("programs").split(";") if part.strip()]
        for program in found:
            if not _PROGRAM.fullmatch(program):
                words = _("programs has %(cell)r; part them with semicolons")
                self.say(words, cell=program[:40])
        return tuple(dict.fromkeys(found))


class _Seen:
    """Of each line a few numbers, to find those that cannot both be true."""

    def __init__(self) -> None:
        self.lines = array("I")
        self.agreements, self.accounts, self.places = array("q"), array("q"), array("q")
        self.customers, self.addresses = array("q"), array("q")

    def add(self, line: Line) -> None:
        self.lines.append(line.line)
        self.agreements.append(hash(line.service_account_number))
        self.accounts.append(hash(line.account_number))
        self.customers.append(hash(line.customer))
        self.places.append(hash(line.service_point))
        self.addresses.append(hash(line.place))

    def contradictions(self) -> Iterator[tuple[int, Sentence]]:
        again = _("has the service account of line %(line)s once more")
        other = _(
            "has the account of line %(line)s with another name, kind, language, mailing "
            "address, e-mail or telephone"
        )
        elsewhere = _("has the service point of line %(line)s at another address")
        for keys, facts, words in (
            (self.agreements, None, again),
            (self.accounts, self.customers, other),
            (self.places, self.addresses, elsewhere),
        ):
            for place, first in text.unlike(keys, facts):
                yield self.lines[place], say(words, line=self.lines[first])
        many = _("is one of more than %(most)s lines of one account or one service point")
        for keys in (self.accounts, self.places):
            if (crowd := text.crowded(keys, MOST_TOGETHER)) is not None:
                yield self.lines[crowd], say(many, most=f"{MOST_TOGETHER:,}")
