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

from prime_portal import roles
from prime_portal.board.clauses import CLAUSES, Clause
from prime_portal.models import User

may_see = permission_required("prime_portal.view_board", raise_exception=True)


class Shown(NamedTuple):
    """A figure on the page: what it says now, whether it is as it must be, and its rows.

    address: empty for whoever may not open the page.
    """

    says: str
    value: int | str
    bad: bool
    address: str


def shown(clause: Clause, *, to: User, at: datetime) -> list[Shown]:
    """Ask each figure of a clause now, with links to what this person may open."""
    found = []
    today = timezone.localdate(at)
    for figure in clause.figures:
        value = figure.of(at)
        name, _sep, query = figure.rows.partition("?")
        address = reverse(name) + (
            f"?{query.format(year=today.year, today=today)}" if query else ""
        )
        needed = roles.permission_for(name)
        may = needed is not None and roles.may(to, needed)
        found.append(Shown(figure.says, value, figure.bad(value), address if may else ""))
    return found


@may_see
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    clauses = [(clause, shown(clause, to=request.user, at=now)) for clause in CLAUSES]  # type: ignore[arg-type]
    bad = [(clause, one) for clause, figures in clauses for one in figures if one.bad]
    return render(
        request,
        "admin/board.html",
        admin.site.each_context(request) | {"clauses": clauses, "bad": bad, "now": now},
    )
