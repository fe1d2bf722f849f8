from django.urls import path

from usage import billed, disputing, hours, looked, taking, views

app_name = "usage"
urlpatterns = [
    path("", views.year, name="year"),
    path("<int:year>/", views.year, name="year"),
    path("<int:year>/<int:month>/", views.month, name="month"),
    path("<int:year>/<int:month>/<int:day>/", views.day, name="day"),
    path("hours/", hours.hours, name="hours"),
    path("hours.png", hours.picture, name="hours_picture"),
    path("hours/<int:year>/", hours.hours, name="hours"),
    path("hours/<int:year>.png", hours.picture, name="hours_picture"),
    path("download/", taking.download, name="download"),
    path("download/everything/", taking.everything, name="everything"),
    path("downloads/", taking.taken, name="downloads"),
    path("downloads/<uuid:pk>/", taking.prepared, name="prepared"),
    path("downloads/<uuid:pk>/file/", taking.fetch, name="fetch"),
    path("bills/", billed.bills, name="bills"),
    path("looked/", looked.looked, name="looked"),
    path("wrong/", disputing.wrong, name="wrong"),
    path("wrong/new/", disputing.raise_, name="raise"),
    path("wrong/mine/", disputing.mine, name="disputes"),
    path("wrong/<uuid:pk>/", disputing.dispute, name="dispute"),
]
