"""What people wrote for the demo's notices: plain words, English and Spanish (6.2)."""

from __future__ import annotations

from typing import Any

INTRODUCTION = {
    "en": (
        "Your smart meter tells how much electricity you use, hour by hour. That can say a lot "
        "about a home. This notice tells you what PRIME knows about you, why we need it, who else "
        "may get it, and what you can decide."
    ),
    "es": (
        "Su medidor inteligente registra cuánta electricidad usa, hora por hora. Eso puede decir "
        "mucho sobre un hogar. Este aviso le explica qué sabe PRIME sobre usted, para qué lo "
        "necesitamos, quién más puede recibirlo y qué puede decidir usted."
    ),
}
IDENTITY = {
    "en": (
        "We are Pico Rivera Innovative Municipal Energy (PRIME), a part of the City of Pico "
        "Rivera. We buy electricity for homes and businesses in the city. Southern California "
        "Edison (SCE) brings it to you over its lines, reads your meter and sends the bill."
    ),
    "es": (
        "Somos Pico Rivera Innovative Municipal Energy (PRIME), una parte de la Ciudad de Pico "
        "Rivera. Compramos electricidad para los hogares y negocios de la ciudad. Southern "
        "California Edison (SCE) se la lleva por sus líneas, lee su medidor y envía la factura."
    ),
}
CHANGES = {
    "en": (
        "When this notice changes, we send every customer a message by mail, or by e-mail to those "
        "who asked for it. It says what is new and from which day it counts. Nothing new is done "
        "with your information before that day."
    ),
    "es": (
        "Cuando este aviso cambia, enviamos un mensaje a cada cliente por correo, o por correo "
        "electrónico a quien lo pidió. Dice qué es nuevo y desde qué día vale. Antes de ese día no "
        "se hace nada nuevo con su información."
    ),
}
EARLIER = {
    "en": "Every earlier version stays on this website under “Earlier versions”, word for word.",
    "es": (
        "Todas las versiones anteriores siguen en este sitio web en “Versiones anteriores”, "
        "palabra por palabra."
    ),
}
CLOSING = {
    "en": "Thank you for reading this. It is your information.",
    "es": "Gracias por leer esto. Es su información.",
}

VIEW = {
    "en": "Sign in to this portal, or ask for a copy on paper at the counter. Both are free.",
    "es": "Entre a este portal o pida una copia en papel en el mostrador. Las dos son gratis.",
}
ASK = {
    "en": "Call, write, or come to the counter. The addresses are at the end of this notice.",
    "es": "Llame, escriba o venga al mostrador. Las direcciones están al final de este aviso.",
}
DISPUTE = {
    "en": "Tell us in the same way what is wrong. We check it, correct it, or tell you why not.",
    "es": "Díganos igualmente qué está mal. Lo revisamos, lo corregimos o le decimos por qué no.",
}
RECIPIENTS = {
    "en": (
        "SCE, to bill you. Companies that work for PRIME under a contract that protects you as "
        "much as our own rules do. The California Public Utilities Commission, when it orders it. "
        "Nobody else, unless you authorize it."
    ),
    "es": (
        "SCE, para cobrarle. Empresas que trabajan para PRIME con un contrato que le protege tanto "
        "como nuestras propias reglas. La Comisión de Servicios Públicos de California, cuando lo "
        "ordena. Nadie más, a menos que usted lo autorice."
    ),
}
NOBODY = {
    "en": "Nobody outside PRIME and those who run this portal for us.",
    "es": "Nadie fuera de PRIME y de quienes operan este portal para nosotros.",
}
LIMIT = {
    "en": (
        "You decide about every use that is not needed to serve you: grant an authorization or "
        "cancel it at any time, in this portal, by telephone, by letter or at the counter. What "
        "serving you needs cannot be limited while you are our customer."
    ),
    "es": (
        "Usted decide sobre todo uso que no sea necesario para servirle: dé una autorización o "
        "cancélela en cualquier momento, en este portal, por teléfono, por carta o en el "
        "mostrador. Lo necesario para servirle no se puede limitar mientras sea cliente."
    ),
}
CONSEQUENCE = {
    "en": "Your service, your rate and your bill stay the same, whatever you decide.",
    "es": "Su servicio, su tarifa y su factura siguen igual, decida lo que decida.",
}
SINCE_READING = {
    "en": "from the day of each reading; then it is erased.",
    "es": "desde el día de cada lectura; después se borra.",
}
SINCE_LEAVING = {
    "en": "after you leave PRIME; then it is erased.",
    "es": "después de que usted deje PRIME; luego se borra.",
}
BY_READING = {"interval_usage", "tou_usage", "demand", "generation_export", "portal_security"}
KEPT_IN_HOUSE = {"portal_security", "privacy_records"}

CHANGED = {
    "en": "We say more clearly who gets your information, and how to see it on paper.",
    "es": "Explicamos mejor quién recibe su información y cómo verla en papel.",
}


def notice(categories: list[str], *, first: bool = False) -> dict[str, Any]:
    """What a draft holds, for these categories; the first version said some things shorter."""
    rows = {
        category: {
            "recipients": NOBODY if category in KEPT_IN_HOUSE else RECIPIENTS,
            "retention": SINCE_READING if category in BY_READING else SINCE_LEAVING,
            "view": {"en": "Sign in to this portal.", "es": "Entre a este portal."}
            if first
            else VIEW,
            "ask": ASK,
            "dispute": DISPUTE,
            "limit": LIMIT,
            "consequence": CONSEQUENCE,
        }
        for category in categories
    }
    return {
        "introduction": INTRODUCTION,
        "identity": IDENTITY,
        "changes": CHANGES,
        "earlier_versions": EARLIER,
        "closing": CLOSING,
        "categories": rows,
    }
