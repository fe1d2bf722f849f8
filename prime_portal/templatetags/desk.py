"""What the admin's first page says in red, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context
from django.utils import timezone

from notices import worklist as sending
from prime_portal import party_desk, worklist
from prime_portal.compliance import notice_drift

register = template.Library()


@register.simple_tag
def notice_alerts() -> list[str]:
    """Return what the notice in force leaves out (6.1), a sentence each."""
    return list(notice_drift(on=timezone.localdate()).unsaid)


@register.simple_tag
def sending_worklist() -> Iterable[sending.Row]:
    """Return what is to be done about notices, mails and letters today."""
    return sending.rows(on=timezone.localdate())


@register.filter(name="hex")
def in_hex(value: bytes | memoryview | None) -> str:
    """Write a hash as people compare them."""
    return bytes(value or b"").hex()


@register.simple_tag
def party_alerts() -> list[str]:
    """Return what about third parties needs somebody (6.4 to 6.8), a sentence each."""
    return party_desk.red(at=timezone.now())


@register.simple_tag(takes_context=True)
def work_lists(context: Context) -> list[worklist.Shown]:
    """Return the lists of whoever reads the page, with how much waits in each."""
    return worklist.shown_to(context["request"], at=timezone.now())
