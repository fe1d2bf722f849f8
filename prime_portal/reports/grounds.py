"""What whoever received something acted under, in the words of the reports (PRIME-07 4.3, 4.4, 6.4
to 6.6). English, whatever language staff read: a report is compared byte for byte."""

from __future__ import annotations

from prime_portal.reports.past import Row

STANDINGS = {
    "cpuc_contract": "acts under contract with the CPUC (6.4)",
    "government_program": "governmental efficiency program (6.4)",
    "cpuc_order": "explicit order of the CPUC (6.5)",
    "primary_purpose": "under contract with PRIME (6.5)",
    "onward": "passed on by a recipient, by contract (6.6)",
}
BY_LAW = {
    "warrant": "warrant that names the customers",
    "court_order": "court order that names the customers",
    "subpoena": "subpoena",
    "contact_only": "subpoena for contact details alone",
    "emergency": "emergency: life or property in danger",
}
"""What the Commission is told the yearly counts of (CPUC rules 4c6 and 4d)."""

RHYTHMS = {
    "daily": "every day",
    "weekly": "every week",
    "monthly": "every month",
    "yearly": "every year",
    "as_needed": "when it is needed",
}
"""How often something goes outside of the portal."""

WITHOUT = ("6.4", "6.5", "6.6")
"""The clauses by which a third party receives it without the customer's authorization."""

AUTHORIZED = "6.9"
"""The clause by which each customer's own authorization lets it go."""

OVERSIGHT = "4.3"
"""The clause by which the Commission itself gets it: then it is no Covered Information."""


def of(disclosure: Row, *, contracts: dict[str, Row], demands: dict[str, Row]) -> str:
    """Say what a disclosure was made under."""
    if disclosure["clause"] == AUTHORIZED:
        return "the authorization of each customer (6.9)"
    if disclosure["clause"] == OVERSIGHT:
        return "the CPUC for its oversight (4.3)"
    process = demands.get(disclosure.get("demand_id") or "", {}).get("process")
    if process in BY_LAW:
        return f"demanded by law: {BY_LAW[process]} (4.4)"
    standing = contracts.get(disclosure["contract_id"] or "", {}).get("standing", "")
    return STANDINGS.get(standing, "not stated")
