"""What PRIME shows the Commission of a past period (CPUC rule 9a), from the ledger alone.

Recipients for a primary purpose are told by what they act under, those for a secondary purpose
by name. Customers are told apart by their identifiers; names are not in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from prime_portal.reports import annex, grounds, internal, past
from prime_portal.reports.past import Disclosed, Row, Tables
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
    "consent_standingflow",
    "consent_demand",
    past.MARKS,
    *annex.READ,
    *internal.READ,
)
MARKED, WRONG = "Entered in error", "Of these entered in error"
NOTICES = {
    "new_account": "new account",
    "annual": "yearly",
    "change": "change of the Notice",
    "policy": "change of the privacy policy",
}


def sections(first: date, last: date, *, upto: int) -> list[Section]:
    """Everything the binder holds, in order."""
    held = past.tables(*READ, upto=upto)
    notices = held["notices_notice"]
    given = _given(held, first, last)
    gone = _gone(held, first, last)
    marked = past.marked(held)
    policy, policy_words = internal.policy(first, last)
    return [
        Section(
            "Notices given",
            ("Kind", "By", "Version", "Sent", "Of these failed later", WRONG),
            _counted(given, marked),
        ),
        Section("The Notice", COLUMNS, _versions(notices, first, last, marked)),
        Section(
            "The posted privacy policy",
            COLUMNS,
            _versions(held["notices_postedpolicy"], first, last, marked),
        ),
        policy,
        *internal.sections(held, first, last, marked),
        _forms(held, first, last, marked),
        _recipients(gone, held, marked),
        _received(gone, held, marked),
        _flows(held, first, last, marked),
        _resting_on_errors(gone, marked),
        Section(
            "Each notice given",
            (
                *("Sent", "Kind", "By", "Language", "Version", "Customer"),
                *("Delivery", MARKED),
            ),
            [
                (
                    past.local(row["sent_at"]),
                    NOTICES[row["kind"]],
                    row["medium"],
                    row["language"],
                    version,
                    row["customer_id"],
                    row["id"],
                    past.local(marked.get(row["id"])),
                )
                for row, version in given
            ],
            long=True,
        ),
        _each(gone),
        policy_words,
        *annex.sections(held, first, last, marked),
    ]


COLUMNS = (
    *("Version", "In effect from", "Published", "SHA-256 (English)", "SHA-256 (Spanish)"),
    MARKED,
)


def _given(held: Tables, first: date, last: date) -> list[tuple[Row, str]]:
    """Notices sent in the period, in order, each with the number of its version.

    That is of the Notice, or of the posted privacy policy where that is what changed.
    """
    published = held["notices_notice"] | held["notices_postedpolicy"]
    sent = [
        row
        for row in held["notices_delivery"].values()
        if row["kind"] in NOTICES and past.within(row.get("sent_at"), first, last)
    ]
    sent.sort(key=lambda row: (row["sent_at"], row["id"]))
    return [(row, str(published[row["notice_id"] or row["policy_id"]]["number"])) for row in sent]


def _counted(given: list[tuple[Row, str]], marked: Mapping[str, str]) -> list[tuple[str, ...]]:
    sent: Counter[tuple[str, str, str]] = Counter()
    failed: Counter[tuple[str, str, str]] = Counter()
    wrong: Counter[tuple[str, str, str]] = Counter()
    for row, version in given:
        line = NOTICES[row["kind"]], row["medium"], version
        sent[line] += 1
        failed[line] += bool(row.get("failed_at"))
        wrong[line] += row["id"] in marked
    return [
        (*line, str(count), str(failed[line]), str(wrong[line]))
        for line, count in sorted(sent.items())
    ]


def _versions(
    published: dict[str, Row], first: date, last: date, marked: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """Those in effect on some day of the period."""
    return [
        (
            str(row["number"]),
            row["effective_on"],
            past.local(row["published_at"]),
            row["sha256_en"].removeprefix("\\x"),
            row["sha256_es"].removeprefix("\\x"),
            past.local(marked.get(row["id"])),
        )
        for row in annex.in_effect(published, first, last)
    ]


def _forms(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """The forms by which customers authorized secondary purposes, as they were worded."""
    words, purpose_words = held["consent_thirdpartyversion"], held["usage_purposeversion"]
    granted, wrong = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for key, row in held["consent_authorization"].items():
        if past.within(row["granted_at"], first, last):
            line = (
                words[row["third_party_words_id"]]["legal_name"],
                f"{words[row['third_party_words_id']]['number']}",
                purpose_words[row["purpose_words_id"]]["name_en"],
                f"{purpose_words[row['purpose_words_id']]['number']}",
                row["language"],
                row["via"],
            )
            (wrong if key in marked else granted)[line] += 1
    return Section(
        "Forms of authorization for secondary purposes",
        (
            *("Third party", "Its wording", "Purpose", "Its wording", "Language", "By"),
            *("Granted in the period", "Entered in error, not counted"),
        ),
        [(*line, str(granted[line]), str(wrong[line])) for line in sorted({*granted, *wrong})],
    )


def _gone(held: Tables, first: date, last: date) -> list[tuple[Row, list[Disclosed]]]:
    """What went in the period, or may have, in order, each with its customers."""
    gone = {
        key: row
        for key, row in held["consent_disclosure"].items()
        if past.within(past.gone_at(row), first, last)
    }
    members = past.disclosed_to(gone)
    in_order = sorted(gone.items(), key=lambda item: (past.gone_at(item[1]), item[0]))
    return [(row, members[key]) for key, row in in_order]


def _recipients(
    gone: list[tuple[Row, list[Disclosed]]], held: Tables, marked: Mapping[str, str]
) -> Section:
    words, purposes = held["consent_thirdpartyversion"], held["usage_purpose"]
    purpose_words = held["usage_purposeversion"]
    contracts, demands = held["consent_contract"], held["consent_demand"]
    disclosures: Counter[tuple[str, str, str]] = Counter()
    wrong: Counter[tuple[str, str, str]] = Counter()
    customers: dict[tuple[str, str, str], set[str]] = {}
    for row, whose in gone:
        purpose = purposes[row["purpose_id"]]
        if purpose["kind"] == "secondary":
            who = words[row["third_party_words_id"]]["legal_name"]
        else:
            under = grounds.of(row, contracts=contracts, demands=demands)
            who = f"(kind of recipient) {under}"
        line = purpose["kind"], purpose_words[row["purpose_words_id"]]["name_en"], who
        disclosures[line] += 1
        wrong[line] += row["id"] in marked
        customers.setdefault(line, set()).update(one.customer for one in whose)
    return Section(
        "Recipients by purpose",
        ("Purpose is", "Purpose", "Recipient", "Disclosures", "Customers", WRONG),
        [
            (*line, str(count), str(len(customers[line])), str(wrong[line]))
            for line, count in sorted(disclosures.items())
        ],
        nothing="Nothing was disclosed in this period.",
    )


def _received(
    gone: list[tuple[Row, list[Disclosed]]], held: Tables, marked: Mapping[str, str]
) -> Section:
    words, purpose_words = held["consent_thirdpartyversion"], held["usage_purposeversion"]
    contracts, demands = held["consent_contract"], held["consent_demand"]
    return Section(
        "Who received what",
        (
            *("Handed over", "Recipient", "Purpose", "Clause", "Under", "Its number"),
            *("Categories", "As fine as", "First day", "Last day", "Rows", "Customers"),
            *("SHA-256 of the file", "Disclosure", MARKED),
        ),
        [
            (
                past.went(row),
                words[row["third_party_words_id"]]["legal_name"],
                purpose_words[row["purpose_words_id"]]["name_en"],
                row["clause"],
                grounds.of(row, contracts=contracts, demands=demands),
                row["contract_id"] or row.get("demand_id") or "",
                " ".join(row["categories"]),
                row["granularity"],
                row["first_day"],
                row["last_day"],
                str(row["rows"]),
                str(len(whose)),
                (row["sha256"] or "").removeprefix("\\x"),
                row["id"],
                past.local(marked.get(row["id"])),
            )
            for row, whose in gone
        ],
        nothing="Nothing was disclosed in this period.",
    )


def _each(gone: list[tuple[Row, list[Disclosed]]]) -> Section:
    """Each customer of each disclosure, and the authorization it rested on."""
    return Section(
        "Each customer something was disclosed of",
        ("Handed over", "Disclosure", "Customer", "Authorization", "Rows"),
        [
            (
                past.went(row),
                row["id"],
                one.customer,
                "" if one.authorization == "-" else one.authorization,
                str(one.rows),
            )
            for row, whose in gone
            for one in whose
        ],
        long=True,
    )


def _flows(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """What went again and again outside of the portal: registered here, and not sent from here."""
    contracts, words = held["consent_contract"], held["usage_purposeversion"]
    named = past.newest_words(held["consent_thirdpartyversion"], last, marked)
    purposes = past.newest_words(words, last, marked, of="purpose_id")
    rows = [
        (
            named[contract["third_party_id"]]["legal_name"],
            grounds.STANDINGS[contract["standing"]],
            purposes[contract["purpose_id"]]["name_en"],
            flow["what_en"],
            " ".join(flow["categories"]),
            grounds.RHYTHMS[flow["rhythm"]],
            past.local(flow["registered_at"]),
            past.local(flow.get("ended_at")),
            past.local(marked.get(key)),
        )
        for key, flow in held["consent_standingflow"].items()
        if past.ran(flow["registered_at"], flow.get("ended_at"), first, last)
        for contract in [contracts[flow["contract_id"]]]
    ]
    return Section(
        "What went regularly outside of the portal",
        (
            *("Recipient", "Under", "Purpose", "What", "Categories", "How often"),
            *("Registered", "Ended", MARKED),
        ),
        sorted(rows),
        nothing="Nothing was registered for this period.",
    )


def _resting_on_errors(
    gone: list[tuple[Row, list[Disclosed]]], marked: Mapping[str, str]
) -> Section:
    """What disclosures of the period point at that was marked: contracts, demands, wordings."""
    pointed_at = {
        "contract_id": "contract or order",
        "demand_id": "demand",
        "purpose_id": "purpose",
        "purpose_words_id": "wording of a purpose",
        "third_party_words_id": "wording of a third party",
    }
    counted = Counter(
        (words, row[field], past.local(marked[row[field]]))
        for row, _whose in gone
        for field, words in pointed_at.items()
        if row[field] in marked
    )
    return Section(
        "Entered in error, and disclosures rest on it",
        ("What", "Its number", MARKED, "Disclosures"),
        [(*line, str(count)) for line, count in sorted(counted.items())],
    )
