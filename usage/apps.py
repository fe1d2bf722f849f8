from django.apps import AppConfig


class Usage(AppConfig):
    name = "usage"
