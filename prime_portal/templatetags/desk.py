"""What the admin's first page says in red, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from notices import failures
from notices import worklist as sending
from prime_portal.compliance import notice_drift
from prime_portal.desks import parties, worklist
from prime_portal.models import EnteredInError
from usage.evidence import Evidence

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


@register.filter
def why(detail: str | None) -> str:
    """Say why a try or a delivery failed: the portal's own words in the reader's language."""
    return failures.why(detail or "")


@register.simple_tag
def evidence_page(row: Any) -> dict[str, Any] | None:
    """Return where a row of evidence is marked or erased, and whether it is marked already."""
    if not isinstance(getattr(row, "kept", None), Evidence):
        return None
    return {
        "address": reverse("evidence_desk:row", args=[row._meta.label_lower, row.pk]),
        "in_error": EnteredInError.objects.filter(row=row.pk).exists(),
    }


@register.simple_tag
def party_alerts() -> list[str]:
    """Return what about third parties needs somebody (6.4 to 6.8), a sentence each."""
    return parties.red(at=timezone.now())


@register.simple_tag(takes_context=True)
def work_lists(context: Context) -> list[worklist.Shown]:
    """Return the lists of whoever reads the page, with how much waits in each."""
    return worklist.shown_to(context["request"], at=timezone.now())
