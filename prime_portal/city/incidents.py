"""An incident of the demo's past, handled to its end, and a finding in the register."""

from __future__ import annotations

from datetime import timedelta

from consent import incidents
from consent.incidents import HEADINGS
from consent.models import ThirdParty
from notices.models import Delivery
from prime_portal.city.cast import Calendar
from prime_portal.models import User

WORDS = {
    "happened": (
        "A helper of Solar Sample (fictitious) left a laptop on a bus. It was found the same day.",
        "Un ayudante de Solar Sample (ficticio) dejó una computadora en un autobús.",
    ),
    "involved": (
        "Readings of your meter. No name, no address and no number of your account.",
        "Lecturas de su medidor. Ni su nombre, ni su dirección, ni el número de su cuenta.",
    ),
    "doing": (
        "Solar Sample now encrypts its laptops. We have checked that it does.",
        "Solar Sample ahora cifra sus computadoras. Comprobamos que lo hace.",
    ),
    "can_do": (
        "You need not do anything. You may cancel the sharing at any time.",
        "No tiene que hacer nada. Puede cancelar la autorización en cualquier momento.",
    ),
    "more": (
        "Call, write to or visit the privacy official named below.",
        "Llame, escriba o visite al encargado de privacidad que se nombra abajo.",
    ),
}


def told(when: Calendar, *, by: User) -> None:
    """A laptop of a third party that was lost for a day, and what came of it."""
    party = ThirdParty.objects.get(key="solar-sample")
    hour = timedelta(hours=1)
    lost, told_at = when.ago(32), when.ago(31)
    incident = incidents.open_(
        title="A laptop left on a bus (made up for the demo)",
        summary="Found the same day, not encrypted, switched off.",
        found_at=lost,
        third_party=party,
        told_at=told_at,
        by=by,
        at=told_at + hour,
    )
    at = when.ago(30)
    incidents.reach_of_third_party(
        incident, third_party=party, first_at=when.ago(60), last_at=lost, by=by, at=at
    )
    texts = {key: dict(zip(("en", "es"), WORDS[key], strict=True)) for key in HEADINGS}
    incidents.write(incident, texts, by=by, at=at)
    incidents.send(incident, by=by, at=at)
    incidents.owe(at=at)
    letters = Delivery.objects.filter(kind=Delivery.Kind.BREACH, sent_at=None)
    letters.update(sent_at=at + hour)
    incidents.done(
        incident,
        duty="customers",
        done_at=at + hour,
        reference="the deliveries",
        by=by,
        at=at + hour,
    )
    found = incidents.find_non_compliance(
        clause="6.5",
        description="A laptop with readings was not encrypted, against the contract.",
        customers=incidents.affected(incident),
        found_at=told_at,
        third_party=party,
        incident=incident,
        by=by,
        at=at,
    )
    incidents.mend(found, mending="All its laptops are encrypted now.", by=by, at=when.ago(20))
