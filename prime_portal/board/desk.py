"""The board: every clause with its figures as they are this moment, and where they come from."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from prime_portal.board.clauses import CLAUSES, Clause

may_see = permission_required("prime_portal.view_board", raise_exception=True)


class Shown(NamedTuple):
    """A figure on the page: what it says now, whether it is as it must be, and its rows."""

    says: str
    value: int | str
    bad: bool
    address: str


def shown(clause: Clause, *, at: datetime) -> list[Shown]:
    """Ask each figure of a clause now."""
    found = []
    for figure in clause.figures:
        value = figure.of(at)
        name, _sep, query = figure.rows.partition("?")
        address = reverse(name) + (f"?{query}" if query else "")
        found.append(Shown(figure.says, value, figure.bad(value), address))
    return found


@may_see
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    clauses = [(clause, shown(clause, at=now)) for clause in CLAUSES]
    bad = [(clause, one) for clause, figures in clauses for one in figures if one.bad]
    return render(
        request,
        "admin/board.html",
        admin.site.each_context(request) | {"clauses": clauses, "bad": bad, "now": now},
    )
