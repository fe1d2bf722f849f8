"""Staff change how a customer is reached, at her wish; both addresses are told, neither is named."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from notices import contacts, edelivery, messages
from notices.models import Delivery, EDeliveryConsent
from prime_portal import erasing
from prime_portal.models import LedgerEntry, User
from tests import builders
from tests.builders import NOW
from usage import looked
from usage.contacts import Refused
from usage.models import ContactChange, Customer, Via

pytestmark = pytest.mark.django_db
OLD, NEW = "1 Calle Ficticia\nPico Rivera, CA 90660", "9 Sample Avenue\nPico Rivera, CA 90661"


@pytest.fixture
def rosa() -> Customer:
    return builders.customer({"email": "old@example.net"})


def change(rosa: Customer, by: User | None = None, **wanted: str) -> ContactChange:
    return contacts.change(
        rosa,
        wanted,
        checked="Driver license seen.",
        by=by or builders.alma(),
        via=Via.COUNTER,
        at=NOW,
    )


def told() -> list[Delivery]:
    return list(Delivery.objects.filter(kind="alert").order_by("pk"))


def test_a_letter_goes_to_the_old_and_to_the_new_address_and_names_neither(rosa) -> None:
    change(rosa, mailing_address=NEW, mailing_zip="90661")
    assert rosa.mailing_address == NEW
    assert [(one.medium, one.recipient) for one in told()] == [
        ("letter", f"Rosa Ejemplo\n{OLD}"),
        ("letter", f"Rosa Ejemplo\n{NEW}"),
    ]
    for one in told():
        said = messages.of(one)
        assert "Sample Avenue" not in said.subject + said.text + said.html
        assert "Ficticia" not in said.subject + said.text + said.html
        assert "nuestro personal" in said.text


def test_an_address_that_was_none_is_not_written_to(rosa) -> None:
    """After a letter came back and the roster dropped the address, a call brings a new one."""
    Customer.objects.update(mailing_address="")
    change(rosa, mailing_address=NEW, mailing_zip="90661")
    assert [(one.medium, one.recipient) for one in told()] == [("letter", f"Rosa Ejemplo\n{NEW}")]


def test_an_e_mail_goes_to_the_old_and_to_the_new_address_and_notices_move_along(rosa) -> None:
    alma = builders.alma()
    edelivery.agree(rosa, email="old@example.net", language="es", by=alma, via=Via.PORTAL, at=NOW)
    change(rosa, email="new@example.net")
    assert {(one.medium, one.recipient) for one in told()} == {
        ("email", "old@example.net"),
        ("email", "new@example.net"),
    }
    assert EDeliveryConsent.objects.address_of(rosa) == "new@example.net"
    change(rosa, email="")
    assert EDeliveryConsent.objects.address_of(rosa) is None, "back to paper"
    assert [one.medium for one in told()[2:]] == ["email", "letter"]


def test_another_language_is_told_once_and_in_it(rosa) -> None:
    change(rosa, language="en")
    (one,) = told()
    assert "our staff changed" in messages.of(one).text


@pytest.mark.parametrize("wanted", [{}, {"email": "old@example.net"}, {"name": "Somebody Else"}])
def test_nothing_different_changes_nothing(rosa, wanted) -> None:
    with pytest.raises(Refused, match="Nothing is different"):
        change(rosa, **wanted)
    assert not told()


def test_without_a_check_of_who_she_is_nothing_is_changed(rosa) -> None:
    facts: dict[str, Any] = {"by": builders.alma(), "via": Via.PHONE, "at": NOW}
    with pytest.raises(Refused, match="how you know"):
        contacts.change(rosa, {"email": "new@example.net"}, checked=" ", **facts)
    rosa.refresh_from_db()
    assert rosa.email == "old@example.net"


def test_the_utilitys_list_does_not_undo_it_and_something_newer_does(rosa) -> None:
    change(rosa, email="new@example.net", telephone="562-555-0199")
    change(rosa, email="newer@example.net")
    again = builders.customer({"email": "old@example.net", "rate_schedule": "TOU-D-5-8PM"})
    assert (again.email, again.telephone) == ("newer@example.net", "562-555-0199")
    assert again.agreements.get().rate_schedule == "TOU-D-5-8PM"
    from_sce = builders.customer({"email": "sce@example.net"})
    assert (from_sce.email, from_sce.telephone) == ("sce@example.net", "562-555-0199")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Mailing address", "Language", "E-mail", "Spanish", "English", "Before", "After")),
        ("es", ("Dirección postal", "Idioma", "Correo", "español", "inglés", "Antes", "Después")),
    ],
)
def test_staff_read_what_was_changed_in_words_field_by_field(
    rosa, client, monkeypatch, language, words
) -> None:
    made = change(rosa, mailing_address=NEW, email="new@example.net", language="en")
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client.force_login(builders.alma())
    client.cookies["django_language"] = language
    builders.case(rosa, by=builders.alma())
    shown = unescape(
        client.get(reverse("admin:usage_contactchange_change", args=[made.pk])).content.decode()
    )
    rows = " ".join(shown.split())
    for word in (*words, "old@example.net", "new@example.net", "9 Sample Avenue<br>"):
        assert word.lower() in rows.lower(), word
    for raw in ("{'", '{"', "mailing_address"):
        assert raw not in shown, raw
    listed = client.get(reverse("admin:usage_contactchange_changelist")).content.decode()
    assert words[0].lower() in listed
    assert "example.net" not in listed
    with override(language):
        told = next(part for part in looked.record_of(rosa) if part.key == "contact_changes")
        assert next(row[1].lower() for row in told.rows) == words[0].lower()


def test_of_a_change_that_was_erased_staff_read_that_it_was(rosa, client) -> None:
    made = change(rosa, email="new@example.net")
    said = {"columns": ["before", "after"], "reason": "x", "clause": "5.2"}
    erasing.erase(made, **said, by=builders.alma(), at=NOW)
    made = ContactChange.objects.get()
    assert (made.what, made.lines) == ("", [])
    told = next(part for part in looked.record_of(rosa) if part.key == "contact_changes")
    assert told.rows[0][1:4] == ("(erased)",) * 3
    assert "(erased)" in render_to_string("admin/usage/changed.html", {"lines": made.lines})


def test_what_was_is_evidence_and_in_the_ledger_only_as_a_hash(rosa) -> None:
    made = change(rosa, email="new@example.net")
    assert (made.before, made.after) == (
        {"email": "old@example.net"},
        {"email": "new@example.net"},
    )
    assert "example.net" not in LedgerEntry.objects.get(row_id=made.pk).body
