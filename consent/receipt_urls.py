"""The one address of receipts that anybody may use."""

from django.urls import path

from consent import receipt_pages

app_name = "receipts"
urlpatterns = [path("", receipt_pages.verify, name="verify")]
