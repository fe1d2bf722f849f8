"""Say what this machine lacks before anything is installed: one sentence for each thing.

Standard library only, and written so that an old Python can still read it: it must be able
to say that it is too old. Whatever stops the set-up ends with exit code 1; the rest is noted.
"""

import ctypes
import importlib.util
import os
import shutil
import sys

PANGO = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)


def stops():
    """Return what makes a set-up impossible here."""
    found = []
    if sys.version_info < (3, 11):
        found.append(
            "The portal needs Python 3.11 or newer, this is %d.%d: name another one with "
            "`make PYTHON=python3.12 setup`." % sys.version_info[:2]
        )
    elif sys.version_info >= (3, 15):
        found.append(
            "The portal is not yet tried on Python %d.%d: name one from 3.11 to 3.14 with "
            "`make PYTHON=python3.13 setup`." % sys.version_info[:2]
        )
    if not has_module("venv") or not has_module("ensurepip"):
        found.append(
            "Python cannot make a virtual environment here: `apt-get install python3-venv` "
            "(or your system's package of that kind)."
        )
    if os.name != "posix":
        found.append(
            "The portal runs on Linux and macOS; on Windows use its Linux subsystem (WSL)."
        )
    return found


def notes():
    """Return what works less well without something."""
    found = []
    if sys.platform.startswith("linux"):
        missing = [package for library, package in sorted(PANGO.items()) if not loads(library)]
        if missing:
            found.append(
                "Letters and notices cannot be made as PDF, and the demo does not start, until you "
                "`apt-get install %s`." % " ".join(missing)
            )
    if not shutil.which("npm"):
        found.append("npm is not here: Node.js comes as a Python package instead.")
    if not any(shutil.which(name) for name in BROWSERS):
        found.append(
            "The browser tests need Chromium or Chrome: `apt-get install chromium` "
            "(the portal itself does not)."
        )
    return found


def has_module(name):
    return importlib.util.find_spec(name) is not None


def loads(library):
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def main():
    stopped = stops()
    for sentence in stopped:
        sys.stderr.write("set-up stops: %s\n" % sentence)
    if stopped:
        return 1
    for sentence in notes():
        sys.stderr.write("note: %s\n" % sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
