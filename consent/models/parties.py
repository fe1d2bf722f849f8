"""Third parties: what they are called, what they say they do, what they ask customers for."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from consent.querysets import ThirdParties
from usage.evidence import Evidence
from usage.granularity import Granularity
from usage.models import Purpose

STAFF = settings.AUTH_USER_MODEL


class ThirdParty(models.Model):
    """Somebody else who may receive Covered Information. Its words are in its versions."""

    kept = Evidence(stamps=("closed_at",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40, unique=True)
    registered_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ThirdParties.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "third party")
        verbose_name_plural = pgettext_lazy("table", "third parties")

    def __str__(self) -> str:
        return self.key

    @property
    def words(self) -> ThirdPartyVersion:
        """The words in use today."""
        newest = self.versions.order_by("-number").first()
        if newest is None:
            raise ThirdPartyVersion.DoesNotExist(f"{self.key} has no words yet.")
        return newest


class ThirdPartyVersion(models.Model):
    """What a third party is called and says it does. Grants point at the version shown."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    legal_name = models.CharField(max_length=200)
    does_en = models.TextField()
    does_es = models.TextField()
    contact = models.TextField()
    policy_url = models.URLField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["third_party", "number"],
                name="a_version_of_a_third_party_has_its_own_number",
            )
        ]

    def __str__(self) -> str:
        return self.legal_name

    @property
    def does(self) -> str:
        return self.does_es if get_language() == "es" else self.does_en


class StatedUse(models.Model):
    """What a third party asks of customers for one purpose: which categories, how fine."""

    kept = Evidence(stamps=("ended_at",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    third_party = models.ForeignKey(ThirdParty, models.PROTECT, related_name="uses")
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="uses")
    categories = ArrayField(models.CharField(max_length=40))
    history_months = models.PositiveSmallIntegerField()
    granularity = models.CharField(
        max_length=12,
        choices=Granularity,
        default=Granularity.AS_MEASURED,
        help_text=_("The finest it asks for; a customer may allow less."),
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["third_party", "purpose"],
                condition=Q(ended_at=None),
                name="a_third_party_states_a_purpose_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.third_party}: {self.purpose}"
