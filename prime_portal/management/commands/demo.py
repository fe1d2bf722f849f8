"""Start the whole portal on this machine, with a made-up city to walk around in."""

from __future__ import annotations

import os
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from prime_portal.devstack import folders
from prime_portal.devstack.children import ChildFailed, end_with_parent
from prime_portal.devstack.demo import ROOT, Demo
from prime_portal.devstack.surroundings import given_servers
from usage import pdf

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop."""


class Command(BaseCommand):
    """`manage.py demo`: HOST, PORT and DEMO_DIR in the environment say where."""

    help = "Start the portal with servers and a made-up city on this machine; Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, help="how large a city; 0 for none")
        parser.add_argument(
            "--keep", action="store_true", help="go on with the data of the last time"
        )
        parser.add_argument(
            "--stop-with-parent",
            action="store_true",
            help="stop when the caller ends (Linux)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["stop_with_parent"]:
            end_with_parent(signal.SIGTERM, parent=os.getppid())
        port = _port()
        if sentence := pdf.why_not():
            raise CommandError(sentence)
        began = time.monotonic()

        def say(line: str) -> None:
            self.stdout.write(f"{time.monotonic() - began:5.1f} s  {line}")
            self.stdout.flush()

        demo = Demo(
            folder=Path(os.environ.get("DEMO_DIR") or ROOT / ".dev").absolute(),
            host=os.environ.get("HOST") or "127.0.0.1",
            port=port,
            keep=options["keep"],
            customers=options["customers"],
            given=given_servers(os.environ),
            say=say,
        )
        for number in _STOPS:
            signal.signal(number, _stop)
        try:
            facts = demo.start()
            self.stdout.write(screen(facts))
            self.stdout.flush()
            fault = demo.watch()
        except Stopped:
            fault = ""
        except (folders.Taken, ChildFailed) as error:
            fault = str(error)
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)
        if demo.children or demo.servers:
            self.stdout.write("\nstopping …")
        demo.stop()
        if fault:
            raise CommandError(fault)
        self.stdout.write("stopped, nothing is left running")


def screen(facts: dict[str, Any]) -> str:
    """Say on one screen where the portal is, who can sign in, and where things land."""
    people = facts.get("sign_ins", [])
    email = max((len(person["email"]) for person in people), default=0)
    password = max((len(person["password"]) for person in people), default=0)
    lines = [
        "",
        f"  The portal is at  {facts['address']}/   (staff: {facts['address']}/admin/)",
        "",
    ]
    for person in people:
        lines.append(
            f"  {person['email']:{email}}  {person['password']:{password}}  {person['who']}"
        )
        if person.get("totp_secret"):
            lines.append(f"  {'':{email}}  key for an authenticator app: {person['totp_secret']}")
    lines.append("")
    lines += [
        f"  Claim an account: number {claim['account_number']}, ZIP {claim['zip']}, "
        f"code {claim['code']}   ({claim['who']})"
        for claim in facts.get("claims", [])[:2]
    ]
    lines += [
        f"  Fetch as {recipient['who']}: {recipient['credential']}   (docs/recipients.md)"
        for recipient in facts.get("recipients", [])[:1]
    ]
    lines += [
        "",
        f"  Mails land in     {_near(facts['mail'])}/new",
        f"  Letters land in   {_near(facts['letters'])}",
        f"  Drop files into   {_near(facts['drop'])}   (readings, bills, rosters: docs/feeds.md)",
        f"  Logs are in       {_near(facts['logs'])}",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _near(path: str) -> str:
    here = Path(path)
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else path


def _port() -> int:
    chosen = os.environ.get("PORT") or "8000"
    if not chosen.isdigit() or int(chosen) > 65535:
        raise CommandError(f"PORT must be a number from 0 to 65535, not “{chosen}”.")
    return int(chosen)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped
