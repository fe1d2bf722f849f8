"""Green Button's other file: who the customer is (NAESB ESPI 4.0, retail customer, FB_51 on).

Everything with a name in it stands here and nothing of it in the usage feed. A ServiceLocation
names the UsagePoint of the usage feed it belongs to by that entry's id. Addresses go as the
lines an envelope has, the last of them taken apart into town, state and ZIP where it has them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.sax.saxutils import escape

from usage.formats import atom
from usage.formats.atom import MIME, ROOT, SUFFIX, name

__all__ = ["MIME", "SUFFIX", "Contract", "Holder", "write"]

TOWN = re.compile(r"(?P<town>.+?),? +(?P<state>[A-Z]{2}) +(?P<zip>\d{5}(?:-\d{4})?)")
SPACE = 'xmlns="http://naesb.org/espi/customer"'
SUPPLIER = "Pico Rivera Innovative Municipal Energy (PRIME)"


@dataclass(frozen=True, slots=True)
class Contract:
    """One service agreement as the customer's papers have it, on [starts_at, ends_at)."""

    id: UUID
    number: str
    starts_at: datetime
    ends_at: datetime | None
    rate: str
    address: Sequence[str]
    meters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of record, and her contracts. Addresses are lists of lines."""

    id: UUID
    name: str
    business: bool
    account_number: str
    language: str
    address: Sequence[str]
    email: str
    telephone: str
    contracts: Sequence[Contract]


def write(holder: Holder, *, at: datetime) -> Iterator[bytes]:
    """Yield the feed an entry at a time; `at` is the moment it is made."""
    feed = _Feed(holder, at)
    yield atom.OPENING
    yield feed.heading()
    yield feed.customer()
    yield feed.account()
    yield feed.supplier()
    for contract in holder.contracts:
        yield feed.agreement(contract)
        yield feed.location(contract)
        for meter in contract.meters:
            yield feed.meter(contract, meter)
    yield atom.CLOSING


class _Feed(atom.Feed):
    """The entries of a retail customer feed, each below the one before in its address."""

    def __init__(self, holder: Holder, at: datetime) -> None:
        id_ = name("RetailCustomer", holder.id)
        home = f"{ROOT}/RetailCustomer/{id_}"
        super().__init__(id_, "Green Button retail customer feed", home, "RetailCustomer", at=at)
        self.holder, self.at = holder, at
        self.customers = f"{home}/Customer"
        self.accounts = f"{self.customers}/{name('Customer', holder.id)}/CustomerAccount"
        self.account_id = name("CustomerAccount", holder.id)
        self.agreements = f"{self.accounts}/{self.account_id}/CustomerAgreement"

    def customer(self) -> bytes:
        holder = self.holder
        kind = "commercialIndustrial" if holder.business else "residential"
        return self.entry(
            "Customer",
            name("Customer", holder.id),
            "Customer",
            f"<Customer {SPACE}><Organisation>{_reached(holder)}"
            f"<organisationName>{escape(holder.name)}</organisationName></Organisation>"
            f"<kind>{kind}</kind><locale>{escape(holder.language)}</locale>"
            f"<customerName>{escape(holder.name)}</customerName></Customer>\n",
            up=self.customers,
            related=[(self.accounts, "espi-feed/CustomerAccount")],
        )

    def account(self) -> bytes:
        return self.entry(
            "CustomerAccount",
            self.account_id,
            "Customer account",
            f"<CustomerAccount {SPACE}>"
            f"<accountId>{escape(self.holder.account_number)}</accountId></CustomerAccount>\n",
            up=self.accounts,
            related=[(self.agreements, "espi-feed/CustomerAgreement")],
        )

    def supplier(self) -> bytes:
        return self.entry(
            "ServiceSupplier",
            name("ServiceSupplier", SUPPLIER),
            "Service supplier",
            f"<ServiceSupplier {SPACE}><Organisation><organisationName>{escape(SUPPLIER)}"
            "</organisationName></Organisation><kind>lse</kind></ServiceSupplier>\n",
            up=f"{ROOT}/ServiceSupplier",
        )

    def agreement(self, contract: Contract) -> bytes:
        starts = int(contract.starts_at.timestamp())
        ends = contract.ends_at and int(contract.ends_at.timestamp())
        status = "ended" if contract.ends_at and contract.ends_at <= self.at else "active"
        during = f"<duration>{ends - starts}</duration>" if ends else ""
        rate = f"<type>{escape(contract.rate)}</type>" if contract.rate else ""
        return self.entry(
            "CustomerAgreement",
            name("CustomerAgreement", contract.id),
            "Customer agreement",
            f"<CustomerAgreement {SPACE}>{rate}<status><value>{status}</value></status>"
            f"<validityInterval>{during}<start>{starts}</start></validityInterval>"
            f"<agreementId>{escape(contract.number)}</agreementId></CustomerAgreement>\n",
            up=self.agreements,
            related=[(self.locations(contract), "espi-feed/ServiceLocation")],
        )

    def locations(self, contract: Contract) -> str:
        return f"{self.agreements}/{name('CustomerAgreement', contract.id)}/ServiceLocation"

    def meters(self, contract: Contract) -> str:
        return f"{self.locations(contract)}/{name('ServiceLocation', contract.id)}/Meter"

    def location(self, contract: Contract) -> bytes:
        point = name("UsagePoint", contract.id)
        return self.entry(
            "ServiceLocation",
            name("ServiceLocation", contract.id),
            "Service location",
            f"<ServiceLocation {SPACE}><mainAddress>{_address(contract.address)}</mainAddress>"
            f"<UsagePoints><UsagePoint>urn:uuid:{point}</UsagePoint></UsagePoints>"
            "</ServiceLocation>\n",
            up=self.locations(contract),
            related=[(self.meters(contract), "espi-feed/Meter")] if contract.meters else [],
        )

    def meter(self, contract: Contract, number: str) -> bytes:
        return self.entry(
            "Meter",
            name("Meter", contract.id, number),
            "Meter",
            f"<Meter {SPACE}><serialNumber>{escape(number)}</serialNumber></Meter>\n",
            up=self.meters(contract),
        )


def _reached(holder: Holder) -> str:
    """Where post, telephone and e-mail find the customer, as far as they do."""
    parts = [f"<postalAddress>{_address(holder.address)}</postalAddress>"]
    if holder.telephone:
        number = escape(holder.telephone)
        parts.append(f"<phone1><localNumber>{number}</localNumber></phone1>")
    if holder.email:
        address = escape(holder.email)
        parts.append(f"<electronicAddress><email1>{address}</email1></electronicAddress>")
    return "".join(parts)


def _address(lines: Sequence[str]) -> str:
    """The street in at most three lines, and the town if the last line is one."""
    town = TOWN.fullmatch(lines[-1].strip()) if lines else None
    street = [escape(line.strip()) for line in (lines[:-1] if town else lines) if line.strip()]
    if len(street) > 3:
        street = [*street[:2], ", ".join(street[2:])]
    general = "".join(
        f"<addressGeneral{mark}>{line}</addressGeneral{mark}>"
        for mark, line in zip(("", "2", "3"), street, strict=False)
    )
    where = f"<streetDetail>{general}</streetDetail>"
    if town:
        where += (
            f"<townDetail><name>{escape(town['town'])}</name>"
            f"<stateOrProvince>{town['state']}</stateOrProvince></townDetail>"
            f"<postalCode>{town['zip']}</postalCode>"
        )
    return where
