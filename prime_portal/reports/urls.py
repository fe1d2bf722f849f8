from django.urls import path

from prime_portal.reports import desk

app_name = "reports"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("<uuid:pk>/", desk.report, name="report"),
    path("<uuid:pk>/<slug:suffix>/", desk.file, name="file"),
]
