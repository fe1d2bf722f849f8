"""Forms on paper to grant and to cancel, in both languages (6.9, 6.10).

The code on a form to grant stands for the words on it: when any of them changes, the code does,
and what was signed under the old words is not entered under the new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from consent import authorizations
from consent.forms import GrantForm
from consent.models import Authorization, PaperForm, StatedUse
from usage import pdf
from usage.models import Customer
from usage.purposes import words_of

PACIFIC = authorizations.PACIFIC
LANGUAGES = dict(settings.LANGUAGES)


def to_grant(use: StatedUse, customer: Customer, *, language: str, at: datetime) -> HttpResponse:
    """Return the form on which this customer can allow one thing. Nothing on it is ticked."""
    language = _spoken(language, customer)
    _kept(_to_grant(use, language, at=at), at=at)
    facts = _facts_to_grant(use, customer, language=language, at=at)
    return _printed("grant", customer, facts, language=language)


def to_cancel(customer: Customer, *, language: str, at: datetime) -> HttpResponse:
    """Return the form on which this customer can cancel whatever she allows."""
    hers = Authorization.objects.of(customer).in_force(at=at).with_words()
    language = _spoken(language, customer)
    _kept(_to_cancel(language), at=at)
    return _printed("cancel", customer, {"active": list(hers)}, language=language)


@dataclass(frozen=True, slots=True)
class Blank:
    """A form that nobody's name stands on: for which use (None: to cancel), and its page (HTML)."""

    use: StatedUse | None
    language: str
    page: str


def keep(*, at: datetime) -> int:
    """Write down each form that is worded as it was not before; say how many.

    The words come from a release of the software, from the official's address, from what a third
    party and a purpose are called: whatever changed, the form of today is on record. What is
    handed out is written down at that moment; this is for the forms nobody has asked for yet.
    """
    return sum(_kept(blank, at=at) for blank in blanks(at=at))


@transaction.atomic
def _kept(blank: Blank, *, at: datetime) -> bool:
    """Write a form down if it is worded as it was not before; say whether it is."""
    with connection.cursor() as cursor:  # two who print at once write it down once
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('consent.paper_forms'))")
    name = PaperForm.Name.GRANT if blank.use else PaperForm.Name.CANCEL
    same = PaperForm.objects.filter(name=name, use=blank.use, language=blank.language)
    newest, hashed = same.order_by("-first_at", "-pk").first(), sha256(blank.page.encode())
    if newest is not None and bytes(newest.sha256) == hashed.digest():
        return False
    PaperForm.objects.create(
        name=name,
        use=blank.use,
        language=blank.language,
        page=blank.page,
        sha256=hashed.digest(),
        first_at=at,
    )
    return True


def blanks(*, at: datetime) -> Iterator[Blank]:
    """Every form as it is printed at this moment, in both languages, for nobody."""
    uses = StatedUse.objects.filter(
        ended_at=None, third_party__closed_at=None, purpose__kind="secondary"
    )
    for language in LANGUAGES:
        yield _to_cancel(language)
        for use in uses.order_by("third_party__key", "purpose__key"):
            yield _to_grant(use, language, at=at)


def _to_cancel(language: str) -> Blank:
    return Blank(None, language, _page("cancel", _nobody(), {"active": []}, language))


def _to_grant(use: StatedUse, language: str, *, at: datetime) -> Blank:
    facts = _facts_to_grant(use, _nobody(), language=language, at=at)
    return Blank(use, language, _page("grant", _nobody(), facts, language))


def _nobody() -> Customer:
    return Customer(account_number="", name="")


def _spoken(language: str, customer: Customer) -> str:
    """The language asked for, or hers where it is none of the portal's."""
    return language if language in LANGUAGES else customer.language


def _facts_to_grant(
    use: StatedUse, customer: Customer, *, language: str, at: datetime
) -> dict[str, Any]:
    with translation.override(language):  # the form words its choices when it is made
        form = GrantForm(use=use, customer=customer, today=at.astimezone(PACIFIC).date())
    return {
        "third_party": use.third_party.words,
        "purpose": words_of(use.purpose),
        "form": form,
        "code": authorizations.form_code(use, at=at),
    }


def _page(name: str, customer: Customer, facts: dict[str, Any], language: str) -> str:
    with translation.override(language):
        return render_to_string(
            f"consent/paper_{name}.html",
            {
                **facts,
                "customer": customer,
                "last_four": customer.account_number[-4:],
                "language": language,
                "official": settings.OFFICIAL,
                "counter": settings.COUNTER,
            },
        )


def _printed(
    name: str, customer: Customer, facts: dict[str, Any], *, language: str
) -> HttpResponse:
    page = _page(name, customer, facts, language)
    try:
        made = pdf.write(page, identifier=sha256(page.encode()).digest()[:16])
    except pdf.CannotBePrinted as cannot:
        return HttpResponse(str(cannot), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(made, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="prime-{name}-{language}.pdf"'
    return response
