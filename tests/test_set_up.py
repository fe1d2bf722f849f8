"""`make setup`: what a machine lacks is said before anything is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from tests.conftest import ROOT


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def preflight() -> ModuleType:
    return script("preflight")


def test_the_look_ahead_needs_nothing_but_python() -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "scripts/preflight.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("version", "stops"), [((3, 10), True), ((3, 11), False), ((3, 15), True)])
def test_a_python_too_old_or_too_new_is_named(
    preflight: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], stops: bool
) -> None:
    monkeypatch.setattr(preflight.sys, "version_info", (*version, 0))
    said = preflight.stops()
    assert bool(said) is stops
    assert all(f"{version[0]}.{version[1]}" in sentence for sentence in said)


def test_without_venv_it_stops_and_names_the_package(
    preflight: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preflight, "has_module", lambda name: name != "ensurepip")
    assert preflight.main() == 1
    assert "`apt-get install python3-venv`" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries are named as on Linux")
def test_without_pango_it_goes_on_and_names_the_packages(
    preflight: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preflight, "loads", lambda library: "pangoft2" not in library)
    assert preflight.main() == 0
    assert "`apt-get install libpangoft2-1.0-0`" in capsys.readouterr().err


def test_a_style_sheets_files_are_found_wherever_they_are_named() -> None:
    text = """a{background:url(../img/a.svg)} b{mask:url("data:x")} @supports (mask:url()){}
    @font-face{src:url('../fonts/f/b.woff2?v=1') format("woff2")} c{fill:url(#d)}"""
    assert list(script("assets").named_by_style_sheet(text)) == ["img/a.svg", "fonts/f/b.woff2"]


def test_what_the_pages_name_was_copied() -> None:
    assets = script("assets")
    missing = [name for name in assets.named_by_us() if not (assets.TARGET / name).is_file()]
    assert missing == []
