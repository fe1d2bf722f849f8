from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class Consent(AppConfig):
    name = "consent"
    verbose_name = pgettext_lazy("tables", "Consent")
