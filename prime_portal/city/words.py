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
        "We are Pico Rivera Innovative Municipal Energy (PRIME). We are a part of the City of Pico "
        "Rivera. We buy the electricity for homes and businesses in our city."
    ),
    "es": (
        "Somos Pico Rivera Innovative Municipal Energy (PRIME). Somos una parte de la Ciudad de "
        "Pico Rivera. Compramos la electricidad para los hogares y negocios de nuestra ciudad."
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
    "en": (
        "Every earlier version stays on this website, word for word. Look under “Earlier "
        "versions”, or ask us for a copy on paper."
    ),
    "es": (
        "Cada versión anterior queda en este sitio web, palabra por palabra. Búsquela en "
        "“Versiones anteriores” o pídanos una copia en papel."
    ),
}
SCE = {
    "en": (
        "Southern California Edison (SCE) brings the power to you over its lines. SCE also reads "
        "your meter and sends your bill. It gives us the readings. SCE has a notice of its own."
    ),
    "es": (
        "Southern California Edison (SCE) le lleva la luz por sus líneas. SCE también lee su "
        "medidor y le manda la factura. Nos da las lecturas. SCE tiene su propio aviso."
    ),
}
MARKETING = {
    "en": "We do not sell your information. Nobody may use it for sales calls.",
    "es": "No vendemos su información. Nadie puede usarla para llamadas de ventas.",
}
CONTRACTORS = {
    "en": (
        "Whoever works for us under contract must guard your information at least as well as we "
        "must. They may use it for that work only. If they break this again and again, we stop "
        "giving it to them."
    ),
    "es": (
        "Quien trabaja para nosotros bajo contrato debe cuidar su información al menos tan bien "
        "como nosotros. Puede usarla solo para ese trabajo. Si falla una y otra vez, dejamos de "
        "dársela."
    ),
}
TOTALS = {
    "en": "We publish totals of many customers only when nobody can be recognized in them.",
    "es": "Publicamos totales de muchos clientes solo si en ellos no se reconoce a nadie.",
}
LEGAL = {
    "en": (
        "A court or the California Public Utilities Commission (CPUC) can order us to hand "
        "information over. We then give only what the order names. If the law lets us, we tell "
        "you first. When a life is in danger we may help at once."
    ),
    "es": (
        "Un tribunal o la Comisión de Servicios Públicos de California (CPUC) puede ordenarnos "
        "entregar información. Entonces damos solo lo que pide la orden. Si la ley lo permite, le "
        "avisamos antes. Si hay una vida en peligro, podemos ayudar de inmediato."
    ),
}

VIEW = {
    "en": "Sign in to this portal, or ask for a copy on paper at the counter. Both are free.",
    "es": "Entre a este portal o pida una copia en papel en el mostrador. Las dos son gratis.",
}
ASK = {
    "en": "Call, write, or come to the counter. The addresses are at the end of this notice.",
    "es": "Llame, escriba o venga al mostrador. Las direcciones están al final de este aviso.",
}

# -- What is wrong ---------------------------------------------------------------------

TELL_US = {
    "en": "Tell us in the same way what is wrong. We check it, correct it, or tell you why not.",
    "es": (
        "Díganos de la misma manera qué está mal. Lo revisamos, lo corregimos o le "
        "decimos por qué no."
    ),
}
PASSED_ON = {
    "en": (
        "Tell us in the same way what is wrong. What SCE measured or billed we pass on to SCE, and "
        "we tell you what came of it."
    ),
    "es": (
        "Díganos de la misma manera qué está mal. Lo que SCE midió o cobró se lo pasamos "
        "a SCE, y le "
        "decimos en qué quedó."
    ),
}

# -- Who gets it ---------------------------------------------------------------------------

BILLING = {
    "en": (
        "SCE, which keeps the account and sends the bill. Companies that do PRIME’s billing and "
        "answer calls for us, under contract."
    ),
    "es": (
        "SCE, que lleva la cuenta y envía la factura. Empresas que hacen la facturación de PRIME y "
        "contestan llamadas por nosotros, bajo contrato."
    ),
}
REACHING = {
    "en": (
        "SCE, and the companies that print letters and send e-mail for PRIME under contract, so "
        "that bills and notices reach you."
    ),
    "es": (
        "SCE y las empresas que imprimen cartas y envían correos para PRIME bajo "
        "contrato, para que "
        "las facturas y los avisos le lleguen."
    ),
}
USE = {
    "en": (
        "SCE, where it comes from. Companies that do PRIME’s billing, plan our power purchases or "
        "run energy programs, under contract. A company that you authorize by name."
    ),
    "es": (
        "SCE, de donde proviene. Empresas que hacen la facturación de PRIME, planean nuestras "
        "compras de energía u operan programas de energía, bajo contrato. Una empresa que usted "
        "autoriza por su nombre."
    ),
}
PROGRAM = {
    "en": (
        "SCE, and the company that runs the program you joined, to give you its discount or "
        "rebate. The CPUC, which oversees these programs."
    ),
    "es": (
        "SCE y la empresa que opera el programa en el que usted participa, para darle su descuento "
        "o reembolso. La CPUC, que supervisa estos programas."
    ),
}
SUPPLIER = {
    "en": "SCE, because it must know who supplies your power.",
    "es": "SCE, porque debe saber quién le suministra la electricidad.",
}
OVERSIGHT = {
    "en": "The CPUC, a court or an auditor, when the law says so. Nobody else.",
    "es": "La CPUC, un tribunal o un auditor, cuando la ley lo exige. Nadie más.",
}
HOSTING = {
    "en": "The company that runs this portal’s computers for us, under contract. Nobody else.",
    "es": "La empresa que opera las computadoras de este portal, bajo contrato. Nadie más.",
}

# -- How to limit it, and what follows -----------------------------------------------------

NEEDED = (
    {
        "en": "It cannot be limited while PRIME serves you. You may opt out of PRIME: call us.",
        "es": (
            "No se puede limitar mientras PRIME le sirve. Usted puede darse de baja de "
            "PRIME: llámenos."
        ),
    },
    {
        "en": (
            "If you opt out, SCE supplies your power again at its own rates and still reads your "
            "meter. There may be rules for coming back."
        ),
        "es": (
            "Si se da de baja, SCE vuelve a suministrarle electricidad a sus propias "
            "tarifas y sigue "
            "leyendo su medidor. Puede haber reglas para regresar."
        ),
    },
)
CHOOSE_HOW = (
    {
        "en": "Choose paper or e-mail. Notices that the rules require cannot be stopped.",
        "es": (
            "Elija papel o correo electrónico. Los avisos que exigen las reglas no se "
            "pueden detener."
        ),
    },
    {
        "en": "We write to you the way you chose. Nothing else changes.",
        "es": "Le escribimos de la manera que eligió. Nada más cambia.",
    },
)
YOURS_TO_SHARE = (
    {
        "en": (
            "Authorize nobody, or cancel an authorization at any time: in this portal, by "
            "telephone, by letter or at the counter. What billing and supplying you need cannot be "
            "limited while PRIME serves you."
        ),
        "es": (
            "No autorice a nadie, o cancele una autorización en cualquier momento: en este portal, "
            "por teléfono, por carta o en el mostrador. Lo que hace falta para cobrarle y servirle "
            "no se puede limitar mientras PRIME le sirve."
        ),
    },
    {
        "en": (
            "The company gets nothing more and may end its own service to you. Your electricity, "
            "your rate and your bill stay the same."
        ),
        "es": (
            "La empresa no recibe nada más y puede terminar el servicio que le da. Su "
            "electricidad, "
            "su tarifa y su factura siguen igual."
        ),
    },
)
LEAVE_PROGRAM = (
    {
        "en": "You do not have to join a program, and you can leave it.",
        "es": "No tiene que participar en un programa, y puede dejarlo.",
    },
    {
        "en": "Without it you lose its discount or rebate. Your electricity stays on.",
        "es": "Sin él pierde su descuento o reembolso. Su electricidad sigue igual.",
    },
)
OPT_OUT = (
    {
        "en": "You may opt out of PRIME or come back. We keep the record of it.",
        "es": "Puede darse de baja de PRIME o regresar. Guardamos el registro de ello.",
    },
    NEEDED[1],
)
PROOF = (
    {
        "en": "It cannot be limited: it is the proof of what you decided and what we did.",
        "es": "No se puede limitar: es la prueba de lo que usted decidió y de lo que hicimos.",
    },
    {
        "en": "Nothing follows for you.",
        "es": "Para usted no hay consecuencias.",
    },
)
WITHOUT_PORTAL = (
    {
        "en": "Do without the portal: everything in it can be done by letter, telephone "
        "or in person.",
        "es": "No use el portal: todo se puede hacer también por carta, por teléfono o en persona.",
    },
    {
        "en": "You keep every right. It only takes longer.",
        "es": "Conserva todos sus derechos. Solo tarda más.",
    },
)

# -- How long --------------------------------------------------------------------------------

SINCE_READING = {
    "en": "from the day of each reading; then it is erased.",
    "es": "desde el día de cada lectura; después se borra.",
}
SINCE_RECORDED = {
    "en": "from the day it was recorded; then it is erased.",
    "es": "desde el día en que se registró; después se borra.",
}
SINCE_ENDED = {
    "en": "from the day it ended; then it is erased.",
    "es": "desde el día en que terminó; después se borra.",
}
WORDS_ALONE = {
    "en": "after you leave PRIME; then your words in it are erased. What you decided and what we "
    "did stays on record, without your name.",
    "es": "después de que usted deje PRIME; luego se borran sus palabras. Lo que usted decidió y "
    "lo que hicimos queda anotado, sin su nombre.",
}
SINCE_LEAVING = {
    "en": "after you leave PRIME; then it is erased.",
    "es": "después de que usted deje PRIME; luego se borra.",
}

# category: who gets it, how to limit it and what follows, how to dispute it, how long
CATEGORIES = {
    "account_identity": (BILLING, NEEDED, TELL_US, SINCE_LEAVING),
    "contact": (REACHING, CHOOSE_HOW, TELL_US, SINCE_LEAVING),
    "service_location": (USE, YOURS_TO_SHARE, TELL_US, SINCE_LEAVING),
    "interval_usage": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_READING),
    "tou_usage": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_READING),
    "demand": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_READING),
    "billing_history": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_RECORDED),
    "rate_schedule": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_ENDED),
    "program_enrollment": (PROGRAM, LEAVE_PROGRAM, TELL_US, SINCE_ENDED),
    "generation_export": (USE, YOURS_TO_SHARE, PASSED_ON, SINCE_READING),
    "cca_status": (SUPPLIER, OPT_OUT, TELL_US, SINCE_LEAVING),
    "privacy_records": (OVERSIGHT, PROOF, TELL_US, WORDS_ALONE),
    "portal_security": (HOSTING, WITHOUT_PORTAL, TELL_US, SINCE_RECORDED),
}

CHANGED = {
    "en": "We say more clearly who gets your information, and how to see it on paper.",
    "es": "Explicamos mejor quién recibe su información y cómo verla en papel.",
}


def notice(categories: list[str], *, first: bool = False) -> dict[str, Any]:
    """What a draft holds, for these categories; the first version said some things shorter."""
    rows = {}
    for category in categories:
        recipients, (limit, consequence), dispute, retention = CATEGORIES[category]
        rows[category] = {
            "recipients": recipients,
            "retention": retention,
            "view": {"en": "Sign in to this portal.", "es": "Entre a este portal."}
            if first
            else VIEW,
            "ask": ASK,
            "dispute": dispute,
            "limit": limit,
            "consequence": consequence,
        }
    return {
        "introduction": INTRODUCTION,
        "identity": IDENTITY,
        "changes": CHANGES,
        "earlier_versions": EARLIER,
        "sce": SCE,
        "marketing": MARKETING,
        "contractors": CONTRACTORS,
        "totals": TOTALS,
        "legal": LEGAL,
        "categories": rows,
    }
