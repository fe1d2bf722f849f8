"""Addresses for third parties' machines: no language in them, no cookie, nothing of a customer."""

from django.urls import path

from consent import recipient_views

app_name = "recipient"
urlpatterns = [
    path("", recipient_views.waiting, name="waiting"),
    path("packages/<uuid:pk>/", recipient_views.package, name="package"),
    path("packages/<uuid:pk>/key/", recipient_views.key, name="key"),
    path("withdrawals/<uuid:pk>/", recipient_views.acknowledge, name="acknowledge"),
]
