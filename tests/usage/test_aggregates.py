"""Aggregated usage data (6.11): who may be in a figure, and what no figure gives away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from prime_portal.models import User
from tests import builders
from tests.usage import town
from usage.aggregates import changes, counting, hours, releases, reports, rules
from usage.aggregates.blocks import Block, divide
from usage.aggregates.changes import Before
from usage.aggregates.reports import Part, Question
from usage.aggregates.rules import HOMES, OTHERS, Refused
from usage.models import AggregateRelease, Channel, ClosedMonth, MonthTotal, ServiceAgreement
from usage.sentences import told

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
NOW = builders.NOW
THE_15_15, HUNDRED = rules.choose("15-15"), rules.choose("homes-100")


# The rules


@pytest.mark.parametrize(
    ("rule", "uses", "kept"),
    [
        (HUNDRED, [10] * 100, True),
        (HUNDRED, [10] * 99, False),
        (HUNDRED, [10] * 99 + [0], False),
        (THE_15_15, [10] * 15, True),
        (THE_15_15, [10] * 14, False),
        (THE_15_15, [1499] + [607] * 14, True),
        (THE_15_15, [1500] + [500] * 17, False),
        (THE_15_15, [1501] + [500] * 17, False),
        (THE_15_15, [0] * 20, False),
        (THE_15_15, [-1500] + [500] * 17, False),
    ],
)
def test_a_group_is_large_enough_or_not_shown(rule, uses, kept):
    assert rule.kept_by(uses) is kept


def test_exactly_fifteen_percent_is_too_much():
    assert not THE_15_15.kept(20, 10_000, 1_500)
    assert THE_15_15.kept(20, 10_000, 1_499)


def test_a_rule_no_source_confirms_cannot_be_chosen():
    unconfirmed = [rule for rule in rules.RULES if not rule.confirmed]
    assert len(unconfirmed) == 3
    for rule in unconfirmed:
        with pytest.raises(Refused, match=r"no confirmed rule.*6\.11"):
            rules.choose(rule.key)
    assert all(rule.citation and rule.effective_on for rule in rules.RULES)


# Blocks


def people(*uses: int) -> dict[UUID, int]:
    return {uuid4(): wh for wh in uses}


def test_a_small_group_is_joined_with_its_own_rate_class_first():
    groups = {
        ("A", "90660"): people(*[10] * 20),
        ("A", "90661"): people(*[10] * 8),
        ("A", "90662"): people(*[10] * 9),
        ("B", "90661"): people(*[10] * 9),
    }
    good, withheld = divide(groups, THE_15_15)
    assert not withheld
    # The one left over is not masked beside a total: it goes into the smallest block.
    assert [sorted(block.keys) for block in good] == [
        [("A", "90660")],
        [("A", "90661"), ("A", "90662"), ("B", "90661")],
    ]


def test_who_outweighs_everybody_is_in_no_figure_and_no_sum():
    groups = {
        ("A", "90660"): people(*[10] * 20),
        ("TOU-8", "90660"): people(5000),
    }
    good, withheld = divide(groups, THE_15_15)
    assert [block.keys for block in withheld] == [frozenset({("TOU-8", "90660")})]
    assert sum(block.wh for block in good) == 200


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABCD"), st.sampled_from(["90660", "90661", "90662"])),
        st.lists(st.integers(0, 1000), min_size=1, max_size=20),
        min_size=1,
    )
)
def test_every_block_keeps_the_rule_and_every_group_is_in_one(sizes):
    groups = {key: people(*uses) for key, uses in sizes.items()}
    good, withheld = divide(groups, THE_15_15)
    assert all(block.kept_by(THE_15_15) for block in good)
    keys = [key for block in good + withheld for key in block.keys]
    assert sorted(keys) == sorted(groups)


def test_one_who_came_to_a_steady_group_is_not_told_apart():
    steady = people(*[100] * 16)
    then = Block(frozenset({("A", "90660")}), steady)
    now = Block(then.keys, steady | people(110))
    other = Block(frozenset({("B", "90660")}), people(*[100] * 30))
    good, withheld = changes.settle([now, other], [], [Before([then, other])], THE_15_15)
    assert now not in good
    # Joined with the other one its sum would tell as well: the whole kind is silent that month.
    assert good == []
    assert {key for block in withheld for key in block.keys} == now.keys | other.keys


def test_one_who_came_while_everybody_used_more_hides_among_them():
    then = Block(frozenset({("A", "90660")}), people(*range(80, 96)))
    louder = {who: wh * (2 + n % 3) for n, (who, wh) in enumerate(then.uses.items())}
    now = Block(then.keys, louder | people(110))
    assert not changes.tells(now, then, season=1.0, rule=THE_15_15)
    assert changes.tells(
        Block(then.keys, dict(then.uses) | people(110)), then, season=1, rule=THE_15_15
    )


# Counting, from the months' sums


def test_a_customer_with_three_places_is_one_customer_with_all_three(db):
    lives = town.shops(15)
    town.settle([*lives, *(lives[0]._replace(place=place) for place in "12")])
    town.use(JUNE, {one.who: 2400 for one in lives} | {"00011": 2400, "00012": 2400})
    [group] = counting.groups(JUNE, JUNE)
    assert (group.customers, group.wh, group.largest) == (15, 17 * 2400, 3 * 2400)
    assert not THE_15_15.kept(group.customers, group.size, group.largest)
    assert len(list(counting.customers(JUNE))) == 15


def test_groups_are_the_customers_added_up_whoever_has_several_meters(db):
    lives = [
        *town.shops(6),
        *town.homes(5, zip="90661"),
        *town.homes(3, first=5011, rate="TOU-D-PRIME"),
    ]
    two_rates = lives[6]._replace(place="1", rate="TOU-D-PRIME")
    town.settle([*lives, lives[0]._replace(place="1"), lives[0]._replace(place="2"), two_rates])
    uses = {one.who: 2400 * (n + 1) for n, one in enumerate(lives)}
    uses |= {"00011": -4800, "00012": 2400, "0003": 0, "0004": -2400, "50011": 7200}
    town.use(JUNE, uses)
    town.use(MAY, {one.who: 2400 for one in lives} | {"00011": -2400})
    a_second_meter(MAY, who="0002", wh=24_000)
    received(MAY, who="0006", wh=24_000)
    found = {group[:4]: tuple(group[4:]) for group in counting.groups(MAY, JUNE)}
    assert found == {
        (month, *key): (sum(map(bool, whs)), sum(whs), sum(map(abs, whs)), max(map(abs, whs)))
        for month in (MAY, JUNE)
        for key, whs in by_group(month).items()
    }
    shops = ("non_residential", "TOU-GS-1", "90660")
    assert found[MAY, *shops] == (5, 36_000, 36_000, 26_400)
    assert found[JUNE, *shops][0] == 4


def by_group(month: date) -> dict[tuple[str, str, str], list[int]]:
    found: dict[tuple[str, str, str], list[int]] = {}
    for one in counting.customers(month):
        found.setdefault((one.kind, one.rate, one.zip), []).append(one.wh)
    return found


def a_second_meter(month: date, *, who: str, wh: int) -> None:
    """Let a place have had another meter in a month, beside the first."""
    a_channel(month, who=who, wh=wh, flow=Channel.Flow.DELIVERED)


def received(month: date, *, who: str, wh: int) -> None:
    """Let a place have sent energy back in a month, which is in no aggregate."""
    a_channel(month, who=who, wh=wh, flow=Channel.Flow.RECEIVED)


def a_channel(month: date, *, who: str, wh: int, flow: str) -> None:
    agreement = ServiceAgreement.objects.get(number=f"8{who}")
    channel = Channel.objects.create(
        service_point=agreement.service_point, meter_number=f"M2-{who}", flow=flow
    )
    MonthTotal.objects.create(
        customer=agreement.customer,
        agreement=agreement,
        channel=channel,
        month=month,
        wh=wh,
        days=1,
        missing=0,
    )


# Releases


@pytest.fixture
def shops(db):
    """Thirty shops in two ZIPs by one rate, five by another, all in use in June."""
    lives = [
        *town.shops(20),
        *town.shops(10, first=21, zip="90661"),
        *town.shops(5, first=31, rate="TOU-GS-2"),
    ]
    town.settle(lives)
    town.use(JUNE, {one.who: 24_000 + 240 * n for n, one in enumerate(lives)})
    return lives


def released(question: Question, purpose: str = "council report") -> AggregateRelease:
    return releases.release(question, purpose=purpose, by=builders.alma(), at=NOW)


def test_a_release_keeps_its_bytes_its_rules_and_its_inputs(shops):
    release = released(Question(JUNE, JUNE, by_rate=True))
    assert bytes(release.sha256) == sha256(release.content.encode()).digest()
    assert "15 customers, each under 15 %" in release.rules
    assert release.content.splitlines()[0] == (
        "Month,Customers are,Rate classes,Customers,Energy (kWh),More of it in another line"
    )
    again = released(Question(JUNE, JUNE, by_rate=True))
    assert again.content == release.content
    assert bytes(again.inputs_sha256) == bytes(release.inputs_sha256)


def test_what_is_too_small_alone_is_shown_with_others_and_said_so(shops):
    release = released(Question(JUNE, JUNE, by_rate=True, by_place=True))
    lines = [line.split(",") for line in release.content.splitlines()[1:]]
    assert all(int(line[4]) >= 15 for line in lines)
    assert any("6.11" in one["what"] and "TOU-GS-2" in one["what"] for one in release.told)
    assert sum(int(line[4]) for line in lines) == 35


def test_a_month_stays_as_it_was_first_released(shops):
    first = released(Question(JUNE, JUNE))
    town.use(JUNE, {"0001": 99_000})
    second = released(Question(JUNE, JUNE))
    assert second.content == first.content
    assert any("stands as it was first released" in one["what"] for one in second.told)


def test_hours_of_readings_corrected_since_are_refused(shops):
    released(Question(JUNE, JUNE))
    town.use(JUNE, {"0001": 99_000})
    with pytest.raises(Refused, match=r"corrected since.*6\.11"):
        released(Question(JUNE, JUNE, hours=True))


def test_an_hour_in_which_one_shop_is_alone_is_not_shown(db):
    lives = town.shops(20)
    town.settle(lives)
    by_day = [0] * 8 + [1500] * 16
    town.use(JUNE, {one.who: by_day for one in lives[1:]} | {"0001": [900] * 8 + [1500] * 16})
    release = released(Question(JUNE, JUNE, hours=True))
    (why,) = (one for one in release.told if "without hours" in one["what"])
    assert "because in one hour too few" in why["what"]
    with translation.override("es"):
        assert told(why).startswith("2026-06, otros que no son hogares: sin horas, porque")
    assert release.content.splitlines()[1].split(",")[4:28] == [""] * 24


def test_hours_add_up_to_the_month(shops):
    content = released(Question(JUNE, JUNE, hours=True)).content
    line = content.splitlines()[1].split(",")
    assert sum(map(int, line[4:28])) == pytest.approx(int(line[3]), rel=0.01)
    of_customers = list(hours.of_customers(JUNE))
    assert sum(sum(wh) for *_who, wh in of_customers) == sum(
        group.wh for group in counting.groups(JUNE, JUNE)
    )


def test_the_hour_november_repeats_counts_twice_and_the_one_march_skips_not_at_all():
    fall, spring = date(2026, 11, 1), date(2027, 3, 14)
    assert hours._clock(fall, 3600).count(1) == 2
    assert 2 not in hours._clock(spring, 3600)
    assert len(hours._clock(fall, 900)) == 100


def test_nothing_is_released_of_a_group_that_is_too_small(db):
    lives = town.shops(14)
    town.settle(lives)
    town.use(JUNE, {one.who: 2400 for one in lives})
    with pytest.raises(Refused, match=r"No group.*6\.11"):
        released(Question(JUNE, JUNE))
    assert not ClosedMonth.objects.exists()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (Question(date(2026, 7, 1), date(2026, 7, 1)), "months that are over"),
        (Question(MAY, JUNE), "not May 2026"),
        (Question(JUNE, MAY), "lies after the last"),
    ],
)
def test_only_whole_months_that_are_over_are_released(shops, question, why):
    with pytest.raises(Refused, match=why):
        released(question)


def test_a_preview_shows_what_a_release_says_and_closes_nothing(shops):
    question = Question(JUNE, JUNE, by_rate=True, by_place=True, hours=True)
    shown = releases.preview(question, at=NOW)
    assert not ClosedMonth.objects.exists()
    assert reports.table(question, shown.rows) == released(question).content


def test_figures_are_rounded_to_three_digits():
    part = Part(JUNE, OTHERS, [("A", "90660")], 20, 123_456_789, None)
    [row] = reports.answer(Question(JUNE, JUNE), [part])
    assert row.kwh == 123_000
    small = replace(Question(JUNE, JUNE), by_rate=True)
    assert reports.answer(small, [part._replace(wh=987_654)])[0].kwh == 988


def test_homes_and_others_never_stand_in_one_line():
    parts = [
        Part(JUNE, HOMES, [("D", "90660")], 200, 1000, None),
        Part(JUNE, OTHERS, [("A", "90660")], 20, 1000, None),
    ]
    assert len(reports.answer(Question(JUNE, JUNE, by_month=False), parts)) == 2


# The desk


@pytest.fixture
def desk(shops, monkeypatch):
    """Staff with their second factor and the permission to release, and nothing else."""
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )
    analyst = User.objects.create_user("ana@prime.example", is_staff=True)
    analyst.user_permissions.add(Permission.objects.get(codename="release_aggregates"))
    client = Client()
    client.force_login(analyst, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


ASK = "/admin/aggregates/?first=2026-06-01&last=2026-06-01&by_month=on&by_rate=on"


def test_staff_look_release_and_take_the_table_away(desk):
    page = desk.get(ASK).content.decode()
    assert "What would go out" in page
    assert "TOU-GS-1 + TOU-GS-2" in page
    assert not ClosedMonth.objects.exists()
    address = ASK.replace("/?", "/release/?")
    made = desk.post(address, {"purpose": "the city council"}, follow=True)
    assert "the city council" in made.content.decode()
    release = AggregateRelease.objects.get()
    table = desk.get(f"/admin/aggregates/{release.pk}/table.csv")
    assert table.content.decode() == release.content
    assert sha256(table.content).digest() == bytes(release.sha256)


def test_a_release_is_kept_in_english_and_shown_in_spanish(desk):
    desk.post(ASK.replace("/?", "/release/?"), {"purpose": "x"})
    release = AggregateRelease.objects.get()
    assert release.content.startswith("Month,Customers are,Rate classes,")
    desk.cookies["django_language"] = "es"
    page = desk.get(f"/admin/aggregates/{release.pk}/").content.decode()
    for words in ("Los clientes son", "otros que no son hogares", "se muestran solo juntos"):
        assert words in page
    refused = desk.post(ASK.replace("/?", "/release/?"), {"purpose": " "}, follow=True)
    assert "Diga para qué es el informe" in refused.content.decode()


def test_a_release_without_a_purpose_is_refused_in_a_sentence(desk):
    page = desk.post(ASK.replace("/?", "/release/?"), {"purpose": " "}, follow=True)
    assert "Say what the report is for" in page.content.decode()
    assert not AggregateRelease.objects.exists()


def test_staff_without_the_permission_do_not_see_the_desk(desk):
    User.objects.get(email="ana@prime.example").user_permissions.clear()
    assert desk.get(ASK).status_code == 403
    assert desk.post(ASK.replace("/?", "/release/?"), {"purpose": "x"}).status_code == 403
