from django.urls import path

from prime_portal import notice_desk

app_name = "notice_desk"
urlpatterns = [
    path("", notice_desk.desk, name="desk"),
    path("website/", notice_desk.website, name="website"),
    path("<uuid:pk>/", notice_desk.draft, name="draft"),
    path("<uuid:pk>/words/", notice_desk.words, name="words"),
    path("<uuid:pk>/preview/", notice_desk.preview, name="preview"),
    path("<uuid:pk>/approve/", notice_desk.approve, name="approve"),
]
