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

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.utils.translation import gettext as _

from consent import asks, gate, packages
from consent.models import (
    Authorization,
    BulkApproval,
    Disclosure,
    DisclosureMember,
    Package,
    RecipientCredential,
)
from consent.policy import Decision, decide
from consent.proposals import Proposal, packable
from consent.recipients import Unknown
from notices.models import Notice

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
RECORD = "record"
# Seconds the database waits for whoever holds the locks and does nothing.
PATIENCE = 5


class Refused(Exception):
    """Nothing left. `decision` names the clause; the refusal has been recorded."""

    def __init__(self, decision: Decision, disclosure: Disclosure) -> None:
        super().__init__(f"{_(decision.reason)} (PRIME-07 {decision.clause})")
        self.decision, self.disclosure = decision, disclosure


class NotRecorded(Exception):
    """Nothing left: what was about to could not be written down first (PRIME-07 5.1)."""

    def __str__(self) -> str:
        return "It could not be recorded, so nothing left (PRIME-07 5.1). Try again later."


HandOver = Callable[[Package, bytes], None]


def leave_key(package: Package, key: bytes) -> None:
    """Hand the key over: one short write beside the package in the third party's tray."""
    tray = Path(settings.MEDIA_ROOT) / package.path
    with tray.with_suffix(".key").open("xb") as file:
        file.write(key.hex().encode())


@dataclass(frozen=True)
class Leaving:
    """A disclosure that is allowed and recorded, and the key that may go now."""

    disclosure: Disclosure
    key: bytes


@contextmanager
def releasing(
    proposal: Proposal,
    package: Package,
    *,
    by: User | None = None,
    credential: RecipientCredential | None = None,
    at: Callable[[], datetime],
) -> Iterator[Leaving]:
    """Decide under locks and record; in the block the key is handed over.

    Locks are taken in one order (gate, third party, contract, demand, authorizations,
    credential), shared with other releases, against `cancel`, `stop` and the credential's end.
    `at` is asked after they are held, so that the decision is about the moment it is made.
    Raises Refused when any customer's part is, NotRecorded or packages.NoKey when it cannot be
    done safely, and Unknown when the credential was ended; then nothing has left.
    """
    if bytes(package.proposal_sha256) != proposal.digest:
        raise ValueError("This package was packed for another proposal.")
    key = packages.key_of(package)
    _ready_to_record()
    with transaction.atomic():
        _lock(proposal)
        if credential:
            _lock_credential(credential)
        now = at()
        decisions = [decide(ask, at=now) for ask in asks.of(proposal, at=now)]
        no = next((decision for decision in decisions if not decision.allowed), None)
        decision = no or decisions[0]
        disclosure = _record(proposal, package, decision, by=by, credential=credential, at=now)
        if not decision.allowed:
            raise Refused(decision, disclosure)
        try:
            yield Leaving(disclosure, key)
        except Exception:
            Disclosure.objects.using(RECORD).filter(pk=disclosure.pk).update(
                not_handed_over_at=at()
            )
            raise
        gone = at()
        Disclosure.objects.filter(pk=disclosure.pk).update(handed_over_at=gone)
        Package.objects.filter(pk=package.pk).update(released_at=gone)
    disclosure.handed_over_at = gone


def release(
    proposal: Proposal,
    package: Package,
    *,
    by: User | None,
    at: Callable[[], datetime],
    hand_over: HandOver = leave_key,
) -> Disclosure:
    """Decide, record, and hand the key over with `hand_over`. Raises as `releasing` does."""
    with releasing(proposal, package, by=by, at=at) as leaving:
        hand_over(package, leaving.key)
    return leaving.disclosure


def disclose(
    proposal: Proposal,
    *,
    by: User | None,
    at: Callable[[], datetime],
    kind: str = packages.CSV,
) -> Disclosure:
    """Prepare and release in one go; a package that may not leave is not even made."""
    now = at()
    decisions = (decide(ask, at=now) for ask in asks.of(proposal, at=now))
    refused = next((decision for decision in decisions if not decision.allowed), None)
    if refused:
        raise Refused(refused, _record(proposal, None, refused, by=by, at=now))
    package = packages.prepare(proposal, at=now, kind=kind)
    try:
        return release(proposal, package, by=by, at=at)
    except (Refused, NotRecorded, packages.NoKey):
        packages.discard(package)
        raise


def tell(proposal: Proposal, *, by: User, at: Callable[[], datetime]) -> Disclosure:
    """Decide and record what staff hand over on paper or by telephone; they read it out after.

    For what no package holds: the contact details a subpoena alone may get (CPUC Rule 4(c)(5)).
    """
    with transaction.atomic():
        _lock(proposal)
        now = at()
        decisions = [decide(ask, at=now) for ask in asks.of(proposal, at=now)]
        decision = next((no for no in decisions if not no.allowed), decisions[0])
        disclosure = _record(proposal, None, decision, by=by, at=now)
        if not decision.allowed:
            raise Refused(decision, disclosure)
        Disclosure.objects.filter(pk=disclosure.pk).update(handed_over_at=now)
    disclosure.handed_over_at = now
    return disclosure


def _lock(proposal: Proposal) -> None:
    # One-time authorizations are used up by the first release: only one release may hold them.
    (gate.close if proposal.once else gate.pass_through)(proposal.third_party.pk)
    handed = asks.chain(proposal.contract)
    parties = sorted({contract.third_party_id for contract in handed} | {proposal.third_party.pk})
    for other in parties:
        if other != proposal.third_party.pk:
            gate.pass_through(other)
    held = [about.authorization for about in proposal.about if about.authorization]
    authorizations = sorted(authorization.pk for authorization in held)
    with connection.cursor() as cursor:
        # Whoever is stuck while the key goes must not keep a customer waiting for her cancel.
        patience = f"{PATIENCE + len(proposal.about) // 1000}s"
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [patience]
        )
        cursor.execute(
            "SELECT FROM consent_thirdparty WHERE id = ANY(%s) ORDER BY id FOR SHARE", [parties]
        )
        if handed:
            cursor.execute(
                "SELECT FROM consent_contract WHERE id = ANY(%s) ORDER BY id FOR SHARE",
                [[contract.pk for contract in handed]],
            )
        if proposal.demand:
            cursor.execute(
                "SELECT FROM consent_demand WHERE id = %s FOR SHARE", [proposal.demand.pk]
            )
        cursor.execute(
            "SELECT FROM consent_authorization WHERE id = ANY(%s) AND NOT once "
            "ORDER BY id FOR SHARE",
            [authorizations],
        )


def _lock_credential(credential: RecipientCredential) -> None:
    held = RecipientCredential.objects.in_force().filter(pk=credential.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM consent_recipientcredential WHERE id = %s FOR SHARE", [credential.pk]
        )
    if not held.exists():
        raise Unknown


def _ready_to_record() -> None:
    """Have the second connection before anybody waits for our locks."""
    try:
        connections[RECORD].ensure_connection()
    except DatabaseError as error:
        raise NotRecorded from error


def _record(
    proposal: Proposal,
    package: Package | None,
    decision: Decision,
    *,
    by: User | None,
    credential: RecipientCredential | None = None,
    at: datetime,
) -> Disclosure:
    """Commit what is about to happen, or was refused, on the second connection."""
    rows = (
        dict(package.members.values_list("customer", "rows"))
        if package and decision.allowed
        else {}
    )
    members = [
        DisclosureMember(
            customer=about.customer,
            authorization=about.authorization,
            rows=rows.get(about.customer.pk, 0),
        )
        for about in proposal.about
    ]
    listed = "\n".join(
        f"{member.customer_id} {member.authorization_id or '-'} {member.rows}"
        for member in sorted(members, key=lambda member: member.customer_id)
    )
    notice = Notice.objects.in_force(on=at.astimezone(PACIFIC).date())
    approval = BulkApproval.objects.standing(proposal.digest).first() if proposal.many else None
    disclosure = Disclosure(
        third_party=proposal.third_party,
        third_party_words=proposal.third_party.words,
        purpose=proposal.purpose,
        purpose_words=proposal.purpose.versions.order_by("-number")[0],
        contract=proposal.contract,
        demand=proposal.demand,
        notice=notice,
        allowed=decision.allowed,
        clause=decision.clause,
        reason=decision.reason,
        categories=sorted(proposal.categories),
        granularity=proposal.granularity if packable(proposal.categories) else "",
        first_day=proposal.first_day,
        last_day=proposal.last_day,
        package_id=package.pk if package else None,
        proposal_sha256=proposal.digest,
        approval=approval,
        sha256=package.sha256 if package else None,
        rows=sum(member.rows for member in members),
        members_sha256=sha256(listed.encode()).digest(),
        at=at,
        by=by,
        credential=credential,
    )
    for member in members:
        member.disclosure = disclosure
    try:
        with transaction.atomic(using=RECORD):
            disclosure.save(using=RECORD, force_insert=True)
            DisclosureMember.objects.using(RECORD).bulk_create(members)
            if decision.allowed:
                # Used up before the key goes: a crash in between never lets it go twice.
                held = Authorization.objects.using(RECORD).filter(pk__in=proposal.once)
                held.filter(used_at=None).update(used_at=at)
    except DatabaseError as error:
        raise NotRecorded from error
    return disclosure
