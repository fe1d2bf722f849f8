"""Staff and Covered Information (5.1, 5.2): why they looked, at what, and that they were trained.

A case is one customer, one reason and half an hour; a look is one page of hers that was opened
in it. The customer reads both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.models.customers import Customer
from usage.models.vocabulary import Language, Via
from usage.querysets import Cases, OfCustomer

LASTS = timedelta(minutes=30)
"""A case closes by itself after it."""


class Case(models.Model):
    """Why somebody of the staff may see one customer's information, and until when.

    `broke_glass`: opened without the right to, because it could not wait. Another person is told
    and reviews it.
    """

    kept = Evidence(
        stamps=("closed_at", "reviewed_at", "reviewed_by", "review"), private=("words", "review")
    )

    class Reason(models.TextChoices):
        CALL = "call", _("the customer called")
        VISIT = "visit", _("the customer came by")
        WROTE = "wrote", _("the customer wrote")
        DISPUTE = "dispute", _("to answer a dispute, question or complaint")
        MAIL = "mail", _("mail came back or did not arrive")
        CHECK = "check", _("to check that PRIME did what it must")
        LAW = "law", _("the law or an order asks for it")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="cases")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reason = models.CharField(max_length=10, choices=Reason)
    words = models.TextField(help_text=_("The customer reads it."))
    broke_glass = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    review = models.TextField(null=True, blank=True)

    objects = Cases.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "case")
        verbose_name_plural = pgettext_lazy("table", "cases")
        ordering = ["-opened_at"]
        permissions = [
            ("break_glass", "Can see a customer's information without the right to, when urgent"),
            ("review_case", "Can review what others saw without the right to"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="whoever_opens_a_case_says_why"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("opened_at"))
                & Q(expires_at__lte=F("opened_at") + LASTS),
                name="a_case_is_open_for_half_an_hour_at_most",
            ),
            models.CheckConstraint(
                condition=together("reviewed_at", "reviewed_by", "review"),
                name="a_review_says_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("opened_by")),
                name="nobody_reviews_her_own_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {timezone.localtime(self.opened_at):%Y-%m-%d %H:%M}"


class Look(models.Model):
    """One page of a customer's information that staff opened, written down before it was shown."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="looks")
    case = models.ForeignKey(Case, models.PROTECT, related_name="looks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    page = models.CharField(max_length=80, help_text=_("The page's name."))
    part = models.CharField(max_length=40, blank=True, help_text=_("Which kind of information."))

    objects = OfCustomer.as_manager()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.page} {self.part}".strip()


class Search(models.Model):
    """That staff searched for customers: with what, and how many were found."""

    kept = Evidence(private=("text",))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.CharField(max_length=200)
    found = models.PositiveIntegerField()

    class Meta:
        verbose_name = pgettext_lazy("table", "search")
        verbose_name_plural = pgettext_lazy("table", "searches")

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class TrainingRecord(models.Model):
    """That one of the staff was trained, or that a third party attests it of its people (5.2)."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="trainings"
    )
    third_party = models.SlugField(max_length=40, blank=True, help_text=_("The third party’s key."))
    employer = models.CharField(max_length=200)
    course = models.CharField(max_length=200)
    trained_on = models.DateField()
    expires_on = models.DateField(help_text=_("The first day it no longer counts."))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = pgettext_lazy("table", "training record")
        verbose_name_plural = pgettext_lazy("table", "training records")
        ordering = ["-expires_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, third_party="")
                | (Q(person=None) & ~Q(third_party="")),
                name="a_training_is_a_persons_or_a_third_partys",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gt=F("trained_on")),
                name="a_training_expires_after_it_was_held",
            ),
        ]

    def __str__(self) -> str:
        facts = {"course": self.course, "day": self.expires_on}
        return str(_("%(course)s, until %(day)s") % facts)


class ContactChange(models.Model):
    """That staff changed how a customer is reached, at her wish: from what, to what, how sure.

    `before` and `after` hold only what changed, by the names of Customer's columns.
    """

    NAMES: ClassVar[dict[str, Promise]] = {
        "mailing_address": _("mailing address"),
        "mailing_zip": _("ZIP of the mailing address"),
        "email": _("e-mail"),
        "telephone": _("telephone"),
        "language": _("language"),
    }
    """What can change, in words; the keys of `before` and `after`."""

    kept = Evidence(private=("before", "after", "checked"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contact_changes")
    before = models.JSONField()
    after = models.JSONField()
    checked = models.TextField(help_text=_("How staff knew that it was she."))
    via = models.CharField(max_length=10, choices=Via)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfCustomer.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("table", "contact change")
        verbose_name_plural = pgettext_lazy("table", "contact changes")
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(checked=""), name="whoever_changes_an_address_says_how_she_knew"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {timezone.localdate(self.at)}"

    @property
    def what(self) -> str:
        """What was changed, in words, without what it was or is."""
        return ", ".join(str(self.NAMES[name]) for name in self.NAMES if name in self.after)

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Each thing that was changed: its name, what it was, what it is, in words."""
        return [
            (str(name), self._said(self.before.get(key), key), self._said(self.after[key], key))
            for key, name in self.NAMES.items()
            if key in self.after
        ]

    @staticmethod
    def _said(value: str | None, key: str) -> str:
        if key == "language" and value in Language.values:
            return str(Language(value).label)
        return value or "—"
