from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class PrimePortal(AppConfig):
    name = "prime_portal"
    verbose_name = pgettext_lazy("tables", "Portal")

    def ready(self) -> None:
        from prime_portal.desks import columns

        columns.say_in_both_languages()
