"""The house rules: style, types, who may import whom, and settings fit for production."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BIN = Path(sys.executable).parent
BLOCK = re.compile(
    r"\{% blocktranslate(.*?)%\}(.*?)\{% (?:plural|endblocktranslate) %\}", re.DOTALL
)


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a tool in the project's folder; what it prints is the test's failure."""
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        pytest.fail(ran.stdout, pytrace=False)


def test_the_code_is_free_of_known_mistakes() -> None:
    run(BIN / "ruff", "check", "--quiet", ".")


def test_the_code_is_laid_out_alike() -> None:
    run(BIN / "ruff", "format", "--quiet", "--diff", ".")


@pytest.mark.long
def test_the_types_hold() -> None:
    run(BIN / "mypy", "--no-error-summary")


def test_imports_point_one_way_and_covered_information_leaves_by_one_door() -> None:
    run(BIN / "lint-imports", "--no-cache")


def test_every_change_of_a_model_has_its_migration() -> None:
    run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")


def test_the_templates_are_sound() -> None:
    run(BIN / "djlint", "templates", "--lint", "--quiet")


def test_no_sentence_ends_with_a_time_of_day() -> None:
    """Which ends with a period of its own: "until 4:13 a.m.." is what people would read."""
    for template in (ROOT / "templates").rglob("*.*"):
        text = template.read_text()
        assert not re.search(r"\|date:.DATETIME_FORMAT. \}\}\.", text), template
        for names, words in BLOCK.findall(text):
            for name in re.findall(r"(\w+)=\S+\|date:.DATETIME_FORMAT", names):
                assert not re.search(rf"\{{\{{ {name} \}}\}}\.(\s|$)", words), template


def test_a_moment_is_shown_by_the_day_it_is_in_pico_rivera() -> None:
    """In UTC the evening belongs to tomorrow. What is said in UTC says so."""
    shown = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for app in ("prime_portal", "usage", "notices", "consent")
        for path in (ROOT / app).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\{[\w.]+_at:%Y", line) and "UTC" not in line
    ]
    assert shown == []


def test_every_text_has_its_spanish() -> None:
    run(sys.executable, "scripts/messages.py", "check")


def test_what_is_imported_is_asked_for_and_what_is_asked_for_is_imported() -> None:
    run(BIN / "deptry", ".", "--no-ansi")


def test_the_settings_are_fit_for_production(tmp_path: Path) -> None:
    production = {
        "PRIME_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CLAIM_CODE_KEY": secrets.token_urlsafe(48),
        "FIELD_KEY": secrets.token_urlsafe(48),
        "PORTAL_ORIGIN": "https://portal.example",
        "EXTRA_HOSTS": "",
        "SMTP_TLS": "yes",
        "DATABASE_OWNER_URL": "",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "",
        "STATIC_ROOT": str(tmp_path),
    }
    run(
        *[sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=production,
    )


def test_the_static_files_can_be_gathered_for_production(tmp_path: Path) -> None:
    """The manifest refuses a style sheet that names a file which is not there."""
    program = """
import sys, django
from django.conf import settings
from django.core.management import call_command
settings.STATIC_ROOT = sys.argv[1]
settings.STORAGES = settings.STORAGES | {
    # As in production, without the wait for the compression.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
}
django.setup()
call_command("collectstatic", "--noinput", verbosity=0)
"""
    run(sys.executable, "-c", program, str(tmp_path))
    assert (tmp_path / "staticfiles.json").exists()
    assert list(tmp_path.glob("uswds/css/uswds.min.*.css"))


@pytest.mark.parametrize("lock", ["requirements/*.txt", "package-lock.json"])
def test_the_locks_name_hashes_and_no_address(lock: str) -> None:
    paths = sorted(ROOT.glob(lock))
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        assert "sha512-" in text or "--hash=sha256:" in text, path
