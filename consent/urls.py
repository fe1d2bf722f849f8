"""Addresses of sharing."""

from django.urls import path

from consent import received, views

app_name = "consent"
urlpatterns = [
    path("", views.sharing, name="authorizations"),
    path("new/", views.choose, name="choose"),
    path("new/<uuid:pk>/", views.grant, name="grant"),
    path("received/", received.received, name="disclosures"),
    path("received/<uuid:pk>/", received.disclosure, name="disclosure"),
    path("received/<uuid:pk>/file/", received.sent_file, name="sent_file"),
    path("<uuid:pk>/", views.authorization, name="authorization"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
