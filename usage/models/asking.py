"""What a customer questions, asks or complains of, and what became of it (6.2; CPUC rule 4b)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.models.customers import Customer, ServiceAgreement
from usage.models.vocabulary import Category, Via
from usage.querysets import Disputes, OfCustomer


class Dispute(models.Model):
    """A customer says that something about her is wrong, asks, or complains (6.2; CPUC rule 4b).

    What it is about: always a category, and where it can be said the agreement and the days,
    both included. What became of it is read from its events; nothing here is ever changed.
    """

    kept = Evidence(private=("text",))

    class Kind(models.TextChoices):
        DISPUTE = "dispute", _("something is wrong")
        QUESTION = "question", _("question")
        COMPLAINT = "complaint", _("complaint")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=9, unique=True, help_text=_("As read out: ABCD-2345."))
    kind = models.CharField(max_length=10, choices=Kind)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(
        ServiceAgreement, models.PROTECT, null=True, blank=True, related_name="disputes"
    )
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    text = models.TextField()
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    due_on = models.DateField(help_text=_("The day by which PRIME answers."))
    request_key = models.UUIDField(
        help_text=_("Sent with the form, so a second click raises once.")
    )

    objects = Disputes.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "dispute")
        verbose_name_plural = pgettext_lazy("table", "disputes")
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "request_key"], name="a_form_sent_twice_raises_one_dispute"
            ),
            models.CheckConstraint(
                condition=together("first_day", "last_day")
                & (Q(first_day=None) | Q(agreement__isnull=False)),
                name="disputed_days_have_both_ends_and_a_place",
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day__gte=F("first_day")),
                name="disputed_days_end_after_they_begin",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class DisputeEvent(models.Model):
    """What became of a dispute, step by step. The newest step says how it stands."""

    kept = Evidence(private=("text",))

    class Kind(models.TextChoices):
        REPLIED = "replied", _("the customer added something")
        ANSWERED = "answered", _("PRIME answered")
        HANDED_OVER = "handed_over", _("PRIME passed it on to SCE")
        CLOSED = "closed", _("closed")

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", _("corrected")
        EXPLAINED = "explained", _("explained")
        UNCHANGED = "unchanged", _("checked, and not changed")
        WITHDRAWN = "withdrawn", _("settled, says the customer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="events")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    outcome = models.CharField(max_length=10, choices=Outcome, null=True, blank=True)
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    via = models.CharField(max_length=10, choices=Via)
    due_on = models.DateField(
        null=True, blank=True, help_text=_("The day by which PRIME answers what was added.")
    )

    objects = OfCustomer.as_manager()

    class Meta:
        ordering = ["dispute", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "number"], name="the_steps_of_a_dispute_are_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="closed", outcome__isnull=False)
                | (~Q(kind="closed") & Q(outcome=None)),
                name="a_closed_dispute_says_what_came_of_it",
            ),
            models.CheckConstraint(
                condition=Q(kind="replied", due_on__isnull=False)
                | (~Q(kind="replied") & Q(due_on=None)),
                name="what_a_customer_adds_is_answered_by_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispute} {self.number}"
