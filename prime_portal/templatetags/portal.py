"""The few things a page needs that plain templates cannot say."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Model
from django.forms import BoundField
from django.template import Context
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from prime_portal.models import EnteredInError
from usage import evidence
from usage.sections import Cell

register = template.Library()

CLASSES = {
    "select": "usa-select",
    "textarea": "usa-textarea",
    "checkbox": "usa-checkbox__input",
}


@register.simple_tag(takes_context=True)
def in_language(context: Context, code: str) -> str:
    """Return the address of the page being read, in the language `code`.

    A page without a twin (a wrong address, the admin) leads to the home page instead.
    """
    request = context.get("request")
    if request is not None:
        here = request.get_full_path()
        twin = translate_url(here, code)
        if twin != here or code == get_language():
            return twin
    with override(code):
        return reverse("home")


@register.simple_tag
def city_sign_in() -> dict[str, str] | None:
    """Return name and address of the city's own sign-in, where staff may come by it."""
    if not settings.OIDC_SERVER_URL:
        return None
    return {"name": settings.OIDC_NAME, "address": reverse("openid_connect_login", args=["city"])}


@register.simple_tag
def entered_in_error(row: Model) -> EnteredInError | None:
    """Return what staff said is wrong with a row of evidence, if they did (5.1)."""
    return EnteredInError.objects.filter(row=row.pk).first()


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Draw the input of a form field with the design system's class for its kind."""
    attrs: dict[str, Any] = {
        "class": CLASSES.get(field.widget_type, "usa-input"),
        "placeholder": False,  # a label says it better and stays
    }
    if own := field.field.widget.attrs.get("class"):
        attrs["class"] += f" {own}"
    return field.as_widget(attrs=attrs)


@register.filter
def cell(value: Cell) -> str:
    """Write what stands in a section's table as people read it: days and moments in local time."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, int | Decimal):
        return f"{value:,}".replace("-", "−")
    return evidence.said(value or "")


@register.filter
def said(text: str | None) -> str:
    """Write a text of evidence; of an erased one that it was, in the reader's language."""
    return evidence.said(text or "")
