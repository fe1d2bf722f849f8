"""When readings were taken back: to whom they had gone, and what is packed and has not gone yet.

What went, or may have, stays on record as it went (6.3): a disclosure is never undone. A package
of which no key has left holds what nobody should get: it is thrown away, and a refresh packs it
anew. GONE says in SQL what Disclosures.gone says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from consent.models import Package, Schedule, ThirdParty
from usage.models import Removal

# Days of an agreement, against the very agreements a package was made of.
PACKED = """
FROM unnest(%(customers)s::uuid[], %(agreements)s::uuid[], %(categories)s::text[],
            %(firsts)s::date[], %(lasts)s::date[])
    AS gone (customer_id, agreement_id, category, first_day, last_day)
JOIN consent_packagemember AS member ON member.customer_id = gone.customer_id
    AND gone.agreement_id = ANY (member.agreements)
JOIN consent_package AS package ON package.id = member.package_id
    AND gone.category = ANY (package.categories) AND package.prepared_at >= %(since)s
    AND package.first_day <= gone.last_day AND package.last_day >= gone.first_day
"""

GONE = "disclosure.allowed AND disclosure.not_handed_over_at IS NULL"

WENT = f"""
SELECT disclosure.third_party_id, count(DISTINCT disclosure.id),
       count(DISTINCT member.customer_id)
{PACKED}
JOIN consent_disclosure AS disclosure ON disclosure.package_id = package.id
WHERE {GONE} AND coalesce(disclosure.handed_over_at, disclosure.at) < %(until)s
GROUP BY disclosure.third_party_id
"""

WAITS = f"""
SELECT DISTINCT package.id {PACKED}
LEFT JOIN consent_disclosure AS disclosure ON disclosure.package_id = package.id AND {GONE}
WHERE package.released_at IS NULL AND package.removed_at IS NULL AND disclosure.id IS NULL
"""


@dataclass(frozen=True, slots=True)
class Went:
    """To whom something went that was taken back: how often, and about how many customers."""

    third_party: ThirdParty
    disclosures: int
    customers: int


def went(removals: Sequence[Removal], *, since: datetime, until: datetime) -> list[Went]:
    """To whom what these removals took out had gone, from when it was taken in until then."""
    with connection.cursor() as cursor:
        cursor.execute(WENT, _facts(removals, since) | {"until": until})
        found = {party: counts for party, *counts in cursor.fetchall()}
    parties = ThirdParty.objects.filter(pk__in=found).order_by("key")
    return [Went(party, *found[party.pk]) for party in parties]


def waiting(removals: Sequence[Removal], *, since: datetime) -> list[Package]:
    """The packages that hold what was taken out and whose key has not left."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS, _facts(removals, since))
        return list(Package.objects.filter(pk__in=[pk for (pk,) in cursor.fetchall()]))


@transaction.atomic
def throw_away(removals: Sequence[Removal], *, since: datetime) -> int:
    """Throw these packages away, and let refreshes pack their days anew. How many there were."""
    packages = waiting(removals, since=since)
    for package in packages:
        granted = package.members.values("authorization")
        for schedule in Schedule.objects.running().filter(authorization__in=granted):
            before = package.first_day - timedelta(days=1)
            if schedule.packed_through and schedule.packed_through > before:
                schedule.packed_through = before
                schedule.save(update_fields=["packed_through"])
        whole = Path(settings.MEDIA_ROOT) / package.path
        transaction.on_commit(partial(whole.unlink, missing_ok=True))
        package.delete()
    return len(packages)


def _facts(removals: Sequence[Removal], since: datetime) -> dict[str, Any]:
    return {
        "customers": [one.customer_id for one in removals],
        "agreements": [one.agreement_id for one in removals],
        "categories": [one.category for one in removals],
        "firsts": [one.first_day for one in removals],
        "lasts": [one.last_day for one in removals],
        "since": since,
    }
