"""Incidents: the clocks, whom they touch, and the letters (CPUC rules 8 and 9, Civ. Code 1798.29)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from django.test import Client
from django.utils.translation import gettext, override

from consent import clocks, disclosures, flows, incidents, proposals
from consent.clocks import Facts
from consent.incidents import HEADINGS, Refused
from consent.models import StandingFlow
from consent.models.breaches import Incident, NonCompliance, Reach, Reached
from notices import deliveries, messages
from notices.models import Delivery, PrintBatch
from notices.paper import batches
from prime_portal.models import User
from tests import builders
from tests.builders import NOW, PACIFIC
from usage import cases, finding
from usage.models import Customer, Enrollment

FOUND = datetime(2026, 6, 20, 9, 0, tzinfo=PACIFIC)


SAID = {
    "en": (
        "everybody PRIME served then: Back Office",
        "About whom it went is not recorded here",
        "1 customer is affected.",
    ),
    "es": (
        "todos los clientes de PRIME en ese tiempo: Back Office",
        "Aquí no consta sobre quién se envió",
        "1 cliente está afectado.",
    ),
}


def due(customers: int, told_at: datetime | None = None, found_at: datetime = FOUND):
    facts = Facts(found_at, told_at, customers)
    return {clock.duty.key: clock.due_on for clock in clocks.clocks(facts, {})}


@pytest.mark.parametrize(
    ("customers", "expected"),
    [
        (0, {"annual_report"}),
        (1, {"annual_report", "customers"}),
        (500, {"annual_report", "customers"}),
        (501, {"annual_report", "customers", "attorney_general"}),
        (999, {"annual_report", "customers", "attorney_general"}),
        (1000, {"annual_report", "customers", "attorney_general", "commission"}),
    ],
)
def test_how_many_it_touches_says_who_must_be_told(customers, expected):
    assert set(due(customers)) == expected


def test_the_commission_is_told_in_two_weeks_or_one_after_the_third_party_told():
    assert due(1000)["commission"] == date(2026, 7, 4)
    told = FOUND + timedelta(days=3)
    assert due(1000, told)["commission"] == date(2026, 6, 30)
    assert due(1000, told)["third_party"] == date(2026, 6, 27)
    assert "third_party" not in due(1000)
    late = FOUND + timedelta(days=30)
    assert due(1000, late)["commission"] == date(2026, 7, 27), "a week from its word, however late"


@pytest.mark.parametrize(
    ("year", "last"),
    [(2025, date(2026, 4, 30)), (2027, date(2028, 4, 29)), (2028, date(2029, 4, 30))],
)
def test_the_annual_report_is_due_after_120_days(year, last):
    assert clocks.report_due(year) == last
    found = datetime(year, 12, 31, 23, 30, tzinfo=PACIFIC)
    assert due(1, found_at=found)["annual_report"] == last


def test_a_duty_is_overdue_the_day_after_its_last_day():
    [*_others, last] = clocks.clocks(Facts(FOUND, None, 1), {})
    first = clocks.clocks(Facts(FOUND, None, 1), {})[0]
    assert not first.overdue(on=first.due_on)
    assert first.overdue(on=first.due_on + timedelta(days=1))
    assert last.duty.key == "annual_report"


# Verbs


@pytest.fixture
def shared(committed_db):
    """Rosa's readings went to Solar Sample; Luis's did not."""
    builders.notice()
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    builders.readings(rosa.agreements.get())
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    proposal = proposals.gather(
        held, first_day=builders.TODAY - timedelta(days=3), last_day=builders.TODAY
    )
    disclosures.disclose(proposal, by=None, at=lambda: NOW)
    return rosa, luis


def incident(**facts) -> Incident:
    by = builders.alma()
    told = {"title": "Lost tray", "summary": "A tray was open.", "found_at": FOUND}
    return incidents.open_(**told | facts, by=by, at=NOW)


TEXTS = {key: {"en": f"{key} told.", "es": f"{key} dicho."} for key in HEADINGS}


def test_whom_it_touches_is_counted_from_what_was_handed_over_and_they_get_letters(shared):
    rosa, luis = shared
    by, party = builders.alma(), builders.third_party()
    held = incident(third_party=party, told_at=FOUND + timedelta(hours=1))
    day = timedelta(days=1)
    window = {"first_at": NOW - day, "last_at": NOW + day}
    reach = incidents.reach_of_disclosures(held, third_party=party, **window, by=by, at=NOW)
    assert list(Reached.objects.values_list("customer", flat=True)) == [rosa.pk]
    assert (reach.customers, incidents.affected(held)) == (1, 1)
    before = {"first_at": NOW - 3 * day, "last_at": NOW - 2 * day}
    nobody = incidents.reach_of_disclosures(held, third_party=party, **before, by=by, at=NOW)
    assert nobody.customers == 0
    with pytest.raises(Refused, match="Write what the letters say"):
        incidents.send(held, by=by, at=NOW)
    incidents.write(held, TEXTS, by=by, at=NOW)
    assert incidents.owe(at=NOW) == 0
    incidents.send(held, by=by, at=NOW)
    assert incidents.owe(at=NOW) == 1
    assert incidents.owe(at=NOW) == 0
    letter = Delivery.objects.get(kind=Delivery.Kind.BREACH)
    message = messages.of(letter)
    assert letter.customer == rosa
    assert message.subject == "Aviso de violación de datos"
    places = [message.text.index(words) for words in ("Qué pasó", "involved dicho.", "more dicho.")]
    assert places == sorted(places)
    assert "Notice of Data Breach" in message.html
    # Who is counted later is told too, and nobody twice.
    incidents.reach_of_sign_in(
        held, user=builders.holder(luis, "luis@example.org"), **window, by=by, at=NOW
    )
    assert incidents.affected(held) == 2
    assert incidents.owe(at=NOW) == 1


@pytest.mark.parametrize("way", ["look", "case", "search"])
def test_a_staff_sign_in_reaches_whom_it_looked_at_had_open_or_found(db, way):
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    clerk, other = builders.staff("clerk@prime.example"), builders.bruno()
    early = NOW - timedelta(hours=1)
    if way == "look":
        builders.case(luis, other, at=NOW)
        case = builders.case(rosa, clerk, at=early - timedelta(days=1))
        cases.look(case, page="admin:usage_customer_change", at=NOW)
    elif way == "case":
        builders.case(luis, clerk, at=NOW - timedelta(hours=3))
        builders.case(rosa, clerk, at=early - timedelta(minutes=29))
    else:
        finding.find("Rosa Ejemplo", by=clerk, at=NOW)
        finding.find("Nobody Such", by=clerk, at=NOW)
        finding.find("Luis Muestra", by=other, at=NOW)
        finding.find("Luis Muestra", by=clerk, at=early - timedelta(days=1))
    held = incident()
    window = {"first_at": early, "last_at": NOW}
    reach = incidents.reach_of_sign_in(held, user=clerk, **window, by=builders.alma(), at=NOW)
    assert list(reach.members.values_list("customer", flat=True)) == [rosa.pk]
    nobody = incidents.reach_of_sign_in(
        held, user=builders.alma(), **window, by=builders.alma(), at=NOW
    )
    assert nobody.customers == 0


def test_a_stolen_backup_reaches_everybody_and_all_of_them_get_letters(db):
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    Enrollment.objects.filter(customer=luis).update(ends_on=date(2025, 1, 1))
    held, by = incident(), builders.alma()
    reach = incidents.reach_of_everybody(held, by=by, at=NOW)
    assert set(reach.members.values_list("customer", flat=True)) == {rosa.pk, luis.pk}
    assert (reach.customers, reach.of_what, reach.first_at) == (2, "", None)
    incidents.write(held, TEXTS, by=by, at=NOW)
    incidents.send(held, by=by, at=NOW)
    assert incidents.owe(at=NOW) == 2


def test_a_wrong_print_batch_reaches_whose_letters_stand_in_it(committed_db):
    builders.notice()
    rosa = builders.customer()
    deliveries.plan(at=NOW)
    batches.make(at=NOW, limit=1)
    luis = builders.customer(builders.LUIS)
    deliveries.plan(at=NOW)
    held, by, batch = incident(), builders.alma(), PrintBatch.objects.get()
    reach = incidents.reach_of_batch(held, batch=batch, by=by, at=NOW)
    assert list(reach.members.values_list("customer", flat=True)) == [rosa.pk]
    assert reach.of_what == str(batch)
    assert Delivery.objects.filter(customer=luis).exists(), "and waits for the next batch"


def back_office() -> StandingFlow:
    """A third party that gets everybody's readings every day, since a contract of the year before."""
    return flows.register(
        contract=builders.contract(
            builders.third_party("back-office"), at=NOW - timedelta(days=365)
        ),
        what_en="Readings.",
        what_es="Lecturas.",
        categories=["interval_usage"],
        rhythm=StandingFlow.Rhythm.DAILY,
        by=builders.alma(),
        at=NOW,
    )


def counted(first_at: datetime, last_at: datetime) -> dict[str, set[Customer]]:
    """Whom an incident at the back office touches, by how."""
    held = incident()
    found = incidents.reach_of_third_party(
        held,
        third_party=builders.third_party("back-office"),
        first_at=first_at,
        last_at=last_at,
        by=builders.alma(),
        at=NOW,
    )
    assert incidents.affected(held) == len(
        {member.customer_id for reach in found for member in reach.members.all()}
    )
    return {
        reach.how: set(Customer.objects.filter(pk__in=reach.members.values("customer")))
        for reach in found
    }


def test_who_gets_data_regularly_outside_the_portal_touches_everybody_served_then(db):
    day = timedelta(days=1)
    rosa, luis = builders.customer(), builders.customer(builders.LUIS)
    span = (NOW - 10 * day, NOW - day)
    builders.third_party("back-office")
    assert counted(*span) == {"disclosures": set()}, "nothing goes to it regularly yet"
    flow = back_office()
    assert counted(*span) == {"disclosures": set(), "flows": {rosa, luis}}
    # Whoever left before, or came after, is not touched; of whom it is not known, her agreement
    # says. Registered only now, it may have gone since the contract began and not before.
    first = span[0].astimezone(PACIFIC).date()
    Enrollment.objects.filter(customer=luis).update(ends_on=first)
    assert counted(*span)["flows"] == {rosa}
    Enrollment.objects.filter(customer=luis).update(ends_on=first + day)
    assert counted(*span)["flows"] == {rosa, luis}
    Enrollment.objects.filter(customer=luis).delete()
    assert counted(*span)["flows"] == {rosa, luis}
    assert counted(NOW - 400 * day, NOW - 390 * day) == {"disclosures": set()}
    assert counted(NOW - 400 * day, NOW - 300 * day)["flows"] == {rosa, luis}
    flows.end(flow, by=builders.alma(), at=NOW + day)
    assert "flows" in counted(NOW, NOW + 2 * day)
    assert counted(NOW + 2 * day, NOW + 3 * day) == {"disclosures": set()}


def test_what_went_through_the_portal_and_outside_of_it_counts_a_customer_once(shared):
    assert shared
    party, day = builders.third_party(), timedelta(days=1)
    flows.register(
        contract=builders.contract(party),
        what_en="Readings.",
        what_es="Lecturas.",
        categories=["interval_usage"],
        rhythm=StandingFlow.Rhythm.DAILY,
        by=builders.alma(),
        at=NOW,
    )
    held = incident()
    window = {"first_at": NOW - day, "last_at": NOW + day}
    found = incidents.reach_of_third_party(
        held, third_party=party, **window, by=builders.alma(), at=NOW
    )
    assert [(reach.how, reach.customers) for reach in found] == [("disclosures", 1), ("flows", 2)]
    assert incidents.affected(held) == 2
    assert {clock.duty.key for clock in incidents.clocks_of(held)} >= {"customers"}


@pytest.mark.parametrize(("language", "words"), SAID.items())
def test_the_desk_says_that_everybody_served_then_was_counted(desk, language, words):
    builders.customer()
    flow, held = back_office(), incident()
    desk.cookies["django_language"] = language
    page = desk.post(
        f"/admin/incidents/{held.pk}/disclosures/",
        {
            "third_party": flow.contract.third_party.pk,
            "first_at": "2026-06-20T09:00",
            "last_at": "2026-06-21T09:00",
        },
        follow=True,
    ).text
    for said in words:
        assert said in page, said


@pytest.mark.parametrize(
    ("how", "change"),
    [
        ("flows", {}),
        ("flows", {"first_at": NOW, "last_at": NOW}),
        ("everybody", {"first_at": NOW, "last_at": NOW}),
        ("sign_in", {"first_at": NOW, "last_at": NOW}),
        ("batch", {}),
        ("disclosures", {}),
    ],
)
def test_a_reach_that_does_not_say_of_what_or_when_is_refused_by_the_database(db, how, change):
    facts = {"customers": 0, "members_sha256": b"", "counted_at": NOW}
    with pytest.raises(IntegrityError, match="a_reach_"):
        Reach.objects.create(
            incident=incident(), how=how, counted_by=builders.alma(), **facts, **change
        )


def test_the_english_letter_has_the_five_set_headings(db):
    luis = builders.customer(builders.LUIS)
    user = builders.holder(luis, "luis@example.org")
    held, by = incident(), builders.alma()
    incidents.reach_of_sign_in(held, user=user, first_at=FOUND, last_at=NOW, by=by, at=NOW)
    incidents.write(held, TEXTS, by=by, at=NOW)
    incidents.send(held, by=by, at=NOW)
    incidents.owe(at=NOW)
    text = messages.of(Delivery.objects.get(kind=Delivery.Kind.BREACH)).text
    set_headings = (
        "Notice of Data Breach",
        "What happened",
        "What information was involved",
        "What we are doing",
        "What you can do",
        "For more information",
    )
    places = [text.index(heading) for heading in set_headings]
    assert places == sorted(places)


def test_words_in_one_language_are_refused(db):
    lacking = TEXTS | {"doing": {"en": "We closed it.", "es": " "}}
    held, by = incident(), builders.alma()
    with pytest.raises(Refused, match=r"Missing: What we are doing \(Spanish\)"):
        incidents.write(held, lacking, by=by, at=NOW)
    with override("es"), pytest.raises(Refused, match=r"Falta: Qué estamos haciendo \(español\)"):
        incidents.write(held, lacking, by=by, at=NOW)


def test_what_an_incident_obliges_to_is_said_in_the_readers_language(db):
    with override("es"):
        held = incident()
        (clock,) = incidents.clocks_of(held)
        assert str(clock.duty.what).startswith("Incluirlo en el informe anual")
        assert str(clock.duty.source) == "regla 8c de la CPUC"
        assert held.knowing.get().how == incidents.OPENED, "kept in English, shown in Spanish"
        assert gettext(incidents.OPENED) == "abrió el incidente"


def test_what_is_late_stands_on_the_list_until_it_is_done(db):
    held, by = incident(), builders.alma()
    user = builders.holder(builders.customer(), "rosa@example.org")
    incidents.reach_of_sign_in(held, user=user, first_at=FOUND, last_at=NOW, by=by, at=NOW)
    late = date(2026, 7, 5)
    assert [clock.duty.key for _held, clock in incidents.overdue(on=late)] == ["customers"]
    with pytest.raises(Refused, match="Still to be done"):
        incidents.close(held, by=by, at=NOW)
    with pytest.raises(Refused, match="no such duty"):
        incidents.done(held, duty="commission", done_at=NOW, reference="x", by=by, at=NOW)
    incidents.done(held, duty="customers", done_at=NOW, reference="batch 7", by=by, at=NOW)
    assert incidents.overdue(on=late) == []
    assert incidents.close(held, by=by, at=NOW).closed_at == NOW


def test_who_opens_an_incident_is_written_down_as_knowing(db):
    held = incident()
    assert [(one.who, one.knew_at) for one in held.knowing.all()] == [(str(builders.alma()), FOUND)]
    with pytest.raises(Refused, match="in the future"):
        incident(found_at=NOW + timedelta(days=1))


def test_a_non_compliance_is_described_and_mended_once(db):
    by = builders.alma()
    found = incidents.find_non_compliance(
        clause="6.5", description="No contract.", customers=3, found_at=FOUND, by=by, at=NOW
    )
    with pytest.raises(Refused, match="how it was mended"):
        incidents.mend(found, mending=" ", by=by, at=NOW)
    incidents.mend(found, mending="Signed.", by=by, at=NOW)
    incidents.mend(found, mending="Again.", by=by, at=NOW)
    assert NonCompliance.objects.get().mending == "Signed."


# The desk


@pytest.fixture
def desk(db, monkeypatch):
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    official = User.objects.create_user("olga@prime.example", is_staff=True)
    official.user_permissions.add(Permission.objects.get(codename="handle_incidents"))
    client = Client()
    client.force_login(official, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_an_incident_is_opened_counted_written_sent_and_closed_at_the_desk(desk):
    user = builders.holder(builders.customer(), "rosa@example.org")
    opened = desk.post(
        "/admin/incidents/",
        {"title": "Guessed password", "summary": "One sign-in.", "found_at": "2026-06-20T09:00"},
        follow=True,
    )
    assert "Guessed password" in opened.content.decode()
    held = Incident.objects.get()
    at = f"/admin/incidents/{held.pk}"
    window = {"first_at": "2026-06-20T09:00", "last_at": "2026-07-02T09:00"}
    page = desk.post(f"{at}/sign-in/", {"user": user.email, **window}, follow=True)
    assert "1 customer is affected." in page.content.decode()
    words = {f"{key}_{lang}": TEXTS[key][lang] for key in HEADINGS for lang in ("en", "es")}
    lacking = desk.post(f"{at}/words/", words | {"happened_es": ""}, follow=True)
    assert "Missing: What happened (Spanish)" in lacking.content.decode()
    page = desk.post(f"{at}/words/", words, follow=True).content.decode()
    assert "happened dicho." in page
    desk.post(f"{at}/send/")
    done = {"duty": "customers", "done_at": "2026-07-01T09:00", "reference": "the outbox"}
    desk.post(f"{at}/done/", done)
    desk.post(f"{at}/close/")
    held.refresh_from_db()
    assert held.letters_at
    assert held.closed_at


def test_accounts_a_batch_and_everybody_are_counted_at_the_desk(desk):
    rosa = builders.customer()
    builders.customer(builders.LUIS)
    held = incident()
    at = f"/admin/incidents/{held.pk}"
    wrong = f"{rosa.account_number}\n\n999"
    page = desk.post(f"{at}/accounts/", {"accounts": wrong}, follow=True).content.decode()
    assert "No customer has the account number of these lines: 3." in page
    assert not Reached.objects.exists()
    listed = f" {rosa.account_number} \n{rosa.account_number}\n"
    page = desk.post(f"{at}/accounts/", {"accounts": listed}, follow=True).content.decode()
    assert "1 customer is affected." in page
    assert "these accounts: 1" in page
    desk.post(f"{at}/batch/", {"batch": "7"})
    assert not held.reaches.filter(how="batch").exists(), "there is no such batch"
    desk.post(f"{at}/everybody/", {})
    assert not held.reaches.filter(how="everybody").exists(), "the box is not ticked"
    page = desk.post(f"{at}/everybody/", {"sure": "on"}, follow=True).content.decode()
    assert "2 customers are affected." in page


def test_the_register_is_kept_at_the_desk(desk):
    said = {
        "clause": "6.5",
        "description": "It had no contract.",
        "customers": "4",
        "found_at": "2026-06-20T09:00",
    }
    page = desk.post("/admin/incidents/findings/", said, follow=True).content.decode()
    assert "It had no contract." in page
    assert "4 customers were affected." in page
    found = NonCompliance.objects.get()
    desk.post(f"/admin/incidents/findings/{found.pk}/mend/", {"mending": "It has one now."})
    assert "It has one now." in desk.get("/admin/incidents/findings/").content.decode()


def test_without_the_permission_there_is_no_desk(desk):
    User.objects.get(email="olga@prime.example").user_permissions.clear()
    for address in ("/admin/incidents/", "/admin/incidents/findings/"):
        assert desk.get(address).status_code == 403
