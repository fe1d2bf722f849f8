"""The house rules: style, types, who may import whom, and settings fit for production."""

from __future__ import annotations

import ast
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

BIN = Path(sys.executable).parent
BLOCK = re.compile(
    r"\{% blocktranslate(.*?)%\}(.*?)\{% (?:plural|endblocktranslate) %\}", re.DOTALL
)


WORD = re.compile(r"[a-z]{2,}")

READ_ON_NO_PAGE = {
    "ArgumentTypeError": "a command's",
    "BadRequest": "the mail provider's machine",
    "Broken": "goes to the log",
    "CannotBeDrilled": "a command's",
    "CommandError": "a command's",
    "Damaged": "pages say in their own words that a file cannot be read",
    "DoesNotExist": "a mistake of the code",
    "FileNotFoundError": "a mistake of whoever set the portal up",
    "LookupError": "a mistake of the code",
    "MailRefused": "the outbox keeps the name of the class alone",
    "Misconfigured": "the start stops with it, in a terminal",
    "NoKey": "a recipient's machine",
    "NoSchedule": "a command's",
    "NotOurs": "a command's, and the log's",
}
"""Exceptions whose sentences stay English, and who reads them."""

MISTAKES = {
    ("ValueError", "consent/disclosures.py"),
    ("ValueError", "notices/messages.py"),
    ("ValueError", "notices/smtp.py"),
    ("ValueError", "prime_portal/ledger/bundle/ed25519.py"),
    ("ValueError", "prime_portal/ledger/tree.py"),
    ("ValueError", "usage/holds.py"),
    ("ValueError", "usage/png.py"),
    ("ValueError", "usage/release.py"),
    ("ValueError", "usage/weasy.py"),
    ("say", "prime_portal/drilling.py"),
}
"""Where a ValueError says to whoever writes code what was given wrongly, and one command talks."""

TELLS = {"ValidationError", "add_error", "say", "refuse"}
"""Calls beside `raise` that bring a sentence to a page: and all of messages."""


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


def untranslated(source: str) -> Iterator[tuple[str, int]]:
    """Each call that refuses or tells something in words no translator sees, with its line.

    A name stands for all that the function it is in makes of it.
    """
    tree = ast.parse(source)
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.Module | ast.FunctionDef):
            continue
        within = list(_own(scope))
        made: dict[str, list[ast.expr]] = {}
        for node in within:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                made.setdefault(node.targets[0].id, []).append(node.value)
        raised = {id(node.exc) for node in within if isinstance(node, ast.Raise)}
        for call in within:
            if not isinstance(call, ast.Call):
                continue
            owner, _dot, name = ast.unparse(call.func).rpartition(".")
            if id(call) not in raised and name not in TELLS and owner != "messages":
                continue
            said = list(call.args)
            for arg in call.args:
                words = arg.left if isinstance(arg, ast.BinOp) else arg
                said += made.get(words.id, []) if isinstance(words, ast.Name) else []
            if any(_bare(arg) for arg in said):
                yield name, call.lineno


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a function or module but those of the functions in it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from _own(node)


def _bare(said: ast.expr) -> bool:
    """Whether these are words as they stand in the code: not marked, not somebody else's."""
    match said:
        case ast.Constant(value=str(text)):
            return bool(WORD.search(text)) and " " in text.strip()
        case ast.JoinedStr(values=parts):
            return any(isinstance(one, ast.Constant) and WORD.search(one.value) for one in parts)
        case ast.BinOp(left=left, right=right):
            return _bare(left) or (isinstance(said.op, ast.Add) and _bare(right))
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return any(_bare(part) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            return _bare(one) or _bare(other)
        case ast.Call(func=ast.Attribute(value=words)):
            return _bare(words)
    return False


def test_what_is_refused_is_said_in_the_language_of_the_reader() -> None:
    """A sentence on its way to a page is marked for translation, or its reader is named here."""
    found = {
        (name, path.relative_to(ROOT).as_posix(), line)
        for app in ("prime_portal", "usage", "notices", "consent")
        for path in (ROOT / app).rglob("*.py")
        if not {"migrations", "devstack"} & set(path.parts)  # devstack talks to a terminal
        for name, line in untranslated(path.read_text())
    }
    excused = {one for one in found if one[0] in READ_ON_NO_PAGE or one[:2] in MISTAKES}
    assert sorted(found - excused) == []
    assert READ_ON_NO_PAGE.keys() | MISTAKES <= {
        *(one[0] for one in excused),
        *(one[:2] for one in excused),
    }, "a name here that nothing needs any more"


@pytest.mark.parametrize(
    "code",
    [
        'raise Refused("Say why.")',
        'raise Refused(f"Not {key} here.")',
        'raise Refused("Not %s here." % key)',
        'raise Refused("Not {} here.".format(key))',
        'raise Refused(["Say why."])',
        'said = "Say why."\nraise Refused(said)',
        'said = "Say why."\nraise pages.Refused(said % facts)',
        'def f():\n    words = "Say why." if key else _("Say who.")\n    raise Refused(words)',
        'messages.error(request, f"{row}: no readings sent.")',
        'form.add_error(None, "Say why.")',
        'reader.reject(line, say("has no such time"))',
    ],
)
def test_a_refusal_in_plain_words_is_found(code: str) -> None:
    assert list(untranslated(code))


@pytest.mark.parametrize(
    "code",
    [
        'raise Refused(_("Say why."))',
        'raise Refused([_("Say why."), *more])',
        'raise Refused(f"{_(reason)} (PRIME-07 {clause})")',
        'said = _("Not %(key)s here.")\nraise Refused(said % {"key": key})',
        'reader.reject(line, say(_("has no such time as %(time)r"), time=time))',
        'def f():\n    said = "only of f"\ndef g(said):\n    raise Refused(said)',
        "raise Refused(str(refused))",
    ],
)
def test_a_refusal_whose_words_are_marked_is_let_be(code: str) -> None:
    assert list(untranslated(code)) == []


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
