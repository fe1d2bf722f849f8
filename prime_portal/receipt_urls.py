"""The addresses of receipts that anybody may use."""

from django.urls import path

from prime_portal import receipt_check

app_name = "receipts"
urlpatterns = [
    path("", receipt_check.verify, name="verify"),
    path("proof/", receipt_check.proof, name="proof"),
    path("program/<str:name>", receipt_check.program, name="program"),
]
