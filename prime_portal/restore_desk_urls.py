from django.urls import path

from prime_portal import restore_desk

app_name = "restore_desk"
urlpatterns = [path("", restore_desk.desk, name="desk")]
