"""Run the table of the policy without pytest and without Django: for coverage and mutants."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

TABLE = "tests.consent.test_policy"
MODULES = ("consent.facts", "consent.policy")


def holds(table: ModuleType) -> None:
    """Call every test of the table with each of its rows. Raises what a test raises."""
    for test in list(vars(table).values()):
        if isinstance(test, FunctionType) and test.__name__.startswith("test_"):
            for arguments in _rows(test):
                test(**arguments)


def _rows(test: Any) -> Iterator[dict[str, Any]]:
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    if not marks:
        yield {}
    for mark in marks:
        names, rows = mark.args
        for row in rows:
            yield dict(zip(names, row, strict=True))


def with_code(changed: dict[str, CodeType], table: CodeType) -> None:
    """Run the table against modules made of other code. What was imported before stays."""
    kept = {name: sys.modules.pop(name, None) for name in (*MODULES, TABLE)}
    try:
        for name in MODULES:
            _made(name, changed[name])
        holds(_made(TABLE, table))
    finally:
        for name, module in kept.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def _made(name: str, code: CodeType) -> ModuleType:
    sys.modules[name] = module = ModuleType(name)
    exec(code, vars(module))
    return module


def uncovered() -> str:
    """Return coverage's report on the lines and branches the table never reaches, or nothing."""
    import coverage

    counted = coverage.Coverage(branch=True, data_file=None, config_file=False, include=["*"])
    counted.start()
    holds(importlib.import_module(TABLE))
    counted.stop()
    report = ""
    for name in MODULES:
        path = str(sys.modules[name].__file__)
        analysis = counted._analyze(path)
        missing, branches = sorted(analysis.missing), analysis.missing_branch_arcs()
        if missing or branches:
            report += f"{name}: lines {missing}, branches {dict(branches)}\n"
    return report


if __name__ == "__main__":
    sys.exit(uncovered() or 0)
