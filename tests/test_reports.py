"""The annual report and the Commission binder: made from the ledger, kept, and made again."""

from __future__ import annotations

import csv
from base64 import b64decode
from datetime import date, datetime, timedelta
from hashlib import sha256
from io import BytesIO, StringIO
from threading import Event, Thread, Timer

import pikepdf
import pytest
from django.contrib.auth.models import Permission
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import (
    authorizations,
    disclosures,
    flows,
    incidents,
    legal,
    paper_forms,
    proposals,
    third_parties,
)
from consent.clocks import report_due
from consent.models import (
    Authorization,
    Contract,
    Demand,
    Disclosure,
    PaperForm,
    StandingFlow,
    StatedUse,
)
from consent.models.breaches import NonCompliance
from notices import watchdog
from notices.models import Notice, PublishedPdf
from notices.writing import publishing
from prime_portal import erasing, retention, role_changes
from prime_portal.board import section_5 as figures
from prime_portal.compliance import facts_for_notice
from prime_portal.desks import worklist
from prime_portal.models import IssuedReport, LedgerEntry, User
from prime_portal.reports import annex, binder, due, grounds, internal, issuing, past
from prime_portal.reports.sections import table
from prime_portal.roles import Role
from tests import builders
from tests.builders import NOW, PACIFIC
from usage import training
from usage.models import Category, TrainingRecord, Via

YEAR = {"first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}
LATER = datetime(2027, 1, 5, 9, tzinfo=PACIFIC)
ANNUAL, BINDER = IssuedReport.Kind.ANNUAL, IssuedReport.Kind.BINDER


@pytest.fixture
def shared(committed_db):
    """In 2026 Rosa's readings went twice to Solar Sample; a third time came after a cancel."""
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    held = builders.authorization(rosa, builders.holder(rosa, "rosa@example.org"))
    for days in (0, 1):
        proposal = proposals.gather(
            held, first_day=builders.TODAY - timedelta(days=3), last_day=builders.TODAY
        )
        disclosures.disclose(proposal, by=None, at=lambda days=days: NOW + timedelta(days=days))
    return rosa


def issued(kind: IssuedReport.Kind, **days: date) -> IssuedReport:
    return issuing.issue(kind, **(YEAR | days), by=builders.alma(), at=LATER)


def as_table(kind: IssuedReport.Kind, **days: date) -> str:
    """What a report issued now would say as a table. Most tests need no paper."""
    first_day, last_day = (YEAR | days).values()
    return table(issuing.MAKERS[kind](first_day, last_day, upto=past.newest()))


def test_the_binder_says_who_received_what_and_is_made_again_to_the_byte(shared):
    first = issued(BINDER)
    lines = first.csv.splitlines()
    at = lines.index("Recipients by purpose")
    assert lines[at + 2] == "secondary,Size a solar roof,Solar Sample (fictitious),2,1,0"
    at = lines.index("Who received what")
    assert [line.split(",")[1] for line in lines[at + 2 : at + 4]] == [
        "Solar Sample (fictitious)"
    ] * 2
    went = rows_of(first.csv, "Who received what")
    assert {one["Under"] for one in went} == {"the authorization of each customer (6.9)"}
    each = rows_of(first.csv, "Each customer something was disclosed of")
    assert [(one["Disclosure"], one["Customer"], one["Authorization"]) for one in each] == [
        (one["Disclosure"], str(shared.pk), str(Authorization.objects.get().pk)) for one in went
    ]
    # What happens afterwards, and new words for the same third party, change nothing of it.
    party = builders.third_party()
    third_parties.reword(
        party,
        legal_name="Renamed (fictitious)",
        does_en="Plans.",
        does_es="Planea.",
        contact="x@example.org",
        by=builders.alma(),
        at=LATER,
    )
    assert issuing.same_again(first)
    assert as_table(BINDER) == first.csv
    report = as_table(ANNUAL)
    assert "Third parties that received customers’ information by authorization,1" in report
    assert "Renamed (fictitious),2,0,0,0" in report


@pytest.mark.parametrize("kind", [ANNUAL, BINDER])
def test_the_whole_record_is_read_once_for_a_report(shared, kind):
    with CaptureQueriesContext(connection) as asked:
        issuing.MAKERS[kind](*YEAR.values(), upto=past.newest())
    readings = [one for one in asked if "body FROM ledger.entry" in one["sql"]]
    assert len(readings) == 1


def test_an_entry_still_being_written_is_waited_for_and_never_joins_later(committed_db):
    by = builders.alma()
    said = {"clause": "6.5", "customers": 1, "found_at": NOW, "recorded_at": NOW}
    slow = NonCompliance(**said, recorded_by_id=by.pk, description="Written slowly.")
    with transaction.atomic(using="owner"):
        slow.save(using="owner", force_insert=True)
        NonCompliance.objects.create(**said, recorded_by=by, description="Written after it.")
        with pytest.raises(past.StillWriting, match="still writing"):
            past.newest(patience=0.2)
    held = issued(ANNUAL)
    assert held.ledger_id == past.newest() - 1  # the report's own entry came after
    assert all(f"Written {when}" in held.csv for when in ("slowly.", "after it."))
    numbers = LedgerEntry.objects.filter(kind="consent_noncompliance:written").order_by("id")
    assert numbers[0].row_id == slow.pk
    assert issuing.same_again(held)


def test_a_report_waits_until_the_writer_is_done(committed_db):
    by = builders.alma()
    said = {"clause": "6.5", "customers": 1, "found_at": NOW, "recorded_at": NOW}
    began, over = Event(), Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                NonCompliance.objects.create(**said, recorded_by_id=by.pk, description="Slow.")
                began.set()
                over.wait(10)
        finally:
            connection.close()

    writer = Thread(target=write_slowly)
    writer.start()
    assert began.wait(10)
    NonCompliance.objects.create(**said, recorded_by=by, description="Quick.")
    Timer(0.3, over.set).start()
    report = as_table(ANNUAL)
    writer.join()
    assert "Slow." in report
    assert "Quick." in report


def test_a_list_of_customers_that_is_not_the_recorded_one_is_found(shared):
    held = issued(BINDER)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE consent_disclosuremember DISABLE TRIGGER USER")
        cursor.execute("UPDATE consent_disclosuremember SET rows = rows + 1")
    with pytest.raises(past.NotProven, match="not the one that was recorded"):
        issuing.same_again(held)


def test_the_paper_is_tagged_and_kept_as_it_was(db):
    builders.notice()
    held = issued(BINDER)
    with pikepdf.open(BytesIO(bytes(held.pdf))) as paper:
        assert paper.Root.MarkInfo.Marked
        assert paper.Root.Lang == "en"
        assert "pdfuaid" in paper.Root.Metadata.read_bytes().decode()


def test_the_annual_report_counts_breaches_and_non_compliances_of_its_year(db):
    by = builders.alma()
    last_moment = datetime(2026, 12, 31, 23, 59, tzinfo=PACIFIC)
    user = builders.holder(builders.customer(), "rosa@example.org")
    for found_at in (last_moment, last_moment + timedelta(minutes=1)):
        held = incidents.open_(
            title=f"Seen {found_at:%Y}", summary="…", found_at=found_at, by=by, at=LATER
        )
        for _twice in range(2):
            incidents.reach_of_sign_in(
                held, user=user, first_at=NOW, last_at=found_at, by=by, at=LATER
            )
    incidents.find_non_compliance(
        clause="6.5", description="No contract.", customers=7, found_at=NOW, by=by, at=LATER
    )
    report = as_table(ANNUAL)
    assert "\r\nBreaches,1\r\nNon-compliances,1\r\n" in report
    assert 'affected by non-compliances, added up",7' in report
    assert "2026-12-31 23:59-08:00,Seen 2026,,,1,," in report
    assert "Seen 2027" not in report
    assert "6.5,PRIME,7,No contract.,not yet" in report


def demanded(
    *named, by: str = "superior-court", process=Demand.Process.CONTACT_ONLY, at=NOW, **change
) -> Demand:
    """A demand for contact details, received and found lawful. Nothing left by it yet."""
    held = legal.record(
        process=process,
        third_party=builders.third_party(by),
        customers=named,
        **{
            "reference": "26-CV-0001",
            "categories": ["account_identity", "contact"],
            "first_day": builders.TODAY - timedelta(days=30),
            "last_day": builders.TODAY,
            "reason": "Made up.",
            "received_at": at,
            "by": builders.alma(),
            "at": at,
        }
        | change,
    )
    return legal.review(held, note="Lawful.", by=builders.bruno(), at=at)


def told(held: Demand) -> None:
    disclosures.tell(legal.gather(held), by=builders.bruno(), at=lambda: NOW)


def people(count: int) -> list:
    return [
        builders.customer(
            {
                "account_number": f"72{n:010}",
                "service_account_number": f"32{n:08}",
                "service_point": f"SP-8{n:03}",
                "meter_number": f"M-8{n:03}",
            }
        )
        for n in range(count)
    ]


def test_demands_by_law_are_counted_apart_from_third_parties_and_name_nobody(committed_db):
    """Three demands of the year and five customers; one of them is in two demands."""
    builders.notice()
    named = people(6)
    told(demanded(*named[:3]))
    told(demanded(*named[2:5], reference="26-CV-0002"))
    demanded(named[5], reference="26-CV-0003")  # nothing left
    demanded(named[5], reference="25-CV-1", at=datetime(2025, 12, 31, 23, 59, tzinfo=PACIFIC))
    demanded(named[5], reference="PR-1", process=Demand.Process.PUBLIC_RECORDS)
    usage = {"categories": ["interval_usage"], "process": Demand.Process.OVERSIGHT}
    told(demanded(named[0], by="cpuc", reference="O-1", **usage))
    report = as_table(ANNUAL)
    assert "Demands received: legal process and emergencies (4.4),3\r\n" in report
    assert "Customers whose records were disclosed because of them,5\r\n" in report
    assert "\r\nsubpoena for contact details alone,3,2,5,0\r\n" in report
    assert "\r\nemergency: life or property in danger,0,0,0,0\r\n" in report
    assert "Disclosures to the CPUC for its oversight (4.3),1\r\n" in report
    assert "it without authorization (6.4 to 6.6),0\r\n" in report
    assert "Superior Court" not in report
    found = legal.counts(2026)
    assert (found.demands, found.customers) == (3, 5)
    lines = as_table(BINDER).splitlines()
    assert (
        "primary,Follow the law and orders of the CPUC,"
        "(kind of recipient) demanded by law: subpoena for contact details alone (4.4),2,5,0"
        in lines
    )
    assert any("(kind of recipient) the CPUC for its oversight (4.3),1,1,0" in one for one in lines)
    assert "not stated" not in "".join(lines)


def wrong(row) -> None:
    erasing.mark(row, reason="Typed twice.", by=builders.alma(), at=LATER)


def test_what_was_entered_in_error_is_listed_and_not_counted(committed_db):
    """Of two breaches, two non-compliances and two demands one each was entered in error."""
    builders.notice()
    by, named = builders.alma(), people(3)
    user = builders.holder(named[0], "rosa@example.org")
    for title in ("Real", "Typed twice"):
        held = incidents.open_(title=title, summary="…", found_at=NOW, by=by, at=LATER)
        incidents.reach_of_sign_in(held, user=user, first_at=NOW, last_at=NOW, by=by, at=LATER)
    wrong(incidents.reach_of_sign_in(held, user=user, first_at=NOW, last_at=NOW, by=by, at=LATER))
    wrong(held)
    for customers in (7, 100):
        found = incidents.find_non_compliance(
            clause="6.5",
            description=f"{customers} of them.",
            customers=customers,
            found_at=NOW,
            by=by,
            at=LATER,
        )
    before = issued(ANNUAL)
    assert figures.open_findings(LATER) == 2
    wrong(found)
    told(demanded(named[0]))
    told(twice := demanded(*named[1:], reference="26-CV-0001 again"))
    wrong(twice)
    report = as_table(ANNUAL)
    assert "\r\nBreaches,1\r\nNon-compliances,1\r\n" in report
    assert 'affected by non-compliances, added up",7\r\n' in report
    assert 'entered in error, not counted",3\r\n' in report
    moment = "2027-01-05 09:00-08:00"
    assert f"Typed twice,,,1,,{moment}\r\n" in report
    assert f"100 of them.,not yet,{moment}\r\n" in report
    assert "7 of them.,not yet,\r\n" in report
    # What left under the demand left all the same: three customers, not one.
    assert "alone,1,2,3,1\r\n" in report
    assert legal.counts(2026, leaving_out=[twice.pk]).demands == 1
    assert figures.open_findings(LATER) == 1
    # A report issued before the mark is made again as it was.
    assert issuing.same_again(before)


def test_the_binder_says_of_each_row_that_it_was_entered_in_error(shared):
    gone = Disclosure.objects.order_by("at").first()
    granted = Authorization.objects.get()
    authorizations.cancel(granted, by=granted.granted_by, via=Via.PORTAL, at=LATER)
    for row in (gone, granted, gone.third_party_words, Notice.objects.get()):
        wrong(row)
    lines = as_table(BINDER).splitlines()
    moment = "2027-01-05 09:00-08:00"
    assert "secondary,Size a solar roof,Solar Sample (fictitious),2,1,1" in lines
    assert [line.endswith(moment) for line in after("Who received what", lines)] == [True, False]
    assert [line.endswith(moment) for line in after("The Notice", lines)] == [True]
    (form,) = after("Forms of authorization for secondary purposes", lines)
    assert form.endswith(",es,portal,0,1")
    assert after("Entered in error, and disclosures rest on it", lines) == [
        f"wording of a third party,{gone.third_party_words_id},{moment},2"
    ]
    assert "Solar Sample (fictitious),2,0,1" in as_table(ANNUAL)


def test_an_annual_report_nobody_issued_is_owed_with_its_day_and_then_overdue(desk):
    """The year in which the record began is the first that is reported."""
    year = timezone.localdate().year
    builders.notice()
    last_day, after_it = report_due(year), report_due(year) + timedelta(days=1)
    assert due.owed(on=date(year, 12, 31)) == []
    assert due.owed(on=date(year + 1, 1, 1)) == [due.Owed(year, last_day)]
    moments = [datetime(*day.timetuple()[:3], 12, tzinfo=PACIFIC) for day in (last_day, after_it)]
    assert [len(figures.reports_late(at)) for at in moments] == [0, 1]
    (line,) = worklist._reports(moments[1])
    assert (line.what, line.due) == (f"Annual report about {year}", last_day)
    assert desk.get(line.where).status_code == 200
    made = issuing.issue(
        ANNUAL,
        first_day=date(year, 1, 1),
        last_day=date(year, 12, 31),
        by=builders.alma(),
        at=moments[1],
    )
    assert due.owed(on=after_it) == []
    erasing.mark(made, reason="The wrong year.", by=builders.alma(), at=moments[1])
    assert due.overdue(on=after_it) == [due.Owed(year, last_day)]


def test_what_goes_outside_of_the_portal_and_patterns_found_are_reported(db):
    """A third party that gets it every day has it, whoever sends it."""
    builders.notice()
    party, alma = builders.third_party("scheduler"), builders.alma()
    said = {"what_en": "Readings.", "what_es": "Lecturas.", "categories": ["interval_usage"]}
    rhythm = StandingFlow.Rhythm.DAILY
    held = builders.contract(party)
    for what in ("Readings.", "Typed twice."):
        flow = flows.register(
            contract=held, **said | {"what_en": what}, rhythm=rhythm, by=alma, at=NOW
        )
    wrong(flow)
    before = flows.register(contract=held, **said, rhythm=rhythm, by=alma, at=NOW)
    flows.end(before, by=alma, at=NOW)
    for days in (0, 1):
        found = third_parties.find(party, evidence="…", by=alma, at=NOW + timedelta(days=days))
    third_parties.stop(party, finding=found, by=builders.bruno(), at=NOW + timedelta(days=2))
    other = builders.third_party("other")
    doubted = third_parties.find(other, evidence="…", sign_off="Counsel", by=alma, at=NOW)
    third_parties.drop(doubted, by=builders.bruno(), at=NOW)
    report = as_table(ANNUAL)
    for line in (
        "received it without authorization (6.4 to 6.6),1\r\n",
        'information, each counted once",1\r\n',
        "\r\nScheduler (fictitious),0,0,0,2\r\n",
        "Third parties found to mishandle it as a pattern or practice (6.8),1\r\n",
        "Scheduler (fictitious),not acted on yet,\r\n",
        f"Other (fictitious),dropped {past.local(str(NOW))},\r\n",
        f"Scheduler (fictitious),stopped {past.local(str(NOW + timedelta(days=2)))},\r\n",
    ):
        assert line in report, line
    went = rows_of(as_table(BINDER), "What went regularly outside of the portal")
    assert [(one["What"], one["How often"], bool(one["Entered in error"])) for one in went] == [
        ("Readings.", "every day", False),
        ("Readings.", "every day", False),
        ("Typed twice.", "every day", True),
    ]
    after = as_table(BINDER, first_day=(NOW + timedelta(days=3)).date())
    assert len(rows_of(after, "What went regularly outside of the portal")) == 2, "one had ended"


def test_a_flow_older_than_the_words_for_it_is_in_the_binder_by_the_first_of_them(db):
    """As where the portal began later than what it tells of."""
    held, long_ago = builders.contract(builders.third_party("scheduler")), NOW - timedelta(days=90)
    said = {"what_en": "Readings.", "what_es": "Lecturas.", "categories": ["interval_usage"]}
    flows.register(
        contract=held, **said, rhythm=StandingFlow.Rhythm.DAILY, by=builders.alma(), at=long_ago
    )
    table = as_table(BINDER, last_day=(NOW - timedelta(days=30)).date())
    (flow,) = rows_of(table, "What went regularly outside of the portal")
    assert flow["Recipient"] == "Scheduler (fictitious)"
    assert flow["Purpose"]


def rows_of(table: str, title: str) -> list[dict[str, str]]:
    """The rows of one section as whoever reads the table gets them; of equal columns the last."""
    narrow = csv.field_size_limit(1_000_000)  # what is taken in is kept shorter
    lines = list(csv.reader(StringIO(table, newline="")))
    csv.field_size_limit(narrow)
    at = lines.index([title])
    ends = lines.index([], at) if [] in lines[at:] else len(lines)
    return [dict(zip(lines[at + 1], line, strict=True)) for line in lines[at + 2 : ends]]


def test_the_annex_holds_each_page_as_it_was_published_with_hashes_that_can_be_made_again(shared):
    publishing.publish(
        builders.policy_draft(),
        facts=facts_for_notice(),
        effective_on=date(2026, 12, 1),
        changes_en="First.",
        changes_es="Primera.",
        by=builders.bruno(),
        at=datetime(2026, 11, 1, tzinfo=PACIFIC),
    )
    report = issued(BINDER)
    pages = rows_of(report.csv, "Annex: each page as it was published")
    assert [(row["Document"], row["Version"], row["Language"]) for row in pages] == [
        ("The Notice", "1", "English"),
        ("The Notice", "1", "Spanish"),
        ("The posted privacy policy", "1", "English"),
        ("The posted privacy policy", "1", "Spanish"),
    ]
    papers = {bytes(pdf.sha256).hex(): bytes(pdf.content) for pdf in PublishedPdf.objects.all()}
    for row in pages:
        assert sha256(b64decode(row[annex.PAGE])).hexdigest() == row["SHA-256 of the page"]
        held = papers.pop(row["SHA-256 of the PDF"])
        assert sha256(held).hexdigest() == row["SHA-256 of the PDF"]
    assert b64decode(pages[0][annex.PAGE]).decode() == Notice.objects.get().html_en
    words = rows_of(report.csv, "Annex: the words of the Notice and of the posted privacy policy")
    assert "In plain words." in words[0]["Words"]
    assert "En palabras sencillas." in words[1]["Words"]
    assert not any("<" in row["Words"] for row in words)
    assert issuing.same_again(report)


def test_the_annex_holds_the_words_of_each_form_of_the_period_and_no_others(shared):
    party = builders.third_party()
    third_parties.reword(
        party,
        legal_name="Renamed (fictitious)",
        does_en="Sells roofs.",
        does_es="Vende techos.",
        contact="x@example.org",
        by=builders.alma(),
        at=datetime(2026, 9, 1, tzinfo=PACIFIC),
    )
    title = "Annex: the words of each form of authorization"
    year, later = (
        rows_of(as_table(BINDER, **days), title) for days in ({}, {"first_day": date(2026, 10, 1)})
    )
    assert [row["Third party"] for row in year] == [
        "Renamed (fictitious)",
        "Solar Sample (fictitious)",
    ]
    assert [row["Third party"] for row in later] == ["Renamed (fictitious)"]
    (form,) = later
    assert form["In Spanish"].split("\n")[:3] == [
        "Renamed (fictitious)",
        "Vende techos.",
        "x@example.org",
    ]
    assert "Para decir de qué tamaño debe ser un techo solar." in form["In Spanish"]
    assert sha256(form["In English"].encode()).hexdigest() == form["SHA-256 (English)"]
    assert rows_of(as_table(BINDER, last_day=date(2026, 6, 30)), title) == []


def test_what_she_was_shown_is_in_the_annex_by_its_hash_alone(shared):
    granted = Authorization.objects.get()
    report = issued(BINDER)
    (row,) = rows_of(report.csv, "Annex: what each customer was shown before she granted")
    assert row["SHA-256 of the text"] == sha256(granted.shown.text.encode()).hexdigest()
    assert row["Authorization"] == str(granted.pk)
    assert "Calle Ficticia" not in report.csv
    assert "Calle Ficticia" in granted.shown.text


def test_the_forms_on_paper_of_a_past_period_are_in_its_binder_word_for_word(shared, settings):
    """Kept when they are worded anew, be it by a release, a purpose or another address."""
    assert (paper_forms.keep(at=NOW), paper_forms.keep(at=NOW + timedelta(days=1))) == (4, 0)
    use = StatedUse.objects.get()
    held = issued(BINDER)
    forms = rows_of(held.csv, "Annex: the forms on paper")
    assert [(one["Form to"], one["Third party"], one["Language"]) for one in forms] == [
        ("cancel", "", "English"),
        ("cancel", "", "Spanish"),
        ("grant", "Solar Sample (fictitious)", "English"),
        ("grant", "Solar Sample (fictitious)", "Spanish"),
    ]
    words = [one["Words"] for one in forms]
    assert "From the moment this form reaches us, nothing more is sent." in words[0]
    assert "Tick only what you want; without a tick, it is not allowed." in words[2]
    assert "Para decir de qué tamaño debe ser un techo solar." in words[3]
    assert "También los últimos 12 meses, como lo piden" in words[3]
    assert all(
        one["SHA-256 of the words"] == sha256(one["Words"].encode()).hexdigest() for one in forms
    )
    assert not any("Rosa" in text or "Calle" in text for text in words)

    settings.OFFICIAL = settings.OFFICIAL | {"postal": "2 Other Plaza"}
    third_parties.end_use(use, at=LATER + timedelta(days=2))
    assert paper_forms.keep(at=LATER + timedelta(days=3)) == 2, "to cancel, in two languages"
    assert issuing.same_again(held), "what comes later changes nothing of it"
    days = {number: (LATER + timedelta(days=number)).date() for number in (4, 5)}
    later = as_table(BINDER, first_day=days[4], last_day=days[5])
    forms = rows_of(later, "Annex: the forms on paper")
    assert [(one["Form to"], "2 Other Plaza" in one["Words"]) for one in forms] == [
        ("cancel", True),
        ("cancel", True),
    ]


def test_a_form_handed_out_under_new_words_is_kept_from_that_moment(shared, settings):
    """Whoever gets it first gets it when its words begin, not up to a quarter of an hour before."""
    use, rosa = StatedUse.objects.get(), Authorization.objects.get().customer
    paper_forms.keep(at=NOW)
    settings.OFFICIAL = settings.OFFICIAL | {"postal": "2 Other Plaza"}
    moment = LATER + timedelta(minutes=1)
    for at in (moment, moment + timedelta(minutes=1)):
        paper_forms.to_cancel(rosa, language="es", at=at)
        paper_forms.to_grant(use, rosa, language="es", at=at)
    kept = PaperForm.objects.filter(first_at__gt=NOW)
    assert sorted(kept.values_list("name", "language", "first_at")) == [
        ("cancel", "es", moment),
        ("grant", "es", moment),
    ]
    assert not any(rosa.name in form.page for form in kept)
    assert paper_forms.keep(at=moment + timedelta(minutes=14)) == 2, "those in English"


def test_plain_words_keep_what_stood_apart_apart():
    page = "<h1>Title</h1><p>One\n <b>two</b>.</p><table><tr><td>a</td><td>b</td></tr></table>"
    assert annex.plain(page) == "Title\nOne two.\na | b"
    assert annex.plain("<head><title>No</title></head><body><p>Yes.</p>") == "Yes."
    assert annex.plain("<p>One.</p><h2>Two</h2><p>Three.</p>") == "One.\n\nTwo\nThree."


def after(title: str, lines: list[str]) -> list[str]:
    """The rows of one section of a table."""
    at = lines.index(f'"{title}"' if "," in title else title) + 2
    ends = lines.index("", at) if "" in lines[at:] else len(lines)
    return lines[at:ends]


def test_every_kind_of_legal_process_has_its_words_in_the_reports():
    assert list(grounds.BY_LAW) == [process.value for process in legal.BY_LAW]
    assert set(grounds.STANDINGS) == set(Contract.Standing.values)
    assert set(grounds.RHYTHMS) == set(StandingFlow.Rhythm.values)
    assert set(binder.NOTICES) == {str(kind) for kind in watchdog.REQUIRED}


def test_a_notice_is_in_the_binder_of_the_days_it_was_in_effect(db):
    builders.notice(at=datetime(2025, 1, 1, tzinfo=PACIFIC))
    builders.notice(at=datetime(2026, 6, 1, tzinfo=PACIFIC))
    builders.notice(at=datetime(2026, 12, 1, tzinfo=PACIFIC))
    days = {"first_day": date(2026, 5, 31), "last_day": date(2026, 11, 30)}
    lines = as_table(BINDER, **days).splitlines()
    at = lines.index("The Notice")
    assert [line[:13] for line in lines[at + 2 : at + 5]] == ["1,2025-01-01,", "2,2026-06-01,", ""]


def test_only_days_that_are_over_are_reported(db):
    with pytest.raises(issuing.Refused, match="days that are over"):
        issuing.issue(
            BINDER, first_day=LATER.date(), last_day=LATER.date(), by=builders.alma(), at=LATER
        )
    assert not IssuedReport.objects.exists()


@pytest.fixture
def desk(db, monkeypatch):
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    official = User.objects.create_user("olga@prime.example", is_staff=True)
    asked = Permission.objects.filter(codename__in=("issue_reports", "view_issuedreport"))
    official.user_permissions.set(asked)
    client = Client()
    client.force_login(official, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_report_is_issued_and_taken_away_at_the_desk(desk):
    part = {"kind": "annual", "first_day": "2025-01-01", "last_day": "2025-11-30"}
    assert "no annual report is owed yet" in desk.get("/admin/reports/").content.decode()
    assert "whole calendar year" in desk.post("/admin/reports/", part).content.decode()
    page = desk.post("/admin/reports/", part | {"last_day": "2025-12-31"}, follow=True)
    assert "the same table, byte for byte" in page.content.decode()
    held = IssuedReport.objects.get()
    assert desk.get(f"/admin/reports/{held.pk}/csv/").content.decode() == held.csv
    assert desk.get(f"/admin/reports/{held.pk}/pdf/").content == bytes(held.pdf)
    assert desk.get(f"/admin/reports/{held.pk}/exe/").status_code == 404


def test_reports_are_for_whoever_may_issue_them(desk):
    User.objects.get(email="olga@prime.example").user_permissions.clear()
    assert desk.get("/admin/reports/").status_code == 403


POLICY = "4c9f3a9ca5cc7a193334057e92b9fb25ac85407b17d7856619c964bc0993ba38"


def test_the_internal_policy_is_in_the_binder_word_for_word_with_its_hash(db):
    held = as_table(BINDER)
    [row] = rows_of(held, "The internal privacy policy")
    assert (row["Policy"], row["In effect from"]) == ("PRIME-07", "2017-07-01")
    assert row["SHA-256 of its words"] == POLICY, "a policy that changes is another: add it below"
    [whole] = rows_of(held, "Annex: the words of the internal privacy policy")
    assert sha256(whole["Words"].encode()).hexdigest() == POLICY
    assert "6.9 Separate authorization by each customer must be obtained" in whole["Words"]
    days = {"first_day": date(2016, 1, 1), "last_day": date(2017, 6, 30)}
    assert rows_of(as_table(BINDER, **days), "The internal privacy policy") == []


def test_how_long_each_category_is_kept_and_what_went_is_in_the_binder_of_those_days(db):
    builders.notice()
    months = {one.name_en: str(one.retention_months) for one in Category.objects.all()}
    before = as_table(BINDER)
    kept = rows_of(before, "How long each category is kept")
    assert {row["Category"]: row["Months"] for row in kept} == months
    assert {row["By version of the Notice"] for row in kept} == {"1"}
    assert rows_of(before, "What was let go when its time was over") == []
    run = retention.run(schedule="Resolution 7123", by=builders.alma(), at=NOW)
    went = rows_of(as_table(BINDER), "What was let go when its time was over")
    assert {row["Category"]: row["First day kept"] for row in went} == run.cutoffs
    assert {row["Records schedule"] for row in went} == {"Resolution 7123"}
    assert {row["Let go"] for row in went} == {"0"}
    after = as_table(BINDER, first_day=date(2026, 12, 1))
    assert rows_of(after, "What was let go when its time was over") == []
    # The category's own period is no evidence: what customers were told is.
    Category.objects.update(retention_months=240)
    kept = rows_of(as_table(BINDER), "How long each category is kept")
    assert {row["Category"]: row["Months"] for row in kept} == months


def test_training_of_a_past_period_is_counted_and_names_nobody(db):
    by, bruno = builders.alma(), builders.bruno()  # both trained in this year
    people = [
        User.objects.create_user(f"{name}@prime.example", is_staff=True)
        for name in ("current", "expired", "left")
    ]
    for person in people:
        role_changes.give(person, [Role.OFFICIAL], by=by, at=NOW)
    role_changes.give(people[2], [], by=by, at=datetime(2026, 12, 31, 23, tzinfo=PACIFIC))

    def trained(person: User, held_on: date, until: date) -> TrainingRecord:
        told = {"course": "Privacy", "trained_on": held_on, "expires_on": until}
        return training.attest(person=person, **told, by=by, at=LATER)

    def figures(**days: date) -> dict[str, int]:
        rows = rows_of(as_table(BINDER, **days), "Training of staff (5.2)")
        return {row["Figure"]: int(row["Number"]) for row in rows}

    trained(people[0], date(2026, 2, 1), date(2027, 2, 1))
    trained(people[1], date(2025, 3, 1), date(2026, 3, 1))
    wrong = trained(people[1], date(2026, 4, 1), date(2028, 4, 1))
    erasing.mark(wrong, reason="Somebody else.", by=bruno, at=LATER)
    made = issued(BINDER)
    assert figures() == {
        "Trainings held in the period": 3,
        "People trained in the period": 3,
        "People whose training expired in the period and was not renewed": 1,
        "Staff who held a role on the last day": 2,
        "Of these trained on that day": 1,
        "Of these not trained on that day: no customer opens to them": 1,
        "Trainings of the period: entered in error, not counted": 1,
    }
    assert figures(last_day=date(2026, 12, 30))["Staff who held a role on the last day"] == 3
    named = {row["Figure"] for row in rows_of(made.csv, "Training of staff (5.2)")}
    assert named == set(figures())
    assert not [one for one in people if one.email in made.csv or str(one.pk) in made.csv]
    # What is recorded later changes nothing of what was issued.
    trained(people[1], date(2026, 5, 1), date(2028, 5, 1))
    assert issuing.same_again(made)
    assert figures()["Of these trained on that day"] == 2


def test_what_third_parties_attest_and_who_does_not_is_in_the_binder(db):
    title = "Training that third parties attest (5.2)"
    builders.contract(builders.third_party("attests"))
    lacking = builders.third_party("lacks")
    builders.attested(lacking, until=date(2026, 9, 1))
    builders.contract(lacking)
    builders.third_party("chosen")  # by customers alone: nobody asks it
    rows = rows_of(as_table(BINDER), title)
    assert [(row["Third party"], row["Counts no more from"]) for row in rows] == [
        ("Attests (fictitious)", "2099-01-01"),
        ("Lacks (fictitious)", "2026-09-01"),
        ("Lacks (fictitious)", ""),
    ]
    assert rows[2]["Course"] == internal.LACKING
    then = rows_of(as_table(BINDER, last_day=date(2026, 8, 31)), title)
    assert internal.LACKING not in {row["Course"] for row in then}
    later = rows_of(as_table(BINDER, first_day=date(2026, 9, 1)), title)
    assert "2026-09-01" not in {row["Counts no more from"] for row in later}
