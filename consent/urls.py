"""Addresses of sharing."""

from django.urls import path

from consent import views

app_name = "consent"
urlpatterns = [
    path("", views.sharing, name="authorizations"),
    path("new/", views.choose, name="choose"),
    path("new/<uuid:pk>/", views.grant, name="grant"),
    path("received/", views.received, name="disclosures"),
    path("<uuid:pk>/", views.authorization, name="authorization"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
