"""Who can sign in, what the database recorded, and signs of life."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    Permission,
    PermissionsMixin,
)
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from prime_portal.erasures import EnteredInError as EnteredInError
from prime_portal.erasures import Erasure as Erasure
from prime_portal.restores import Restore as Restore
from prime_portal.restores import RestoreDrill as RestoreDrill
from prime_portal.role_changes import RoleChange as RoleChange
from prime_portal.sign_ins import SignIn as SignIn
from usage.evidence import Evidence, Working


class Users(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def who_may(self, permission: str) -> models.QuerySet[User]:
        """Active staff whose roles hold a permission, named as in the matrix."""
        label, name = permission.split(".")
        held = Permission.objects.get(content_type__app_label=label, codename=name)
        found = self.filter(groups__permissions=held, is_active=True, is_staff=True)
        return found.distinct().order_by("email")


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who can sign in: a customer's holder, a representative, or staff."""

    kept = Working(private=("email", "name", "password"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="en")
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Users()

    class Meta:
        verbose_name = pgettext_lazy("table", "user")
        verbose_name_plural = pgettext_lazy("table", "users")
        constraints = [models.UniqueConstraint(Lower("email"), name="an_address_signs_in_one_user")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)


class Heartbeat(models.Model):
    """When a process was last known to work, or a task began to fail. /healthz reads it."""

    kept = Working()

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = pgettext_lazy("table", "heartbeat")
        verbose_name_plural = pgettext_lazy("table", "heartbeats")

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class LedgerEntry(models.Model):
    """What the database itself recorded about evidence (5.1). Made by a trigger only."""

    id = models.BigIntegerField(primary_key=True)
    at = models.CharField(max_length=27)
    kind = models.CharField(max_length=80)
    row_id = models.UUIDField()
    customer_id = models.UUIDField(null=True)
    body = models.TextField()
    leaf = models.BinaryField()

    class Meta:
        verbose_name = pgettext_lazy("table", "ledger entry")
        verbose_name_plural = pgettext_lazy("table", "ledger entries")
        managed = False
        db_table = 'ledger"."entry'

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"


class Checkpoint(models.Model):
    """The record's size and root at a moment, signed by the worker (prime_portal/ledger).

    frontier: the roots of its complete subtrees, largest first, from which the tree grows on.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = 'ledger"."checkpoint'
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"{self.size} entries, {self.at:%Y-%m-%d %H:%M}"


class IssuedReport(models.Model):
    """An annual report or a Commission binder as it was issued, byte for byte (CPUC rules 8, 9).

    Its table is made from the ledger's entries up to `ledger_id` alone, so that anybody who
    has them makes the same bytes again.
    """

    kept = Evidence(private=("pdf", "csv"))

    class Kind(models.TextChoices):
        ANNUAL = "annual", _("annual report")
        BINDER = "binder", _("Commission binder")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    first_day = models.DateField()
    last_day = models.DateField()
    ledger_id = models.BigIntegerField(help_text=_("The newest entry it was made from."))
    csv = models.TextField(help_text=_("The table."))
    csv_sha256 = models.BinaryField(max_length=32)
    pdf = models.BinaryField()
    pdf_sha256 = models.BinaryField(max_length=32)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-issued_at"]
        permissions = [
            ("view_board", "Can see the compliance board"),
            ("issue_reports", "Can issue annual reports and Commission binders"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="a_report_is_about_one_day_or_more",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first_day} – {self.last_day}"
