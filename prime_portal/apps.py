from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class PrimePortal(AppConfig):
    name = "prime_portal"
    verbose_name = pgettext_lazy("tables", "Portal")
