from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class Notices(AppConfig):
    name = "notices"
    verbose_name = pgettext_lazy("tables", "Notices")
