"""The board: every clause with its figures as they are this moment, and where they come from."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from prime_portal import roles
from prime_portal.board.clauses import CLAUSES
from prime_portal.board.parts import Clause, Figure, Line
from prime_portal.desks import recorded
from prime_portal.models import User

may_see = permission_required("prime_portal.view_board", raise_exception=True)

MOST = 500
"""So many lines stand on the page of a figure."""


class Shown(NamedTuple):
    """A figure on the page: what it says now, whether it is as it must be, and its rows.

    address: empty for whoever may not open the page; then `why` may say why nobody may.
    """

    says: str | Promise
    value: int | str
    bad: bool
    address: str
    why: str | Promise


def shown(clause: Clause, *, to: User, at: datetime) -> list[Shown]:
    """Ask each figure of a clause now, with links to what this person may open."""
    found = []
    for figure in clause.figures:
        value = figure.value(at)
        bad, address = figure.bad(value, at=at), _address(clause, figure, to=to, at=at)
        found.append(Shown(figure.says, value, bad, address, figure.why))
    return found


def _address(clause: Clause, figure: Figure, *, to: User, at: datetime) -> str:
    if figure.lines:
        return reverse("board_rows", args=[clause.number, figure.key])
    name, _sep, query = figure.rows.partition("?")
    if not name or not _may(to, name):
        return ""
    today = timezone.localdate(at)
    return reverse(name) + (f"?{query.format(year=today.year, today=today)}" if query else "")


def _may(user: User, page: str) -> bool:
    needed = roles.permission_for(page)
    return needed is not None and roles.may(user, needed)


@may_see
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    clauses = [(clause, shown(clause, to=request.user, at=now)) for clause in CLAUSES]  # type: ignore[arg-type]
    bad = [(clause, one) for clause, figures in clauses for one in figures if one.bad]
    return _page(request, "board", clauses=clauses, bad=bad, now=now)


@may_see
@require_GET
def rows(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The rows behind a figure that no list shows, each with its page where there is one."""
    found = [(c, f) for c in CLAUSES for f in c.figures if (c.number, f.key) == (number, key)]
    if not found or not key:
        raise Http404
    ((clause, figure),) = found
    now = timezone.now()
    lines = figure.lines(now) if figure.lines else []
    listed = [(line.says, _page_of(line, to=request.user)) for line in lines[:MOST]]  # type: ignore[arg-type]
    return _page(
        request,
        "board_rows",
        clause=clause,
        figure=figure,
        value=figure.value(now),
        lines=listed,
        count=len(lines),
        now=now,
    )


def _page_of(line: Line, *, to: User) -> str:
    """The address of the page about a row, or of the row as the record has it; or nothing."""
    if line.page and _may(to, line.page):
        return reverse(line.page, args=[line.about.pk] if line.about else [])
    if line.about and roles.may(to, roles.READS):
        return recorded.page_of(line.about)
    return ""


def _page(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    return render(request, f"admin/{name}.html", admin.site.each_context(request) | context)
