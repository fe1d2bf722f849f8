"""What staff can do with authorizations: send, have packed, have refreshed what they permit."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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

    @admin.action(description=gettext_lazy("Send now what these permit"), permissions=["disclose"])
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
                said = ngettext(
                    "%(authorization)s: %(rows)s reading sent on clause %(clause)s.",
                    "%(authorization)s: %(rows)s readings sent on clause %(clause)s.",
                    gone.rows,
                )
                facts = {"authorization": authorization, "clause": gone.clause}
                messages.success(request, said % {**facts, "rows": number_format(gone.rows)})

    @admin.action(
        description=gettext_lazy("Pack what these permit, to be fetched"), permissions=["disclose"]
    )
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
                said = ngettext(
                    "%(authorization)s: %(rows)s reading waits to be fetched.",
                    "%(authorization)s: %(rows)s readings wait to be fetched.",
                    package.rows,
                )
                facts = {"authorization": authorization, "rows": number_format(package.rows)}
                messages.success(request, said % facts)

    @admin.action(description=gettext_lazy("Pack what is new every day"), permissions=["disclose"])
    def refresh_daily(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        self._refresh(request, chosen, Schedule.Every.DAY)

    @admin.action(
        description=gettext_lazy("Pack what is new every month"), permissions=["disclose"]
    )
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
                said = _("%(authorization)s: refreshed %(every)s.")
                messages.success(
                    request, said % {"authorization": authorization, "every": every.label}
                )

    @admin.action(description=gettext_lazy("Pack no more of these"), permissions=["disclose"])
    def refresh_no_more(self, request: HttpRequest, chosen: QuerySet[Authorization]) -> None:
        for schedule in Schedule.objects.running().filter(authorization__in=chosen):
            schedules.end(schedule, at=timezone.now())
        messages.success(request, _("Nothing more of these is packed."))
