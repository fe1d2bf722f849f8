"""What staff can do with authorizations: send, have packed, have refreshed what they permit."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consent import disclosures, packages, proposals, schedules
from consent.models import Authorization, Schedule


class Sending:
    """Admin actions on authorizations; each needs the right to disclose."""

    actions: tuple[str, ...] = (
        "send_now",
        "pack",
        "refresh_daily",
        "refresh_monthly",
        "refresh_no_more",
    )

    def has_disclose_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("consent.disclose_authorization"))

    @admin.action(description="Send now what these permit", permissions=["disclose"])
    def send_now(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        for authorization in chosen:
            proposal = proposals.gather(
                authorization, first_day=authorization.history_from, last_day=yesterday
            )
            try:
                gone = disclosures.disclose(
                    proposal,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now,
                )
            except disclosures.Refused as refused:
                messages.error(request, f"{authorization}: {refused}")
            else:
                messages.success(
                    request,
                    f"{authorization}: {gone.rows} readings sent on clause {gone.clause}.",
                )

    @admin.action(description="Pack what these permit, to be fetched", permissions=["disclose"])
    def pack(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        yesterday = timezone.localdate() - timedelta(days=1)
        for authorization in chosen:
            proposal = proposals.gather(
                authorization, first_day=authorization.history_from, last_day=yesterday
            )
            try:
                package = packages.prepare(proposal, at=timezone.now())
            except packages.NotPrepared as refused:
                messages.error(request, f"{authorization}: {refused}")
            else:
                messages.success(
                    request, f"{authorization}: {package.rows} readings wait to be fetched."
                )

    @admin.action(description="Pack what is new every day", permissions=["disclose"])
    def refresh_daily(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._refresh(request, chosen, Schedule.Every.DAY)

    @admin.action(description="Pack what is new every month", permissions=["disclose"])
    def refresh_monthly(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._refresh(request, chosen, Schedule.Every.MONTH)

    def _refresh(
        self, request: HttpRequest, chosen: QuerySet[Authorization], every: Schedule.Every
    ) -> None:
        for authorization in chosen:
            try:
                schedules.begin(
                    authorization,
                    every=every,
                    by=request.user,  # type: ignore[arg-type]
                    at=timezone.now(),
                )
            except schedules.NotScheduled as refused:
                messages.error(request, f"{authorization}: {refused}")
            else:
                messages.success(request, f"{authorization}: refreshed {every.label}.")

    @admin.action(description="Pack no more of these", permissions=["disclose"])
    def refresh_no_more(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        for schedule in Schedule.objects.running().filter(authorization__in=chosen):
            schedules.end(schedule, at=timezone.now())
        messages.success(request, "Nothing more of these is packed.")
