"""What staff looked at, in words."""

from __future__ import annotations

from django import template

from usage import looked
from usage.models import Look

register = template.Library()


@register.simple_tag
def looked_at(look: Look) -> str:
    return looked.at_what(look)
