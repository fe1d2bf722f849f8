"""Proposals that a purpose be primary (4.4): one proposes, another confirms (4.5)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.models.vocabulary import Purpose

STAFF = settings.AUTH_USER_MODEL


class PurposeProposal(models.Model):
    """That PRIME use data for a primary purpose, without asking customers: on which limb, and why.

    `replaces` is the secondary purpose it takes the place of. Confirmed, it makes a purpose of its
    own; what customers authorized for the secondary one never turns into it.
    """

    kept = Evidence(stamps=("decided_at", "decided_by", "made"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(max_length=40)
    replaces = models.ForeignKey(
        Purpose, models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    limb = models.PositiveSmallIntegerField(choices=Purpose.Limb)
    reference = models.CharField(
        max_length=120, blank=True, help_text=_("Contract or program of the fourth limb (4.4).")
    )
    reason = models.TextField()
    categories = ArrayField(models.CharField(max_length=40))
    name_en = models.CharField(max_length=120)
    name_es = models.CharField(max_length=120)
    text_en = models.TextField()
    text_es = models.TextField()
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(STAFF, models.PROTECT, null=True, blank=True, related_name="+")
    made = models.OneToOneField(
        Purpose, models.PROTECT, null=True, blank=True, related_name="proposal"
    )

    class Meta:
        verbose_name = pgettext_lazy("table", "purpose proposal")
        verbose_name_plural = pgettext_lazy("table", "purpose proposals")
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=together("decided_at", "decided_by"),
                name="a_decided_proposal_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="a_second_person_decides_a_proposal",
            ),
            models.CheckConstraint(
                condition=Q(made=None) | Q(decided_at__isnull=False),
                name="a_purpose_is_made_by_a_decision",
            ),
            models.CheckConstraint(
                condition=~Q(limb=4) | ~Q(reference=""),
                name="the_fourth_limb_names_its_contract_or_program",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return self.name_es if get_language() == "es" else self.name_en
