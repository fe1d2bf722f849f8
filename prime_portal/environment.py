"""What the process is told by its environment, each value read once and checked once.

A missing or weak value stops the start with a sentence that names the variable, so that
the person installing the portal reads what to do instead of a traceback.
"""

from __future__ import annotations

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from prime_portal.ledger.checkpoints import NotOurs, PublicKey, SigningKey


class Misconfigured(SystemExit):
    """Ends the process with one sentence: a traceback would bury it."""


WEAK = {
    "",
    "secret",
    "changeme",
    "change-me",
    "password",
    "insecure",
    "test",
    "example",
}


def text(name: str, *, default: str | None = None, why: str = "") -> str:
    """Return a text value, or its content from the file named by NAME_FILE."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(
                f"{name}_FILE points to {path}, which cannot be read: {error.strerror}."
            ) from None
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise Misconfigured(f"{name} is not set. {why}".strip())
    return value


def secret(name: str, *, why: str, at_least: int = 32) -> str:
    """Return a secret that is long enough and not a well-known one."""
    value = text(name, why=why)
    _refuse_weak(value, name=name, why=why, at_least=at_least)
    return value


def secrets_before(name: str, *, why: str, at_least: int = 32) -> list[str]:
    """Return secrets that were in use before, one a line; none by default."""
    values = text(name, default="").split()
    for value in values:
        _refuse_weak(value, name=name, why=why, at_least=at_least)
    return values


def _refuse_weak(value: str, *, name: str, why: str, at_least: int) -> None:
    if value.lower() in WEAK or len(value) < at_least or len(set(value)) < 8:
        raise Misconfigured(
            f"{name} is too weak: it needs at least {at_least} random characters. {why}"
        )


def public_keys(name: str) -> list[str]:
    """Return Ed25519 public keys, each 64 hex digits, separated by commas; none by default."""
    keys = [key.strip().lower() for key in text(name, default="").split(",") if key.strip()]
    if any(not re.fullmatch(r"[0-9a-f]{64}", key) for key in keys):
        raise Misconfigured(f"{name} must be public keys of 64 hex digits each, with commas.")
    return keys


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes-or-no value."""
    value = text(name, default="yes" if default else "no").lower()
    if value in {"1", "yes", "true", "on"}:
        return True
    if value in {"0", "no", "false", "off"}:
        return False
    raise Misconfigured(f"{name} must be yes or no, not “{value}”.")


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return one of a few words; the first stands for nothing said."""
    value = text(name, default=choices[0]).lower()
    if value not in choices:
        named = ", ".join(choice for choice in choices if choice)
        raise Misconfigured(f"{name} must be one of {named}, not “{value}”.")
    return value


def number(name: str, *, default: int, least: int = 0) -> int:
    """Return a whole number."""
    value = text(name, default=str(default))
    if not value.isdigit() or int(value) < least:
        raise Misconfigured(f"{name} must be a whole number of at least {least}, not “{value}”.")
    return int(value)


def origin(name: str, *, secure: bool, why: str) -> str:
    """Return scheme://host[:port] with nothing behind it: mails and letters are built on it."""
    value = text(name, why=why).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise Misconfigured(
            f"{name} must be an address such as https://portal.example, not “{value}”."
        )
    if secure and parts.scheme != "https":
        raise Misconfigured(f"{name} must start with https:// in production.")
    return value


def address(name: str, *, secure: bool) -> str:
    """Return an address with scheme and host, perhaps a path; empty where none is given."""
    value = text(name, default="").rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query):
        raise Misconfigured(
            f"{name} must be an address such as https://login.example/v2.0, not “{value}”."
        )
    if value and secure and parts.scheme != "https":
        raise Misconfigured(f"{name} must start with https:// in production.")
    return value


def host_of(address: str) -> list[str]:
    """Return scheme and host of an address, if there is one, for the browser's policy."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if address else []


def database(name: str, *, why: str, secure: bool) -> dict[str, Any]:
    """Return Django's settings for a postgresql:// address."""
    parts = urlsplit(text(name, why=why))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise Misconfigured(f"{name} must be a postgresql:// address with a database name.")
    if secure and not parts.query and len(parts.password or "") < 12:
        raise Misconfigured(f"{name} must carry a long password or a client certificate.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def redis(name: str, *, why: str, secure: bool) -> str:
    """Return a redis:// or rediss:// address; in production it carries a password."""
    value = text(name, why=why)
    parts = urlsplit(value)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise Misconfigured(f"{name} must be a redis:// or rediss:// address.")
    if secure and len(parts.password or "") < 12:
        raise Misconfigured(f"{name} must carry a long password. {why}")
    return value


def mail_address(name: str, *, why: str) -> str:
    """Return an e-mail address, perhaps with a name before it."""
    value = text(name, why=why)
    local, _, domain = parseaddr(value)[1].partition("@")
    if not local or "." not in domain.strip("."):
        raise Misconfigured(f"{name} must be an e-mail address, not “{value}”. {why}")
    return value


def telephone(name: str, *, why: str) -> str:
    """Return a telephone number as it is to be printed: ten digits at least."""
    value = text(name, why=why)
    if sum(letter.isdigit() for letter in value) < 10:
        raise Misconfigured(f"{name} must be a telephone number, not “{value}”. {why}")
    return value


def checkpoint_keys(name: str, *, default: str | None, why: str) -> list[PublicKey]:
    """Return the keys the record's checkpoints are checked with, oldest first, by commas."""
    try:
        return [
            PublicKey.from_text(key.strip())
            for key in text(name, default=default, why=why).split(",")
            if key.strip()
        ]
    except NotOurs as error:
        raise Misconfigured(f"{name}: {error}") from None


def checkpoint_signing_key(name: str, *, public: list[PublicKey]) -> SigningKey | None:
    """Return the key checkpoints are signed with, where there is one: the worker's alone."""
    if not (value := text(name, default="")):
        return None
    if not public:
        raise Misconfigured(f"{name} is set, but LEDGER_PUBLIC_KEYS is not.")
    try:
        key = SigningKey.from_text(value, name=public[-1].name)
    except NotOurs as error:
        raise Misconfigured(f"{name}: {error}") from None
    if key.public != public[-1]:
        raise Misconfigured(f"{name} does not belong to the last of LEDGER_PUBLIC_KEYS.")
    return key
