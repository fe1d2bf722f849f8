"""The one door Covered Information leaves by (6.4 to 6.9).

    proposals.gather   → a Proposal: who gets what about whom, for which purpose, resting on what
    packages.prepare   → the data packed and encrypted into a file; still nothing has left
    release            → decided anew under locks, recorded, and only then the key is handed over

A download that is streaming cannot be called back, so nothing streams: without its 32-byte
key a package is noise, and handing over the key is one short write under the lock that
`authorizations.cancel` and `third_parties.stop` must take. What is recorded is committed on a
second connection before the key goes: a crash may leave a disclosure recorded that never
went, never one that went unrecorded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from consent import asks, gate, packages
from consent.models import Authorization, Disclosure, DisclosureMember, Package
from consent.policy import Decision, decide
from consent.proposals import Proposal
from notices.models import Notice
from usage import sealing

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
RECORD = "record"


class Refused(Exception):
    """Nothing left. `decision` names the clause; the refusal has been recorded."""

    def __init__(self, decision: Decision, disclosure: Disclosure) -> None:
        super().__init__(f"{decision.reason} (PRIME-07 {decision.clause})")
        self.decision, self.disclosure = decision, disclosure


HandOver = Callable[[Package, bytes], None]


def leave_key(package: Package, key: bytes) -> None:
    """Hand the key over: one short write beside the package in the third party's tray."""
    tray = Path(settings.MEDIA_ROOT) / package.path
    with tray.with_suffix(".key").open("xb") as file:
        file.write(key.hex().encode())


def release(
    proposal: Proposal,
    package: Package,
    *,
    by: User | None,
    at: Callable[[], datetime],
    hand_over: HandOver = leave_key,
) -> Disclosure:
    """Decide under locks, record, then hand over the key.

    Locks are taken in one order (gate, third party, contract, authorizations), shared with
    other releases, against `cancel` and `stop`. `at` is asked after they are held, so that the
    decision is about the moment it is made. Raises Refused when any customer's part is.
    """
    if bytes(package.proposal_sha256) != proposal.digest:
        raise ValueError("This package was packed for another proposal.")
    key = bytes.fromhex(sealing.unseal(bytes(package.sealed_key).decode()))
    with transaction.atomic():
        _lock(proposal)
        now = at()
        decisions = [decide(ask, at=now) for ask in asks.of(proposal)]
        no = next((decision for decision in decisions if not decision.allowed), None)
        decision = no or decisions[0]
        disclosure = _record(proposal, package, decision, by=by, at=now)
        if not decision.allowed:
            raise Refused(decision, disclosure)
        try:
            hand_over(package, key)
        except Exception:
            Disclosure.objects.using(RECORD).filter(pk=disclosure.pk).update(
                not_handed_over_at=at()
            )
            raise
        gone = at()
        Disclosure.objects.filter(pk=disclosure.pk).update(handed_over_at=gone)
        Package.objects.filter(pk=package.pk).update(released_at=gone)
    disclosure.handed_over_at = gone
    return disclosure


def disclose(
    proposal: Proposal,
    *,
    by: User | None,
    at: Callable[[], datetime],
    kind: str = packages.CSV,
) -> Disclosure:
    """Prepare and release in one go; a package that may not leave is not even made."""
    now = at()
    refused = next(
        (no for ask in asks.of(proposal) if not (no := decide(ask, at=now)).allowed), None
    )
    if refused:
        raise Refused(refused, _record(proposal, None, refused, by=by, at=now))
    package = packages.prepare(proposal, at=now, kind=kind)
    try:
        return release(proposal, package, by=by, at=at)
    except Refused:
        packages.discard(package)
        raise


def _lock(proposal: Proposal) -> None:
    # One-time authorizations are used up by the first release: only one release may hold them.
    (gate.close if proposal.once else gate.pass_through)(proposal.third_party.pk)
    held = [about.authorization for about in proposal.about if about.authorization]
    authorizations = sorted(authorization.pk for authorization in held)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '30s'")
        cursor.execute(
            "SELECT FROM consent_thirdparty WHERE id = %s FOR SHARE", [proposal.third_party.pk]
        )
        if proposal.contract:
            cursor.execute(
                "SELECT FROM consent_contract WHERE id = %s FOR SHARE", [proposal.contract.pk]
            )
        cursor.execute(
            "SELECT FROM consent_authorization WHERE id = ANY(%s) AND NOT once "
            "ORDER BY id FOR SHARE",
            [authorizations],
        )


def _record(
    proposal: Proposal,
    package: Package | None,
    decision: Decision,
    *,
    by: User | None,
    at: datetime,
) -> Disclosure:
    """Commit what is about to happen, or was refused, on the second connection."""
    rows = package.rows_by_customer if package and decision.allowed else {}
    members = [
        DisclosureMember(
            customer=about.customer,
            authorization=about.authorization,
            rows=rows.get(str(about.customer.pk), 0),
        )
        for about in proposal.about
    ]
    listed = "\n".join(
        f"{member.customer_id} {member.authorization_id or '-'} {member.rows}"
        for member in sorted(members, key=lambda member: member.customer_id)
    )
    notice = Notice.objects.in_force(on=at.astimezone(PACIFIC).date())
    disclosure = Disclosure(
        third_party=proposal.third_party,
        third_party_words=proposal.third_party.words,
        purpose=proposal.purpose,
        purpose_words=proposal.purpose.versions.order_by("-number")[0],
        contract=proposal.contract,
        notice=notice,
        allowed=decision.allowed,
        clause=decision.clause,
        reason=decision.reason,
        categories=sorted(proposal.categories),
        first_day=proposal.first_day,
        last_day=proposal.last_day,
        package_id=package.pk if package else None,
        sha256=package.sha256 if package else None,
        rows=sum(member.rows for member in members),
        members_sha256=sha256(listed.encode()).digest(),
        at=at,
        by=by,
    )
    with transaction.atomic(using=RECORD):
        disclosure.save(using=RECORD, force_insert=True)
        for member in members:
            member.disclosure = disclosure
        DisclosureMember.objects.using(RECORD).bulk_create(members)
        if decision.allowed:
            # Used up before the key goes: a crash in between never lets it go twice.
            held = Authorization.objects.using(RECORD).filter(pk__in=proposal.once)
            held.filter(used_at=None).update(used_at=at)
    return disclosure
