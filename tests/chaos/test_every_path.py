"""After “canceled” nothing leaves, on every path there is: raced over real gunicorn and in bulk."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from consent import (
    approvals,
    authorizations,
    disclosures,
    packages,
    proposals,
    recipients,
    schedules,
    third_parties,
)
from consent.models import Authorization, Disclosure, Package, Schedule
from prime_portal.models import User
from tests import builders
from tests.builders import TODAY
from tests.consent.served import Served
from tests.consent.test_stalled import lines
from usage.models import AttemptCount, Customer, Via

WINDOW: dict[str, Any] = {
    "first_day": TODAY - timedelta(days=3),
    "last_day": TODAY - timedelta(days=1),
}
Rounds = Callable[[int, int], int]


@pytest.fixture
def rosa(committed_db: None) -> Customer:
    builders.notice()
    rosa = builders.customer()
    builders.readings(rosa.agreements.get())
    return rosa


@pytest.fixture
def her(rosa: Customer) -> User:
    return builders.holder(rosa, "rosa@example.org", at=timezone.now() - timedelta(days=2))


def secret_for(held: Authorization) -> str:
    return recipients.issue(held.third_party, label="race", by=builders.alma(), at=timezone.now())[
        1
    ]


@contextmanager
def fetching(served: Served, package: Package, secret: str) -> Iterator[list[int]]:
    """Four machines that ask for the key as fast as they can, until they are refused."""
    over, answers = threading.Event(), []

    def machine() -> None:
        while not over.is_set():
            wire = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
            wire.request(
                "POST",
                f"/recipient/packages/{package.pk}/key/",
                headers={"Authorization": f"Bearer {secret}"},
            )
            answer = wire.getresponse()
            answer.read()
            answers.append(answer.status)
            wire.close()
            if answer.status != 200:
                return

    machines = [threading.Thread(target=machine) for _ in range(4)]
    for one in machines:
        one.start()
    try:
        yield answers
    finally:
        over.set()
        for one in machines:
            one.join()


def closing(path: str, held: Authorization) -> Callable[[], Any]:
    """Return the verb that closes the door on this path."""
    if path == "credential":
        credential = held.third_party.credentials.in_force().get()
        return partial(recipients.end, credential, by=builders.bruno(), at=timezone.now())
    if path == "stop":
        return partial(builders.stop, held.third_party, at=timezone.now())
    return partial(
        authorizations.cancel, held, by=held.granted_by, via=Via.PORTAL, at=timezone.now()
    )


@pytest.mark.parametrize("path", ["cancel", "stop", "credential", "cancel of a refresh"])
def test_no_key_begins_to_leave_gunicorn_after_the_acknowledgement(
    rosa: Customer,
    her: User,
    path: str,
    rounds: Rounds,
    seed: int,
    tmp_path: Path,
) -> None:
    """First byte against acknowledgement, on the machine's one monotonic clock."""
    chance, late, slowest, keys = random.Random(seed), 0, 0.0, 0
    with Served(tmp_path, "tests.consent.clocked") as served:
        for _ in range(rounds(100, 4)):
            held = builders.authorization(rosa, her, at=timezone.now())
            secret = secret_for(held)
            if path == "cancel of a refresh":
                schedules.begin(
                    held, every=Schedule.Every.DAY, by=builders.alma(), at=timezone.now()
                )
                assert schedules.pack_due(clock=timezone.now) == 1
                package = Package.objects.latest("prepared_at")
            else:
                package = packages.prepare(proposals.gather(held, **WINDOW), at=timezone.now())
            before = len(served.began())
            with fetching(served, package, secret) as answers:
                until = time.monotonic() + 30
                while len(served.began()) == before:
                    assert time.monotonic() < until, answers
                    time.sleep(0.001)
                time.sleep(chance.random() * 0.05)
                asked = time.monotonic()
                closing(path, held)()
                acknowledged = time.monotonic()
                time.sleep(0.05)
            began = served.began()[before:]
            late += sum(moment > acknowledged for moment in began)
            keys, slowest = keys + len(began), max(slowest, acknowledged - asked)
            assert set(answers) <= {200, 401, 403}
            _open_again(held, her)
    print(f"{path}: {keys} keys, {late} began late; slowest {slowest * 1000:.0f} ms")
    assert late == 0
    assert slowest < 2
    assert Disclosure.objects.filter(allowed=True).count() >= keys


def _open_again(held: Authorization, her: User) -> None:
    now = timezone.now()
    AttemptCount.objects.all().delete()  # an ended credential is a wrong one, and those are counted
    if not Authorization.objects.get(pk=held.pk).canceled_at:
        authorizations.cancel(held, by=her, via=Via.PORTAL, at=now)
    for stopped in held.third_party.stops.filter(lifted_at=None):
        third_parties.lift(stopped, reason="next round", by=builders.bruno(), at=now)
    for credential in held.third_party.credentials.in_force():
        recipients.end(credential, by=builders.bruno(), at=now)


@pytest.mark.parametrize("path", ["stop", "stop for her", "the approval withdrawn"])
def test_no_bulk_key_leaves_after_the_acknowledgement(
    rosa: Customer, path: str, rounds: Rounds, seed: int
) -> None:
    chance, late, slowest = random.Random(seed), 0, 0.0
    luis = builders.customer(builders.LUIS)
    builders.readings(luis.agreements.get())
    contract = builders.contract(builders.third_party("back-office"))
    bulk = builders.approved(contract, rosa, luis, **WINDOW)
    package = approvals.pack(bulk, at=timezone.now())
    for _ in range(rounds(100, 4)):
        began: list[float] = []
        over = threading.Event()

        def release(began: list[float] = began, over: threading.Event = over) -> None:
            asked = proposals.of(package)
            try:
                while not over.is_set():
                    with disclosures.releasing(asked, package, at=timezone.now):
                        began.append(time.monotonic())
                        time.sleep(chance.random() * 0.004)
            except disclosures.Refused:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=release) for _ in range(4)]
        for thread in threads:
            thread.start()
        while not began:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.03)
        now = timezone.now()
        asked_at = time.monotonic()
        if path == "the approval withdrawn":
            approvals.withdraw(bulk, by=builders.bruno(), at=now)
        else:
            builders.stop(
                contract.third_party, whose=rosa if path == "stop for her" else None, at=now
            )
        acknowledged = time.monotonic()
        time.sleep(0.02)
        over.set()
        for thread in threads:
            thread.join()
        late += sum(moment > acknowledged for moment in began)
        slowest = max(slowest, acknowledged - asked_at)
        if path == "the approval withdrawn":
            bulk = builders.approved(contract, rosa, luis, **WINDOW)
        else:
            for stopped in contract.third_party.stops.filter(lifted_at=None):
                third_parties.lift(stopped, reason="next", by=builders.bruno(), at=timezone.now())
    print(f"bulk, {path}: {late} keys left late; slowest acknowledgement {slowest * 1000:.0f} ms")
    assert late == 0
    assert slowest < 2


def test_a_stop_in_the_middle_of_a_batch_lets_nothing_more_go(
    rosa: Customer, her: User, rounds: Rounds, seed: int
) -> None:
    """Staff send forty packages one after another; each is decided anew."""
    chance = random.Random(seed)
    for _ in range(rounds(20, 2)):
        held = builders.authorization(rosa, her, at=timezone.now())
        asked = proposals.gather(held, **WINDOW)
        batch = [packages.prepare(asked, at=timezone.now()) for _ in range(40)]
        went: list[float] = []

        def send(
            batch: list[Package] = batch, went: list[float] = went, asked: Any = asked
        ) -> None:
            try:
                for package in batch:
                    with disclosures.releasing(asked, package, at=timezone.now):
                        went.append(time.monotonic())
            except disclosures.Refused:
                pass
            finally:
                connections.close_all()

        sending = threading.Thread(target=send)
        sending.start()
        while len(went) < 3:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.02)
        stopped = builders.stop(held.third_party, at=timezone.now())
        acknowledged = time.monotonic()
        sending.join()
        assert all(moment < acknowledged for moment in went)
        third_parties.lift(stopped, reason="next", by=builders.bruno(), at=timezone.now())
        authorizations.cancel(held, by=her, via=Via.PORTAL, at=timezone.now())


def test_killed_while_keys_are_fetched_every_key_that_came_is_recorded(
    rosa: Customer, her: User, rounds: Rounds, seed: int, tmp_path: Path
) -> None:
    """The worker of gunicorn is killed outright; its master starts another."""
    chance, came = random.Random(seed), []
    held = builders.authorization(rosa, her, at=timezone.now())
    package = packages.prepare(proposals.gather(held, **WINDOW), at=timezone.now())
    header = {"Authorization": f"Bearer {secret_for(held)}"}
    over = threading.Event()
    with Served(tmp_path) as served:

        def machine() -> None:
            while not over.is_set():
                wire = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
                with suppress(OSError, http.client.HTTPException):
                    wire.request("POST", f"/recipient/packages/{package.pk}/key/", headers=header)
                    answer = wire.getresponse()
                    if answer.status == 200:
                        came.append(json.loads(answer.read())["disclosure"])
                wire.close()

        machines = [threading.Thread(target=machine) for _ in range(3)]
        for one in machines:
            one.start()
        for _ in range(rounds(40, 3)):
            count, until = len(came), time.monotonic() + 60
            while len(came) < count + 3:
                assert time.monotonic() < until
                time.sleep(0.005)
            time.sleep(chance.random() * 0.05)
            for worker in children_of(served.child.process.pid):
                os.kill(worker, signal.SIGKILL)
            # The hour's count of requests is not what is tried here.
            AttemptCount.objects.all().delete()
        over.set()
        for one in machines:
            one.join()
    recorded = {
        str(pk) for pk in Disclosure.objects.filter(allowed=True).values_list("pk", flat=True)
    }
    print(f"{len(came)} keys came, {len(recorded)} recorded")
    assert set(came) <= recorded


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_readers_who_stall_and_creep_never_keep_her_waiting(
    rosa: Customer, her: User, rounds: Rounds, seed: int, tmp_path: Path
) -> None:
    """A package's bytes and its key asked for in one breath, read in drips or not at all."""
    chance, slowest = random.Random(seed), 0.0
    with Served(tmp_path, "tests.consent.clocked") as served:
        for _ in range(rounds(40, 2)):
            held = builders.authorization(rosa, her, at=timezone.now())
            package = packages.prepare(proposals.gather(held, **WINDOW), at=timezone.now())
            with (Path(settings.MEDIA_ROOT) / package.path).open("ab") as file:
                file.write(bytes(chance.randrange(1, 6 * 2**20)))
            get, post = lines(package, secret_for(held))
            readers = [served.connect(buffer=4096) for _ in range(3)]
            for raw in readers:
                raw.sendall(get + post)
            until = time.monotonic() + chance.random()
            while time.monotonic() < until:
                chance.choice(readers).recv(chance.randrange(1, 1 << 20))
            before = time.monotonic()
            authorizations.cancel(held, by=her, via=Via.PORTAL, at=timezone.now())
            acknowledged = time.monotonic()
            slowest = max(slowest, acknowledged - before)
            assert all(moment < acknowledged for moment in served.began())
            for raw in readers:
                raw.close()
            _open_again(held, her)
            served.moments.write_text("")
    print(f"stalled and creeping readers: slowest acknowledgement {slowest * 1000:.0f} ms")
    assert slowest < 2
