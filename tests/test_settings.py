"""A missing or weak setting stops the start with one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest

from prime_portal.environment import Misconfigured

ROOT = Path(__file__).resolve().parent.parent
GOOD = {
    "PRIME_ENV": "production",
    "PORTAL_ORIGIN": "https://portal.example",
    "SECRET_KEY": "kZ8wQ2xV5nB7mL1pR4tY6uI9oP3aS0dF-gH_jK8lM2nB5vC7xZ",
    "CLAIM_CODE_KEY": "kZ8wQ2xV5nB7mL1pR4tY6uI9oP3aS0dF",
    "FIELD_KEY": "gH_jK8lM2nB5vC7xZ1qW3eR6tY9uI4oP",
    "SIGNING_KEY": "pL4mN7bV1cX8zQ2wE5rT9yU3iO6aS0dF",
    "LEDGER_PUBLIC_KEYS": "portal.example/ledger+aedec88d+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    "OFFICIAL_TITLE": "Privacy Official (fictitious)",
    "OFFICIAL_EMAIL": "privacy@prime.example",
    "OFFICIAL_POSTAL": "1 Example Plaza",
    "OFFICIAL_TELEPHONE": "562-555-0100",
    "COUNTER": "1 Example Plaza",
    "DATABASE_URL": "postgresql://prime_app:vH3kP9sD2mQx@db.example/prime",
    "REDIS_URL": "redis://:rT6yU8iO0pL1@redis.example/0",
    "FILES_DIR": "/srv/prime/files",
    "LETTERS_DIR": "/srv/prime/letters",
    "JOURNAL_DIR": "/srv/prime/journal",
    "SMTP_HOST": "relay.example",
    "MAIL_FROM": "PRIME <portal@prime.example>",
}


READ_THEM = ("manage.py", "diffsettings")
SERVE = ("-c", "import prime_portal.wsgi")


def start(*command: str, **change: str | None) -> subprocess.CompletedProcess[str]:
    """Start a process that reads the settings; None leaves a variable out."""
    given = {name: value for name, value in (GOOD | change).items() if value is not None}
    return subprocess.run(
        [sys.executable, *(command or READ_THEM)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/tmp", **given},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_when_everything_is_there() -> None:
    started = start()
    assert started.returncode == 0, started.stderr
    assert "DEBUG" not in started.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set."),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is too weak"),
        ({"CLAIM_CODE_KEY": "changeme"}, "CLAIM_CODE_KEY is too weak"),
        ({"FIELD_KEYS_BEFORE": f"{GOOD['FIELD_KEY']}\nshort"}, "FIELD_KEYS_BEFORE is too weak"),
        ({"SIGNING_KEY": None}, "SIGNING_KEY is not set."),
        ({"SIGNING_KEY": "short"}, "SIGNING_KEY is too weak"),
        ({"SIGNED_BEFORE": "abc"}, "SIGNED_BEFORE must be public keys"),
        ({"OFFICIAL_EMAIL": None}, "OFFICIAL_EMAIL is not set. PRIME-07 6.2"),
        ({"PORTAL_ORIGIN": "http://portal.example"}, "must start with https://"),
        ({"PORTAL_ORIGIN": "portal.example"}, "must be an address such as"),
        ({"DATABASE_URL": "mysql://x/y"}, "must be a postgresql:// address"),
        ({"DATABASE_URL": "postgresql://prime_app@db/prime"}, "must carry a long password"),
        ({"DATABASE_URL": "postgresql://prime_app:prime@db/prime"}, "must carry a long password"),
        ({"REDIS_URL": "redis://cache/0"}, "REDIS_URL must carry a long password"),
        ({"REDIS_URL": "cache"}, "must be a redis:// or rediss:// address"),
        ({"OFFICIAL_EMAIL": "b"}, "OFFICIAL_EMAIL must be an e-mail address"),
        ({"OFFICIAL_TELEPHONE": "d"}, "OFFICIAL_TELEPHONE must be a telephone number"),
        ({"MAIL_FROM": "nobody"}, "MAIL_FROM must be an e-mail address"),
        ({"SMTP_TLS": "no"}, "notices would travel in clear"),
        ({"SMTP_PORT": "many"}, "SMTP_PORT must be a whole number"),
        ({"SMTP_TLS": "perhaps"}, "SMTP_TLS must be yes or no"),
        ({"PRIME_ENV": "staging"}, "PRIME_ENV must be demo, test or production"),
        ({"LEDGER_PUBLIC_KEYS": None}, "LEDGER_PUBLIC_KEYS is not set. Checkpoints are checked"),
        ({"LEDGER_PUBLIC_KEYS": "a+b+Yw=="}, "no Ed25519 public key with its hash"),
        ({"LEDGER_PUBLIC_KEYS": "key"}, "is written as name+hash+key"),
        ({"JOURNAL_DIR": None}, "JOURNAL_DIR is not set. After a restore it alone knows"),
        ({"LEDGER_SIGNING_KEY": "short"}, "LEDGER_SIGNING_KEY: A signing key is the base64 of 32"),
        ({"LEDGER_SIGNING_KEY": f"{'B' * 43}="}, "does not belong to the last of LEDGER_PUBLIC"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere/key"}, "which cannot be read"),
    ],
)
def test_what_is_missing_or_weak_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str | None], sentence: str
) -> None:
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in (GOOD | change).items():
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as stopped:
        run_path(str(ROOT / "prime_portal" / "settings.py"))
    assert sentence in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_process_that_may_not_start_says_why_and_no_more() -> None:
    stopped = start(SECRET_KEY=None)
    assert stopped.returncode == 1
    assert stopped.stderr.startswith("SECRET_KEY is not set.")
    assert len(stopped.stderr.strip().splitlines()) == 1


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GOOD["SECRET_KEY"] + "\n")
    assert start(SECRET_KEY=None, SECRET_KEY_FILE=str(file)).returncode == 0


def test_the_web_process_refuses_the_key_that_seals_the_record() -> None:
    signing = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert start(LEDGER_SIGNING_KEY=signing).returncode == 0, "the worker has it"
    assert start(*SERVE).returncode == 0
    web = start(*SERVE, LEDGER_SIGNING_KEY=signing)
    assert web.returncode == 1
    assert "LEDGER_SIGNING_KEY is set for the web process." in web.stderr
    assert signing not in start(LEDGER_SIGNING_KEY=signing).stdout
