"""Copy from the design system's package exactly what the portal's pages name, into .assets/uswds/.

The package unpacks to 40 MB, most of it sources. Named are: the style sheet, every file its
url(…) point to, and whatever our own templates, style sheets and scripts ask for below uswds/.

Run by `make setup`; fails with a sentence when something named is not in the package.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "@uswds" / "uswds"
TARGET = ROOT / ".assets" / "uswds"
STYLE_SHEET = "css/uswds.min.css"

_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
_OURS = re.compile(r"""uswds/([\w./-]+\.\w+)""")
_READ = {".html", ".css", ".js", ".py"}


def named_by_style_sheet(text: str) -> Iterator[str]:
    """Yield the files a style sheet in css/ points to, relative to the package's dist folder."""
    for address in _URL.findall(text):
        if not address.startswith(("data:", "#", "http:", "https:", "//")):
            yield _tidy(f"css/{address.split('?')[0].split('#')[0]}")


def named_by_us() -> Iterator[str]:
    """Yield the files our own pages ask for."""
    for folder in ("templates", "static", "prime_portal", "consent", "notices", "usage"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _READ and path.is_file():
                yield from _OURS.findall(path.read_text(encoding="utf-8"))


def copy() -> int:
    """Bring .assets/uswds up to date and return how many files are there."""
    dist = PACKAGE / "dist"
    style = (dist / STYLE_SHEET).read_text(encoding="utf-8")
    wanted = {STYLE_SHEET, *named_by_style_sheet(style), *named_by_us()}
    missing = sorted(name for name in wanted if not (dist / name).is_file())
    if missing:
        sys.exit(f"assets: the design system holds no {', '.join(missing)}.")
    if TARGET.exists():
        shutil.rmtree(TARGET)
    for name in sorted(wanted):
        (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dist / name, TARGET / name)
    # The map to the sources is 1 MB nobody reads; the manifest would insist on it.
    plain = re.sub(r"\n?/\*# sourceMappingURL=.*?\*/", "", style)
    (TARGET / STYLE_SHEET).write_text(plain, encoding="utf-8")
    shutil.copyfile(PACKAGE / "LICENSE.md", TARGET / "LICENSE.md")
    return len(wanted)


def _tidy(path: str) -> str:
    parts: list[str] = []
    for part in PurePosixPath(path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


if __name__ == "__main__":
    print(f"assets: {copy()} files of the design system")
