from django.urls import path

from usage import views

app_name = "usage"
urlpatterns = [
    path("", views.year, name="year"),
    path("<int:year>/<int:month>/", views.month, name="month"),
    path("<int:year>/<int:month>/<int:day>/", views.day, name="day"),
    path("download/", views.download, name="download"),
    path("downloads/", views.taken, name="downloads"),
]
