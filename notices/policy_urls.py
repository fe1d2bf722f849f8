from django.urls import path

from notices import views
from notices.writing.documents import POLICY

app_name = "policy"
of = {"kind": POLICY}
urlpatterns = [
    path("", views.current, of, name="current"),
    path("versions/", views.versions, of, name="versions"),
    path("<int:number>/", views.version, of, name="version"),
    path("<int:number>/changes/", views.changes, of, name="changes"),
    path("<int:number>/pdf/", views.on_paper, of, name="pdf"),
]
