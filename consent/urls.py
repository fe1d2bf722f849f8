"""Addresses of sharing."""

from django.urls import path

from consent import household, receipt_pages, received, stop_views, views

app_name = "consent"
urlpatterns = [
    path("", views.sharing, name="authorizations"),
    path("new/", views.choose, name="choose"),
    path("new/<uuid:pk>/", views.grant, name="grant"),
    path("received/", received.received, name="disclosures"),
    path("received/<uuid:pk>/", received.disclosure, name="disclosure"),
    path("received/<uuid:pk>/file/", received.sent_file, name="sent_file"),
    path("people/", household.people, name="people"),
    path("people/invite/", household.invite, name="invite"),
    path("people/invited/<uuid:pk>/withdraw/", household.withdraw, name="withdraw_invitation"),
    path("people/<uuid:pk>/end/", household.end, name="end_access"),
    path("stop/<uuid:pk>/", stop_views.stop, name="stop"),
    path("<uuid:pk>/", views.authorization, name="authorization"),
    path("new/<uuid:pk>/paper/", views.grant_form, name="grant_form"),
    path("cancel/paper/", views.cancel_form, name="cancel_form"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("<uuid:pk>/form/<slug:event>/", views.signed_form, name="signed_form"),
    path("<uuid:pk>/receipt/<slug:event>/", receipt_pages.receipt, name="receipt"),
    path("<uuid:pk>/receipt/<slug:event>/paper/", receipt_pages.on_paper, name="receipt_paper"),
    path("<uuid:pk>/receipt/<slug:event>/file/", receipt_pages.signed_file, name="receipt_file"),
]
