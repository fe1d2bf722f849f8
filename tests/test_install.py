"""docs/systemd: what install.md puts on a server starts the portal, and nobody holds too much."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.translation import override

from prime_portal.ledger import keys
from tests.conftest import ROOT

SYSTEMD, BIN = ROOT / "docs" / "systemd", Path(sys.executable).parent
SETTINGS = (ROOT / "prime_portal" / "settings.py").read_text()
GUIDE = (ROOT / "docs" / "install.md").read_text()
READ = set(re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
SECRET = set(
    re.findall(r'environment\.(?:secret|secrets_before|database|redis)\(\s*"([A-Z_]+)"', SETTINGS)
) | {"SMTP_PASSWORD"}
OWNER = "DATABASE_OWNER_URL"
UNITS = ("web", "worker", "beat")


def lines(unit: str, key: str) -> list[str]:
    text = (SYSTEMD / f"prime-{unit}.service").read_text()
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def lent(unit: str) -> dict[str, str]:
    """Which file of /etc/prime/secrets each variable of this unit comes from."""
    files = dict(line.split(":/etc/prime/secrets/") for line in lines(unit, "LoadCredential"))
    named = [one for line in lines(unit, "Environment") for one in line.split()]
    given = [one.split("_FILE=%d/") for one in named if "_FILE=" in one]
    assert sorted(name for _variable, name in given) == sorted(files), "lent, and not used"
    return {variable: files[name] for variable, name in given}


def plain() -> dict[str, str]:
    """Return portal.env as systemd reads it."""
    wanted = re.findall(
        r'^([A-Z_]+)="([^"$`\\]*)"$', (SYSTEMD / "portal.env").read_text(), re.MULTILINE
    )
    return dict(wanted)


def surroundings(unit: str, folder: Path) -> dict[str, str]:
    """Fill the secrets as install.md says, and lend this unit those that are its."""
    pair = keys.new("portal.prime.example/ledger")
    said = {
        "DATABASE_URL": "postgresql://prime_app:vH3kP9sD2mQx@127.0.0.1/prime",
        "REDIS_URL": "redis://:rT6yU8iO0pL1@127.0.0.1:6379/0",
        "LEDGER_SIGNING_KEY": pair["LEDGER_SIGNING_KEY"],
    }
    made = re.search(r"for name in ([a-z_ ]+); do\s+python3 -c", GUIDE)
    assert made
    said |= {
        name.upper(): f"{name} kZ8wQ2xV5nB7mL1pR4tY6uI9oP3aS0dF-gH_jK8lM2n"
        for name in made[1].split()
    }
    for variable, file in lent(unit).items():
        (folder / file).write_text(said.get(variable, ""))
    files = {f"{variable}_FILE": str(folder / file) for variable, file in lent(unit).items()}
    public = {"LEDGER_PUBLIC_KEYS": pair["LEDGER_PUBLIC_KEYS"], "STATIC_ROOT": str(folder)}
    return {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(folder), **plain(), **public, **files}


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_is_lent_every_secret_the_settings_read_and_the_worker_alone_the_seal(
    unit: str,
) -> None:
    alone = {"LEDGER_SIGNING_KEY"} if unit == "worker" else set()
    assert set(lent(unit)) == SECRET - {OWNER} | alone
    assert all(file == variable.lower() for variable, file in lent(unit).items())


@pytest.mark.parametrize("unit", UNITS)
def test_each_process_starts_with_what_its_unit_gives_it(unit: str, tmp_path: Path) -> None:
    program, *arguments = shlex.split(lines(unit, "ExecStart")[0])
    assert program.startswith("/srv/prime/portal/.venv/bin/")
    look = ["--check-config"] if unit == "web" else ["--help"]
    ran = subprocess.run(
        [BIN / Path(program).name, *arguments, *look],
        cwd=ROOT,
        env=surroundings(unit, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_web_does_not_start_with_what_the_worker_is_given(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import prime_portal.wsgi"],
        cwd=ROOT,
        env=surroundings("worker", tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "Give it to the worker alone" in ran.stderr


def test_libpq_may_look_for_a_certificate_everywhere_and_so_keeps_to_tls() -> None:
    """A home it may not look into is an error to it: it then signs in to PostgreSQL in clear."""
    for unit in UNITS:
        assert lines(unit, "ProtectHome") == ["yes"]
        assert "HOME=/nonexistent" in lines(unit, "Environment")
    assert "\nHOME=/nonexistent " in (SYSTEMD / "prime-manage").read_text()


def test_the_example_names_settings_and_no_secret() -> None:
    text = (SYSTEMD / "portal.env").read_text()
    names = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
    assert list(plain()) == names, "one NAME=“value” a line, alike to systemd and to a shell"
    assert set(names) <= READ - SECRET
    assert len(names) == len(set(names))


@pytest.mark.parametrize("unit", ["web", "worker"])
def test_a_unit_may_write_where_the_example_says_and_waits_for_those_disks(unit: str) -> None:
    mine = {"FILES_DIR", "LETTERS_DIR"} | ({"JOURNAL_DIR"} if unit == "worker" else set())
    written = {path for path in lines(unit, "ReadWritePaths")[0].split() if path[0] != "-"}
    assert written == {plain()[name] for name in mine}
    assert set(lines(unit, "RequiresMountsFor")[0].split()) == written


def test_every_file_a_unit_is_lent_is_made_by_the_guide() -> None:
    for unit in UNITS:
        for file in lent(unit).values():
            assert re.search(rf"\b{file}\b", GUIDE), file
    assert OWNER.lower() in GUIDE


def test_on_the_command_line_there_are_the_same_secrets_but_the_seal() -> None:
    text = (SYSTEMD / "prime-manage").read_text()
    read = re.findall(r"^ *([A-Z_]+)=\$\(cat \$secrets/([a-z_]+)\)$", text, re.MULTILINE)
    assert {variable for variable, _file in read} == SECRET
    assert all(file == variable.lower() for variable, file in read)
    assert subprocess.run(["sh", "-n", SYSTEMD / "prime-manage"], check=False).returncode == 0


def test_the_proxy_overwrites_who_asked_and_keeps_no_query() -> None:
    text = (SYSTEMD / "nginx.conf").read_text()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "proxy_set_header X-Forwarded-Proto https;" in text
    form = re.search(r"log_format prime '(.*)';", text)
    assert form
    assert not {"$request", "$request_uri", "$args", "$http_authorization"} & set(form[1].split())
    assert text.count("access_log /var/log/nginx/prime.log prime;") == text.count("server {")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_proxys_log_leaves_the_key_of_a_new_password_out(language: str) -> None:
    text = (SYSTEMD / "nginx.conf").read_text()
    form = re.search(r"log_format prime '(.*)';", text)
    assert form
    assert {"$uri", "$request", "$request_uri"}.isdisjoint(form[1].split())
    assert "$prime_path" in form[1].split()
    found = re.search(r'map \$uri \$prime_path \{\s+"~(\S+)" "\$\{before\}\(left out\)";', text)
    assert found
    hidden = found[1].replace("(?<", "(?P<")
    with override(language):
        link = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "x-secret"})
        plain_page = reverse("account_reset_password")
    kept = re.match(hidden, link)
    assert kept
    assert "secret" not in kept["before"]
    assert not re.match(hidden, plain_page)


# -- Restarted under way ------------------------------------------------------------------------


def test_the_address_is_the_sockets_alone_and_the_proxys() -> None:
    unit = (SYSTEMD / "prime-web.socket").read_text()
    found = re.search(r"^ListenStream=(.*)$", unit, re.MULTILINE)
    assert found
    assert "--bind" not in lines("web", "ExecStart")[0]
    assert lines("web", "Requires") == ["prime-web.socket"]
    assert "prime-web.socket" in lines("web", "After")[0].split()
    assert f"proxy_pass http://{found[1]};" in (SYSTEMD / "nginx.conf").read_text()
    assert f"http://{found[1]}/healthz" in GUIDE


def test_systemd_waits_longer_for_the_web_than_that_for_its_answers() -> None:
    grace = re.search(r"--graceful-timeout (\d+)", lines("web", "ExecStart")[0])
    assert grace
    assert int(lines("web", "TimeoutStopSec")[0]) > int(grace[1])


def test_where_the_guide_stops_the_web_it_stops_its_socket_too() -> None:
    """Else the next visitor starts it again, in the midst of a restore."""
    stops = re.findall(r"systemctl stop (.*)", GUIDE)
    assert [stop for stop in stops if "prime-web" in stop]
    assert all("prime-web.socket" in stop for stop in stops if "prime-web" in stop)
