"""Who works for PRIME in the demo city, what goes to them regularly, and who demands data.

All names are made up. The first four act without asking customers; what they get goes outside
the portal, and customers are told so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from consent import contracting, disclosures, flows, legal, third_parties
from consent.contracting import Wording
from consent.models import Contract, ContractVersion, Demand, StandingFlow, ThirdParty
from notices.models import Delivery
from prime_portal.city.cast import Calendar
from prime_portal.models import User
from usage import categories, purposes
from usage.granularity import Granularity
from usage.intervals import ZONE
from usage.models import Customer, Purpose

EVERY = list(ContractVersion.Clause.values)
Rhythm, Standing = StandingFlow.Rhythm, Contract.Standing


def contracted(when: Calendar, *, by: User) -> ThirdParty:
    """Register who works for PRIME or acts by an order, and what goes to each. The back office."""
    at = when.ago(420)
    utility = party(
        "utility-example",
        "Utility Example (fictitious)",
        "Reads the meters, sends the bill and delivers the electricity.",
        "Lee los medidores, envía la factura y entrega la electricidad.",
        by=by,
        at=at,
    )
    order = contract(
        utility,
        Standing.CPUC_ORDER,
        purposes.BILL_POWER,
        Wording(
            reference="D.99-12-999 (made up)",
            document="Shared drive, Orders, 2019-04",
            categories=[categories.INTERVAL_USAGE, categories.RATE_SCHEDULE],
            starts_on=day(at),
        ),
        by=by,
        at=at,
    )
    flow(
        order,
        "PRIME’s prices for your electricity, worked out from your readings, for the bill.",
        "Los precios de PRIME por su electricidad, calculados con sus lecturas, para la factura.",
        [categories.INTERVAL_USAGE, categories.RATE_SCHEDULE],
        Rhythm.DAILY,
        by=by,
        at=at,
    )
    office = party(
        "backoffice-placeholder",
        "Backoffice Placeholder (fictitious)",
        "Keeps the customer accounts and answers the telephone for PRIME.",
        "Lleva las cuentas de los clientes y contesta el teléfono por PRIME.",
        by=by,
        at=at,
    )
    kept = contract(
        office,
        Standing.PRIMARY_PURPOSE,
        purposes.BILL_POWER,
        Wording(
            reference="PRIME-2021-03 (made up)",
            document="Shared drive, Contracts, 2021-03",
            clauses=EVERY,
            categories=[
                categories.ACCOUNT_IDENTITY,
                categories.CONTACT,
                categories.INTERVAL_USAGE,
                categories.BILLING_HISTORY,
            ],
            starts_on=day(at),
            ends_on=day(at) + timedelta(days=1500),
        ),
        by=by,
        at=at,
    )
    flow(
        kept,
        "Accounts and bills, so that somebody can answer when you call.",
        "Cuentas y facturas, para que alguien pueda contestar cuando usted llama.",
        [categories.ACCOUNT_IDENTITY, categories.CONTACT, categories.BILLING_HISTORY],
        Rhythm.WEEKLY,
        by=by,
        at=at,
    )
    mailer = party(
        "mailhouse-muster",
        "Mailhouse Muster (fictitious)",
        "Prints and posts letters for the back office.",
        "Imprime y envía cartas para la oficina de cuentas.",
        by=by,
        at=at,
    )
    passed_on = contract(
        mailer,
        Standing.ONWARD,
        purposes.BILL_POWER,
        Wording(
            reference="BP-MM-7 (made up)",
            document="Copy in Contracts, 2021-03",
            clauses=["store", "use", "disclose", "notice", "primary_only"],
            categories=[categories.ACCOUNT_IDENTITY, categories.CONTACT],
            starts_on=day(at),
        ),
        source=kept,
        by=by,
        at=at,
    )
    flow(
        passed_on,
        "Your name and mailing address, on the letters PRIME sends you.",
        "Su nombre y dirección postal, en las cartas que PRIME le envía.",
        [categories.ACCOUNT_IDENTITY, categories.CONTACT],
        Rhythm.MONTHLY,
        by=by,
        at=at,
    )
    scheduler = party(
        "scheduler-sample",
        "Scheduler Sample (fictitious)",
        "Tells the power grid each day how much electricity PRIME needs.",
        "Le dice cada día a la red cuánta electricidad necesita PRIME.",
        by=by,
        at=at,
    )
    planned = contract(
        scheduler,
        Standing.PRIMARY_PURPOSE,
        purposes.BUY_POWER,
        Wording(
            reference="PRIME-2020-11 (made up)",
            document="Shared drive, Contracts, 2020-11",
            clauses=EVERY,
            categories=[categories.INTERVAL_USAGE],
            granularity=Granularity.HOURLY,
            starts_on=day(at),
        ),
        by=by,
        at=at,
    )
    flow(
        planned,
        "Hourly readings under a number instead of your name, to plan tomorrow’s electricity.",
        "Lecturas por hora con un número en lugar de su nombre, para planear la electricidad "
        "de mañana.",
        [categories.INTERVAL_USAGE],
        Rhythm.DAILY,
        by=by,
        at=at,
    )
    return office


def demanded(when: Calendar, *, luis: Customer, bakery: Customer, alma: User, bruno: User) -> None:
    """A subpoena whose seven days run, an address that was handed over, an emergency."""
    court = party(
        "court-sample",
        "Court Sample, County of Nowhere (fictitious)",
        "Decides lawsuits.",
        "Decide demandas judiciales.",
        by=alma,
        at=when.ago(60),
    )
    fire = party(
        "fire-sample",
        "Fire Department Sample (fictitious)",
        "Puts out fires and rescues people.",
        "Apaga incendios y rescata personas.",
        by=alma,
        at=when.ago(60),
    )
    last = when.today - timedelta(days=1)
    first = last - timedelta(days=60)
    address = legal.record(
        process=Demand.Process.CONTACT_ONLY,
        third_party=court,
        reference="26-SP-0101 (made up)",
        customers=[bakery],
        categories=[categories.ACCOUNT_IDENTITY, categories.CONTACT],
        reason="To serve papers.",
        received_at=when.ago(41),
        by=bruno,
        at=when.ago(41),
        first_day=when.today - timedelta(days=41),
        last_day=when.today - timedelta(days=41),
    )
    legal.review(
        address, note="Lawful on its face; contact details alone.", by=alma, at=when.ago(40)
    )
    disclosures.tell(legal.gather(address), by=alma, at=lambda: when.ago(39))
    legal.close(address, outcome="Answered on paper.", by=alma, at=when.ago(39))
    readings = legal.record(
        process=Demand.Process.SUBPOENA,
        third_party=court,
        reference="26-CV-0202 (made up)",
        customers=[luis],
        categories=[categories.INTERVAL_USAGE],
        reason="A made-up quarrel about who was at home.",
        received_at=when.ago(4),
        by=bruno,
        at=when.ago(4),
        first_day=first,
        last_day=last,
    )
    legal.review(
        readings, note="Lawful on its face. The customer is told.", by=alma, at=when.ago(3)
    )
    Delivery.objects.filter(key=readings.told_key).update(sent_at=when.ago(2))
    legal.record(
        process=Demand.Process.EMERGENCY,
        third_party=fire,
        reference="",
        customers=[luis],
        categories=[categories.INTERVAL_USAGE],
        reason="Smoke in the building: is anybody using electricity? (made up)",
        received_at=when.ago(1),
        by=bruno,
        at=when.ago(1),
        first_day=first,
        last_day=last,
    )


def waiting(when: Calendar, office: ThirdParty, *, by: User) -> None:
    """What a second person finds on the desk: a finding, and a purpose that would be primary."""
    third_parties.find(
        office,
        evidence="Three calls this month were recorded without saying so (made up for the demo).",
        by=by,
        at=when.ago(2),
    )
    purposes.propose(
        key="peak-day-alerts",
        limb=Purpose.Limb.PROGRAMS,
        reference="PRIME-2026-05 (made up)",
        replaces=None,
        reason="A demand response program PRIME runs under contract with the vendor.",
        categories=[categories.INTERVAL_USAGE, categories.CONTACT],
        name_en="Warn you before costly hours",
        name_es="Avisarle antes de las horas caras",
        text_en="To find who can use less when power is short, and tell them the day before.",
        text_es="Para encontrar quién puede usar menos cuando falta electricidad y avisarle "
        "un día antes.",
        by=by,
        at=when.ago(1),
    )


def party(key: str, name: str, does_en: str, does_es: str, *, by: User, at: datetime) -> ThirdParty:
    return third_parties.register(
        key=key,
        legal_name=name,
        does_en=does_en,
        does_es=does_es,
        contact=f"privacy@{key}.example",
        by=by,
        at=at,
    )


def contract(
    who: ThirdParty,
    standing: Contract.Standing,
    purpose: str,
    says: Wording,
    *,
    source: Contract | None = None,
    by: User,
    at: datetime,
) -> Contract:
    return contracting.record(
        who,
        standing=standing,
        purpose=Purpose.objects.get(key=purpose),
        says=says,
        source=source,
        by=by,
        at=at,
    )


def flow(
    held: Contract,
    what_en: str,
    what_es: str,
    kinds: list[str],
    rhythm: StandingFlow.Rhythm,
    *,
    by: User,
    at: datetime,
) -> StandingFlow:
    return flows.register(
        contract=held,
        what_en=what_en,
        what_es=what_es,
        categories=kinds,
        rhythm=rhythm,
        by=by,
        at=at,
    )


def day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
