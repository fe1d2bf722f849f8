"""What the pages of a desk share: the admin's frame, and a form that calls one verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from consent import contracting, legal, third_parties
from usage import purposes

REFUSED = (contracting.Refused, legal.Refused, purposes.Refused, third_parties.Refused)


def page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """Show templates/admin/parties/<name>.html in the admin's frame."""
    return render(request, f"admin/parties/{name}.html", admin.site.each_context(request) | context)


def ask(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[Mapping[str, Any]], Any],
    *,
    title: str,
    submit: str,
    done: str,
    back: str,
    crumb: str,
    intro: str = "",
    onward: Callable[[Any], str] | None = None,
) -> HttpResponse:
    """Show a form; once it is sent whole, call the verb, say it is done and go back, or onward
    to the page of what the verb made.

    What the verb refuses stands above the form, in its own sentence.
    """
    if request.method == "POST" and form.is_valid():
        try:
            made = act(form.cleaned_data)
        except REFUSED as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, done)
            return redirect(onward(made) if onward else back)
    context = {"form": form, "submit": submit, "intro": intro, "back": back, "crumb": crumb}
    return page(request, "form", heading=title, **context)


def do(request: HttpRequest, act: Callable[[], object], *, done: str, back: str) -> HttpResponse:
    """Call a verb that needs no form, and go back; what it refuses is said there."""
    try:
        act()
    except REFUSED as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect(back)
