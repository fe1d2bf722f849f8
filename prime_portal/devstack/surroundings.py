"""The environment variables the portal's processes need, filled in for a demo or a test run.

Everything here is made up or random. Production sets the same variables itself, and
prime_portal.settings refuses to start when one is missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from prime_portal.ledger.keys import new as new_ledger_keys

# Kept with a kept demo: its claim codes, second factors and receipts are worth nothing without.
SECRETS = ("SECRET_KEY", "CLAIM_CODE_KEY", "FIELD_KEY", "SIGNING_KEY")
LEDGER_NAME = "prime.example/ledger"

_MADE_UP = {
    "OFFICIAL_TITLE": "Privacy Official (made up for this demo)",
    "OFFICIAL_EMAIL": "privacy@prime.example",
    "OFFICIAL_POSTAL": "1 Example Plaza, Pico Rivera, CA 90660",
    "OFFICIAL_TELEPHONE": "562-555-0100",
    "COUNTER": "Example City Hall, 1 Example Plaza, Pico Rivera",
    "AUDITOR_EMAIL": "auditor@audit.example",
    "MAIL_FROM": "PRIME <portal@prime.example>",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_TLS": "no",
}


def new_secrets() -> dict[str, str]:
    return {name: secrets.token_urlsafe(48) for name in SECRETS} | new_ledger_keys(LEDGER_NAME)


def surroundings(
    kind: str,
    *,
    folder: Path,
    origin: str,
    smtp_port: int,
    keys: Mapping[str, str],
) -> dict[str, str]:
    """Return the variables of one demo or test run, but for the servers' addresses.

    kind: "demo" or "test"; folder: where letters and files land; origin: scheme, host and
    port of the web server; keys: what `new_secrets` made.
    """
    return {
        "DJANGO_SETTINGS_MODULE": "prime_portal.settings",
        **_MADE_UP,
        **keys,
        "PRIME_ENV": kind,
        "PORTAL_ORIGIN": origin,
        "SMTP_PORT": str(smtp_port),
        "FILES_DIR": str(folder / "files"),
        "LETTERS_DIR": str(folder / "letters"),
        "JOURNAL_DIR": str(folder / "journal"),
        **({"DROP_DIR": str(folder / "drop")} if kind == "demo" else {}),
        "LETTERS_WAIT_MINUTES": "0",
    }


def stand_in(folder: Path) -> dict[str, str]:
    """Return variables for the supervisor itself, which reads settings but reaches no server."""
    return {
        **surroundings(
            "demo",
            folder=folder,
            origin="http://127.0.0.1:1",
            smtp_port=1,
            keys=new_secrets(),
        ),
        **_NOWHERE,
    }


def given_servers(env: Mapping[str, str]) -> dict[str, str]:
    """Return the servers somebody chose, so that none is started in their place."""
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
    return {name: env[name] for name in names if env.get(name) and env[name] != _NOWHERE.get(name)}


_NOWHERE = {
    "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
