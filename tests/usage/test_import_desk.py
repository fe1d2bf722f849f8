"""Staff send files: tried out, looked at, confirmed; and what came of them can be taken away."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from prime_portal.models import User
from prime_portal.roles import Role
from tests import builders
from tests.usage import cmep_files, sce_files
from tests.usage.rosters import row, served, take_roster
from tests.usage.test_billing import bill
from tests.usage.test_door import DAY, cmep_of, table, whole
from usage import changes, sealed_files, uploads
from usage.models import Customer, Hold, Import, IntervalDay, Source, Upload

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SEND = "/admin/usage/import/send/"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path / "files" / "uploads"


@pytest.fixture
def second_factor(monkeypatch):
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def staff(second_factor) -> Client:
    return signed_in(builders.alma())


@pytest.fixture
def rosa():
    return served(meter_number="M-ROSA", service_account_number="8000000001")


def send(staff, path, name="feed.cmep", **chosen):
    file = SimpleUploadedFile(name, Path(path).read_bytes())
    return staff.post(SEND, {"file": file} | chosen)


def text(response):
    return response.content.decode()


# -- The way of a file ---------------------------------------------------------------------


def test_a_file_is_tried_out_looked_at_and_taken_in(staff, rosa, tmp_path, files):
    assert "Send a file" in text(staff.get(reverse("admin:usage_import_changelist")))
    assert staff.get(SEND).status_code == 200
    before = Import.objects.count()
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    upload = Upload.objects.get()
    assert answer["Location"] == reverse("admin:usage_import_confirm", args=[upload.pk])

    page = text(staff.get(answer["Location"]))
    for words in ("Nothing has been changed yet", "feed.cmep", "CMEP, the bulk feed", "Take it in"):
        assert words in page
    assert '<th scope="row">New days</th><td>1</td>' in page
    assert (Import.objects.count(), IntervalDay.objects.count()) == (before, 0)
    assert b"M-ROSA" not in (files / str(upload.pk)).read_bytes(), "it lies encrypted"

    answer = staff.post(answer["Location"], {"confirm": "1"})
    taken = Import.objects.latest("started_at")
    assert answer["Location"] == reverse("admin:usage_import_change", args=[taken.pk])
    assert (taken.outcome, taken.by, taken.source) == ("taken", builders.alma(), "staff pages")
    assert (taken.file_name, IntervalDay.objects.count()) == ("feed.cmep", 1)
    assert not Upload.objects.exists()
    assert list(files.iterdir()) == []

    page = text(staff.get(answer["Location"]))
    for words in (
        "Taken in",
        "feed.cmep",
        bytes(taken.sha256).hex(),
        "the end of the interval, UTC",
    ):
        assert words in page


def test_the_pages_speak_spanish(staff, rosa, tmp_path):
    staff.cookies["django_language"] = "es"
    assert "Enviar un archivo" in text(staff.get(SEND))
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    page = text(staff.get(answer["Location"]))
    assert "Todavía no se ha cambiado nada" in page
    assert "Días nuevos" in page
    answer = staff.post(answer["Location"], {"confirm": "1"})
    assert "Problemas" not in text(staff.get(answer["Location"]))


def test_what_is_wrong_with_a_file_is_told_in_spanish_and_in_the_order_of_its_lines(
    staff, rosa, tmp_path
):
    staff.cookies["django_language"] = "es"
    lines = ["MEPMD01,19970819,x", cmep_files.line(0, ["1"], unit="GAL"), "hello"]
    with cmep_of(tmp_path / "f", whole()).open("a") as file:
        file.write("\n".join(lines))
    answer = send(staff, tmp_path / "f")
    dry = text(staff.get(answer["Location"]))
    answer = staff.post(answer["Location"], {"confirm": "1"})
    taken = Import.objects.latest("started_at")
    page, table_ = told_of(staff, taken)
    spanish = [
        ("2", "tiene 3 campos; un registro tiene al menos 14"),
        ("3", "la unidad GAL no está entre las de este remitente"),
        ("4", "no comienza con un tipo de registro"),
    ]
    for shown in (dry, page):
        cells = re.findall(r"<tr><td>(\d*)</td><td>([^<]*)</td></tr>", shown)
        assert cells == spanish, "and nothing of it is marked as English"
        assert "Líneas en el archivo</th><td>4</td>" in shown
        assert "Líneas o lecturas de una clase que no se guarda</th><td>1</td>" in shown
        assert "Líneas o lecturas que no se pueden leer</th><td>2</td>" in shown
    assert table_ == [["Línea", "Problema"], *map(list, spanish)]
    assert taken.problems[1] == {
        "file": "feed.cmep",
        "line": 3,
        "what": "the unit GAL is not among those of this sender",
        "words": "the unit %(unit)s is not among those of this sender",
        "with": {"unit": "GAL"},
    }


def test_the_list_is_narrowed_by_kind_and_by_the_way_a_file_came(staff, rosa, tmp_path):
    staff.cookies["django_language"] = "es"
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    staff.post(answer["Location"], {"confirm": "1"})
    every = text(staff.get(reverse("admin:usage_import_changelist")))
    for words in (">padrón (CSV)</a>", ">lecturas</a>", ">las páginas del personal</a>"):
        assert words in every
    some = staff.get(reverse("admin:usage_import_changelist"), {"kind": "readings"})
    assert [row_.kind for row_ in some.context["cl"].queryset] == ["readings"]
    some = staff.get(reverse("admin:usage_import_changelist"), {"source": "staff pages"})
    assert [row_.source for row_ in some.context["cl"].queryset] == ["staff pages"]


def test_a_file_may_be_thrown_away(staff, rosa, tmp_path, files):
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    staff.post(answer["Location"], {"discard": "1"})
    assert not Upload.objects.exists()
    assert list(files.iterdir()) == []
    assert not IntervalDay.objects.exists()
    again = staff.post(answer["Location"], {"confirm": "1"})
    assert again.status_code == 404


def test_a_roster_says_what_would_change(staff, tmp_path):
    path = table(tmp_path / "r.csv", row(), row())
    page = text(staff.get(send(staff, path, name="roster.csv")["Location"]))
    assert "New customers</th><td>2</td>" in page
    assert Customer.objects.count() == 0


def cells(page):
    """The rows of the table of changes, each as the texts of its cells."""
    table_ = page.partition("What would change</h2>")[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(<td>.*?)</tr>", html.unescape(table_), re.DOTALL)
    return [re.findall(r"<td>(.*?)</td>", one.replace("<br>", " / "), re.DOTALL) for one in rows]


CHANGED = {
    "customer_name": "Rosa Nueva",
    "email": "nueva@example.org",
    "rate_schedule": "TOU-D-PRIME",
    "service_address_1": "2 Other Street",
    "end_date": "2026-06-30",
    "programs": "FERA",
}
MOVED = ("1 Example Street / Pico Rivera, CA 90660", "2 Other Street / Pico Rivera, CA 90660")
SAID = [
    ["…4321", "customer’s name", "Rosa Ejemplo", "Rosa Nueva"],
    ["…4321", "mailing address", *MOVED],
    ["…4321", "e-mail address", "—", "nueva@example.org"],
    ["…4321", "address of the place", *MOVED],
    ["…4321", "rate schedule of an agreement", "TOU-D-4-9PM", "TOU-D-PRIME"],
    ["…4321", "end of an agreement", "—", "June 30, 2026"],
    ["…4321", "program of an agreement", "—", "FERA"],
    ["…4321", "program of an agreement", "CARE", "—"],
    ["…4321", "end of the enrollment", "—", "June 30, 2026"],
]


def corrected():
    held = row(
        account_number="700000004321",
        customer_name="Rosa Ejemplo",
        service_address_1="1 Example Street",
        rate_schedule="TOU-D-4-9PM",
        programs="CARE",
    )
    assert take_roster(held).outcome == Import.Outcome.TAKEN
    return held | CHANGED


def test_a_roster_says_of_the_first_changes_whose_they_are_and_from_what_to_what(staff, tmp_path):
    path = table(tmp_path / "r.csv", corrected(), row(rate_schedule="", programs="", email=""))
    sent = send(staff, path, name="roster.csv")
    assert cells(text(staff.get(sent["Location"]))) == SAID
    assert Customer.objects.get(account_number="700000004321").name == "Rosa Ejemplo"
    assert "Rosa" not in json.dumps(Upload.objects.get().result), "it lies sealed"
    with override("es"):
        said = changes.told(uploads.changes_of(Upload.objects.get()))
    assert (said[0].what, said[5].after) == ("nombre del cliente", "30 de junio de 2026")
    answer = staff.post(sent["Location"], {"confirm": "1"})
    taken = Import.objects.latest("started_at")
    assert answer["Location"] == reverse("admin:usage_import_change", args=[taken.pk])
    assert Customer.objects.get(account_number="700000004321").name == "Rosa Nueva"
    kept = json.dumps([taken.counts, taken.problems, taken.read_as])
    assert not [one for one in ("Rosa", "nueva", "4321", "Other Street") if one in kept]
    assert not Upload.objects.exists()


def test_no_more_than_twenty_changes_are_told(staff, tmp_path):
    held = [row() for _n in range(15)]
    take_roster(*held)
    path = table(tmp_path / "r.csv", *(one | {"customer_name": "X"} for one in held))
    page = text(staff.get(send(staff, path, name="r.csv")["Location"]))
    assert len(cells(page)) == 15
    assert "Twenty of the changes:" not in page
    more = {"customer_name": "X", "telephone": "562-555-0100"}
    path = table(tmp_path / "s.csv", *(one | more for one in held))
    page = text(staff.get(send(staff, path, name="s.csv")["Location"]))
    assert len(cells(page)) == 20
    assert "Twenty of the changes:" in page


def test_readings_say_of_the_first_days_which_are_new_and_which_take_a_versions_place(
    staff, rosa, tmp_path
):
    sent = send(staff, cmep_of(tmp_path / "f", whole()))
    staff.post(sent["Location"], {"confirm": "1"})
    path = cmep_of(tmp_path / "g", whole(DAY + timedelta(days=1)), whole(wh=250))
    assert cells(text(staff.get(send(staff, path)["Location"]))) == [
        ["…0001", "readings, delivered, January 15, 2026", "version 1", "version 2"],
        ["…0001", "readings, delivered, January 16, 2026", "—", "version 1"],
    ]
    assert IntervalDay.objects.count() == 1


def test_a_file_that_would_be_refused_shows_why_and_cannot_be_taken(staff, tmp_path, files):
    path = table(tmp_path / "r.csv", row(start_date="soon"), row(kind="castle"))
    answer = send(staff, path, name="roster.csv")
    page = text(staff.get(answer["Location"]))
    assert "This file would be refused" in page
    assert "start_date is &#x27;soon&#x27;" in page
    assert "Take it in" not in page
    assert not files.exists(), "what cannot be taken is not kept"
    staff.post(answer["Location"], {"confirm": "1"})
    assert not Customer.objects.exists()


def test_a_file_with_nothing_new_cannot_be_taken_again(staff, rosa, tmp_path):
    path = cmep_of(tmp_path / "f", whole())
    staff.post(send(staff, path)["Location"], {"confirm": "1"})
    page = text(staff.get(send(staff, path)["Location"]))
    assert "There is nothing new in this file." in page
    assert "Take it in" not in page


def test_sces_file_is_taken_for_the_account_that_is_named(staff, rosa, tmp_path):
    path = sce_files.consumption(tmp_path / "sce.csv", [whole()])
    page = text(staff.get(send(staff, path, name="sce.csv")["Location"]))
    assert "names no meter; say whose agreement it is" in page
    answer = send(staff, path, name="sce.csv", agreement="800-000-0001")
    assert "Take it in" in text(staff.get(answer["Location"]))
    staff.post(answer["Location"], {"confirm": "1"})
    assert IntervalDay.objects.get().agreement == rosa
    wrong = send(staff, path, name="sce.csv", agreement="123")
    assert "No agreement has that service account number." in text(wrong)


def test_a_sender_says_what_times_mean(staff, rosa, tmp_path):
    Source.objects.create(key="hourly", name="Hourly", stamps="start", clock="local")
    block = whole(sec=3600)
    path = cmep_of(tmp_path / "f", block, ends=False, utc=False)
    answer = send(staff, path, source="hourly")
    assert "Hourly: Pacific time, the start of the interval" in text(staff.get(answer["Location"]))
    answer = staff.post(answer["Location"], {"confirm": "1"})
    assert bytes(IntervalDay.objects.get().wh) == block.wh
    assert "the start of the interval, Pacific time" in text(staff.get(answer["Location"]))


# -- Who may -------------------------------------------------------------------------------


def test_staff_without_the_permission_may_look_and_not_send(second_factor, staff, rosa, tmp_path):
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_import"))
    client = signed_in(clerk)
    listed = client.get(reverse("admin:usage_import_changelist"))
    assert (listed.status_code, "Send a file" in text(listed)) == (200, False)
    assert client.get(SEND).status_code == 403
    assert send(client, tmp_path / "f").status_code == 403
    assert client.get(answer["Location"]).status_code == 403
    assert client.post(answer["Location"], {"confirm": "1"}).status_code == 403
    assert not IntervalDay.objects.exists()
    clerk.user_permissions.add(Permission.objects.get(codename="add_import"))
    assert signed_in(User.objects.get(pk=clerk.pk)).get(SEND).status_code == 200


def test_an_auditor_sees_what_was_wrong_with_a_file_and_nothing_of_whom_it_names(staff, tmp_path):
    """The same words as the work list has them: a file's cells are no case."""
    wrong = row(
        customer_name="Rosa Ejemplo",
        account_number="7.00E+11",
        kind='Rosa\'s "home"',
        service_state="O'Neil",
    )
    path = table(tmp_path / "r.csv", wrong)
    taken = uploads.intake.take_in(
        path, name="roster-700000000001.csv", source="x", by=None, at=timezone.now()
    )
    assert len(taken.problems) == 3
    addresses = [
        reverse("admin:usage_import_change", args=[taken.pk]),
        reverse("admin:usage_import_problems", args=[taken.pk]),
    ]
    auditor = signed_in(builders.staff("auditor@prime.example", Role.AUDITOR))
    for address in addresses:
        said = html.unescape(text(auditor.get(address)))
        for hers in ("Rosa", "7.00E+11", "home", "O'Neil", "Neil", "700000000001"):
            assert hers not in said, (hers, address)
        for kept in ("account_number is …", "kind is …", "service_state is …"):
            assert kept in said, (kept, address)
    assert "roster-7" not in text(auditor.get(addresses[0]))
    assert "left out for whoever may not send" in text(auditor.get(addresses[0]))
    for address in addresses:
        said = html.unescape(text(staff.get(address)))
        assert "7.00E+11" in said
        assert "O'Neil" in said
        assert "left out" not in said


def test_staff_who_may_not_see_imports_do_not_get_their_problems(second_factor, rosa):
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    row_ = Import.objects.latest("started_at")
    client = signed_in(clerk)
    assert client.get(reverse("admin:usage_import_problems", args=[row_.pk])).status_code == 403
    assert client.get(reverse("admin:usage_import_change", args=[row_.pk])).status_code == 403


def test_without_the_second_factor_nobody_gets_there(rosa):
    client = signed_in(builders.alma())
    answer = client.get(SEND)
    assert (answer.status_code, "/my/second-factor/" in answer["Location"]) == (302, True)


def test_a_customer_does_not_even_see_that_it_is_there(second_factor, rosa):
    client = signed_in(User.objects.create_user("rosa@example.com"))
    assert client.get(SEND).status_code == 404


# -- What may come -------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_stopped_while_it_comes(staff, settings, monkeypatch):
    small = uploads.intake.Cap(200_000, timedelta(seconds=5))
    monkeypatch.setattr("usage.intake.BY_HAND", small)
    answer = staff.post(SEND, {"file": SimpleUploadedFile("big.csv", b"x" * 400_000)})
    assert "The file is larger than 0 MB" in text(answer)
    assert not Upload.objects.exists()
    monkeypatch.setattr("usage.uploads.ENVELOPE", 0)
    answer = staff.post(SEND, {"file": SimpleUploadedFile("big.csv", b"x" * 199_990)})
    assert "The file is larger than" in text(answer), "the form announces more than that"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\feed.cmep", "feed.cmep"),
        ("<b>feed</b>.cmep", "b&gt;.cmep"),
        ("rosa\u202ecsv.exe", "rosa"),
    ],
)
def test_the_name_of_a_file_is_only_ever_shown(staff, rosa, tmp_path, files, name, shown):
    upload = uploads.try_out(
        [cmep_of(tmp_path / "f", whole()).read_bytes()],
        name=name,
        format=None,
        agreement=None,
        source=None,
        by=builders.alma(),
        at=timezone.now(),
    )
    assert [path.name for path in files.iterdir()] == [str(upload.pk)]
    assert "/" not in upload.file_name
    page = text(staff.get(reverse("admin:usage_import_confirm", args=[upload.pk])))
    assert shown in page
    assert "<b>feed" not in page


def test_a_file_that_was_changed_at_rest_is_not_taken(staff, rosa, tmp_path, files):
    answer = send(staff, cmep_of(tmp_path / "f", whole()))
    (path,) = files.iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(sealed_files.Damaged):
        staff.post(answer["Location"], {"confirm": "1"})
    assert not IntervalDay.objects.exists()


def test_of_two_who_confirm_one_takes_it_in(staff, rosa, tmp_path):
    send(staff, cmep_of(tmp_path / "f", whole()))
    first, second = Upload.objects.get(), Upload.objects.get()
    alma, at = builders.alma(), timezone.now()
    assert uploads.confirm(first, by=alma, at=at).outcome == "taken"
    with pytest.raises(uploads.Gone):
        uploads.confirm(second, by=alma, at=at)
    assert Import.objects.filter(kind="readings").count() == 1


def test_what_nobody_confirms_is_removed_within_a_day(staff, rosa, tmp_path, files):
    send(staff, cmep_of(tmp_path / "f", whole()))
    now = timezone.now()
    assert uploads.remove_old(at=now + timedelta(hours=23)) == 0
    assert uploads.remove_old(at=now + timedelta(hours=25)) == 1
    assert not Upload.objects.exists()
    assert list(files.iterdir()) == []


# -- What came of it -----------------------------------------------------------------------


def test_problems_can_be_taken_away_as_a_table_without_formulas(staff, rosa, tmp_path):
    path = table(tmp_path / "b.csv", bill(charges_usd="=cmd()"), bill(usage_kwh="@sum"))
    taken = uploads.intake.take_in(path, source="test", by=None, at=timezone.now())
    Import.objects.filter(pk=taken.pk).update()
    page = text(staff.get(reverse("admin:usage_import_change", args=[taken.pk])))
    assert "Refused, nothing taken in: bills (CSV)" in page
    address = reverse("admin:usage_import_problems", args=[taken.pk])
    assert address in page
    answer = staff.get(address)
    assert answer["Content-Disposition"] == (
        f'attachment; filename="import-{taken.pk}-problems.csv"'
    )
    rows = list(csv.reader(io.StringIO(text(answer).removeprefix("\ufeff"))))
    assert rows[0] == ["Line", "Problem"]
    assert [line for line, _what in rows[1:]] == ["2", "3"]
    assert not [cell for line in rows for cell in line if cell[:1] in "=@+-"]


def test_an_import_that_was_broken_off_says_so(staff):
    broken = Import.objects.create(
        kind="readings", file_name="x", sha256=b"1" * 32, source="test", started_at=timezone.now()
    )
    page = text(staff.get(reverse("admin:usage_import_change", args=[broken.pk])))
    assert "This import was broken off" in page
    assert "broken off" in text(staff.get(reverse("admin:usage_import_changelist")))
    assert staff.get(reverse("admin:usage_import_change", args=["nothing"])).status_code == 404


def test_long_lists_of_problems_are_cut_on_the_page(staff):
    lines = [{"file": "x", "line": number, "what": f"is wrong {number}"} for number in range(80)]
    broken = Import.objects.create(
        kind="bills", file_name="x", sha256=b"1" * 32, source="test", started_at=timezone.now()
    )
    Import.objects.filter(pk=broken.pk).update(
        outcome="refused", counts={}, problems=lines, finished_at=timezone.now()
    )
    page = text(staff.get(reverse("admin:usage_import_change", args=[broken.pk])))
    assert page.count('<td lang="en">is wrong') == 50, "of before: kept in English alone"
    assert "And 30 more." in page
    table_ = text(staff.get(reverse("admin:usage_import_problems", args=[broken.pk])))
    assert table_.count("is wrong") == 80


def told_of(staff, taken):
    """What the page says of it, and the rows of its table."""
    page = text(staff.get(reverse("admin:usage_import_change", args=[taken.pk])))
    table_ = text(staff.get(reverse("admin:usage_import_problems", args=[taken.pk])))
    return page, list(csv.reader(io.StringIO(table_.removeprefix("\ufeff"))))


def test_a_cut_list_of_problems_says_so_on_the_page_and_in_its_last_row(staff, rosa, tmp_path):
    broken = ['"2026-01-15 25:00:00 to 2026-01-15 26:00:00","1",""'] * 10_234
    (tmp_path / "f.csv").write_text(
        "Energy Usage Information\n"
        "Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality\n"
        + "\n".join(broken)
    )
    taken = uploads.intake.take_in(
        tmp_path / "f.csv", agreement=rosa, source="test", by=None, at=timezone.now()
    )
    assert taken.counts["rejected"] == 10_234
    page, rows = told_of(staff, taken)
    said = "The list is cut: 234 more problems are counted and not in it."
    assert said in page
    assert len(rows) == 1 + 10_000 + 1
    assert rows[-1] == ["", said]
    assert rows[-2][0] == "10002"
    sent = send(staff, tmp_path / "f.csv", agreement=rosa.number)
    assert said in text(staff.get(sent.url))


def test_a_file_read_no_further_after_ten_thousand_problems_says_so(staff, rosa, tmp_path):
    path = table(tmp_path / "b.csv", *[bill(usage_kwh="x")] * 10_300)
    taken = uploads.intake.take_in(path, source="test", by=None, at=timezone.now())
    page, rows = told_of(staff, taken)
    said = "The list is cut: reading stopped after 10,000 problems; there may be more."
    assert said in page
    assert rows[-1] == ["", said]
    assert len(rows) == 1 + 10_000 + 1


def test_a_whole_list_of_problems_says_nothing_of_a_cut(staff, rosa, tmp_path):
    path = table(tmp_path / "b.csv", *[bill(usage_kwh="x")] * 99)
    taken = uploads.intake.take_in(path, source="test", by=None, at=timezone.now())
    page, rows = told_of(staff, taken)
    assert "The list is cut" not in page
    assert len(rows) == 1 + 99


# -- Senders and holds ---------------------------------------------------------------------


def test_a_senders_key_is_set_once(staff):
    form = {
        "key": "sce-bulk",
        "name": "SCE bulk",
        "stamps": "end",
        "clock": "utc",
        "delivered_units": "KWH",
        "received_units": "KWHR",
        "net_units": "",
    }
    assert staff.post(reverse("admin:usage_source_add"), form).status_code == 302
    source = Source.objects.get()
    assert (source.pk, source.received_units, source.net_units) == ("sce-bulk", ["KWHR"], [])
    address = reverse("admin:usage_source_change", args=["sce-bulk"])
    staff.post(address, form | {"key": "another", "clock": "local"})
    assert list(Source.objects.values_list("pk", "clock")) == [("sce-bulk", "local")]


def test_a_hold_is_placed_and_lifted_by_staff_who_may(staff, rosa):
    place = reverse("admin:usage_hold_place")
    assert "Place a hold" in text(staff.get(reverse("admin:usage_hold_changelist")))
    assert "No customer has that account number." in text(
        staff.post(place, {"account": "999", "reason": "x"})
    )
    number = rosa.customer.account_number
    form = {"account": number, "categories": ["interval_usage"], "reason": "a lawsuit"}
    assert staff.post(place, form).status_code == 302
    staff.post(place, {"reason": "an audit"})
    one, everybody = Hold.objects.order_by("placed_at")
    assert (one.customer, one.categories, one.placed_by) == (
        rosa.customer,
        ["interval_usage"],
        builders.alma(),
    )
    assert (everybody.customer, everybody.categories) == (None, [])
    listed = reverse("admin:usage_hold_changelist")
    spanish = text(staff.get(listed, headers={"accept-language": "es"}))
    assert ">Consumo de electricidad durante el día</td>" in spanish
    staff.post(listed, {"action": "lift", "_selected_action": [str(one.pk), str(everybody.pk)]})
    assert {hold.lifted_by for hold in Hold.objects.all()} == {builders.alma()}
    assert not Hold.objects.in_force().exists()


def test_staff_without_the_permission_place_no_hold(second_factor, rosa):
    clerk = User.objects.create_user("clerk@prime.example", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_hold"))
    client = signed_in(clerk)
    assert client.post(reverse("admin:usage_hold_place"), {"reason": "x"}).status_code == 403
    assert not Hold.objects.exists()


def test_the_runs_of_retention_are_looked_at(staff):
    assert staff.get(reverse("admin:usage_retentionrun_changelist")).status_code == 200
    assert staff.get(reverse("admin:usage_qualityword_changelist")).status_code == 200
