"""My information: everything PRIME holds about the customer, kind by kind (6.3).

What is held is told by the apps themselves (prime_portal.record); why, how long and who can
get it by the portal's categories and purposes and by the Notice in force. What is sensitive
stands on a page of its own, one click further, and the list does not tell whether there is any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from consent import flows
from consent.models import DisclosureMember
from notices.models import Notice
from notices.writing.content import content_from, in_language
from prime_portal import record
from prime_portal.templatetags.portal import cell
from usage import categories, purposes
from usage.models import Category, Customer, Purpose
from usage.requests import CustomerRequest, newest
from usage.sections import Cell, Section

NEWEST = 100
"""Lines of one table shown at first; a link shows them all."""

LINE, LONG = 116, 40
"""Letters of one line on paper, and of the longest cell that is still part of a table there."""

ALSO: dict[str, tuple[tuple[str, str | Promise], ...]] = {
    categories.INTERVAL_USAGE: (("usage:year", _("See every reading")),),
    categories.GENERATION_EXPORT: (("usage:year", _("See every reading")),),
    categories.TOU_USAGE: (("usage:hours", _("When I use electricity")),),
    categories.BILLING_HISTORY: (("usage:bills", _("My bills")),),
    categories.PRIVACY_RECORDS: (
        ("consent:authorizations", _("Share or cancel")),
        ("usage:disputes", _("What I have raised")),
        ("usage:looked", _("Who looked")),
    ),
    categories.PORTAL_SECURITY: (
        ("usersessions_list", _("Where I am signed in")),
        ("mfa_index", _("Second step at sign-in")),
    ),
}
"""Pages on which more of a category is seen or done."""


@dataclass(frozen=True)
class Shown:
    """A section on a page: its lines, the newest of them when there are many."""

    section: Section
    everything: bool = False

    @property
    def rows(self) -> Sequence[tuple[Cell, ...]]:
        if self.everything:
            return self.section.rows
        return (
            self.section.rows[:NEWEST] if self.section.newest_first else self.section.rows[-NEWEST:]
        )

    @property
    def lines(self) -> Iterator[list[tuple[str, Cell]]]:
        """Each line as pairs of column and cell, without the cells that hold nothing."""
        for row in self.rows:
            held = zip(self.section.columns, row, strict=True)
            yield [(column, value) for column, value in held if value is not None]

    @cached_property
    def told(self) -> list[tuple[str, list[str]]]:
        """Its columns in which something is held, each with its cells as people read them."""
        columns = zip(self.section.columns, zip(*self.rows, strict=True), strict=True)
        return [
            (name, ["" if value is None else cell(value) for value in values])
            for name, values in columns
            if any(value is not None for value in values)
        ]

    @property
    def short(self) -> bool:
        """Whether its columns fit beside each other on paper, however many they are.

        Words stay whole, and a long cell may take a second line.
        """
        width = 0
        for name, cells in self.told:
            longest = max(len(text) for text in cells)
            word = max(len(word) for text in (name, *cells) for word in text.split() or [""])
            width += max(word, longest * 3 // 5) + 1
            if longest > LONG:
                return False
        return 0 < width <= LINE

    @property
    def table(self) -> tuple[list[str], list[tuple[str, ...]]]:
        """The names of the columns in which something is held, and the rows under them."""
        cells = zip(*(cells for _name, cells in self.told), strict=True)
        return [name for name, _cells in self.told], list(cells)

    @property
    def more(self) -> int:
        """How many lines there are when not all of them are shown."""
        count = len(self.section.rows)
        return count if count > NEWEST and not self.everything else 0

    @property
    def pairs(self) -> bool:
        """Whether each line is a name and what is held under it."""
        return len(self.section.columns) == 2


@require_GET
def information(request: CustomerRequest) -> HttpResponse:
    """List every kind of Covered Information, and what PRIME holds of it."""
    if getattr(request, "customer", None) is None:
        return redirect("claim")
    held: dict[str, list[Section]] = {}
    for section in record.record_of(request.customer, reader=request.user):
        held.setdefault(section.category, []).append(section)
    kinds = [(category, held.get(category.key, [])) for category in Category.objects.all()]
    return render(request, "information/kinds.html", {"kinds": kinds})


@require_GET
def kind(request: CustomerRequest, key: str) -> HttpResponse:
    """Show all PRIME holds of one kind: what, from where, why, who received it, how long."""
    if getattr(request, "customer", None) is None:
        return redirect("claim")
    category = get_object_or_404(Category, pk=key)
    everything = "all" in request.GET
    received, more = newest(request, _received(request.customer, category), most=NEWEST)
    return render(
        request,
        "information/kind.html",
        {
            "category": category,
            "shown": [
                Shown(section, everything)
                for section in record.record_of(request.customer, reader=request.user)
                if section.category == key
            ],
            "reasons": _reasons(category),
            "said": _said(category),
            "received": received,
            "more": more,
            "flows": flows.shown(category=key, at=timezone.now()),
            "years": None if category.retention_months % 12 else category.retention_months // 12,
            "also": [(reverse(name), words) for name, words in ALSO.get(key, ())],
        },
    )


def _reasons(category: Category) -> list[Any]:
    """The purposes this kind is used for: the primary ones, then those she must authorize."""
    used = Purpose.objects.filter(ended_at=None, categories__contains=[category.key])
    return [(purpose, purposes.words_of(purpose)) for purpose in used.order_by("kind", "limb")]


def _said(category: Category) -> Any:
    """What the Notice in force says of this kind, in her language; None before there is one."""
    notice = Notice.objects.in_force(on=timezone.localdate())
    if notice is None:
        return None
    row = content_from(notice.content).row(category.key)
    return in_language(row, get_language() or "en")


def _received(customer: Customer, category: Category) -> QuerySet[DisclosureMember]:
    """Each time this kind about her went to somebody, or may have (6.4 to 6.9), newest first."""
    hers = DisclosureMember.objects.of(customer).gone()
    sent = hers.filter(disclosure__categories__contains=[category.key])
    found: QuerySet[DisclosureMember] = sent.select_related(
        "disclosure__third_party_words", "disclosure__purpose_words"
    )
    return found.order_by("-disclosure__at")
