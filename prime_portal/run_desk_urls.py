from django.urls import path

from prime_portal import run_desk

app_name = "run_desk"
urlpatterns = [
    path("", run_desk.run, name="run"),
    path("pause/", run_desk.pause, name="pause"),
    path("batches/<uuid:pk>/", run_desk.hand_over, name="hand_over"),
    path("returned/", run_desk.returned, name="returned"),
    path("failed/", run_desk.failed, name="failed"),
    path("proof/", run_desk.find, name="find"),
    path("proof/<uuid:pk>/<int:year>/", run_desk.proof, name="proof"),
    path("<uuid:pk>/", run_desk.delivery, name="delivery"),
    path("<uuid:pk>/copy/", run_desk.copy, name="copy"),
]
