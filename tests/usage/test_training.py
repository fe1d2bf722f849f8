"""Training (5.2): who was trained, until when it counts, and who is reminded."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from notices import staff_mail, training_news
from notices.models import StaffMail
from prime_portal import erasing
from prime_portal.board import section_5
from tests import builders
from tests.builders import NOW, TODAY
from usage import training
from usage.models import TrainingRecord

pytestmark = pytest.mark.django_db
FACTS = {"course": "Privacy", "trained_on": date(2026, 1, 5), "expires_on": date(2027, 1, 5)}


def test_nobody_records_her_own_and_dates_that_cannot_be_are_refused() -> None:
    alma, bruno = builders.alma(), builders.bruno()
    for wrong, why in (
        ({"person": alma}, "Another person"),
        ({"expires_on": FACTS["trained_on"]}, "expires after"),
        ({"trained_on": TODAY + timedelta(days=1)}, "after it was held"),
        ({"course": " "}, "which course"),
    ):
        with pytest.raises(training.Refused, match=why):
            training.attest(**{**FACTS, "person": bruno, **wrong}, by=alma, at=NOW)


def test_a_third_partys_attestation_stands_by_its_key() -> None:
    party = builders.third_party()
    facts = {**FACTS, "third_party": party.key, "employer": party.words.legal_name}
    training.attest(**facts, by=builders.alma(), at=NOW)
    held = training.of_third_party(party.key)
    assert held
    assert held.employer == "Solar Sample (fictitious)"
    assert training.of_third_party("another") is None


@pytest.mark.parametrize(
    ("left", "reminders"), [(31, 0), (30, 1), (29, 1), (8, 1), (7, 1), (1, 1), (0, 0), (-5, 0)]
)
def test_staff_are_reminded_thirty_and_seven_days_before(left: int, reminders: int) -> None:
    person = builders.staff("clerk@prime.example")
    TrainingRecord.objects.create(
        person=builders.User.objects.create_user("soon@prime.example", is_staff=True),
        employer="PRIME",
        course="Privacy",
        trained_on=date(2026, 1, 5),
        expires_on=TODAY + timedelta(days=left),
        recorded_by=person,
        recorded_at=NOW,
    )
    for _again in range(2):
        training_news.plan(at=NOW)
    assert StaffMail.objects.count() == reminders


def test_each_of_the_two_reminders_goes_once_and_a_new_record_ends_them() -> None:
    soon = builders.staff("soon@prime.example")
    builders.trained(soon, until=TODAY + timedelta(days=40))
    other = builders.User.objects.create_user("other@prime.example", is_staff=True)
    builders.trained(other, until=TODAY + timedelta(days=40))
    for day in range(45):
        training_news.plan(at=NOW + timedelta(days=day))
    assert list(StaffMail.objects.values_list("to__email", flat=True)) == [other.email] * 2
    assert not training.is_current(other, on=TODAY + timedelta(days=40))
    assert training.is_current(other, on=TODAY + timedelta(days=39))


def test_a_mail_to_staff_goes_once(mailbox) -> None:
    alma = builders.alma()
    facts = {"name": training_news.NAME, "context": {"expires_on": TODAY}, "at": NOW}
    for _again in range(2):
        staff_mail.owe(alma, key="training:x", **facts)

    def clock() -> datetime:
        return NOW

    assert staff_mail.drain(clock=clock) == 1
    assert staff_mail.drain(clock=clock) == 0
    (mail,) = mailbox.wait_for(1)
    assert mail["To"] == "alma@prime.example"
    assert "Your privacy training expires soon" in mail["Subject"]


def test_training_entered_in_error_counts_no_more() -> None:
    alma, party = builders.alma(), builders.third_party()
    person = builders.User.objects.create_user("wrong@prime.example", is_staff=True)
    hers = training.attest(**FACTS, person=person, by=alma, at=NOW)
    theirs = training.attest(**FACTS, third_party=party.key, employer="x", by=alma, at=NOW)
    assert training.is_current(person, on=TODAY)
    assert training.attested(party.key, on=TODAY)
    for wrong in (hers, theirs):
        erasing.mark(wrong, reason="Of another person.", by=alma, at=NOW)
    assert not training.is_current(person, on=TODAY)
    assert not training.attested(party.key, on=TODAY)
    assert training.of_third_party(party.key) is None
    assert person not in [who for who, _day in training.expiring(on=TODAY, within=400)]
    lines = [str(line) for line in section_5.staff_untrained(NOW)]
    assert any(str(person) in line and "never" in line for line in lines)
