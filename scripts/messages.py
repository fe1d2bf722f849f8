"""The Spanish of the portal: collect what is to be said, check that all of it is, compile it.

    messages.py extract   read the templates and the Python, merge locale/es/parts/*.po and
                          write locale/es/LC_MESSAGES/django.po; an untranslated text is left empty
    messages.py check     fail, naming each, on a Spanish text that is missing, doubtful or lacks
                          a placeholder, and on bare text in a template (see bare_text.py)
    messages.py compile   write django.mo (at set-up; it is not kept in git)

Translators write into locale/es/parts/, one file an area. libraries.po there holds better words
for what Django and django-allauth say themselves. Needs no GNU gettext and no database.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from bare_text import problems as bare_texts
from django.conf import settings
from django.utils.translation import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("prime_portal", "consent", "notices", "usage")
SPANISH = ROOT / "locale" / "es"
CATALOG = SPANISH / "LC_MESSAGES" / "django.po"
LIBRARIES = "libraries.po"
HEADER = "# Spanish of the PRIME privacy portal, written by scripts/messages.py from ../parts."

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}")
# What a catalog's header says beyond its language: it changes with every run, or is a blank form.
HEADER_NOISE = re.compile(
    rb'"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid-Bugs-To'
    rb"|Last-Translator|Language-Team|Generated-By): .*\n"
)

Key = tuple[str | None, str | tuple[str, ...]]


def templates() -> list[Path]:
    return sorted(
        path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"}
    )


def modules() -> list[Path]:
    return sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))


def extract() -> Catalog:
    """Collect every text the portal says, with the files that say it."""
    settings.configure(USE_I18N=True)
    django.setup()
    found = Catalog(locale="es", charset="utf-8", fuzzy=False)
    for path in [*templates(), *modules()]:
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Templatize makes Python of a template; its indentation means nothing.
            source = re.sub(r"(?m)^[ \t]+", "", templatize(source))
        place = path.relative_to(ROOT).as_posix()
        for key in _texts(source):
            found.add(key[1], context=key[0], locations=[(place, 1)])
    return found


def _texts(source: str) -> Iterator[Key]:
    code = BytesIO(source.encode())
    for _line, function, said, _notes in extract_python(code, list(KEYWORDS), [], {}):
        texts = list(said) if isinstance(said, tuple) else [said]
        context = texts.pop(0) if function.lstrip("n").startswith("pgettext") else None
        if "ngettext" in function or function.startswith("np"):
            yield context, tuple(texts[:2])
        elif texts and texts[0]:
            yield context, texts[0]


def parts() -> tuple[dict[Key, Message], list[str]]:
    """Return what the parts say, and where two of them contradict each other."""
    said: dict[Key, Message] = {}
    quarrels = []
    for path in sorted((SPANISH / "parts").glob("*.po")):
        for message in _read(path):
            earlier = said.setdefault(_key(message), message)
            if earlier.string != message.string:
                quarrels.append(f"{path.name}: {_short(message)} is said otherwise elsewhere.")
    return said, quarrels


def merged() -> tuple[Catalog, list[str]]:
    """Return the catalog as it should be, and what is wrong with the parts."""
    catalog = extract()
    said, wrong = parts()
    for message in catalog:
        if message.id and (spanish := said.get(_key(message))):
            message.string = spanish.string
            message.flags |= spanish.flags
    libraries = {_key(message) for message in _read(SPANISH / "parts" / LIBRARIES)}
    used = {_key(message) for message in catalog if message.id}
    for key, message in said.items():
        if key in libraries:
            catalog.add(message.id, message.string, context=message.context)
        elif key not in used:
            wrong.append(f"parts: {_short(message)} is said nowhere any more.")
    return catalog, wrong


def write(catalog: Catalog) -> bytes:
    catalog.header_comment = HEADER
    text = BytesIO()
    write_po(text, catalog, width=100, sort_output=True, omit_header=False, include_lineno=False)
    return HEADER_NOISE.sub(b"", text.getvalue())


def problems() -> list[str]:
    """Name everything that keeps the Spanish from being whole."""
    catalog, wrong = merged()
    for message in catalog:
        if not message.id:
            continue
        spanish = _spanish(message)
        if not all(spanish):
            wrong.append(f"{_places(message)}: {_short(message)} has no Spanish.")
        elif message.fuzzy:
            wrong.append(f"{_places(message)}: {_short(message)} has doubtful Spanish.")
        elif any(_placeholders(text) - _placeholders(message.id) for text in spanish) or (
            _placeholders(message.id) - _placeholders(spanish)
        ):
            wrong.append(f"{_places(message)}: {_short(message)} lacks a placeholder in Spanish.")
    if not CATALOG.exists() or CATALOG.read_bytes() != write(catalog):
        wrong.append("locale/es/LC_MESSAGES/django.po is old: run scripts/messages.py extract.")
    return wrong + [found for path in templates() for found in bare_texts(path, root=ROOT)]


def compile_catalog() -> None:
    with CATALOG.with_suffix(".mo").open("wb") as out:
        write_mo(out, _read(CATALOG))


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale="es")
    with path.open("rb") as source:
        return read_po(source, locale="es")


def _key(message: Message) -> Key:
    return message.context, message.id


def _placeholders(texts: str | Iterable[str]) -> set[str]:
    whole = texts if isinstance(texts, str) else " ".join(texts)
    return {name or brace for name, brace in PLACEHOLDER.findall(whole)}


def _spanish(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def _short(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"“{text[:60]}{'…' if len(text) > 60 else ''}”"


def _places(message: Message) -> str:
    return ", ".join(sorted({place for place, _line in message.locations})[:2]) or "libraries"


def main(command: str) -> int:
    if command == "extract":
        catalog, wrong = merged()
        CATALOG.parent.mkdir(parents=True, exist_ok=True)
        CATALOG.write_bytes(write(catalog))
        empty = sum(1 for message in catalog if message.id and not all(_spanish(message)))
        print(f"messages: {len(catalog)} texts, {empty} without Spanish")
    elif command == "check":
        wrong = problems()
    elif command == "compile":
        compile_catalog()
        wrong = []
    else:
        sys.exit("messages: extract, check or compile?")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:2] or [""])))
