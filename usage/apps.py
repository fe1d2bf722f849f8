from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class Usage(AppConfig):
    name = "usage"
    verbose_name = pgettext_lazy("tables", "Usage")
