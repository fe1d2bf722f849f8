from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("", views.current, name="current"),
    path("versions/", views.versions, name="versions"),
    path("<int:number>/", views.version, name="version"),
]
