"""Notices come by e-mail only to who asked for it, and on paper again as soon as she says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notices import edelivery
from notices.models import EDeliveryConsent
from tests import builders
from tests.builders import NOW
from tests.notices.cast import by_email, ledger_of, neighbor

pytestmark = pytest.mark.django_db


def test_paper_is_the_default_even_with_an_address_on_file() -> None:
    rosa = neighbor(1, email="rosa@example.com")
    assert EDeliveryConsent.objects.address_of(rosa) is None


def test_agreeing_twice_is_one_record_and_a_new_address_another() -> None:
    rosa = neighbor(1)
    first = by_email(rosa, "rosa@example.com")
    assert by_email(rosa, "rosa@example.com", at=NOW + timedelta(days=1)) == first
    second = by_email(rosa, "other@example.com", at=NOW + timedelta(days=2))
    first.refresh_from_db()
    assert first.withdrawn_at == NOW + timedelta(days=2)
    assert EDeliveryConsent.objects.address_of(rosa) == "other@example.com"
    assert list(EDeliveryConsent.objects.of(rosa).open()) == [second]


def test_withdrawing_is_stamped_once_and_harmless_twice() -> None:
    rosa = neighbor(1)
    agreed = by_email(rosa)
    edelivery.withdraw(rosa, by=builders.alma(), at=NOW)
    edelivery.withdraw(rosa, by=builders.bruno(), at=NOW + timedelta(days=1))
    agreed.refresh_from_db()
    assert (agreed.withdrawn_at, agreed.withdrawn_by) == (NOW, builders.alma())
    assert EDeliveryConsent.objects.address_of(rosa) is None
    assert ledger_of(agreed.pk) == [
        "notices_edeliveryconsent:written",
        "notices_edeliveryconsent:stamped",
    ]


def test_nobody_has_two_open_records() -> None:
    rosa = neighbor(1)
    held = by_email(rosa)
    held.pk = None
    with pytest.raises(IntegrityError, match="one_open_e_delivery_consent"), transaction.atomic():
        EDeliveryConsent.objects.create(
            customer=rosa,
            email="x@example.com",
            language="en",
            via="counter",
            granted_at=NOW,
            granted_by=builders.alma(),
        )
