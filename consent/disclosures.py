"""The one door Covered Information leaves by (6.4 to 6.9).

    gather   → a Proposal: who gets what about whom, for which purpose, resting on what
    prepare  → the data packed and encrypted into a file; still nothing has left
    release  → decided anew under locks, recorded, and only then the key is handed over

A download that is streaming cannot be called back, so nothing streams: without its 32-byte
key a package is noise, and handing over the key is one short write under the lock that
`authorizations.cancel` and `third_parties.stop` must take. What is recorded is committed on a
second connection before the key goes: a crash may leave a disclosure recorded that never
went, never one that went unrecorded.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from consent import gate
from consent.models import (
    Authorization,
    AuthorizedAgreement,
    Contract,
    ContractVersion,
    Disclosure,
    DisclosureMember,
    Package,
    Stop,
    ThirdParty,
)
from consent.policy import Ask, Decision, Mandate, Permission, Standing, decide
from notices.models import Notice
from usage import release as readings
from usage import sealing
from usage.models import Customer, Purpose, ServiceAgreement

if TYPE_CHECKING:
    from prime_portal.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
RECORD = "record"


class Refused(Exception):
    """Nothing left. `decision` names the clause; the refusal has been recorded."""

    def __init__(self, decision: Decision, disclosure: Disclosure) -> None:
        super().__init__(f"{decision.reason} (PRIME-07 {decision.clause})")
        self.decision, self.disclosure = decision, disclosure


@dataclass(frozen=True)
class About:
    """One customer in a proposal: which agreements, resting on which authorization if any."""

    customer: Customer
    agreements: tuple[ServiceAgreement, ...]
    authorization: Authorization | None = None


@dataclass(frozen=True)
class Proposal:
    """What would go to whom. Days are local and both included."""

    third_party: ThirdParty
    purpose: Purpose
    categories: tuple[str, ...]
    first_day: date
    last_day: date
    about: tuple[About, ...]
    contract: Contract | None = None

    @property
    def digest(self) -> bytes:
        """The hash of all of it: a package goes only with the very proposal it was packed for."""
        whole = [
            self.third_party.pk,
            self.purpose.pk,
            self.contract.pk if self.contract else "-",
            self.first_day,
            self.last_day,
            *self.categories,
        ]
        for about in self.about:
            whole += [
                about.customer.pk,
                about.authorization.pk if about.authorization else "-",
                *(agreement.pk for agreement in about.agreements),
            ]
        return sha256(" ".join(str(part) for part in whole).encode()).digest()

    @property
    def once(self) -> list[UUID]:
        """The one-time authorizations it would use up."""
        held = [about.authorization for about in self.about if about.authorization]
        return sorted(authorization.pk for authorization in held if authorization.once)


def gather(authorization: Authorization, *, first_day: date, last_day: date) -> Proposal:
    """Propose what one authorization lets its third party have, in a window of days."""
    agreements = tuple(authorization.agreements.order_by("pk"))
    return Proposal(
        third_party=authorization.third_party,
        purpose=authorization.purpose,
        categories=_packable(authorization.categories),
        first_day=max(first_day, authorization.history_from),
        last_day=last_day,
        about=(About(authorization.customer, agreements, authorization),),
    )


def gather_for_contract(
    contract: Contract, customers: Iterable[Customer], *, first_day: date, last_day: date
) -> Proposal:
    """Propose what a contract or order lets its third party have about these customers."""
    return Proposal(
        third_party=contract.third_party,
        purpose=contract.purpose,
        categories=_packable(contract.words.categories),
        first_day=first_day,
        last_day=last_day,
        about=tuple(
            About(customer, tuple(customer.agreements.order_by("pk"))) for customer in customers
        ),
        contract=contract,
    )


def _packable(categories: Iterable[str]) -> tuple[str, ...]:
    """What of these a package can hold: no more is proposed, decided or recorded than goes."""
    return tuple(sorted(set(categories) & readings.FLOW_OF.keys()))


def prepare(proposal: Proposal, *, at: datetime, kind: str = readings.CSV) -> Package:
    """Pack the readings of a proposal and encrypt them (AES-256-GCM). Nothing has left yet.

    kind: what is in the package, CSV or Green Button (usage.release.FORMATS).

    The file is nonce (12 bytes), ciphertext, tag (16 bytes), in the third party's tray.
    """
    key, nonce, number = os.urandom(32), os.urandom(12), uuid7()
    path = Path("recipients") / proposal.third_party.key / f"{number}.package"
    whole = Path(settings.MEDIA_ROOT) / path
    whole.parent.mkdir(parents=True, exist_ok=True)
    cipher, hashed = Cipher(algorithms.AES(key), modes.GCM(nonce)).encryptor(), sha256()
    counted = readings.Counted()
    with whole.open("xb") as file:
        file.write(nonce)
        for piece in readings.stream(
            [(about.customer, about.agreements) for about in proposal.about],
            holding=proposal.categories,
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            counted=counted,
            kind=kind,
            at=at,
        ):
            hashed.update(piece)
            file.write(cipher.update(piece))
        file.write(cipher.finalize() + cipher.tag)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    return Package.objects.create(
        id=number,
        third_party=proposal.third_party,
        proposal_sha256=proposal.digest,
        format=kind,
        path=str(path),
        sha256=hashed.digest(),
        size=size,
        rows=counted.rows,
        rows_by_customer={str(pk): rows for pk, rows in counted.by_customer.items()},
        sealed_key=sealing.seal(key.hex()).encode(),
        prepared_at=at,
    )


@dataclass(frozen=True)
class Preview:
    """What would go today: how much, and its first and last lines cell by cell."""

    rows: int
    size: int
    columns: list[str]
    lines: list[list[str]]


def preview(
    customer: Customer,
    agreements: Iterable[ServiceAgreement],
    *,
    categories: Iterable[str],
    first_day: date,
    last_day: date,
) -> Preview:
    """Show a customer the very lines a third party would get, before she says yes (6.9).

    Nothing leaves: the lines are made as for a package and shown to her alone. Size in bytes.
    """
    counted, size = readings.Counted(), 0
    columns, first, last = b"", b"", b""
    holding = _packable(categories)
    if not holding:
        return Preview(0, 0, [], [])
    for piece in readings.stream(
        [(customer, tuple(agreements))],
        holding=holding,
        first_day=first_day,
        last_day=last_day,
        counted=counted,
    ):
        size += len(piece)
        lines = piece.splitlines()
        if not columns and lines:
            columns, lines = lines[0], lines[1:]
        if lines:
            first, last = first or lines[0], lines[-1]
    shown = [line for line in (first, last) if line]
    cells = list(csv.reader(line.decode("utf-8-sig") for line in (columns, *shown)))
    return Preview(counted.rows, size, cells[0] if cells else [], cells[1:])


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
        decisions = [decide(ask, at=now) for ask in _asks(proposal)]
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
    kind: str = readings.CSV,
) -> Disclosure:
    """Prepare and release in one go; a package that may not leave is not even made."""
    now = at()
    refused = next((no for ask in _asks(proposal) if not (no := decide(ask, at=now)).allowed), None)
    if refused:
        raise Refused(refused, _record(proposal, None, refused, by=by, at=now))
    package = prepare(proposal, at=now, kind=kind)
    try:
        return release(proposal, package, by=by, at=at)
    except Refused:
        discard(package)
        raise


def discard(package: Package) -> None:
    """Throw away a package that was never released."""
    with suppress(FileNotFoundError):
        (Path(settings.MEDIA_ROOT) / package.path).unlink()
    package.delete()


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


def _asks(proposal: Proposal) -> Iterable[Ask]:
    """Look up every fact a decision needs, as it is now."""
    stops = set(
        Stop.objects.in_force()
        .filter(third_party=proposal.third_party)
        .values_list("customer_id", flat=True)
    )
    closed = ThirdParty.objects.filter(pk=proposal.third_party.pk, closed_at__isnull=False).exists()
    purpose = Purpose.objects.get(pk=proposal.purpose.pk)
    mandate = _mandate(proposal.contract) if proposal.contract else None
    for about in proposal.about:
        yield Ask(
            customer=about.customer.pk,
            third_party=proposal.third_party.pk,
            purpose=purpose.pk,
            purpose_categories=frozenset(purpose.categories),
            primary=purpose.kind == Purpose.Kind.PRIMARY,
            programs=purpose.limb == Purpose.Limb.PROGRAMS,
            categories=frozenset(proposal.categories),
            agreements=frozenset(agreement.pk for agreement in about.agreements),
            first_day=proposal.first_day,
            last_day=proposal.last_day,
            stopped=closed or None in stops or about.customer.pk in stops,
            mandate=mandate,
            permission=permission_of(about.authorization.pk) if about.authorization else None,
        )


def _mandate(contract: Contract) -> Mandate:
    fresh = Contract.objects.get(pk=contract.pk)
    words: ContractVersion = fresh.words
    return Mandate(
        standing=Standing(fresh.standing),
        reference=words.reference,
        purpose=fresh.purpose_id,
        categories=frozenset(words.categories),
        clauses=frozenset(words.clauses),
        starts_on=words.starts_on,
        ends_on=words.ends_on,
        ended_at=fresh.ended_at,
    )


def permission_of(authorization_id: UUID) -> Permission:
    """Return an authorization as the policy sees it, read now."""
    held = Authorization.objects.get(pk=authorization_id)
    return Permission(
        customer=held.customer_id,
        third_party=held.third_party_id,
        purpose=held.purpose_id,
        categories=frozenset(held.categories),
        agreements=frozenset(
            AuthorizedAgreement.objects.filter(authorization=held).values_list(
                "agreement_id", flat=True
            )
        ),
        history_from=held.history_from,
        granted_at=held.granted_at,
        ends_on=held.ends_on,
        once=held.once,
        used_at=held.used_at,
        canceled_at=held.canceled_at,
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
