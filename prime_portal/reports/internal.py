"""How PRIME binds itself, for the binder (CPUC rule 9a): its policy, retention and training.

The policy is the City's, adopted outside the portal: its words stand here in a file. A later one
is added below and the earlier stays, so that binders of its days come out the same. Everything
else is from the ledger. Staff are counted, not named.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

from consent import asks
from prime_portal.reports import annex, past
from prime_portal.reports.past import Row, Tables
from prime_portal.reports.sections import Section

READ = (
    "usage_retentionrun",
    "usage_trainingrecord",
    "prime_portal_rolechange",
    "consent_thirdparty",
    "consent_contractversion",
    "consent_dutiesletter",
)
HERE = Path(__file__).parent
POLICIES: dict[str, Row] = {
    "PRIME-07": {
        "number": "PRIME-07",
        "title": "Advanced Metering Infrastructure (AMI) Data Security and Privacy Policy",
        "issued": "City of Pico Rivera, Administrative Policy",
        "effective_on": "2017-07-01",
        "file": "PRIME-07.txt",
    }
}
"""Each internal policy and from when on it is in effect, until the next."""

MARKED, WRONG = "Entered in error", "Entered in error, not counted"


def words(policy: Row) -> str:
    """The words of a policy, as they were typed from the paper."""
    return (HERE / str(policy["file"])).read_text("utf-8").strip()


def policy(first: date, last: date) -> list[Section]:
    """The internal policy in effect in the period: what it is, and its words as an annex."""
    held = annex.in_effect(POLICIES, first, last)
    heads: list[tuple[str, ...]] = [
        (one["number"], one["title"], one["issued"], one["effective_on"], _hash(words(one)))
        for one in held
    ]
    columns = ("Policy", "Title", "Issued as", "In effect from", "SHA-256 of its words")
    return [
        Section("The internal privacy policy", columns, heads),
        Section(
            "Annex: the words of the internal privacy policy",
            (*columns, "Words"),
            [(*head, words(one)) for head, one in zip(heads, held, strict=True)],
            words=True,
        ),
    ]


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def sections(
    held: Tables,
    first: date,
    last: date,
    marked: Mapping[str, str],
) -> list[Section]:
    """Retention and training in the period, in order."""
    return [
        _kept(held, first, last),
        _let_go(held, first, last, marked),
        _staff(held, first, last, marked),
        _attested(held, first, last, marked),
    ]


def _kept(held: Tables, first: date, last: date) -> Section:
    """How long each category is kept, by each version of the Notice in effect: none goes sooner."""
    return Section(
        "How long each category is kept",
        ("Category", "Months", "By version of the Notice", "In effect from"),
        [
            (
                category["name"]["en"],
                str(category["retention_months"]),
                str(notice["number"]),
                notice["effective_on"],
            )
            for notice in annex.in_effect(held["notices_notice"], first, last)
            for category in (notice["content"].get("facts") or {}).get("categories", ())
        ],
        nothing="No version of the Notice was in effect.",
    )


def _let_go(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """Each run of the period: of each category the first day kept, and what went."""
    runs = [
        (key, row)
        for key, row in held["usage_retentionrun"].items()
        if past.within(row["started_at"], first, last)
    ]
    return Section(
        "What was let go when its time was over",
        ("Run", "Records schedule", "Category", "First day kept", "Let go", "Finished", MARKED),
        [
            (
                past.local(row["started_at"]),
                row["schedule"],
                category,
                day,
                _went((row.get("counts") or {}).get(category, {})),
                past.local(row.get("finished_at")),
                past.local(marked.get(key)),
            )
            for key, row in sorted(runs, key=lambda item: (item[1]["started_at"], item[0]))
            for category, day in sorted(row["cutoffs"].items())
        ],
        nothing="Nothing was let go in this period: no run was made.",
    )


def _went(counts: Mapping[str, int]) -> str:
    """What went of a category, kind by kind."""
    return "; ".join(f"{what}: {count}" for what, count in sorted(counts.items())) or "0"


def _staff(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """How many of the staff were trained, and of how many it expired (5.2)."""
    of_people = {key: row for key, row in held["usage_trainingrecord"].items() if row["person_id"]}
    counted = [row for key, row in of_people.items() if key not in marked]
    on_last = _in_office(held, last)
    current = {row["person_id"] for row in counted if _counts(row, last)}
    ended = {
        row["person_id"]
        for row in counted
        if first.isoformat() <= row["expires_on"] <= last.isoformat()
    }
    in_period = [
        row for row in counted if first.isoformat() <= row["trained_on"] <= last.isoformat()
    ]
    wrong = sum(
        first.isoformat() <= of_people[key]["trained_on"] <= last.isoformat()
        for key in of_people
        if key in marked
    )
    figures = (
        ("Trainings held in the period", len(in_period)),
        ("People trained in the period", len({row["person_id"] for row in in_period})),
        ("People whose training expired in the period and was not renewed", len(ended - current)),
        ("Staff who held a role on the last day", len(on_last)),
        ("Of these trained on that day", len(on_last & current)),
        ("Of these not trained on that day: no customer opens to them", len(on_last - current)),
        (f"Trainings of the period: {WRONG.lower()}", wrong),
    )
    return Section(
        "Training of staff (5.2)",
        ("Figure", "Number"),
        [(what, str(number)) for what, number in figures],
    )


def _in_office(held: Tables, on: date) -> set[str]:
    """Whoever held a role and was let in at the end of a day."""
    newest: dict[str, Row] = {}
    changes = held["prime_portal_rolechange"].items()
    for _key, row in sorted(changes, key=lambda item: (past.moment(item[1]["at"]), item[0])):
        if past.within(row["at"], date.min, on):
            newest[row["user_id"]] = row
    return {user for user, row in newest.items() if row["let_in"] and row["roles"]}


def _counts(training: Row, on: date) -> bool:
    return bool(training["trained_on"] <= on.isoformat() < training["expires_on"])


def _attested(held: Tables, first: date, last: date, marked: Mapping[str, str]) -> Section:
    """What third parties attest of their people (5.2), and who was asked to and attests nothing.

    An attestation is of the period when it counted on a day of it.
    """
    keys = {row["key"]: party for party, row in held["consent_thirdparty"].items()}
    named = past.newest_words(held["consent_thirdpartyversion"], last, marked)
    of_parties = {
        key: row for key, row in held["usage_trainingrecord"].items() if row["third_party"] in keys
    }
    attest = {
        keys[row["third_party"]]
        for key, row in of_parties.items()
        if key not in marked and _counts(row, last)
    }
    lacking = sorted(named[party]["legal_name"] for party in _asked(held, last, marked) - attest)
    rows = [
        (
            named[keys[row["third_party"]]]["legal_name"],
            row["course"],
            row["trained_on"],
            row["expires_on"],
            past.local(row["recorded_at"]),
            past.local(marked.get(key)),
        )
        for key, row in of_parties.items()
        if row["trained_on"] <= last.isoformat() and row["expires_on"] > first.isoformat()
    ]
    return Section(
        "Training that third parties attest (5.2)",
        ("Third party", "Course", "Held on", "Counts no more from", "Recorded", WRONG),
        [*sorted(rows), *((name, LACKING, "", "", "", "") for name in lacking)],
        nothing="No third party was asked to attest, and none did.",
    )


LACKING = "Asked to attest; nothing counts on the last day"


def _asked(held: Tables, on: date, marked: Mapping[str, str]) -> set[str]:
    """Third parties it is PRIME's to ask on a day, as consent.asks.asked_to_attest says."""
    told = (on - asks.TO_ATTEST).isoformat()
    worded = past.newest_words(held["consent_contractversion"], on, marked, of="contract_id")
    found = {
        row["third_party_id"]
        for row in held["consent_dutiesletter"].values()
        if row["sent_on"] <= told
    }
    for key, row in held["consent_contract"].items():
        says, day = worded[key], on.isoformat()
        over = says["ends_on"] and says["ends_on"] <= day
        ended = past.within(row.get("ended_at"), date.min, on)
        if row["standing"] in asks.OWN and says["starts_on"] <= day and not over and not ended:
            found.add(row["third_party_id"])
    return found
