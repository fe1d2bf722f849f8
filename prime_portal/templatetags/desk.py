"""What the admin's first page says in red."""

from __future__ import annotations

from django import template
from django.utils import timezone

from prime_portal.compliance import notice_drift

register = template.Library()


@register.simple_tag
def notice_alerts() -> list[str]:
    """Return what the notice in force leaves out (6.1), a sentence each."""
    return list(notice_drift(on=timezone.localdate()).unsaid)
