"""Who is served, where, and under which agreement, as the utility's roster tells.

Every row about a customer carries `customer`.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Working
from usage.models.vocabulary import Language
from usage.querysets import OfCustomer, ServiceAgreements


class Customer(models.Model):
    """The holder of record of one SCE customer account: a home or a business alike (4.3)."""

    kept = Working(
        private=(
            "account_number",
            "name",
            "mailing_address",
            "mailing_zip",
            "email",
            "telephone",
        )
    )

    class Kind(models.TextChoices):
        RESIDENTIAL = "residential", _("residential")
        NON_RESIDENTIAL = "non_residential", _("non-residential")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_number = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RESIDENTIAL)
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    mailing_address = models.TextField(help_text=_("One line of the envelope a line."))
    mailing_zip = models.CharField(max_length=10)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "customer")
        verbose_name_plural = pgettext_lazy("table", "customers")
        indexes = [models.Index(fields=["name"], name="customers_by_name")]

    def __str__(self) -> str:
        """The end of the account number: lists and headings name nobody (5.1)."""
        return f"…{self.account_number[-4:]}"

    @property
    def in_full(self) -> str:
        """Her name beside it, for pages that open in a case."""
        return f"{self.name} ({self})"


class Enrollment(models.Model):
    """A stretch of time in which PRIME serves a customer. A return is a new one (6.2)."""

    kept = Working()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="enrollments")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text=_("First day no longer served."))

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(ends_on=None),
                name="a_customer_is_enrolled_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="an_enrollment_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on or '…'}"


class ServicePoint(models.Model):
    """The place where power arrives. It outlives its customers."""

    kept = Working(private=("number", "address", "zip"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, unique=True)
    address = models.TextField()
    zip = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.address.replace("\n", ", ")


class ServiceAgreement(models.Model):
    """A customer's contract for one place, over half-open instants [starts_at, ends_at).

    The roster gives days; the agreement begins at 00:00 Pacific of its start date and ends at
    00:00 Pacific of its end date, so that the end date is the first day no longer served.
    """

    kept = Working(
        private=("number", "rate_schedule"),
        guards=("an_agreement_with_days_stays", "an_agreement_with_days_stays_its_customers"),
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(ServicePoint, models.PROTECT, related_name="agreements")
    number = models.CharField(
        max_length=30, unique=True, help_text=_("SCE service account number.")
    )
    rate_schedule = models.CharField(max_length=40, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceAgreements.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "id"], name="an_agreement_is_found_by_its_customer"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="an_agreement_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="one_agreement_at_a_place_at_a_time",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.number[-4:]} {self.service_point}"


class ProgramEnrollment(models.Model):
    """CARE, FERA, Medical Baseline, solar…: sensitive, never shared unless ticked alone."""

    kept = Working(private=("program",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="programs")
    agreement = models.ForeignKey(ServiceAgreement, models.PROTECT, related_name="programs")
    program = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = OfCustomer.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "program", "starts_on"],
                name="a_program_starts_once_a_day_for_an_agreement",
            )
        ]

    def __str__(self) -> str:
        return self.program
