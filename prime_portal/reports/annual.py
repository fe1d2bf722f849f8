"""The annual report to the Commission, due 120 days after the year (CPUC rules 4c6, 8c, 9e)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date

from prime_portal.reports import grounds, past
from prime_portal.reports.past import Row, Tables
from prime_portal.reports.sections import Section


def sections(first: date, last: date, *, upto: int) -> list[Section]:
    """Figures, demands, breaches and non-compliances of a year, from the ledger alone."""
    held = past.tables(
        "consent_thirdpartyversion",
        "consent_disclosure",
        "consent_contract",
        "consent_standingflow",
        "consent_demand",
        "consent_reach",
        "consent_incident",
        "consent_noncompliance",
        "consent_finding",
        "consent_stop",
        past.MARKS,
        upto=upto,
    )
    marked = past.marked(held)
    accessed = _accessed(held, first, last, marked)
    demanded, whose = _demanded(held, first, last, marked)
    to_cpuc = sum(1 for _key, row in _gone(held, first, last) if row["clause"] == grounds.OVERSIGHT)
    names = _names(held, marked)
    breaches = _breaches(held, first, last, names, marked)
    findings = _findings(held, first, last, names, marked)
    patterns = _patterns(held, first, last, names, marked)
    left_out = [row for row in (*breaches, *findings, *patterns) if row[-1]]
    return [
        Section(
            "In figures",
            ("Figure", "Number"),
            [
                (
                    "Third parties that received customers’ information by authorization",
                    str(sum(1 for one in accessed.values() if one["by"])),
                ),
                (
                    "Third parties that received it without authorization (6.4 to 6.6)",
                    str(sum(1 for one in accessed.values() if one["without"] or one["flows"])),
                ),
                (
                    "Third parties that received customers’ information, each counted once",
                    str(sum(1 for one in accessed.values() if one.total())),
                ),
                (
                    "Demands received: legal process and emergencies (4.4)",
                    str(sum(int(row[1]) for row in demanded)),
                ),
                ("Customers whose records were disclosed because of them", str(whose)),
                ("Disclosures to the CPUC for its oversight (4.3)", str(to_cpuc)),
                ("Breaches", str(sum(1 for row in breaches if not row[-1]))),
                ("Non-compliances", str(sum(1 for row in findings if not row[-1]))),
                (
                    "Customers affected by non-compliances, added up",
                    str(sum(int(row[3]) for row in findings if not row[-1])),
                ),
                (
                    "Third parties found to mishandle it as a pattern or practice (6.8)",
                    str(len({row[1] for row in patterns if not _dropped(row)})),
                ),
                (
                    "Demands, breaches, non-compliances, patterns entered in error, not counted",
                    str(sum(int(row[-1]) for row in demanded) + len(left_out)),
                ),
            ],
        ),
        Section(
            "Third parties that received customers’ information",
            (
                "Third party",
                "Disclosures by authorization",
                "Disclosures without (6.4 to 6.6)",
                "Of these entered in error",
                "Regular flows outside of the portal (6.4 to 6.6)",
            ),
            [
                (names[key], *(str(one[number]) for number in NUMBERS))
                for key, one in sorted(accessed.items(), key=lambda item: names[item[0]])
            ],
        ),
        Section(
            "Demands: legal process and emergencies",
            (
                "Demanded by",
                "Received",
                "Disclosures",
                "Customers whose records were disclosed",
                "Entered in error, not counted as received",
            ),
            demanded,
        ),
        Section(
            "Breaches",
            (
                *("First known", "What", "Third party", "It told PRIME", "Customers"),
                *("Letters sent", "Entered in error, not counted"),
            ),
            breaches,
            nothing="There was no breach this year.",
        ),
        Section(
            "Non-compliances",
            (
                *("Found", "Clause", "Third party", "Customers", "What was not kept"),
                *("How mended", "Entered in error, not counted"),
            ),
            findings,
            nothing="None was found this year.",
        ),
        Section(
            "Patterns or practices of mishandling (6.8)",
            ("Found", "Third party", "What came of it", "Entered in error, not counted"),
            patterns,
            nothing="None was found this year.",
        ),
    ]


NUMBERS = ("by", "without", "wrong", "flows")
"""What is counted of each third party, in the order of the columns."""


def _gone(held: Tables, first: date, last: date) -> list[tuple[str, Row]]:
    """What went in the year, or may have."""
    rows = held["consent_disclosure"].items()
    return [(key, row) for key, row in rows if past.within(past.gone_at(row), first, last)]


def _names(held: Tables, marked: Mapping[str, str]) -> dict[str, str]:
    """What each third party is called today: its newest words, unless entered in error."""
    newest = past.newest_words(held["consent_thirdpartyversion"], date.max, marked)
    return {key: row["legal_name"] for key, row in newest.items()}


def _accessed(
    held: Tables, first: date, last: date, marked: Mapping[str, str]
) -> dict[str, Counter[str]]:
    """What each third party received: by authorization, without, in error, outside of the portal.

    Whoever demanded it by law, and the CPUC itself, are no third parties of these. A flow that was
    registered in error is none.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key, row in _gone(held, first, last):
        mine, without = row["clause"] == "6.9", row["clause"] in grounds.WITHOUT
        if mine or without:
            counted = {"by": mine, "without": without, "wrong": key in marked}
            found[row["third_party_id"]].update({what: int(one) for what, one in counted.items()})
    for key, row in held["consent_standingflow"].items():
        ran = past.ran(row["registered_at"], row.get("ended_at"), first, last)
        if ran and key not in marked:
            contract = held["consent_contract"][row["contract_id"]]
            found[contract["third_party_id"]].update(flows=1)
    return found


def _demanded(
    held: Tables, first: date, last: date, marked: Mapping[str, str]
) -> tuple[list[tuple[str, ...]], int]:
    """Of each kind what was received, and what was disclosed; and all customers of these, once.

    Numbers alone: nobody who demanded, and nobody it was about (CPUC rule 4c6).
    """
    kind_of = {key: row["process"] for key, row in held["consent_demand"].items()}
    received, wrong = Counter[str](), Counter[str]()
    for key, row in held["consent_demand"].items():
        if past.within(row["received_at"], first, last):
            (wrong if key in marked else received)[row["process"]] += 1
    gone = {
        key: row
        for key, row in _gone(held, first, last)
        if kind_of.get(row["demand_id"] or "") in grounds.BY_LAW
    }
    disclosed = Counter(kind_of[row["demand_id"]] for row in gone.values())
    whose: dict[str, set[str]] = {process: set() for process in grounds.BY_LAW}
    for key, members in past.disclosed_to(gone).items():
        whose[kind_of[gone[key]["demand_id"]]].update(one.customer for one in members)
    rows: list[tuple[str, ...]] = [
        (
            words,
            str(received[process]),
            str(disclosed[process]),
            str(len(whose[process])),
            str(wrong[process]),
        )
        for process, words in grounds.BY_LAW.items()
    ]
    return rows, len(set().union(*whose.values()))


def _breaches(
    held: Tables,
    first: date,
    last: date,
    names: dict[str, str],
    marked: Mapping[str, str],
) -> list[tuple[str, ...]]:
    reaches = held["consent_reach"]
    members = past.reached(reaches)
    affected: dict[str, set[str]] = {}
    for key, row in reaches.items():
        if key in marked:
            continue
        affected.setdefault(row["incident_id"], set()).update(members[key])
    return [
        (
            past.local(row["found_at"]),
            row["title"],
            names.get(row["third_party_id"] or "", ""),
            past.local(row["told_at"]),
            str(len(affected.get(key, ()))),
            past.local(row.get("letters_at")),
            past.local(marked.get(key)),
        )
        for key, row in _in(held["consent_incident"], "found_at", first, last)
    ]


def _findings(
    held: Tables,
    first: date,
    last: date,
    names: dict[str, str],
    marked: Mapping[str, str],
) -> list[tuple[str, ...]]:
    return [
        (
            past.local(row["found_at"]),
            row["clause"],
            names.get(row["third_party_id"] or "", "PRIME"),
            str(row["customers"]),
            row["description"],
            row.get("mending") or "not yet",
            past.local(marked.get(key)),
        )
        for key, row in _in(held["consent_noncompliance"], "found_at", first, last)
    ]


def _patterns(
    held: Tables,
    first: date,
    last: date,
    names: dict[str, str],
    marked: Mapping[str, str],
) -> list[tuple[str, ...]]:
    """What was found of third parties, and whether disclosures to them ceased."""
    stops = {row["finding_id"]: row for row in held["consent_stop"].values() if row["finding_id"]}
    return [
        (
            past.local(row["found_at"]),
            names[row["third_party_id"]],
            _came(row, stops.get(key)),
            past.local(marked.get(key)),
        )
        for key, row in _in(held["consent_finding"], "found_at", first, last)
    ]


def _dropped(pattern: tuple[str, ...]) -> bool:
    """Whether a second person dropped it, or it was entered in error: it is no pattern then."""
    return pattern[2].startswith("dropped") or bool(pattern[-1])


def _came(finding: Row, stop: Row | None) -> str:
    if stop is None:
        dropped = past.local(finding.get("dropped_at"))
        return f"dropped {dropped}" if dropped else "not acted on yet"
    lifted = past.local(stop.get("lifted_at"))
    return f"stopped {past.local(stop['stopped_at'])}" + (f", lifted {lifted}" if lifted else "")


def _in(rows: dict[str, Row], field: str, first: date, last: date) -> list[tuple[str, Row]]:
    found = [item for item in rows.items() if past.within(item[1][field], first, last)]
    return sorted(found, key=lambda item: (item[1][field], item[0]))
