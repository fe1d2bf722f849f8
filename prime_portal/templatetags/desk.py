"""What the admin's first page says in red, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils import timezone

from notices import worklist
from prime_portal import party_desk
from prime_portal.compliance import notice_drift

register = template.Library()


@register.simple_tag
def notice_alerts() -> list[str]:
    """Return what the notice in force leaves out (6.1), a sentence each."""
    return list(notice_drift(on=timezone.localdate()).unsaid)


@register.simple_tag
def sending_worklist() -> Iterable[worklist.Row]:
    """Return what is to be done about notices, mails and letters today."""
    return worklist.rows(on=timezone.localdate())


@register.filter(name="hex")
def in_hex(value: bytes | memoryview | None) -> str:
    """Write a hash as people compare them."""
    return bytes(value or b"").hex()


@register.simple_tag
def party_alerts() -> list[str]:
    """Return what about third parties needs somebody (6.4 to 6.8), a sentence each."""
    return party_desk.red(at=timezone.now())
