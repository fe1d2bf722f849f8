"""What a request pays for the record: a grant's rows unrecorded, recorded, in a hash chain."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import psycopg

from benchmarks import recorded
from benchmarks.goals import AtMost, Measured
from benchmarks.recorded import Grant, Row
from benchmarks.timing import Differs, Turns, milliseconds, seconds_of
from benchmarks.world import SMALL, World

AT_ONCE = 4
TURNS_A_ROUND = 3

Writer = psycopg.Connection[Any]
Write = Callable[[Writer, Grant], None]
WAYS: dict[str, tuple[str, Write]] = {
    "plain": ("plain", recorded.insert),
    "portal": ("public", recorded.insert),
    "chain": ("chained", recorded.insert_and_chain),
}


def run(of: World) -> list[Measured]:
    tiny = of.size.meters < SMALL.meters
    each = 1 if tiny else 60
    rounds = of.size.rounds * (1 if tiny else TURNS_A_ROUND)
    rows = recorded.rows_of_a_grant(of)
    recorded.make_tables()
    try:
        entries, grants = recorded.recorded(), recorded.written("public")
        alone = _turns(rows, writers=1, each=each, rounds=rounds)
        together = _turns(rows, writers=AT_ONCE, each=each, rounds=rounds)
        many = (1 + AT_ONCE) * each * (rounds + 1)
        _compare(many, rows, entries=entries, grants=grants)
        whole = _whole(of, each=each)
    finally:
        recorded.forget_tables()
    added = (alone.of("portal") - alone.of("plain")) / each
    return [
        Measured(
            "a customer's grant, read back and confirmed",
            "without what the record adds to it",
            whole / (whole - added),
            milliseconds(whole),
            milliseconds(whole - added),
            AtMost(1.1),
        ),
        *_lines("the rows of a grant, recorded, one after the other", alone, each),
        *_lines(f"the same, {AT_ONCE} at a time", together, AT_ONCE * each),
    ]


def _whole(of: World, *, each: int) -> float:
    """The seconds of one grant as a request makes it. The first warms what is loaded once."""
    granted = recorded.grants(of)
    next(granted)()
    return median(seconds_of(grant) for grant in islice(granted, each))


def _lines(job: str, turns: Turns, many: int) -> list[Measured]:
    def rate(name: str) -> str:
        return f"{many / turns.of(name):,.0f}/s"

    unrecorded = turns.ratio("portal", "plain")
    return [
        Measured(job, "recorded nowhere", unrecorded, rate("portal"), rate("plain")),
        Measured(
            "", "a hash chain in each request", turns.ratio("chain", "portal"), "", rate("chain")
        ),
    ]


def _turns(rows: list[Row], *, writers: int, each: int, rounds: int) -> Turns:
    """Let the ways take turns; the first of each, which warms them, does not count."""
    turns = Turns()
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(writers))
        open_to = {
            name: [stack.enter_context(recorded.connect(schema)) for _ in range(writers)]
            for name, (schema, _write) in WAYS.items()
        }
        for number in range(rounds + 1):
            names = list(WAYS)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                grants = [[recorded.anew(rows) for _ in range(each)] for _ in range(writers)]
                work = partial(_write_all, threads, open_to[name], grants, WAYS[name][1])
                seconds = seconds_of(work)
                if number:
                    turns.add(name, seconds)
    return turns


def _write_all(
    threads: ThreadPoolExecutor, writers: list[Writer], grants: list[list[Grant]], write: Write
) -> None:
    """Each writer, in a thread and a connection of its own, writes its grants one by one."""

    def write_own(writer: Writer, own: list[Grant]) -> None:
        for grant in own:
            write(writer, grant)

    for done in [
        threads.submit(write_own, *of_one) for of_one in zip(writers, grants, strict=True)
    ]:
        done.result()


def _compare(many: int, rows: list[Row], *, entries: int, grants: int) -> None:
    """All wrote the same grants, the record has an entry and the chain a link for each row."""
    counts = {schema: recorded.written(schema) for schema, _write in WAYS.values()}
    counts["public"] -= grants
    if set(counts.values()) != {many}:
        raise Differs(f"{many} grants should have been written: {counts}")
    links, new = recorded.chained(), recorded.recorded() - entries
    if not links == new == many * len(rows):
        raise Differs(f"{many * len(rows)} rows: {new} entries, {links} links")
