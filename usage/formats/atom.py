"""The Atom around our Green Button feeds: names, links and entries (RFC 4287, ESPI 4.0).

Every id is name-based (UUIDv5): the same thing carries the same id in every download. Whatever
text is handed to an entry is escaped here; its content must be XML already.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from uuid_utils import UUID, uuid5

MIME = "application/atom+xml; charset=utf-8"
SUFFIX = "xml"

NAMESPACE = UUID("6d2c8a52-9f0e-5f0b-8f6e-0a4d2b7c1e93")
"""Every id in our feeds is named within this namespace. It never changes."""

ROOT = "/espi/1_1/resource"
OPENING = b'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
CLOSING = b"</feed>\n"


def name(kind: str, *parts: object) -> str:
    """The id of the thing of this kind that these parts tell from all others, a UUID."""
    return str(uuid5(NAMESPACE, "/".join([kind, *map(str, parts)])))


def link(rel: str, href: str, type_: str) -> str:
    return f'<link rel="{rel}" href={quoteattr(href)} type="{type_}"/>\n'


class Feed:
    """One feed being written; `at` is the moment it is made, stamped on everything in it."""

    def __init__(self, id_: str, title: str, home: str, kind: str, *, at: datetime) -> None:
        self.id, self.title, self.home, self.kind = id_, title, home, kind
        self.stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def heading(self) -> bytes:
        """What comes after OPENING."""
        return (
            f"<id>urn:uuid:{self.id}</id>\n"
            f"<title>{escape(self.title)}</title>\n"
            f"<updated>{self.stamp}</updated>\n"
            f"{link('self', self.home, f'espi-feed/{self.kind}')}"
        ).encode()

    def entry(
        self,
        kind: str,
        id_: str,
        title: str,
        content: str,
        *,
        up: str,
        related: Iterable[tuple[str, str]] = (),
    ) -> bytes:
        """One resource. `up` is the collection it is in; `related` are (address, type)."""
        links = link("self", f"{up}/{id_}", f"espi-entry/{kind}")
        links += link("up", up, f"espi-feed/{kind}")
        links += "".join(link("related", href, type_) for href, type_ in related)
        return (
            f"<entry>\n<id>urn:uuid:{id_}</id>\n{links}<title>{escape(title)}</title>\n"
            f"<content>\n{content}</content>\n"
            f"<published>{self.stamp}</published>\n<updated>{self.stamp}</updated>\n</entry>\n"
        ).encode()
