"""A new field key: what the old one sealed stays readable, then is sealed anew, then needs it no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django.core.management import call_command
from django.core.management.base import CommandError

from consent import packages, proposals, wishes
from consent.models import Package, ScannedForm, Wish
from consent.wishes import Heard
from prime_portal import resealing
from tests import builders
from tests.builders import NOW, TODAY
from tests.conftest import ROOT
from tests.usage.test_door import cmep_of, whole
from usage import preparing, sealing, uploads
from usage.models import PreparedDownload, Upload, Via

pytestmark = pytest.mark.django_db
DAYS = {"first_day": TODAY - timedelta(days=3), "last_day": TODAY - timedelta(days=1)}
NEW_KEY = "the-key-that-is-put-in-now-0123456789abcdef"


@pytest.fixture
def sealed(tmp_path: Path, settings: Any) -> dict[str, Callable[[], object]]:
    """One of everything that is sealed, and how each is opened."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    her, alma = builders.holder(rosa, "rosa@example.org"), builders.alma()
    secret = totp.generate_totp_secret()
    factor = totp.TOTP.activate(her, secret)
    codes = RecoveryCodes.activate(her)
    package = packages.prepare(proposals.gather(builders.authorization(rosa, her), **DAYS), at=NOW)
    copy = preparing.ask(
        rosa,
        kind="csv",
        agreements=[held.pk for held in rosa.agreements.all()],
        by=her,
        via=Via.PORTAL,
        language="es",
        at=NOW,
        **DAYS,
    )
    assert preparing.prepare_next(clock=lambda: NOW, makers={})
    file = cmep_of(tmp_path / "feed", whole())
    upload = uploads.try_out(
        [file.read_bytes()],
        name="feed.cmep",
        format=None,
        agreement=None,
        source=None,
        by=alma,
        at=NOW,
    )
    form = Heard(speaker="Rosa Ejemplo", identity="her passport", received_at=NOW, scan=b"%PDF-1")
    wish = wishes.record(rosa, form, by=alma, via=Via.PAPER, at=NOW)
    written = codes.generate_codes()
    return {
        "second factor": lambda: (
            sealing.unseal(again(Authenticator, factor.instance).data["secret"]) == secret
        ),
        "recovery codes": lambda: (
            RecoveryCodes(again(Authenticator, codes.instance)).generate_codes() == written
        ),
        "package": lambda: packages.key_of(again(Package, package)),
        "copy": lambda: b"".join(fetched(again(PreparedDownload, copy))),
        "upload": lambda: sealing.unseal(again(Upload, upload).key),
        "scanned form": lambda: b"".join(wishes.scan_of(again(Wish, wish))) == b"%PDF-1",
    }


def again(model: Any, row: Any) -> Any:
    return model.objects.get(pk=row.pk)


def fetched(copy: PreparedDownload) -> Iterable[bytes]:
    taking = preparing.fetch(copy, at=NOW)
    assert taking
    return taking.pieces


def change_the_key(settings: Any) -> None:
    settings.FIELD_KEYS_BEFORE = [settings.FIELD_KEY]
    settings.FIELD_KEY = NEW_KEY


def test_with_a_new_key_everything_is_read_with_the_one_before(sealed: Any, settings: Any) -> None:
    change_the_key(settings)
    assert all(opens() for opens in sealed.values())


def test_sealed_anew_it_needs_the_key_before_no_more(sealed: Any, settings: Any) -> None:
    change_the_key(settings)
    done = {found.place.model.__name__: found.done for found in resealing.reseal()}
    assert done == {
        "Authenticator": 2,
        "Package": 1,
        "ScannedForm": 1,
        "PreparedDownload": 1,
        "Upload": 1,
    }
    settings.FIELD_KEYS_BEFORE = []
    assert all(opens() for opens in sealed.values())
    assert sum(found.done for found in resealing.reseal()) == 0, "a second run changes nothing"


def test_without_the_key_before_nothing_opens_and_the_command_says_so(
    sealed: Any, settings: Any
) -> None:
    settings.FIELD_KEY = NEW_KEY
    for opens in sealed.values():
        with pytest.raises((InvalidToken, packages.NoKey)):
            opens()
    with pytest.raises(CommandError, match="6 were opened by none of the keys"):
        call_command("reseal")


def test_the_command_says_when_the_key_before_can_go(
    sealed: Any, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    change_the_key(settings)
    call_command("reseal")
    said = capsys.readouterr().out
    assert "scanned forms: 1 held, 1 sealed anew" in said
    assert "FIELD_KEYS_BEFORE can go" in said


def test_a_row_that_changed_meanwhile_is_not_put_back(
    sealed: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = ScannedForm.objects.get()
    change_the_key(settings)

    def changes_meanwhile(sealed_key: str) -> str:
        ScannedForm.objects.update(sealed_key="changed by somebody else")
        return sealing.reseal(sealed_key)

    place = resealing.Place(ScannedForm, "sealed_key", changes_meanwhile)
    assert resealing._reseal(place).done == 0
    assert again(ScannedForm, form).sealed_key == "changed by somebody else"


def test_whoever_seals_something_is_known_to_the_command() -> None:
    """A new place that seals is added to prime_portal.resealing.PLACES, and to this list."""
    calls = re.compile(r"\bsealing\.seal\(")
    apps = ("prime_portal", "usage", "notices", "consent")
    seal = {
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if calls.search(path.read_text(encoding="utf-8")) and "key=settings" not in path.read_text()
    }
    assert seal == {
        "prime_portal/adapters.py",
        "consent/packages.py",
        "consent/wishes.py",
        "usage/preparing.py",
        "usage/uploads.py",
    }
