"""Addresses of the desk for what goes to third parties."""

from django.urls import path

from consent import recipient_desk

app_name = "recipient_desk"
urlpatterns = [
    path("", recipient_desk.desk, name="desk"),
    path("credentials/", recipient_desk.issue, name="issue"),
    path("credentials/<uuid:pk>/end/", recipient_desk.end, name="end"),
    path("withdrawals/<uuid:pk>/", recipient_desk.chase, name="chase"),
    path("bulk/", recipient_desk.propose, name="propose"),
    path("bulk/<uuid:pk>/", recipient_desk.bulk, name="bulk"),
]
