"""What PRIME shows the Commission of a past period (CPUC rule 9a), from the ledger alone.

Recipients for a primary purpose are told by what they act under, those for a secondary purpose
by name. Customers are told apart by their identifiers; names are not in the ledger.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from prime_portal.reports import grounds, past
from prime_portal.reports.past import Row, Tables
from prime_portal.reports.sections import Section

READ = (
    "notices_notice",
    "notices_postedpolicy",
    "notices_delivery",
    "usage_purpose",
    "usage_purposeversion",
    "consent_thirdpartyversion",
    "consent_authorization",
    "consent_disclosure",
    "consent_contract",
    "consent_demand",
)
NOTICES = ("new_account", "annual", "change")


def sections(first: date, last: date, *, upto: int) -> list[Section]:
    """Everything the binder holds, in order."""
    held = past.tables(*READ, upto=upto)
    notices = held["notices_notice"]
    given = _given(held, first, last)
    words = held["consent_thirdpartyversion"]
    purpose_words = held["usage_purposeversion"]
    gone = _gone(held, first, last)
    return [
        Section(
            "Notices given",
            ("Kind", "By", "Version of the Notice", "Sent", "Of these failed later"),
            _counted(given),
        ),
        Section("The Notice", COLUMNS, _versions(notices, first, last)),
        Section(
            "The posted privacy policy",
            COLUMNS,
            _versions(held["notices_postedpolicy"], first, last),
        ),
        _forms(held, first, last),
        _recipients(gone, held),
        _received(gone, words, purpose_words),
        Section(
            "Each notice given",
            ("Sent", "Kind", "By", "Language", "Version of the Notice", "Customer", "Delivery"),
            [
                (
                    past.local(row["sent_at"]),
                    row["kind"],
                    row["medium"],
                    row["language"],
                    version,
                    row["customer_id"],
                    row["id"],
                )
                for row, version in given
            ],
            long=True,
        ),
    ]


COLUMNS = ("Version", "In effect from", "Published", "SHA-256 (English)", "SHA-256 (Spanish)")


def _given(held: Tables, first: date, last: date) -> list[tuple[Row, str]]:
    """Notices sent in the period, in order, each with the number of its version."""
    notices = held["notices_notice"]
    sent = [
        row
        for row in held["notices_delivery"].values()
        if row["kind"] in NOTICES and past.within(row.get("sent_at"), first, last)
    ]
    sent.sort(key=lambda row: (row["sent_at"], row["id"]))
    return [(row, str(notices[row["notice_id"]]["number"])) for row in sent]


def _counted(given: list[tuple[Row, str]]) -> list[tuple[str, ...]]:
    sent: Counter[tuple[str, str, str]] = Counter()
    failed: Counter[tuple[str, str, str]] = Counter()
    for row, version in given:
        line = row["kind"], row["medium"], version
        sent[line] += 1
        failed[line] += bool(row.get("failed_at"))
    return [(*line, str(count), str(failed[line])) for line, count in sorted(sent.items())]


def _versions(published: dict[str, Row], first: date, last: date) -> list[tuple[str, ...]]:
    """Those in effect on some day of the period."""
    in_order = sorted(published.values(), key=lambda row: (row["effective_on"], row["number"]))
    ends = [row["effective_on"] for row in in_order[1:]]
    ends += [date.max.isoformat()][: len(in_order)]
    return [
        (
            str(row["number"]),
            row["effective_on"],
            past.local(row["published_at"]),
            row["sha256_en"].removeprefix("\\x"),
            row["sha256_es"].removeprefix("\\x"),
        )
        for row, ended in zip(in_order, ends, strict=True)
        if row["effective_on"] <= last.isoformat() and ended > first.isoformat()
    ]


def _forms(held: Tables, first: date, last: date) -> Section:
    """The forms by which customers authorized secondary purposes, as they were worded."""
    words, purpose_words = held["consent_thirdpartyversion"], held["usage_purposeversion"]
    counted: Counter[tuple[str, ...]] = Counter(
        (
            words[row["third_party_words_id"]]["legal_name"],
            f"{words[row['third_party_words_id']]['number']}",
            purpose_words[row["purpose_words_id"]]["name_en"],
            f"{purpose_words[row['purpose_words_id']]['number']}",
            row["language"],
            row["via"],
        )
        for row in held["consent_authorization"].values()
        if past.within(row["granted_at"], first, last)
    )
    return Section(
        "Forms of authorization for secondary purposes",
        (
            *("Third party", "Its wording", "Purpose", "Its wording", "Language", "By"),
            "Granted in the period",
        ),
        [(*line, str(count)) for line, count in sorted(counted.items())],
    )


def _gone(held: Tables, first: date, last: date) -> list[tuple[Row, list[str]]]:
    """What was handed over in the period, in order, each with its customers."""
    handed = {
        key: row
        for key, row in held["consent_disclosure"].items()
        if past.within(row.get("handed_over_at"), first, last)
    }
    customers = past.disclosed_to(handed)
    in_order = sorted(handed.items(), key=lambda item: (item[1]["handed_over_at"], item[0]))
    return [(row, customers[key]) for key, row in in_order]


def _recipients(gone: list[tuple[Row, list[str]]], held: Tables) -> Section:
    words, purposes = held["consent_thirdpartyversion"], held["usage_purpose"]
    contracts, demands = held["consent_contract"], held["consent_demand"]
    disclosures: Counter[tuple[str, str, str]] = Counter()
    customers: dict[tuple[str, str, str], set[str]] = {}
    for row, whose in gone:
        purpose = purposes[row["purpose_id"]]
        if purpose["kind"] == "secondary":
            who = words[row["third_party_words_id"]]["legal_name"]
        else:
            under = grounds.of(row, contracts=contracts, demands=demands)
            who = f"(kind of recipient) {under}"
        line = purpose["kind"], purpose["key"], who
        disclosures[line] += 1
        customers.setdefault(line, set()).update(whose)
    return Section(
        "Recipients by purpose",
        ("Purpose is", "Purpose", "Recipient", "Disclosures", "Customers"),
        [
            (*line, str(count), str(len(customers[line])))
            for line, count in sorted(disclosures.items())
        ],
        nothing="Nothing was disclosed in this period.",
    )


def _received(
    gone: list[tuple[Row, list[str]]], words: dict[str, Row], purpose_words: dict[str, Row]
) -> Section:
    return Section(
        "Who received what",
        (
            *("Handed over", "Recipient", "Purpose", "Clause", "Categories", "First day"),
            *("Last day", "Rows", "Customers", "SHA-256 of the file", "Disclosure"),
        ),
        [
            (
                past.local(row["handed_over_at"]),
                words[row["third_party_words_id"]]["legal_name"],
                purpose_words[row["purpose_words_id"]]["name_en"],
                row["clause"],
                " ".join(row["categories"]),
                row["first_day"],
                row["last_day"],
                str(row["rows"]),
                str(len(whose)),
                (row["sha256"] or "").removeprefix("\\x"),
                row["id"],
            )
            for row, whose in gone
        ],
        nothing="Nothing was disclosed in this period.",
    )
