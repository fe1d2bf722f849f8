"""The whole record: everything PRIME holds about a customer, in her hands, and checkable (6.3)."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from uuid import uuid4

import pikepdf
import pytest
from allauth.mfa.totp.internal import auth as totp
from django.apps import apps
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from consent import accesses, authorizations, disclosures, proposals
from consent.models import Authorization
from consent.wishes import Heard
from notices import deliveries
from prime_portal import record, whole_record
from prime_portal.information import Shown
from prime_portal.models import SignIn, User
from prime_portal.templatetags import portal
from tests import builders
from tests.builders import NOW, TODAY
from tests.usage.test_pdf import tags
from usage import disputes, preparing
from usage.disputes import About
from usage.evidence import ERASED
from usage.models import (
    Access,
    Category,
    Customer,
    Dispute,
    IntervalDay,
    IntervalDayRevision,
    ServiceAgreement,
    TimeOfUse,
    Via,
)
from usage.sections import Section, dollars, kilo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def rosa() -> Customer:
    builders.notice()
    rosa = builders.customer({"programs": "CARE", "email": "rosa@example.net"})
    builders.readings(rosa.agreements.get(), first=date(2026, 3, 7), days=3)
    return rosa


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org")


def whole(rosa: Customer, by: User, *, kind: str = "record", language: str = "en") -> bytes:
    copy = preparing.ask_for_everything(
        rosa, kind=kind, by=by, via=Via.PORTAL, at=NOW, language=language
    )
    assert preparing.prepare_next(clock=lambda: NOW, makers=whole_record.MAKERS)
    copy.refresh_from_db()
    taking = preparing.fetch(copy, at=NOW)
    assert taking
    return b"".join(taking.pieces)


def opened(*args, **more) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(whole(*args, **more)))


def section(rosa: Customer, key: str) -> Section:
    return next(part for part in record.record_of(rosa) if part.key == key)


# -- Section by section ----------------------------------------------------------------


def test_every_section_has_rows_as_wide_as_its_columns_or_says_that_there_is_nothing(
    rosa, her
) -> None:
    for part in record.record_of(rosa):
        assert all(len(row) == len(part.columns) for row in part.rows), part.key
        assert part.rows or part.nothing, part.key
        assert part.title
        assert part.source
        assert Category.objects.filter(key=part.category).exists(), part.key


def test_the_keys_of_sections_are_file_names_and_come_once(rosa) -> None:
    keys = [part.key for part in record.record_of(rosa)]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z_]+", key) for key in keys)


def test_what_she_did_and_what_was_done_stands_in_it(committed_db, rosa, her) -> None:
    granted = builders.authorization(rosa, her)
    week = {"first_day": date(2026, 3, 7), "last_day": TODAY}
    disclosures.disclose(proposals.gather(granted, **week), by=None, at=lambda: NOW)
    disputes.raise_(
        rosa,
        About(Category.objects.get(key="interval_usage")),
        kind=Dispute.Kind.DISPUTE,
        text="It was dark at noon.",
        request_key=uuid4(),
        by=her,
        via=Via.PORTAL,
        at=NOW,
    )
    deliveries.plan(at=NOW)
    told = {part.key: str(part.rows) for part in record.record_of(rosa)}
    assert "Rosa Ejemplo" in told["account"]
    assert "rosa@example.net" in told["contact"]
    assert "3000000001" in told["places"]
    assert "CARE" in told["programs"]
    assert "Solar Sample (fictitious)" in told["authorizations"]
    assert "6.9" in told["disclosures"]
    assert "284" in told["disclosures"]
    assert "It was dark at noon." in told["disputes_said"]
    assert "annual notice" in told["messages"] or "new-account notice" in told["messages"]
    assert "rosa@example.org" in told["people"]


NOT_A_SECTION = {
    "usage.Hold": "why something is kept longer may be a secret of the court",
    "usage.MonthTotal": "sums of readings, which are all there",
    "usage.RepeatedDays": "which files said again what is there already",
    "usage.PreparedDownload": "her own copies, on the page of her downloads for seven days",
    "notices.DeliveryAttempt": "how a message went: the message says what became of it",
    "notices.DeliveryEvent": "the same",
    "notices.Resolution": "the same",
    "consent.BulkMember": "proposed and not yet gone; what goes is a disclosure",
    "consent.PackageMember": "packed and not yet gone; what goes is a disclosure",
    "consent.Reached": "she is written to, and the letter is among the messages",
    "consent.DemandedCustomer": "a court may bar telling her; what goes is a disclosure",
    "consent.ScannedForm": "the key of a form she signed, which is in the whole record",
    "consent.Shown": "in the whole record as she read it",
    "consent.AuthorizedAgreement": "in the whole record as she read it",
    "consent.Withdrawal": "that they were told of a cancel, on the authorization's page",
}
"""Tables about a customer that no section reads, and why."""


def test_every_table_about_a_customer_is_read_for_her_record_or_is_excused(rosa, her) -> None:
    builders.authorization(rosa, her)
    with CaptureQueriesContext(connection) as asked:
        record.record_of(rosa)
    sql = " ".join(query["sql"] for query in asked)
    unread = {
        model._meta.label
        for model in apps.get_models()
        if any(field.related_model is Customer for field in model._meta.concrete_fields)
        and f'"{model._meta.db_table}"' not in sql
    }
    assert unread == set(NOT_A_SECTION)


HOLDS_NOTHING = {
    "admin.LogEntry": "what staff did in lists, by staff alone",
}
"""Tables about whoever signs in that no section reads, and why."""


def test_with_what_somebody_signs_in_is_told_to_nobody_else(rosa, her) -> None:
    """Two who hold an account together may live apart for a reason."""
    ex = builders.holder(rosa, "ex@example.org")
    mine = {part.key: str(part.rows) for part in record.record_of(rosa, reader=her)}["sign_in"]
    his = {part.key: str(part.rows) for part in record.record_of(rosa, reader=ex)}["sign_in"]
    made_by_staff = {part.key: str(part.rows) for part in record.record_of(rosa)}["sign_in"]
    assert "rosa@example.org" in mine
    assert "ex@example.org" in his
    assert mine.count("Address to sign in with") == his.count("Address to sign in with") == 1
    assert "Address to sign in with" not in made_by_staff


def test_with_what_she_signs_in_stands_in_it_and_with_what_others_do_does_not(rosa, her) -> None:
    her.name = "Rosa Ejemplo"
    her.save()
    her.emailaddress_set.create(email="second@example.org", verified=False)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(her, secret)
    pablo = User.objects.create_user("pablo@example.org")
    pablo.emailaddress_set.create(email="pablo@example.org", verified=True)
    Access.objects.create(
        user=pablo,
        customer=rosa,
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="test",
        starts_at=NOW,
    )
    with CaptureQueriesContext(connection) as asked:
        told = {part.key: str(part.rows) for part in record.record_of(rosa)}
    assert "rosa@example.org" in told["sign_in"]
    assert "second@example.org" in told["sign_in"]
    assert "TOTP" in told["sign_in"]
    assert secret not in told["sign_in"]
    assert "pablo" not in told["sign_in"]
    sql = " ".join(query["sql"] for query in asked)
    unread = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label not in {"usage", "consent", "notices", "prime_portal"}
        and any(field.related_model is User for field in model._meta.concrete_fields)
        and f'"{model._meta.db_table}"' not in sql
    }
    assert unread == set(HOLDS_NOTHING)


def test_each_reads_from_where_only_of_herself_and_a_holder_when_the_others_came(rosa, her) -> None:
    pablo = User.objects.create_user("pablo@example.org")
    acting = Access.objects.create(
        user=pablo,
        customer=rosa,
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="test",
        starts_at=NOW,
    )
    for who, day, ip in (
        (her, -30, "192.0.2.10"),  # before she claimed the account
        (her, 1, "192.0.2.11"),
        (pablo, -1, "203.0.113.1"),
        (pablo, 2, "203.0.113.2"),
        (pablo, 9, "203.0.113.3"),
    ):
        SignIn.objects.create(
            user=who, outcome="signed_in", at=NOW + timedelta(days=day), ip=ip, browser="Firefox"
        )
    Access.objects.filter(pk=acting.pk).update(ended_at=NOW + timedelta(days=5), ended_by=her)

    def told(reader: User | None) -> list[tuple[object, ...]]:
        parts = record.record_of(rosa, reader=reader)
        (part,) = (one for one in parts if one.key == "past_sign_ins")
        return [(row[1], (row[0] - NOW).days, row[3]) for row in part.rows]

    hers, his = str(her), str(pablo)
    assert told(her) == [(his, 2, None), (hers, 1, "192.0.2.11"), (hers, -30, "192.0.2.10")]
    assert [(who, ip) for who, _day, ip in told(pablo)] == [
        *((his, "203.0.113.3"), (his, "203.0.113.2"), (his, "203.0.113.1"))
    ]
    assert told(None) == told(her)
    builders.holder(rosa, "ana@example.org")
    assert {ip for _who, _day, ip in told(None)} == {None}, "two holders may live apart"
    assert told(her)[1] == (hers, 1, "192.0.2.11")


def test_from_where_somebody_said_yes_is_told_only_to_whoever_it_was(client, rosa, her) -> None:
    chosen = builders.terms(rosa, builders.use())
    shown = authorizations.read_back(rosa, chosen, language="es", at=NOW)
    held = authorizations.grant(
        rosa,
        chosen,
        shown_sha256=shown.sha256,
        request_key=uuid4(),
        language="es",
        by=her,
        via=Via.PORTAL,
        at=NOW,
        signed=authorizations.Signed("192.0.2.7", "Her Browser/1.0"),
    )
    pablo = builders.holder(rosa, "pablo@example.org")
    for reader, told in ((her, True), (pablo, False)):
        parts = {part.key: str(part.rows) for part in record.record_of(rosa, reader=reader)}
        assert ("192.0.2.7 Her Browser/1.0" in parts["authorizations"]) == told
        client.force_login(reader)
        page = client.get(f"/en/sharing/{held.pk}/").content.decode()
        assert ("192.0.2.7" in page) == told


def test_what_staff_entered_and_whom_she_invited_stands_in_it(rosa, her) -> None:
    told = {part.key: str(part.rows) for part in record.record_of(rosa)}
    assert told["wishes"] == told["invitations"] == told["receipts"] == "[]"
    held = builders.authorization(rosa, her)
    heard = Heard(speaker="Rosa E.", identity="called back", received_at=NOW, reference="17")
    authorizations.cancel(held, by=builders.alma(), via=Via.PHONE, at=NOW, heard=heard)
    accesses.invite(
        rosa,
        email="hija@example.org",
        capacity=Access.Capacity.HOUSEHOLD,
        scope=Access.Scope.SEE,
        proof="Her daughter.",
        ends_on=None,
        language="es",
        by=her,
        via=Via.PORTAL,
        at=NOW,
    )
    told = {part.key: str(part.rows) for part in record.record_of(rosa)}
    assert "'Rosa E.'" in told["wishes"]
    assert "called back" in told["wishes"]
    assert "hija@example.org" in told["invitations"]
    assert "Solar Sample (fictitious)" in told["receipts"]


def test_only_the_sensitive_is_marked_sensitive(rosa) -> None:
    assert [part.key for part in record.record_of(rosa) if part.sensitive] == ["programs"]


def test_nothing_of_anybody_else_is_in_it(rosa, her) -> None:
    luis = builders.customer(builders.LUIS)
    builders.readings(luis.agreements.get())
    builders.authorization(luis, builders.holder(luis, "luis@example.org"))
    told = str(record.record_of(rosa))
    for his in ("Luis", "700000000002", "3000000002", "Example Street", "luis@example.org"):
        assert his not in told


def test_it_is_told_in_spanish_too(rosa) -> None:
    with translation.override("es"):
        assert section(rosa, "account").title == "Cuenta"
    assert section(rosa, "account").title == "Account"


# -- As one file -----------------------------------------------------------------------


class Addresses(HTMLParser):
    """Collects whatever a page would fetch or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [str(value) for name, value in attrs if name in {"href", "src", "action"}]
        assert not {name for name, _ in attrs} & {"style", "onclick", "onload"}


def test_the_page_in_it_opens_from_her_own_disk_and_asks_for_nothing_from_afar(rosa, her) -> None:
    packed = opened(rosa, her)
    pages = [name for name in packed.namelist() if name.endswith(".html")]
    assert "index.html" in pages
    assert any(name.startswith("notices/version-1-") for name in pages)
    for name in pages:
        page = Addresses()
        page.feed(packed.read(name).decode())
        assert not page.tags & {"script", "img", "iframe", "style", "form"}, name
        if name == "index.html":
            for address in page.found:
                local = address.split("#")[0]
                assert not local or local in packed.namelist(), address
    assert "@import" not in packed.read("style.css").decode()
    assert "url(" not in packed.read("style.css").decode()


def test_every_file_is_in_the_manifest_with_its_hash(rosa, her) -> None:
    packed = opened(rosa, her)
    manifest = json.loads(packed.read("manifest.json"))
    told = {file["name"]: file for file in manifest["files"]}
    assert set(told) == set(packed.namelist()) - {"manifest.json", "SHA256SUMS"}
    for name, file in told.items():
        assert sha256(packed.read(name)).hexdigest() == file["sha256"]
        assert packed.getinfo(name).file_size == file["size"]
    checked = manifest["conformance"]["usage/green-button-usage.xml"]
    assert {block: said["result"] for block, said in checked.items()} == {
        "FB_01": "passed",
        "FB_04": "passed",
        "FB_05": "passed",
        "FB_08": "not used",
        "FB_15": "not used",
    }


def test_every_reading_is_in_it_in_every_form(rosa, her) -> None:
    packed = opened(rosa, her)
    lines = list(csv.DictReader(io.StringIO(packed.read("usage/readings.csv").decode())))
    assert len(lines) == 92 + 2 * 96
    told = json.loads(packed.read("usage/readings.json"))
    days = told["agreements"][0]["channels"][0]["days"]
    assert sum(len(day["wh"]) for day in days) == len(lines)
    assert packed.read("usage/green-button-usage.xml").count(b"<IntervalReading>") == len(lines)
    assert b"Rosa Ejemplo" in packed.read("usage/green-button-customer.xml")
    assert packed.read("usage/days.pdf").startswith(b"%PDF")


@pytest.mark.parametrize(
    ("language", "version", "quality"),
    [("en", "Version replaced", "valid"), ("es", "Versión reemplazada", "válida")],
)
def test_what_stood_there_before_a_correction_is_in_it_reading_by_reading(
    rosa, her, language: str, version: str, quality: str
) -> None:
    day = date(2026, 3, 8)
    taken = IntervalDay.objects.get(customer=rosa, day=day)
    builders.readings(rosa.agreements.get(), first=day, days=1, wh=100)
    replaced = IntervalDayRevision.objects.get()
    assert bytes(replaced.wh) == bytes(taken.wh)
    packed = opened(rosa, her, language=language)
    name = "usage/readings-before-corrections.csv"
    lines = list(csv.DictReader(io.StringIO(packed.read(name).decode())))
    current = list(csv.DictReader(io.StringIO(packed.read("usage/readings.csv").decode())))
    columns = list(current[0])
    assert list(lines[0])[:-2] == columns
    assert list(lines[0])[-2] == version
    of_the_day = [line for line in current if line[columns[2]].startswith("2026-03-08")]
    assert len(lines) == len(of_the_day) == 92
    for line, now in zip(lines, of_the_day, strict=True):
        assert [line[column] for column in columns[:4]] == [now[column] for column in columns[:4]]
        assert (line[columns[4]], now[columns[4]]) == ("0.250", "0.100")
        assert line[columns[5]] == quality
        assert line[version] == "1"
        assert datetime.fromisoformat(line[list(line)[-1]]) == replaced.replaced_at.replace(
            microsecond=0
        )
    listed = [file["name"] for file in json.loads(packed.read("manifest.json"))["files"]]
    assert name in listed
    assert f'href="{name}"' in packed.read("index.html").decode()


def signed_on_paper(rosa: Customer, *, capacity: str = "holder") -> Authorization:
    chosen = builders.terms(rosa, builders.use())
    shown = authorizations.read_back(rosa, chosen, language="es", at=NOW)
    return authorizations.grant(
        rosa,
        chosen,
        shown_sha256=shown.sha256,
        request_key=uuid4(),
        language="es",
        by=builders.alma(),
        via=Via.PAPER,
        at=NOW,
        heard=Heard(
            "Rosa Ejemplo",
            "signature",
            received_at=NOW,
            capacity=Access.Capacity(capacity),
            scan=b"%PDF-1.7 signed by her",
        ),
    )


def forms_in(packed: zipfile.ZipFile) -> list[bytes]:
    return [packed.read(name) for name in packed.namelist() if "/form-" in name]


def test_the_form_she_signed_on_paper_is_in_it_and_opens_on_its_page(client, rosa, her) -> None:
    held = signed_on_paper(rosa)
    assert held.wish
    assert bytes(held.wish.scan_sha256).hex() in str(section(rosa, "wishes").rows)
    packed = opened(rosa, her)
    assert packed.read(f"authorizations/form-{held.wish_id}.pdf") == b"%PDF-1.7 signed by her"
    client.force_login(her)
    address = f"/sharing/{held.pk}/form/granted/"
    for language, words in (
        ("en", "See the form you signed, July 1, 2026"),
        ("es", "Ver el formulario que usted firmó, 1 de julio de 2026"),
    ):
        page = client.get(f"/{language}/sharing/{held.pk}/").content.decode()
        assert f'href="/{language}{address}">{words}</a>' in page
        scan = client.get(f"/{language}{address}")
        assert (scan.content, scan["Content-Type"]) == (
            b"%PDF-1.7 signed by her",
            "application/pdf",
        )
    assert client.get(f"/en/sharing/{held.pk}/form/canceled/").status_code == 404
    luis = builders.holder(builders.customer(builders.LUIS), "luis@example.org")
    client.force_login(luis)
    assert client.get(f"/en{address}").status_code == 404


@pytest.mark.parametrize("whose", ["another holder", "somebody else", "household"])
def test_a_form_that_may_be_somebody_elses_is_not_shown_and_says_who_shows_it(
    client, rosa, her, whose: str
) -> None:
    viewer = her
    held = signed_on_paper(rosa, capacity="household" if whose == "somebody else" else "holder")
    if whose == "another holder":
        builders.holder(rosa, "pablo@example.org")
    if whose == "household":
        viewer = User.objects.create_user("pablo@example.org")
        Access.objects.create(
            user=viewer,
            customer=rosa,
            capacity=Access.Capacity.HOUSEHOLD,
            scope=Access.Scope.EVERYTHING,
            proof="test",
            starts_at=NOW,
        )
    assert forms_in(opened(rosa, viewer)) == []
    client.force_login(viewer)
    page = client.get(f"/en/sharing/{held.pk}/").content.decode()
    assert "PRIME keeps a form signed by Rosa Ejemplo, July 1, 2026." in page
    assert client.get(f"/en/sharing/{held.pk}/form/granted/").status_code == 404


def test_a_form_that_cannot_be_opened_says_so_and_breaks_nothing(
    client, rosa, her, tmp_path
) -> None:
    held = signed_on_paper(rosa)
    (tmp_path / "wishes" / str(held.wish_id)).write_bytes(b"damaged")
    (said,) = forms_in(opened(rosa, her))
    assert "cannot be opened now" in said.decode()
    client.force_login(her)
    page = client.get(f"/es/sharing/{held.pk}/form/granted/")
    assert page.status_code == 410
    assert "no se puede abrir ahora" in page.content.decode()


def test_what_was_sent_and_shown_is_in_it_word_for_word_and_no_claim_code(rosa, her) -> None:
    held = builders.authorization(rosa, her)
    deliveries.plan(at=NOW)
    packed = opened(rosa, her)
    shown = packed.read(f"authorizations/{held.pk}.html").decode()
    assert held.shown.text in shown
    messages = [name for name in packed.namelist() if name.startswith("messages/")]
    assert len(messages) == 2
    texts = " ".join(packed.read(name).decode() for name in messages)
    assert "Solar Sample" in texts
    assert "*****-*****" in texts or "code" not in texts


def test_numbers_stay_numbers_and_no_cell_becomes_a_formula(rosa, her) -> None:
    Customer.objects.filter(pk=rosa.pk).update(name='=HYPERLINK("x")', telephone="+1 562 555 0100")
    rosa.refresh_from_db()
    packed = opened(rosa, her)
    for name in packed.namelist():
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(packed.read(name).decode(), newline="")):
                for cell in line:
                    assert cell[:1] not in ("=", "+", "@", "\t", "\r"), (name, cell)
                    assert not cell.startswith("-") or cell[1:2].isdigit()
    account = packed.read("tables/account.csv").decode()
    assert "'=HYPERLINK" in account
    assert "No. 700000000001" in account
    readings = next(csv.DictReader(io.StringIO(packed.read("tables/readings.csv").decode())))
    assert readings["Readings missing"] == "0"


def test_the_record_for_programs_holds_the_same_sections(rosa, her) -> None:
    told = json.loads(opened(rosa, her).read("record.json"))
    held = {part["key"]: part for part in told["sections"]}
    assert set(held) == {part.key for part in record.record_of(rosa)}
    assert held["account"]["rows"][0][1] == "700000000001"


def test_it_is_in_the_language_of_the_page_she_asked_on(rosa, her) -> None:
    packed = opened(rosa, her, language="es")
    page = packed.read("index.html").decode()
    assert '<html lang="es">' in page
    assert "Lo que PRIME guarda sobre usted" in page
    assert packed.read("usage/readings.csv").decode().startswith("Cuenta de servicio,")


@pytest.mark.parametrize(("language", "word"), [("en", "“missing”"), ("es", "“falta”")])
def test_it_says_how_a_gap_looks(rosa, her, language, word) -> None:
    packed = opened(rosa, her, language=language)
    said = json.loads(packed.read("manifest.json"))["gaps"]
    assert word in said
    assert said in packed.read("index.html").decode()


def test_a_paper_of_its_own_language_has_its_title_in_it_too(rosa, her) -> None:
    held = builders.authorization(rosa, her)
    packed = opened(rosa, her, language="es" if held.shown.language == "en" else "en")
    titles = {"en": "What you were shown", "es": "Lo que se le mostró"}
    shown = packed.read(f"authorizations/{held.pk}.html").decode()
    assert f"<title>{titles[held.shown.language]}</title>" in shown


def test_the_record_as_pdf_is_tagged_and_says_its_language(rosa, her) -> None:
    for language, title in (
        ("en", "What PRIME holds about you"),
        ("es", "Lo que PRIME guarda sobre usted"),
    ):
        text = whole(rosa, her, kind="record_pdf", language=language)
        with pikepdf.open(io.BytesIO(text)) as pdf:
            assert str(pdf.Root.Lang) == language
            assert bool(pdf.Root.MarkInfo.Marked)
            assert str(pdf.docinfo["/Title"]) == title
            with pdf.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"


def billed_by_the_hour(rosa: Customer) -> Section:
    """A year of bills split by the hours of a rate: forty-two lines, the last one corrected."""
    days = [date(2025, 3, 19) + timedelta(days=30 * (n // 3)) for n in range(42)]
    told = section(rosa, "times_of_use")
    return replace(
        told,
        columns=told.columns[:7],
        rows=[
            (
                "8000000001",
                day,
                day + timedelta(days=29),
                str(TimeOfUse.Season.SUMMER.label),
                str(list(TimeOfUse.Hours)[n % 3].label),
                kilo(123_456 + n),
                NOW if n == 41 else None,
            )
            for n, day in enumerate(days)
        ],
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_on_paper_many_short_lines_are_one_table_not_a_card_each(
    rosa, her, language, monkeypatch
) -> None:
    with translation.override(language):
        told = billed_by_the_hour(rosa)
        assert "<dl>" in section_page(told, paper=False), "on a screen each line folds"
        assert "<dl>" not in section_page(told, paper=True)
    monkeypatch.setattr(record, "record_of", lambda _customer, **_reader: [told])
    text = whole(rosa, her, kind="record_pdf", language=language)
    with pikepdf.open(io.BytesIO(text)) as pdf:
        assert len(pdf.pages) <= 3
        found = tags(pdf.Root.StructTreeRoot)
    assert found.count("TD") == 42 * 7
    # On each page it is a table of its own, with its heading.
    assert found.count("TH") == 7 * found.count("Table")
    assert found.count("TR") == 42 + found.count("Table")


def test_on_paper_a_column_that_holds_nothing_is_left_out_and_a_long_text_stays_a_card(
    rosa,
) -> None:
    told = billed_by_the_hour(rosa)
    bare = replace(told, rows=[(*row[:-1], None) for row in told.rows])
    assert "Corrected on" in section_page(told, paper=True)
    assert "Corrected on" not in section_page(bare, paper=True)
    long = replace(told, rows=[*told.rows[:-1], (*told.rows[-1][:4], "a word " * 30, None, None)])
    assert section_page(long, paper=True).count("<dl>") == 42


def section_page(told: Section, *, paper: bool) -> str:
    shown = Shown(told, everything=True)
    context = {"part": shown, "wide": whole_record.WIDE, "paper": paper}
    return render_to_string("record/_section.html", context)


def test_a_customer_with_nothing_yet_gets_a_record_too(her, rosa) -> None:
    bare = builders.customer(builders.LUIS)
    packed = opened(bare, builders.holder(bare, "luis@example.org"))
    assert "We hold no readings of your meter." in packed.read("index.html").decode()
    checked = json.loads(packed.read("manifest.json"))["conformance"]
    assert checked["usage/green-button-usage.xml"]["FB_04"]["result"] == "failed"


# -- Those who left --------------------------------------------------------------------


def test_a_former_customer_keeps_what_prime_still_holds_of_her_time(client, rosa, her) -> None:
    """She moved out and opted out; her time is still hers to see and take (6.3)."""
    builders.roster({"end_date": "2026-05-01", "opted_out_on": "2026-05-01"})
    agreement = ServiceAgreement.objects.get(customer=rosa)
    assert agreement.ends_at
    assert agreement.ends_at < NOW
    client.force_login(her)
    assert client.get("/en/usage/2026/3/8/").status_code == 200
    asked = {
        "customer": rosa.pk,
        "kind": "csv",
        "agreements": [agreement.pk],
        "first_day": "2026-03-01",
        "last_day": f"{TODAY + timedelta(days=1)}",
    }
    taken = b"".join(client.post("/en/usage/download/", asked).streaming_content)
    assert taken.count(b"\n") == 1 + 92 + 2 * 96
    packed = opened(rosa, her)
    assert packed.read("usage/readings.csv").count(b"\n") == 1 + 92 + 2 * 96
    assert "Rosa Ejemplo" in packed.read("index.html").decode()


def test_what_was_measured_after_she_left_is_not_hers(client, rosa, her) -> None:
    builders.roster({"end_date": "2026-03-09", "opted_out_on": "2026-03-09"})
    packed = opened(rosa, her)
    lines = list(csv.DictReader(io.StringIO(packed.read("usage/readings.csv").decode())))
    assert {line["Start (local time with UTC offset)"][:10] for line in lines} == {
        "2026-03-07",
        "2026-03-08",
    }


def test_an_erased_text_is_told_in_her_language_on_pages_and_in_files() -> None:
    told = Section("wishes", "", "Wishes", "", ("Words", "By"), [(ERASED, "Alma")], "")
    with translation.override("es"):
        assert whole_record._csv(told).splitlines()[1] == b"(borrado),Alma"
        assert portal.cell(ERASED) == portal.said(ERASED) == "(borrado)"


def test_numbers_stay_numbers_in_files_and_are_written_for_people_on_pages() -> None:
    row = (kilo(1_234_500), dollars(-320), kilo(None), "7000000001")
    told = Section("bills", "", "Bills", "", ("kWh", "$", "Nothing", "Account"), [row], "")
    assert whole_record._csv(told).splitlines()[1] == b"1234.500,-3.20,,No. 7000000001"
    assert [portal.cell(cell) for cell in row] == ["1,234.500", "−3.20", "", "7000000001"]
