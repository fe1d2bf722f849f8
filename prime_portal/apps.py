from django.apps import AppConfig


class PrimePortal(AppConfig):
    name = "prime_portal"
    verbose_name = "Portal"
