"""Every address of the portal. The language stands in the path: letters print addresses."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from notices import provider
from prime_portal import claiming, information, joining, seal, views
from prime_portal.board import desk as board
from prime_portal.desks import worklist

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.icon, name="icon"),
    path("mail/events/", provider.told, name="mail_events"),
    path("admin/work/", worklist.work, name="work"),
    path("admin/notice/", include("prime_portal.desks.notices")),
    path("admin/recipients/", include("consent.recipient_desk_urls")),
    path("admin/run/", include("prime_portal.desks.run")),
    path("admin/board/", board.board, name="board"),
    path("admin/board/<str:number>/<slug:key>/", board.rows, name="board_rows"),
    path("admin/reports/", include("prime_portal.reports.urls")),
    path("admin/incidents/", include("consent.incident_desk")),
    path("admin/evidence/", include("prime_portal.desks.erasing")),
    path("admin/restores/", include("prime_portal.desks.restores")),
    path("admin/aggregates/", include("usage.aggregate_desk")),
    path("admin/parties/", include("prime_portal.desks.party_urls")),
    path("admin/", admin.site.urls),
    *(
        [path("sign-in/", include("prime_portal.city_sign_in_urls"))]
        if settings.OIDC_SERVER_URL
        else []
    ),
    path("recipient/", include("consent.recipient_urls")),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("claim/", claiming.claim, name="claim"),
        path("claim/confirm/", claiming.confirm, name="claim_confirm"),
        path("claim/new-code/", claiming.new_code, name="claim_new_code"),
        path("invited/<uuid:pk>/", joining.invited, name="invited"),
        path("my/", views.overview, name="overview"),
        path("my/information/", information.information, name="information"),
        path("my/information/<slug:key>/", information.kind, name="information_of"),
        path("my/customers/", views.choose_customer, name="choose_customer"),
        path("my/second-factor/", views.second_factor_needed, name="second_factor_needed"),
        path("seal/", seal.seal, name="seal"),
        path("seal/<str:day>.txt", seal.note, name="seal_note"),
        path("usage/", include("usage.urls")),
        path("sharing/", include("consent.urls")),
        path("receipts/", include("prime_portal.receipt_urls")),
        path("notice/", include("notices.urls")),
        path("policy/", include("notices.policy_urls")),
        path("account/", include("allauth.account.urls")),
        path("account/2fa/", include("allauth.mfa.urls")),
        path("account/sessions/", views.signed_in, name="usersessions_list"),
        path("account/sessions/", include("allauth.usersessions.urls")),
    ),
]
