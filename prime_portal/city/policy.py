"""What people wrote for the demo's posted privacy policy: plain words, both languages (6.2)."""

from __future__ import annotations

from typing import Any

from prime_portal.city import words

INTRODUCTION = {
    "en": (
        "This policy tells how PRIME treats what it knows about the electricity you use. The "
        "Notice, which you find at the top of every page, says the same in detail, one kind of "
        "information after the other."
    ),
    "es": (
        "Esta política dice cómo trata PRIME lo que sabe sobre la luz que usted usa. El Aviso, que "
        "está arriba en cada página, dice lo mismo con detalle, para cada clase de información."
    ),
}
MINIMUM = {
    "en": (
        "We take, keep, use and pass on only what we need to supply your power and to bill it, or "
        "what the law asks of us. When we no longer need it, we erase it."
    ),
    "es": (
        "Tomamos, guardamos, usamos y damos solo lo que hace falta para darle luz y cobrarla, o lo "
        "que pide la ley. Cuando ya no hace falta, lo borramos."
    ),
}
SAFEGUARDS = {
    "en": (
        "We guard your information with locks, with rules and with code. Only people who need it "
        "for their work can see it, and each look is written down. Everyone who works with it is "
        "trained, here and at the companies that work for us."
    ),
    "es": (
        "Cuidamos su información con llaves, con reglas y con código. Solo la ve quien la necesita "
        "para su trabajo, y cada consulta queda anotada. Todos los que trabajan con ella reciben "
        "capacitación, aquí y en las empresas que trabajan para nosotros."
    ),
}
ACCESS = {
    "en": (
        "You can see and download all your readings in this portal. You can also ask for them on "
        "paper. What you get is never less detailed than what anybody else gets. If something is "
        "wrong, tell us and we check it."
    ),
    "es": (
        "Usted puede ver y bajar todas sus lecturas en este portal. También puede pedirlas en "
        "papel. Lo que recibe nunca tiene menos detalle que lo que recibe otra persona. Si algo "
        "está mal, díganos y lo revisamos."
    ),
}
SHARING = {
    "en": (
        "SCE and the companies that work for us under contract get what they need for that work. "
        "Some energy programs are run for the state; they may get what the state orders. Whoever "
        "passes it on must hold the next one to the same rules."
    ),
    "es": (
        "SCE y las empresas que trabajan para nosotros bajo contrato reciben lo que necesitan para "
        "ese trabajo. Algunos programas de energía son del estado; pueden recibir lo que el estado "
        "ordena. Quien la pasa a otro debe exigirle las mismas reglas."
    ),
}
CHOICES = {
    "en": (
        "Nobody else gets anything unless you say yes: to one company, for one purpose, at a time. "
        "You can cancel when you like, in the same way you said yes, and it counts at once."
    ),
    "es": (
        "Nadie más recibe nada si usted no dice que sí: a una empresa y para un propósito a la "
        "vez. Puede cancelar cuando quiera, de la misma manera en que dijo que sí, y vale al "
        "instante."
    ),
}
CHANGES = {
    "en": (
        "When this policy changes, the new version stands here before the day it counts. It says "
        "what is new. We also tell every customer by letter or e-mail."
    ),
    "es": (
        "Cuando esta política cambia, la nueva versión está aquí antes del día en que vale. Dice "
        "qué es nuevo. También se lo decimos a cada cliente por carta o correo electrónico."
    ),
}


def policy() -> dict[str, Any]:
    """What a draft of the policy holds."""
    return {
        "introduction": INTRODUCTION,
        "identity": words.IDENTITY,
        "minimum": MINIMUM,
        "safeguards": SAFEGUARDS,
        "access": ACCESS,
        "sharing": SHARING,
        "contractors": words.CONTRACTORS,
        "choices": CHOICES,
        "totals": words.TOTALS,
        "legal": words.LEGAL,
        "changes": CHANGES,
        "earlier_versions": words.EARLIER,
    }
