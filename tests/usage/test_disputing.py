"""Is this wrong? A plain answer, a number, a history; and the desk where staff answer."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format

from prime_portal.models import User
from tests import builders
from tests.builders import LUIS, readings
from usage import disputes, downloads
from usage.models import (
    Access,
    Bill,
    Category,
    Customer,
    DemandPeak,
    Dispute,
    DisputeEvent,
    Import,
    TimeOfUse,
    Via,
)
from usage.record import record_of

pytestmark = pytest.mark.django_db
FIRST = date(2026, 6, 28)


@pytest.fixture
def rosa() -> Customer:
    held = builders.customer()
    readings(held.agreements.get(), first=FIRST)
    return held


@pytest.fixture
def her(rosa: Customer, client: Client) -> User:
    user = builders.holder(rosa, "rosa@example.org")
    client.force_login(user)
    return user


def answers(rosa: Customer, **change: Any) -> dict[str, Any]:
    return {
        "customer": rosa.pk,
        "kind": "dispute",
        "category": "interval_usage",
        "agreement": rosa.agreements.get().pk,
        "first_day": FIRST.isoformat(),
        "last_day": FIRST.isoformat(),
        "text": "I was away.",
        "request_key": uuid4(),
    } | change


def raised(rosa: Customer, her: User, **change: Any) -> Dispute:
    agreement = rosa.agreements.get()
    facts: dict[str, Any] = {
        "kind": Dispute.Kind.DISPUTE,
        "text": "I was away.",
        "request_key": uuid4(),
        "by": her,
        "via": Via.PORTAL,
        "at": timezone.now(),
    }
    category = Category.objects.get(key=change.pop("category", "interval_usage"))
    return disputes.raise_(
        rosa, disputes.About(category, agreement, FIRST, FIRST), **(facts | change)
    )


def bill(rosa: Customer, wh: int) -> Bill:
    taken_in = Import.objects.create(
        kind="bills", file_name="x", sha256=uuid4().bytes * 2, source="t", started_at=timezone.now()
    )
    return Bill.objects.create(
        customer=rosa,
        agreement=rosa.agreements.get(),
        starts_on=FIRST,
        ends_on=FIRST + timedelta(days=3),
        issued_on=FIRST + timedelta(days=5),
        taken_in=taken_in,
        wh=wh,
        charges_cents=1234,
    )


def later(rosa: Customer, held: Bill) -> Bill:
    """The bill after it, over the days that follow."""
    held.pk = uuid4()
    held._state.adding = True
    held.starts_on, held.ends_on = held.ends_on, held.ends_on + timedelta(days=3)
    held.save()
    return held


def said(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return page.content.decode()


# -- The plain answer --------------------------------------------------------------------


def test_the_first_answer_is_why_a_bill_may_differ(client: Client, her: User) -> None:
    page = said(client, "/en/usage/wrong/")
    assert "Why doesn’t this match my SCE bill?" in page
    assert "/en/usage/wrong/new/" in page


def test_from_a_day_it_says_what_is_held_of_that_day(
    client: Client, rosa: Customer, her: User
) -> None:
    day = said(client, f"/en/usage/{FIRST:%Y/%-m/%-d}/")
    place = rosa.agreements.get().pk
    address = f"/en/usage/wrong/?place={place}&first={FIRST}&last={FIRST}"
    assert address.replace("&", "&amp;") in day
    page = said(client, address)
    assert "The readings we hold come to 24.0 kWh delivered." in page
    assert "No reading is missing." in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "You dispute this bill."), ("es", "Usted impugna esta factura.")],
)
def test_a_disputed_bill_says_so_until_it_is_settled_and_no_other_bill_does(
    client: Client, rosa: Customer, her: User, language: str, words: str
) -> None:
    later(rosa, bill(rosa, 73_000))
    about_the_day = raised(rosa, her)
    dispute = raised(rosa, her, category="billing_history")
    raised(rosa, her, category="billing_history", kind=Dispute.Kind.QUESTION)
    page = said(client, f"/{language}/usage/bills/")
    assert page.count(words) == 1
    assert f'/usage/wrong/{dispute.pk}/">{dispute.reference}</a>' in page
    assert about_the_day.reference not in page
    # The bill is disputed, and not the readings of its days.
    for address in (f"{FIRST:%Y/%-m/%-d}/", f"{FIRST:%Y/%-m}/"):
        shown = said(client, f"/{language}/usage/{address}")
        assert dispute.reference not in shown
    disputes.close(
        dispute,
        outcome=DisputeEvent.Outcome.WITHDRAWN,
        text="",
        by=her,
        via=Via.PORTAL,
        at=timezone.now(),
    )
    assert words not in said(client, f"/{language}/usage/bills/")


def test_a_disputed_bill_is_marked_in_green_button_and_in_the_record(
    rosa: Customer, her: User
) -> None:
    held = bill(rosa, 73_000)
    first = held.starts_on
    other = later(rosa, held)
    dispute = raised(rosa, her, category="billing_history")
    taking = downloads.take(
        rosa,
        kind="green_button",
        agreements=[held.agreement_id],
        first_day=first,
        last_day=other.last_day,
        by=her,
        via=Via.PORTAL,
        at=timezone.now(),
    )
    feed = b"".join(taking.pieces).decode()
    titles = re.findall(r"<title>(Bill [^<]*)</title>", feed)
    assert titles == [
        f"Bill {first} to {first + timedelta(days=2)}, disputed",
        f"Bill {other.starts_on} to {other.last_day}",
    ]
    assert re.findall(r"<qualityOfReading>(\d+)<", feed) == ["10", "17"]
    assert "<quality>10</quality>" not in feed
    section = next(part for part in record_of(rosa) if part.key == "bills")
    assert section.columns[-1] == "Disputed (number)"
    assert [row[-1] for row in section.rows] == [dispute.reference, None]
    with translation.override("es"):
        section = next(part for part in record_of(rosa) if part.key == "bills")
    assert section.columns[-1] == "Impugnación (número)"


def test_a_dispute_about_power_or_hours_marks_these_and_no_bill(rosa: Customer, her: User) -> None:
    held = bill(rosa, 73_000)
    days = {
        "customer": rosa,
        "agreement": held.agreement,
        "starts_on": held.starts_on,
        "ends_on": held.ends_on,
        "taken_in": held.taken_in,
    }
    DemandPeak.objects.create(kind="maximum", watts=5000, **days)
    TimeOfUse.objects.create(season="summer", hours="on_peak", wh=5000, **days)
    power = raised(rosa, her, category="demand")
    hours = raised(rosa, her, category="tou_usage")
    marked = {part.key: [row[-1] for row in part.rows] for part in record_of(rosa)}
    assert marked["demand"] == [power.reference]
    assert marked["times_of_use"] == [hours.reference]
    assert marked["bills"] == [None]


@pytest.mark.parametrize(
    ("language", "before", "now"),
    [
        ("en", "90660, January 1, 2024 to December 31, 2025", "90660, since March 1, 2026"),
        (
            "es",
            "90660, del 1 de enero de 2024 al 31 de diciembre de 2025",
            "desde el 1 de marzo de",
        ),
    ],
)
def test_a_place_she_had_twice_is_told_apart_by_its_dates_where_she_chooses(
    client: Client, rosa: Customer, her: User, language: str, before: str, now: str
) -> None:
    address = str(rosa.agreements.get().service_point)
    for form in ("wrong/new/", "download/"):
        page = said(client, f"/{language}/usage/{form}")
        assert address in page
        assert "90660, " not in page, "one alone needs no dates"
    line = {"start_date": "2024-01-01", "end_date": "2026-01-01", "opted_out_on": ""}
    again = {"start_date": "2026-03-01", "service_account_number": "3000000009"}
    builders.roster(line, again)
    assert rosa.agreements.count() == 2
    for form in ("wrong/new/", "download/"):
        page = said(client, f"/{language}/usage/{form}")
        assert before in page
        assert now in page


def test_a_day_without_readings_is_named_and_is_no_zero(
    client: Client, rosa: Customer, her: User
) -> None:
    place = rosa.agreements.get().pk
    page = said(client, f"/en/usage/wrong/?place={place}&first=2026-06-27&last=2026-06-28")
    assert "1 day has no readings at all. It is not counted as zero." in page
    assert "come to 24.0 kWh" in page


def test_from_a_bill_it_lays_bill_and_readings_side_by_side(
    client: Client, rosa: Customer, her: User
) -> None:
    held = bill(rosa, 73_000)
    listed = said(client, "/en/usage/bills/")
    assert "$12.34" in listed
    assert f"?bill={held.pk}" in listed
    page = said(client, f"/en/usage/wrong/?bill={held.pk}")
    assert "Your bill says 73.0 kWh." in page
    assert "come to 72.0 kWh delivered." in page
    assert "1.000 kWh" in page


@pytest.mark.parametrize(
    "query",
    [
        "category=nonsense",
        "place=x",
        "bill=x",
        "place={luis}",
        "place={luis}&first=2026-06-28&last=2026-06-28",
        "place={rosa}&first=2020-01-01&last=2020-01-01",
        "place={rosa}&first=2026-02-30&last=2026-03-01",
    ],
)
def test_what_is_not_hers_or_does_not_exist_is_a_404(
    client: Client, rosa: Customer, her: User, query: str
) -> None:
    luis = builders.customer(LUIS)
    places = {"luis": luis.agreements.get().pk, "rosa": rosa.agreements.get().pk}
    for page in ("wrong/", "wrong/new/"):
        answer = client.get(f"/en/usage/{page}?{query.format(**places)}")
        assert answer.status_code == 404


# -- Raising it --------------------------------------------------------------------------


def test_the_form_knows_what_she_was_looking_at(client: Client, rosa: Customer, her: User) -> None:
    place = rosa.agreements.get().pk
    page = client.get(
        f"/en/usage/wrong/new/?place={place}&first={FIRST}&last={FIRST}&kind=question"
    )
    initial = page.context["form"].initial
    assert initial["agreement"].pk == place
    assert (initial["first_day"], initial["last_day"]) == (FIRST, FIRST)
    assert initial["kind"] == "question"
    assert initial["category"].key == "interval_usage"


def test_she_gets_a_number_at_once(client: Client, rosa: Customer, her: User) -> None:
    page = client.post("/en/usage/wrong/new/", answers(rosa), follow=True)
    dispute = Dispute.objects.get()
    assert page.redirect_chain[-1][0] == f"/en/usage/wrong/{dispute.pk}/"
    assert f"Its number is {dispute.reference}." in page.content.decode()
    assert (dispute.raised_by, dispute.via) == (her, Via.PORTAL)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": " "}, "Say in a few words"),
        ({"category": ""}, "Choose what it is about."),
        ({"last_day": "2026-06-01"}, "The last day comes before the first."),
        ({"agreement": ""}, "Choose the place that these days are about."),
        ({"first_day": ""}, "Say which day it begins with."),
        ({"first_day": "2020-01-01", "last_day": "2020-01-01"}, "outside your time"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence_and_nothing_is_raised(
    client: Client, rosa: Customer, her: User, change: dict[str, str], sentence: str
) -> None:
    page = client.post("/en/usage/wrong/new/", answers(rosa, **change))
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Dispute.objects.exists()


def test_somebody_elses_place_cannot_be_chosen(client: Client, rosa: Customer, her: User) -> None:
    luis = builders.customer(LUIS).agreements.get()
    page = client.post("/en/usage/wrong/new/", answers(rosa, agreement=luis.pk))
    assert page.status_code == 422
    assert not Dispute.objects.exists()


def test_a_form_for_another_account_is_refused(client: Client, rosa: Customer, her: User) -> None:
    luis = builders.customer(LUIS)
    page = client.post("/en/usage/wrong/new/", answers(rosa, customer=luis.pk))
    assert page.status_code == 409
    assert not Dispute.objects.exists()


def test_who_may_only_see_raises_nothing(client: Client, rosa: Customer) -> None:
    cousin = User.objects.create_user("cousin@example.org")
    Access.objects.create(
        user=cousin,
        customer=rosa,
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="test",
        starts_at=timezone.now() - timedelta(days=1),
    )
    client.force_login(cousin)
    assert "/wrong/new/" not in said(client, "/en/usage/wrong/")
    assert "/sharing/new/" not in said(client, "/en/sharing/")
    assert client.post("/en/usage/wrong/new/", answers(rosa)).status_code == 403
    assert not Dispute.objects.exists()


# -- Following it ------------------------------------------------------------------------


def test_she_sees_every_step_and_a_stranger_none(client: Client, rosa: Customer, her: User) -> None:
    held = raised(rosa, her)
    step: dict[str, Any] = {"by": builders.alma(), "via": Via.PORTAL, "at": timezone.now()}
    disputes.answer(held, text="We looked into it.", **step)
    disputes.hand_over_to_sce(held, text="SCE has it now.", **step)
    page = said(client, f"/en/usage/wrong/{held.pk}/")
    for words in ("I was away.", "We looked into it.", "SCE has it now.", "with SCE"):
        assert words in page
    assert held.reference in said(client, "/en/usage/wrong/mine/")
    luis = builders.customer(LUIS)
    client.force_login(builders.holder(luis, "luis@example.org"))
    assert client.get(f"/en/usage/wrong/{held.pk}/").status_code == 404
    assert held.reference not in said(client, "/en/usage/wrong/mine/")


def test_a_day_she_disputes_says_so(client: Client, rosa: Customer, her: User) -> None:
    held = raised(rosa, her)
    assert held.reference in said(client, f"/en/usage/{FIRST:%Y/%-m/%-d}/")
    assert "disputed by you" in said(client, f"/en/usage/{FIRST:%Y/%-m}/")
    disputes.close(
        held,
        outcome=DisputeEvent.Outcome.WITHDRAWN,
        text="",
        by=her,
        via=Via.PORTAL,
        at=timezone.now(),
    )
    assert held.reference not in said(client, f"/en/usage/{FIRST:%Y/%-m/%-d}/")


def test_she_adds_something_and_says_when_it_is_settled(
    client: Client, rosa: Customer, her: User
) -> None:
    held = raised(rosa, her)
    address = f"/en/usage/wrong/{held.pk}/"
    form = {"customer": rosa.pk}
    kept = "we keep all we hold about you"
    assert kept in said(client, address)
    assert client.post(address, form | {"reply": "yes", "text": ""}).status_code == 422
    client.post(address, form | {"reply": "yes", "text": "One thing more."})
    assert held.events.get().text == "One thing more."
    page = client.post(address, form | {"settled": "yes"}, follow=True).content.decode()
    assert "Thank you. It is closed." in page
    assert kept not in page
    assert held.events.order_by("-number")[0].outcome == DisputeEvent.Outcome.WITHDRAWN


STEPS = {
    "answered": ("Answered on ", "Respondido el "),
    "handed_over": ("Passed on to SCE on ", "Pasado a SCE el "),
    "closed": ("Closed on ", "Cerrado el "),
}


@pytest.mark.parametrize("step", STEPS)
def test_what_is_answered_or_closed_says_since_when_and_no_day_for_an_answer(
    client: Client, desk: Client, rosa: Customer, her: User, step: str
) -> None:
    held = raised(rosa, her)
    hers = {"en": f"/en/usage/wrong/{held.pk}/", "es": f"/es/usage/wrong/{held.pk}/"}
    assert "PRIME answers by" in said(client, hers["en"])
    who: dict[str, Any] = {"by": builders.alma(), "via": Via.PORTAL, "at": timezone.now()}
    if step == "answered":
        disputes.answer(held, text="So it is.", **who)
    elif step == "handed_over":
        disputes.hand_over_to_sce(held, text="SCE has it.", **who)
    else:
        outcome = DisputeEvent.Outcome.CORRECTED
        disputes.close(held, outcome=outcome, text="Corrected.", **who)
    for place, (language, due) in enumerate(
        (("en", "PRIME answers by"), ("es", "responde a más tardar"))
    ):
        with translation.override(language):
            words = STEPS[step][place] + date_format(timezone.localdate())
        desk.cookies["django_language"] = language
        pages = [
            said(client, hers[language]),
            said(client, f"/{language}/usage/wrong/mine/"),
            said(desk, f"/admin/usage/dispute/{held.pk}/change/"),
        ]
        if step != "closed":  # of those that are closed her page lists none
            pages.append(said(desk, f"/admin/usage/customer/{rosa.pk}/change/"))
        for page in pages:
            assert words in page
            assert due not in page
    disputes.reply(held, text="And yet.", by=her, via=Via.PORTAL, at=timezone.now())
    assert "PRIME answers by" in said(client, hers["en"])


def test_looking_changes_nothing(client: Client, rosa: Customer, her: User) -> None:
    held = raised(rosa, her)
    for address in ("wrong/", "wrong/new/", "wrong/mine/", f"wrong/{held.pk}/", "bills/"):
        said(client, f"/en/usage/{address}")
    assert Dispute.objects.count() == 1
    assert not DisputeEvent.objects.exists()


# -- The desk ----------------------------------------------------------------------------


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, rosa: Customer) -> Client:
    """Alma at the admin, her second factor checked, in a case of Rosa's."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    client = Client()
    client.force_login(builders.alma())
    builders.case(rosa, by=builders.alma())
    return client


def test_staff_see_what_is_late(desk: Client, rosa: Customer, her: User) -> None:
    raised(rosa, her, at=timezone.now() - timedelta(days=60))
    page = said(desk, "/admin/usage/dispute/")
    assert "Answers overdue: 1." in page
    assert "I was away." not in page
    for state in ("overdue", "waiting", "open"):
        assert "1 dispute" in said(desk, f"/admin/usage/dispute/?state={state}")


def test_what_is_closed_stands_below_what_waits(desk: Client, rosa: Customer, her: User) -> None:
    now = timezone.now()
    early = raised(rosa, her, at=now - timedelta(days=9))
    late = raised(rosa, her, at=now - timedelta(days=2))
    listed = "/admin/usage/dispute/"
    page = said(desk, listed)
    assert page.index(early.reference) < page.index(late.reference), "the earliest day first"
    who: dict[str, Any] = {"by": builders.alma(), "via": Via.PORTAL, "at": now}
    disputes.close(early, outcome=DisputeEvent.Outcome.CORRECTED, text="Corrected.", **who)
    page = said(desk, listed)
    assert page.index(late.reference) < page.index(early.reference)


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"step": "answer"}, "answered"),
        ({"step": "hand_over"}, "handed_over"),
        ({"step": "close", "outcome": "corrected"}, "closed"),
        ({"step": "reply", "via": "phone"}, "replied"),
    ],
)
def test_staff_take_a_step_that_the_customer_reads(
    desk: Client, rosa: Customer, her: User, form: dict[str, str], kind: str
) -> None:
    held = raised(rosa, her)
    address = f"/admin/usage/dispute/{held.pk}/change/"
    assert desk.post(address, form | {"text": "So it is."}).status_code == 302
    event = held.events.get()
    assert (event.kind, event.text, event.by) == (kind, "So it is.", builders.alma())
    client = Client()
    client.force_login(her)
    assert "So it is." in said(client, f"/en/usage/wrong/{held.pk}/")


@pytest.mark.parametrize("form", [{"step": "close", "text": "x"}, {"step": "answer", "text": " "}])
def test_a_step_without_its_words_is_not_taken(
    desk: Client, rosa: Customer, her: User, form: dict[str, str]
) -> None:
    held = raised(rosa, her)
    assert desk.post(f"/admin/usage/dispute/{held.pk}/change/", form).status_code == 200
    assert not held.events.exists()


def test_what_sce_does_not_measure_cannot_be_passed_on(
    desk: Client, rosa: Customer, her: User
) -> None:
    held = raised(rosa, her, category="privacy_records")
    address = f"/admin/usage/dispute/{held.pk}/change/"
    assert "To send to SCE" not in said(desk, address)
    page = desk.post(address, {"step": "hand_over", "text": "Sent."}).content.decode()
    assert "PRIME answers it itself" in page
    assert not held.events.exists()


def test_what_is_told_by_telephone_is_recorded_as_told(desk: Client, rosa: Customer) -> None:
    customers = said(desk, f"/admin/usage/customer/{rosa.pk}/change/")
    address = f"/admin/usage/dispute/add/?customer={rosa.pk}"
    assert address in customers
    told = answers(rosa, via="phone", kind="complaint", text="Nobody calls me back.")
    assert desk.post(address, told).status_code == 302
    held = Dispute.objects.get()
    assert (held.customer, held.via, held.kind) == (rosa, Via.PHONE, "complaint")
    assert held.raised_by == builders.alma()


def test_nothing_is_recorded_for_nobody(desk: Client) -> None:
    for query in ("", "?customer=x", f"?customer={uuid4()}"):
        assert desk.get(f"/admin/usage/dispute/add/{query}").status_code in {403, 404}


def test_staff_without_the_right_only_read(desk: Client, rosa: Customer, her: User) -> None:
    held = raised(rosa, her)
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    desk.force_login(clerk)
    address = f"/admin/usage/dispute/{held.pk}/change/"
    assert desk.get(address).status_code == 403
    assert desk.post(address, {"step": "answer", "text": "Hm."}).status_code == 403
    assert not held.events.exists()
