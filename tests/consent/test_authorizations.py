"""Granting and canceling, as verbs."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from consent import authorizations, third_parties
from consent.asks import permission_of
from consent.authorizations import NotGranted, WordsChanged
from consent.models import Authorization, Shown
from notices.models import Delivery
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, TODAY
from usage import purposes
from usage.granularity import Granularity
from usage.models import Customer, Via


@pytest.fixture
def rosa(db: None) -> Customer:
    builders.notice()
    return builders.customer()


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


@pytest.fixture
def granted(rosa: Customer, her: User) -> Authorization:
    return builders.authorization(rosa, her)


def test_a_grant_keeps_who_what_why_and_the_words_she_read(granted: Authorization) -> None:
    assert granted.third_party_words.legal_name in granted.shown.text
    assert "Calcular un techo solar" in granted.shown.text
    assert "1 Calle Ficticia" in granted.shown.text
    assert granted.language == "es"
    assert granted.notice.number == 1
    assert granted.categories == ["interval_usage"]
    assert granted.agreements.count() == 1


def test_a_grant_and_a_cancel_each_owe_a_receipt_in_her_language(granted: Authorization) -> None:
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PHONE, at=NOW)
    receipts = Delivery.objects.of(granted.customer).filter(kind=Delivery.Kind.RECEIPT)
    assert sorted(receipts.values_list("key", flat=True)) == [
        f"authorization_canceled:{granted.pk}",
        f"authorization_granted:{granted.pk}",
    ]
    assert all(receipt.subject.startswith("Comprobante") for receipt in receipts)
    by_mail, by_post = receipts.order_by("medium")
    assert by_mail.recipient == "rosa@example.org", "she asked in the portal, signed in with it"
    assert by_post.recipient.startswith("Rosa Ejemplo"), "she asked by telephone"


def test_a_form_sent_twice_grants_once(rosa: Customer, her: User) -> None:
    key = uuid4()
    first = builders.authorization(rosa, her, key=key)
    again = builders.authorization(rosa, her, key=key)
    assert first.pk == again.pk
    assert Shown.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        lambda use: purposes.reword(
            use.purpose, name_en="Sell", name_es="Vender", text_en="x", text_es="y", at=NOW
        ),
        lambda use: third_parties.reword(
            use.third_party,
            legal_name="Another",
            does_en="x",
            does_es="y",
            contact="z",
            by=builders.alma(),
            at=NOW,
        ),
        lambda use: builders.notice(at=NOW - timedelta(days=1)),
    ],
    ids=["purpose", "third party", "notice"],
)
def test_words_that_changed_since_she_read_them_grant_nothing(
    rosa: Customer, her: User, changed
) -> None:
    chosen = builders.terms(rosa, builders.use())
    shown = authorizations.read_back(rosa, chosen, language="es", at=NOW)
    changed(chosen.use)
    with pytest.raises(WordsChanged):
        authorizations.grant(
            rosa,
            chosen,
            shown_sha256=shown.sha256,
            request_key=uuid4(),
            language="es",
            by=her,
            via=Via.PORTAL,
            at=NOW,
        )
    assert not Authorization.objects.exists()


def test_the_words_of_an_earlier_grant_stay_when_the_purpose_is_reworded(
    granted: Authorization,
) -> None:
    before = granted.shown.text
    purposes.reword(
        granted.purpose, name_en="Sell", name_es="Vender", text_en="x", text_es="y", at=NOW
    )
    held = Authorization.objects.get(pk=granted.pk)
    assert held.shown.text == before
    assert held.purpose_words.name_es == "Calcular un techo solar"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"agreements": ()}, "at least one service agreement"),
        ({"categories": ()}, "at least one kind"),
        ({"categories": ("interval_usage", "program_enrollment")}, "5.3"),
        ({"ends_on": TODAY}, "after today"),
    ],
)
def test_terms_that_cannot_be_are_refused_in_a_sentence(
    rosa: Customer, her: User, change: dict[str, object], sentence: str
) -> None:
    with translation.override("en"), pytest.raises(NotGranted, match=sentence):
        builders.authorization(rosa, her, **change)


def test_nobody_grants_for_another_customers_agreement(rosa: Customer, her: User) -> None:
    luis = builders.customer(builders.LUIS)
    with translation.override("en"), pytest.raises(NotGranted, match="not yours"):
        builders.authorization(rosa, her, agreements=tuple(luis.agreements.all()))


def test_a_stopped_third_party_gets_no_new_grants(rosa: Customer, her: User) -> None:
    use = builders.use()
    builders.stop(use.third_party)
    assert authorizations.offers(rosa) == []
    with translation.override("en"), pytest.raises(NotGranted, match=r"6\.8"):
        builders.authorization(rosa, her, asked=use)


def test_the_same_is_not_granted_twice_so_one_cancel_ends_it(rosa: Customer, her: User) -> None:
    held = builders.authorization(rosa, her)
    with translation.override("en"), pytest.raises(NotGranted, match="Cancel that first"):
        builders.authorization(rosa, her)
    authorizations.cancel(held, by=her, via=Via.PORTAL, at=NOW)
    assert builders.authorization(rosa, her)


def test_nothing_is_granted_while_no_notice_is_in_force(db: None) -> None:
    rosa = builders.customer()
    with translation.override("en"), pytest.raises(NotGranted, match=r"6\.1"):
        authorizations.read_back(rosa, builders.terms(rosa, builders.use()), language="es", at=NOW)


def test_nothing_is_granted_that_the_notice_in_force_does_not_name(
    rosa: Customer, her: User
) -> None:
    asked = third_parties.state_use(
        builders.third_party(),
        purpose=builders.purpose("a-new-purpose"),
        categories=["interval_usage"],
        history_months=12,
        granularity=Granularity.AS_MEASURED,
        by=builders.alma(),
        at=NOW,
    )
    wrong = builders.terms(rosa, asked).problems(rosa, at=NOW)
    assert wrong == ["The notice in force does not name this for that purpose (PRIME-07 6.1)."]
    with pytest.raises(NotGranted, match=r"6\.1"):
        builders.authorization(rosa, her, asked=asked)


def test_a_renewal_says_what_it_takes_the_place_of(rosa: Customer, her: User) -> None:
    use = builders.use()
    ends = TODAY + timedelta(days=20)
    first = builders.authorization(rosa, her, asked=use, ends_on=ends)
    second = builders.authorization(rosa, her, asked=use)
    assert "ocupa el lugar" in second.shown.text
    assert "ocupa el lugar" not in first.shown.text
    first.refresh_from_db()
    assert first.canceled_at == NOW


def test_canceling_again_is_harmless_and_changes_nothing(granted: Authorization) -> None:
    first = authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=NOW)
    later = NOW + timedelta(days=1)
    again = authorizations.cancel(granted, by=builders.alma(), via=Via.PAPER, at=later)
    assert (again.canceled_at, again.canceled_via) == (first.canceled_at, Via.PORTAL)


MOMENTS = [NOW + timedelta(days=days, seconds=seconds) for days in range(3) for seconds in (-1, 0)]


@pytest.mark.parametrize("ends_on", [None, TODAY + timedelta(days=1), TODAY + timedelta(days=2)])
@pytest.mark.parametrize("canceled", [None, NOW, NOW + timedelta(days=1)])
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("used", [None, NOW])
def test_in_force_means_the_same_in_python_and_in_sql(
    rosa: Customer,
    her: User,
    ends_on: date | None,
    canceled: datetime | None,
    once: bool,
    used: datetime | None,
) -> None:
    held = builders.authorization(rosa, her, ends_on=ends_on, once=once)
    if canceled:
        authorizations.cancel(held, by=her, via=Via.PORTAL, at=canceled)
    Authorization.objects.filter(pk=held.pk).update(used_at=used)
    midnight = datetime(2026, 7, 2, 7, 0, tzinfo=UTC)
    for at in [*MOMENTS, midnight, midnight - timedelta(seconds=1)]:
        in_sql = Authorization.objects.in_force(at=at).filter(pk=held.pk).exists()
        assert in_sql == permission_of(held.pk).in_force(at=at), at
