"""Staff watch a run, hold it still, see letters to the print house, and prove what was sent."""

from __future__ import annotations

import io
import subprocess
from collections import Counter
from datetime import timedelta
from html import unescape
from typing import Any

import pikepdf
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from notices import deliveries, failures, messages, samples, worklist
from notices.models import Delivery, DeliveryAttempt, Pause, PrintBatch
from notices.paper import letters
from prime_portal.models import LedgerEntry, User
from prime_portal.roles import Role
from tests import builders
from tests.notices.cast import (
    EMAIL,
    LETTER,
    by_email,
    drain,
    ledger_of,
    mark_sent,
    neighbor,
    owed,
    print_all,
    send_all,
)
from usage import cases, claims, looked
from usage.models import Case, Customer, Look

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def as_(client: Any, who: User) -> Any:
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def alma(client) -> Any:
    return as_(client, builders.alma())


@pytest.fixture
def rosa(db: None) -> Customer:
    """Rosa reads Spanish and gets e-mail; a month ago there was a first notice."""
    builders.notice(at=timezone.now() - timedelta(days=30))
    made = neighbor(1, name="Rosa Ejemplo", language="es", since=timezone.localdate())
    by_email(made, "rosa@example.com", at=timezone.now())
    builders.case(made, by=builders.alma())
    return made


@pytest.fixture
def luis(rosa: Customer) -> Customer:
    """Luis gets letters."""
    made = neighbor(2, name="Luis Muestra", since=timezone.localdate())
    builders.case(made, by=builders.alma())
    return made


def page(client: Any, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"run_desk:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return " ".join(unescape(answer.content.decode()).split())


def post(client: Any, name: str, *args: Any, **fields: Any) -> str:
    answer = client.post(reverse(f"run_desk:{name}", args=args), fields, follow=True)
    assert answer.status_code == 200, answer
    return " ".join(unescape(answer.content.decode()).split())


def test_the_run_is_counted_by_medium_and_by_what_became_of_it(alma, rosa, luis) -> None:
    now = timezone.now()
    for number in range(3, 7):
        by_email(neighbor(number, since=timezone.localdate()), at=now)
    deliveries.plan(at=now)
    drain(now)
    gone = owed(Customer.objects.get(account_number__endswith="3"))[0]
    failures.fail(gone, failure=Delivery.Failure.PERMANENT, detail="bounced", at=now)
    shown = page(alma, "run")
    lines = alma.get(reverse("run_desk:run")).context["lines"]
    email, letter = lines
    assert (email.planned, email.sent, email.owed, dict(email.failed)) == (
        5,
        5,
        0,
        {"permanent failure": 1},
    )
    assert (letter.planned, letter.sent, letter.owed, letter.minutes) == (2, 0, 2, None)
    assert email.rate == 0.5
    assert "1 permanent failure" in shown
    print_all(now)
    assert alma.get(reverse("run_desk:run")).context["lines"][1].printed == 2
    only = alma.get(reverse("run_desk:run"), {"kind": "annual"}).context["lines"]
    assert [line.planned for line in only] == [0, 0]


def test_before_a_run_staff_see_how_many_are_owed_and_the_very_thing_a_customer_gets(
    client,
) -> None:
    """Whoever only writes notices too; about nobody, so without a case."""
    now = timezone.now()
    builders.notice(at=now - timedelta(days=400))
    vera, *address = samples.TO[LETTER].split("\n")
    made = {"name": vera, "mailing_address": "\n".join(address)}
    a_year = timezone.localdate(now) - timedelta(days=340)
    for number, language in ((11, "en"), (12, "es")):
        neighbor(number, since=a_year, language=language, **made)
        by_email(neighbor(number + 10, since=a_year, language=language), at=now)
    deliveries.plan_new_accounts(at=now - timedelta(days=338))
    mark_sent(now - timedelta(days=338))
    for number in (13, 14):
        neighbor(number, since=timezone.localdate(now), **made)
    by_email(neighbor(23, since=timezone.localdate(now), language="es"), at=now)
    client = as_(client, builders.staff("nadia@prime.example", Role.NOTICES))

    shown = client.get(reverse("run_desk:ahead"), {"what": "annual"})
    foretold = deliveries.ahead(at=now)
    assert shown.context["lines"][:2] == [
        ("new-account notice", [1, 0, 1, 2, 2, 0]),
        ("annual notice", [2, 1, 1, 2, 1, 1]),
    ]
    deliveries.plan(at=now)
    planned = Delivery.objects.filter(owed_at=now)
    assert foretold == Counter(planned.values_list("kind", "medium", "language"))
    assert deliveries.ahead(at=now) == Counter(), "what is owed already is not counted again"

    annual, new, *_more = samples.runs(at=now)
    for run, language in ((annual, "en"), (annual, "es"), (new, "en")):
        real = planned.filter(kind=run.kind, medium=LETTER, language=language)[0]
        query = {"what": run.key, "letter": language}
        letter = client.get(reverse("run_desk:ahead"), query).content
        assert read(letter) == read(letters.render(real, messages.of(real)))
        mailed = planned.filter(kind=run.kind, medium=EMAIL, language=language).first()
        if mailed:
            page_ = client.get(reverse("run_desk:ahead"), {"what": run.key})
            assert dict(page_.context["emails"])[language] == messages.of(mailed)
    assert not Look.objects.exists()


def test_a_draft_is_seen_as_customers_are_told_of_it_before_anybody_approves_it(
    client, rosa, luis
) -> None:
    held = builders.draft()
    held.changes_es, held.effective_on = "Guardamos menos.", timezone.localdate()
    held.save()
    client = as_(client, builders.staff("nadia@prime.example", Role.NOTICES))
    address = f"{reverse('run_desk:ahead')}?what={held.pk}"
    assert address in client.get(reverse("notice_desk:draft", args=[held.pk])).content.decode()
    shown = client.get(address, headers={"accept-language": "es"})
    assert "Guardamos menos." in shown.content.decode()
    assert shown.context["lines"][-1][1] == [1, 0, 1, 1, 1, 0]
    asked = client.get(address, {"what": str(held.pk), "email": "es"})
    assert "versión 2" in asked.content.decode()


def read(pdf: bytes) -> str:
    said = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return said.stdout.decode()


def test_sending_is_paused_and_goes_on_where_it_stood(alma, rosa, luis) -> None:
    now = timezone.now()
    deliveries.plan(at=now)
    assert "Say what stands still" in post(alma, "pause", medium="email")
    assert not Pause.objects.exists()
    said = post(alma, "pause", medium="email", reason="the relay asks us to")
    assert "stands still" in said
    assert "the relay asks us to" in said
    assert drain(now) == 0
    assert print_all(now) == 1, "the other medium goes on"
    assert "Sending stands still: e-mail." in page_of_index(alma)
    post(alma, "pause", medium="email", go_on="on")
    assert drain(now) == 1
    assert "Sending stands still: e-mail." not in page_of_index(alma)


def test_who_held_notices_still_how_long_and_why_stays_on_record(client, rosa) -> None:
    for why in ("the relay asks us to", "again"):
        as_(client, builders.alma())
        post(client, "pause", medium="email", reason=why)
        assert "stands still" in post(client, "pause", medium="email", reason="twice is once")
        as_(client, builders.bruno())
        shown = post(client, "pause", medium="email", go_on="on")
        post(client, "pause", medium="email", go_on="on")
        assert f"e-mail: {why} (alma@prime.example" in shown
    first, second = Pause.objects.order_by("at")
    for held in (first, second):
        assert (held.by, held.resumed_by) == (builders.alma(), builders.bruno())
        assert held.resumed_at
        assert held.at < held.resumed_at
        assert ledger_of(held.pk) == ["notices_pause:written", "notices_pause:stamped"]
    with pytest.raises(DatabaseError), transaction.atomic():
        Pause.objects.filter(pk=first.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Pause.objects.filter(pk=first.pk).update(resumed_at=timezone.now())


def page_of_index(client: Any) -> str:
    return unescape(client.get("/admin/").content.decode())


def page_of_work(client: Any) -> str:
    return " ".join(unescape(client.get(reverse("work")).content.decode()).split())


def test_a_batch_is_handed_over_by_one_and_confirmed_by_another(alma, luis) -> None:
    now = timezone.now()
    deliveries.plan(at=now)
    print_all(now)
    batch = PrintBatch.objects.get()
    assert "Somebody else confirms it" in post(alma, "hand_over", batch.pk)
    assert "ask somebody else" in post(alma, "hand_over", batch.pk)
    assert owed(luis)[0].sent_at is None
    assert "1 print batch waits to be handed over or confirmed." in page_of_index(alma)
    bruno = as_(alma, builders.bruno())
    assert "its letters are sent" in post(bruno, "hand_over", batch.pk)
    assert owed(luis)[0].sent_at is not None


def test_a_clerk_sees_which_files_a_batch_is_and_what_is_to_be_left_out_of_it(client, luis) -> None:
    deliveries.plan(at=timezone.now())
    print_all(timezone.now())
    batch = PrintBatch.objects.get()
    clerk = as_(client, builders.staff("mauro@prime.example", Role.MAIL))
    for language, words in (("en", "the list of its letters"), ("es", "la lista de sus cartas")):
        client.cookies["django_language"] = language
        shown = page(clerk, "run")
        assert "batch-0001.pdf" in shown
        assert "batch-0001.csv" in shown
        assert bytes(batch.pdf_sha256 or b"").hex() in shown
        assert words in shown
        assert f"<td>{batch.letters}</td><td>{batch.pages}</td><td>{batch.sheets}</td>" in shown
        assert 'name="left_out"' not in shown
    del client.cookies["django_language"]
    failures.call_off(Delivery.objects.all(), detail="demand closed", at=timezone.now())
    shown = page(clerk, "run")
    assert "leaves out letter 0001-00001 (page 1)" in " ".join(shown.split())
    assert "have them left out, and say so" in post(clerk, "hand_over", batch.pk)
    assert "is handed over" in post(clerk, "hand_over", batch.pk, left_out="1")


def test_what_came_back_is_listed_sent_again_or_written_off(alma, luis) -> None:
    now = timezone.now()
    deliveries.plan(at=now)
    send_all(now)
    wrong = SimpleUploadedFile("back.csv", b"letter\n0001-00009\n")
    assert "no letter has the number 0001-00009" in post(alma, "returned", file=wrong)
    back = SimpleUploadedFile("back.csv", b"letter,reason\n0001-00001,moved\n")
    listed = post(alma, "returned", file=back)
    assert "1 letter came back." in listed
    assert f">{luis}<" in listed
    assert "Luis" not in listed, "a list names nobody"
    assert "returned letter: moved" in listed
    assert failures.why("moved") == "moved"
    with translation.override("es"):
        assert failures.why("no postal address") == "sin dirección postal"
        assert failures.why("given up after 12 tries") == "abandonado después de 12 intentos"
        assert failures.why("bounced: 550 no such user") == "devuelto: 550 no such user"
    (letter,) = owed(luis)
    assert reverse("run_desk:again", args=[letter.pk]) not in listed + page_of_work(alma)
    Customer.objects.filter(pk=luis.pk).update(mailing_address="9 Calle Nueva\nPico Rivera, CA")
    for shown in (page(alma, "failed"), page_of_work(alma)):
        assert f'action="{reverse("run_desk:again", args=[letter.pk])}"' in shown
    assert "Can be sent again: a better address came (1)" in page_of_work(alma)
    for _press in range(2):
        assert "It is sent again." in post(alma, "again", letter.pk, **{"from": "work"})
    (_letter, again) = owed(luis)
    assert (again.replaces, again.asked_by) == (letter, builders.alma())
    assert "9 Calle Nueva" in again.recipient
    proved = page(alma, "proof", luis.pk, timezone.localdate(now).year)
    for said in (f"in place of {letter.pk}", f"In its place</dt><dd>{again.pk}, letter"):
        assert said in proved
    failures.fail(again, failure=Delivery.Failure.RETURNED, detail="moved", at=now)
    assert "Written down." in post(alma, "delivery", again.pk, words="Told at the counter.")
    assert "reached somebody or is on its way" in page(alma, "failed")
    assert "Told at the counter." in page(alma, "delivery", again.pk)
    assert "Only what failed for good" in post(alma, "delivery", again.pk, again="yes")


def test_any_customers_copy_is_shown_and_a_claim_code_is_not(alma, rosa, luis) -> None:
    deliveries.plan(at=timezone.now())
    assert "Cómo obtener el aviso completo" in page(alma, "copy", owed(rosa)[0].pk)
    (letter,) = owed(luis)
    answer = alma.get(reverse("run_desk:copy", args=[letter.pk]))
    assert answer["Content-Type"] == "application/pdf"
    said = read(answer.content)
    assert "Luis Muestra" in said
    assert letter.claim_id
    assert claims.readable(claims.code_of(letter.claim_id)) not in said
    assert "*****-*****" in said


def test_a_customers_year_is_proved_on_a_page_and_on_paper(alma, luis, rosa) -> None:
    now = timezone.now()
    deliveries.plan(at=now)
    send_all(now)
    (mail,), (letter,) = owed(rosa), owed(luis)
    year = timezone.localdate(now).year
    unknown = post(alma, "find", account="999", year=year)
    assert "No customer has that account number." in unknown
    proved = post(alma, "find", account=rosa.account_number, year=year)
    attempt = DeliveryAttempt.objects.get()
    for said in (
        "Rosa Ejemplo",
        "rosa@example.com",
        str(mail.pk),
        attempt.sha256.hex() if attempt.sha256 else "-",
        bytes(mail.notice.sha256_es).hex() if mail.notice else "-",
        *(str(entry.pk) for entry in LedgerEntry.objects.filter(row_id=mail.pk)),
        *(bytes(e.leaf).hex() for e in LedgerEntry.objects.filter(row_id=attempt.pk)),
    ):
        assert said in proved
    assert rosa.account_number not in proved
    printed = letter.printed
    for_luis = page(alma, "proof", luis.pk, year)
    for said in (
        "letter 0001-00001",
        bytes(printed.sha256).hex(),
        bytes(printed.batch.pdf_sha256).hex(),
        "alma@prime.example",
        "bruno@prime.example",
    ):
        assert said in for_luis
    assert "none in this year" in page(alma, "proof", luis.pk, year - 1)
    for language, title in (("en", f"Luis Muestra in {year}"), ("es", f"Luis Muestra en {year}")):
        pdf = alma.get(reverse("run_desk:proof", args=[luis.pk, year]), {"pdf": language})
        assert pdf["Content-Type"] == "application/pdf"
        with pikepdf.open(io.BytesIO(pdf.content)) as opened:
            assert bool(opened.Root.MarkInfo.Marked)
            assert str(opened.Root.Lang) == language
            assert title in str(opened.docinfo["/Title"])


def test_a_proof_says_of_what_is_not_sent_yet_by_when_it_must_be(alma, rosa) -> None:
    now = timezone.now()
    late = neighbor(9, since=timezone.localdate(now) - timedelta(days=25))
    builders.case(late, by=builders.alma())
    deliveries.plan(at=now - timedelta(days=20))
    year = timezone.localdate(owed(late)[0].owed_at).year
    shown = page(alma, "proof", late.pk, year)
    assert "owed, to be sent by" in shown
    assert "<strong>overdue</strong>" in shown
    send_all(now)
    assert "owed, to be sent by" not in page(alma, "proof", late.pk, year)


def test_whoever_reads_a_customers_proof_is_on_record_and_she_reads_it(alma, rosa) -> None:
    """The page, the PDF, and each message by itself; nothing of it opens without a case (5.1)."""
    now = timezone.now()
    deliveries.plan(at=now)
    drain(now)
    (mail,), year = owed(rosa), timezone.localdate(now).year
    proof = reverse("run_desk:proof", args=[rosa.pk, year])
    pages = [(proof, {}), (proof, {"pdf": "es"})]
    pages += [(reverse(f"run_desk:{name}", args=[mail.pk]), {}) for name in ("delivery", "copy")]

    cases.close(Case.objects.get(customer=rosa), at=now)
    for address, query in pages:
        answer = alma.get(address, query)
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"{reverse('admin:usage_case_open')}?")
        assert f"customer={rosa.pk}" in answer["Location"]
    assert not Look.objects.exists()

    case = builders.case(rosa, by=builders.alma())
    for address, query in pages:
        assert alma.get(address, query).status_code == 200
    assert list(Look.objects.values_list("case", "by__email", "page")) == [
        (case.pk, "alma@prime.example", "run_desk:proof"),
        (case.pk, "alma@prime.example", "run_desk:proof"),
        (case.pk, "alma@prime.example", "run_desk:delivery"),
        (case.pk, "alma@prime.example", "run_desk:copy"),
    ]
    (looks, _changes) = looked.record_of(rosa)
    assert [row[2] for row in looks.rows[:2]] == ["everything you were sent in a year"] * 2


def test_only_who_may_act_acts(client, luis) -> None:
    deliveries.plan(at=timezone.now())
    looker = User.objects.create_user("looks@prime.example", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    as_(client, looker)
    page(client, "run")
    letter = owed(luis)[0]
    for name, args in (("pause", []), ("returned", []), ("hand_over", [letter.pk])):
        assert client.post(reverse(f"run_desk:{name}", args=args)).status_code == 403
    failures.fail(letter, failure=Delivery.Failure.RETURNED, detail="x", at=timezone.now())
    client.post(reverse("run_desk:delivery", args=[letter.pk]), {"again": "yes"})
    assert len(owed(luis)) == 1
    as_(client, User.objects.create_user("nobody@prime.example", is_staff=True))
    for name, args in (("run", []), ("failed", []), ("proof", [luis.pk, 2026])):
        assert client.get(reverse(f"run_desk:{name}", args=args)).status_code == 403


def test_the_work_list_asks_for_what_is_to_be_done_and_for_nothing_else(alma, rosa) -> None:
    today = timezone.localdate()
    neighbor(9, since=today - timedelta(days=25))
    deliveries.plan(at=timezone.now() - timedelta(days=20))
    said = [row.sentence for row in worklist.rows(on=today)]
    assert said == [
        "Nobody has looked this quarter whether PRIME’s web site carries the link.",
        "1 notice or message is late.",
    ]
    mark_sent(timezone.now())
    alma.post(
        reverse("notice_desk:website"), {"page": "https://prime.example/", "seen_on": str(today)}
    )
    assert worklist.rows(on=today) == []
