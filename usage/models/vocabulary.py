"""Words the whole portal speaks in: languages, ways in, what is held of a customer, and why.

The words of a category or a purpose stand in both languages in its row, for the notice prints
them (6.2).
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    SPANISH = "es", _("Spanish")


class Via(models.TextChoices):
    """How a wish reached PRIME. Whatever can grant can cancel (6.10)."""

    PORTAL = "portal", _("portal")
    PHONE = "phone", _("telephone")
    PAPER = "paper", _("paper form")
    COUNTER = "counter", _("counter")


class Category(models.Model):
    """A kind of Covered Information, as the notice lists it (6.2) and the system uses it."""

    kept = Working()

    key = models.CharField(max_length=40, primary_key=True)
    position = models.PositiveSmallIntegerField()
    name_en = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    elements_en = models.TextField()
    elements_es = models.TextField()
    sensitive = models.BooleanField(default=False)
    retention_months = models.PositiveSmallIntegerField(
        help_text=_("Never under 24 (Gov. Code 34090).")
    )

    class Meta:
        verbose_name = pgettext_lazy("table", "category")
        verbose_name_plural = pgettext_lazy("table", "categories")
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(retention_months__gte=24),
                name="a_city_keeps_its_records_two_years",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_es if get_language() == "es" else self.name_en

    @property
    def elements(self) -> str:
        return self.elements_es if get_language() == "es" else self.elements_en


LAID_BY_PRIME = (
    "bill_power",
    "buy_power",
    "run_safely",
    "meet_legal_duties",
    "energy_programs",
)
"""Keys of the primary purposes the portal starts with; every later one takes two people."""


class Purpose(models.Model):
    """A reason to use Covered Information: primary (4.4, one limb) or secondary (4.5)."""

    kept = Evidence(stamps=("ended_at",))

    class Kind(models.TextChoices):
        PRIMARY = "primary", _("primary")
        SECONDARY = "secondary", _("secondary")

    class Limb(models.IntegerChoices):
        """The four limbs of the definition of a primary purpose (4.4)."""

        POWER = 1, _("provide or bill for electrical power")
        OPERATIONS = 2, _("system, grid or operational needs")
        LAW = 3, _("required by law or a CPUC order")
        PROGRAMS = (
            4,
            _("demand response, energy management or energy efficiency programs"),
        )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SECONDARY)
    limb = models.PositiveSmallIntegerField(choices=Limb, null=True, blank=True)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    recorded_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "purpose")
        verbose_name_plural = pgettext_lazy("table", "purposes")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="primary", limb__isnull=False)
                | Q(kind="secondary", limb__isnull=True),
                name="only_a_primary_purpose_names_a_limb_of_4_4",
            ),
            models.CheckConstraint(
                condition=Q(kind="secondary")
                | Q(key__in=LAID_BY_PRIME)
                | (
                    Q(proposed_by__isnull=False, confirmed_by__isnull=False)
                    & ~Q(proposed_by=F("confirmed_by"))
                ),
                name="a_purpose_becomes_primary_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class PurposeVersion(models.Model):
    """The words of a purpose. Grants point at the words that were shown."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    name_en = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    text_en = models.TextField()
    text_es = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["purpose", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "number"],
                name="a_version_of_a_purpose_has_its_own_number",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_es if get_language() == "es" else self.name_en

    @property
    def text(self) -> str:
        return self.text_es if get_language() == "es" else self.text_en
