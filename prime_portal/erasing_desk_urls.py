from django.urls import path

from prime_portal import erasing_desk

app_name = "evidence_desk"
urlpatterns = [path("<str:label>/<uuid:pk>/", erasing_desk.row, name="row")]
