"""The whole way of a notice: drafted, refused for each of fifteen reasons, mended, approved by a
second person, scheduled, and seen to take force (6.2)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from notices import deliveries
from notices.models import Delivery, Notice, NoticeDraft
from prime_portal.models import User
from tests import builders
from tests.notices.cast import mark_sent, neighbor, owed
from usage.models import Category

pytestmark = pytest.mark.django_db

ALL_IS_SAID = "Everything the policy asks for is said."
HARD = (
    "Notwithstanding the foregoing, information may be disseminated to governmental entities "
    "pursuant to applicable regulatory authorizations, provided that confidentiality obligations "
    "are contractually established."
)


@pytest.fixture(autouse=True)
def _second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "prime_portal.middleware.get_authentication_records",
        lambda *_arguments: [{"method": "mfa", "type": "totp"}],
    )


@dataclass
class Desk:
    """One person at the desk, with the one draft that lies there."""

    client: Client

    @property
    def draft(self) -> NoticeDraft:
        return NoticeDraft.objects.get()

    def address(self, name: str) -> str:
        return reverse(f"notice_desk:{name}", args=[self.draft.pk])

    def page(self, name: str = "draft") -> str:
        return text(self.client.get(self.address(name)))

    def write(self, section: str, **change: str) -> None:
        """Save a section as it stands, but for these fields (“path:language”)."""
        there = f"{self.address('words')}?section={section}"
        page = self.client.get(there)
        form = page.context["form"]
        said = {name: form[name].value() for name in form.fields}
        fields = {name: value for name, value in said.items() if value is not None}
        done = self.client.post(there, fields | {"seen": page.context["seen"]} | change)
        assert done.status_code == 302, text(done)

    def schedule(self, **change: str) -> None:
        fields = {
            "title": "Next",
            "effective_on": str(timezone.localdate() + timedelta(days=20)),
            "changes_en": "How to limit demand.",
            "changes_es": "Cómo limitar la demanda.",
        }
        done = self.client.post(self.address("draft"), fields | change)
        assert done.status_code == 302, text(done)

    def approve(self) -> Any:
        """Read all of it, and approve what was shown."""
        shown = self.client.get(self.address("approve")).context["shown"]
        return self.client.post(self.address("approve"), {"shown": shown})


def text(response: Any) -> str:
    assert response.status_code == 200, response
    return " ".join(unescape(response.content.decode()).split())


def at_the_desk(who: User) -> Desk:
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Desk(client)


# -- What may be wrong with it: each is done while the block lasts, and mended at its end ---

Wrong = Callable[[Desk], Any]


def worded(path: str, language: str, said: str = "") -> Wrong:
    """Somebody writes this instead; English that changed asks that its Spanish be read again."""

    @contextmanager
    def wrong(desk: Desk) -> Iterator[None]:
        part = path.split(".")
        section = part[1] if len(part) > 1 else "general"
        there = f"{desk.address('words')}?section={section}"
        before = desk.client.get(there).context["form"][f"{path}:{language}"].value()
        desk.write(section, **{f"{path}:{language}": said})
        yield
        desk.write(section, **{f"{path}:{language}": before})
        if language == "en":
            desk.write(section, **{f"{path}:over": "on"})

    return wrong


@contextmanager
def without_a_title(_desk: Desk) -> Iterator[None]:
    with override_settings(OFFICIAL=settings.OFFICIAL | {"title": ""}):
        yield


@contextmanager
def without_a_day(desk: Desk) -> Iterator[None]:
    desk.schedule(effective_on="")
    yield
    desk.schedule()


@contextmanager
def category_without_elements(_desk: Desk) -> Iterator[None]:
    demand = Category.objects.filter(key="demand")
    before = demand.get().elements_es
    demand.update(elements_es="")
    yield
    demand.update(elements_es=before)


@contextmanager
def category_without_purpose(_desk: Desk) -> Iterator[None]:
    added = Category.objects.create(
        key="tides",
        position=99,
        name_en="Tides",
        name_es="Mareas",
        elements_en="How high.",
        elements_es="Qué tan altas.",
        retention_months=24,
    )
    yield
    added.delete()


def template(old: str, new: str) -> Wrong:
    """An update of the portal spoils the page of the notice."""

    @contextmanager
    def wrong(desk: Desk) -> Iterator[None]:
        real = Path(settings.TEMPLATES[0]["DIRS"][0]) / "notices" / "notice.html"
        page = real.read_text()
        assert old in page
        (engine,) = settings.TEMPLATES
        with tempfile.TemporaryDirectory() as folder:
            spoiled = Path(folder) / "notices" / "notice.html"
            spoiled.parent.mkdir()
            spoiled.write_text(page.replace(old, new))
            with override_settings(TEMPLATES=[engine | {"DIRS": [folder, *engine["DIRS"]]}]):
                yield

    return wrong


DEMAND = "categories.demand"
FIFTEEN: list[tuple[int, Wrong, str]] = [
    (1, template("{{ label }}{% endif %}</h1>", "{{ label|lower }}{% endif %}</h1>"), "the label"),
    (2, worded("identity", "en", "We."), "Say its full name, Pico Rivera Innovative"),
    (3, without_a_day, "Missing: the day the notice takes effect"),
    (4, worded("changes", "es"), "Missing in Spanish: how the notice is changed"),
    (5, without_a_title, "Missing: the title of the privacy official"),
    (6, category_without_elements, "Missing in Spanish: what “Highest power use” consists of"),
    (7, category_without_purpose, "Missing: the purposes “Tides” is used for"),
    (8, worded(f"{DEMAND}.recipients", "en", "Firms, for business purposes."), "says nothing"),
    (9, template("{{ recipient.name }}", ""), "lacks the name of “Solar Sample (fictitious)”"),
    (10, worded(f"{DEMAND}.retention", "es"), "from when the time of keeping it counts"),
    (11, worded(f"{DEMAND}.dispute", "es"), "how to dispute it"),
    (12, worded(f"{DEMAND}.limit", "es"), "how to limit it, or that this cannot be done"),
    (13, worded(f"{DEMAND}.consequence", "es"), "what follows for a customer who limits it"),
    (14, worded("introduction", "en", HARD), "Too hard in English"),
    (15, worded("marketing", "es"), "that it is not sold or used for sales calls"),
]
ONLY_SEEN_WHEN_PRINTED = {1, 3, 9}
"""What no reading of the draft shows: its day, and the page itself as it would be frozen."""


@pytest.mark.long
def test_from_the_first_draft_to_the_day_it_takes_force(
    time_machine: TimeMachineFixture,
) -> None:
    builders.use(at=timezone.now() - timedelta(days=40))
    builders.notice(at=timezone.now() - timedelta(days=30))
    rosa = neighbor(1, since=timezone.localdate())
    deliveries.plan(at=timezone.now())
    mark_sent(timezone.now())
    alma, bruno = at_the_desk(builders.alma()), at_the_desk(builders.bruno())
    alma.client.post(reverse("notice_desk:desk"), {"document": "notice", "title": "Next"})
    alma.schedule()
    assert ALL_IS_SAID in alma.page()

    assert [number for number, _wrong, _sentence in FIFTEEN] == list(range(1, 16))
    for number, wrong, sentence in FIFTEEN:
        with wrong(alma):
            if number not in ONLY_SEEN_WHEN_PRINTED:
                assert sentence in alma.page(), number
            assert sentence in text(bruno.approve()), number
            assert Notice.objects.count() == 1, number
        assert ALL_IS_SAID in alma.page(), number

    alma.write("demand", **{f"{DEMAND}.limit:en": "Ask us.", f"{DEMAND}.limit:es": "Pregunte."})
    assert ALL_IS_SAID in alma.page()
    assert "did not write it" in text(alma.approve())
    assert Notice.objects.count() == 1
    assert bruno.approve()["Location"] == reverse("notice_desk:desk")
    coming = Notice.objects.get(number=2)
    assert (coming.drafted_by, coming.approved_by) == (builders.alma(), builders.bruno())
    assert not NoticeDraft.objects.exists()
    assert "scheduled" in text(bruno.client.get(reverse("notice_desk:desk")))

    deliveries.plan(at=timezone.now())
    (told,) = owed(rosa, Delivery.Kind.CHANGE)
    assert (told.notice, told.due_on) == (coming, coming.effective_on)

    def in_force() -> str:
        return text(Client().get(reverse("notices:current")))

    midnight = timezone.make_aware(datetime.combine(coming.effective_on, time.min))
    time_machine.move_to(midnight - timedelta(minutes=1), tick=False)
    assert "Version 1, in effect from" in in_force()
    time_machine.move_to(midnight, tick=False)
    assert "Version 2, in effect from" in in_force()
    assert "Ask us." in in_force()
    assert "Version 1, in effect from" in text(Client().get(reverse("notices:version", args=[1])))
