"""What goes to the print house: sealed batches, and which letter lies in which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import ngettext, pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, together
from usage.models import Customer


class PrintBatch(models.Model):
    """One file for the print house. Which letters are in it is fixed before a page is made.

    Sealed once its file lies in LETTERS_DIR, whole and hashed; handed over once, by one person,
    and confirmed by another.
    """

    kept = Evidence(
        stamps=(
            *("sealed_at", "pages", "sheets", "pdf_sha256", "manifest_sha256"),
            *("handed_at", "handed_by", "confirmed_at", "confirmed_by"),
        )
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    letters = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    sealed_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    sheets = models.PositiveIntegerField(null=True, blank=True)
    pdf_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    manifest_sha256 = models.BinaryField(max_length=32, null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = pgettext_lazy("table", "print batch")
        verbose_name_plural = pgettext_lazy("table", "print batches")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=together("sealed_at", "pages", "sheets", "pdf_sha256", "manifest_sha256"),
                name="a_sealed_batch_has_its_pages_and_hashes",
            ),
            models.CheckConstraint(
                condition=together("handed_at", "handed_by"),
                name="a_batch_handed_over_names_by_whom",
            ),
            models.CheckConstraint(
                condition=together("confirmed_at", "confirmed_by"),
                name="a_confirmed_batch_names_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(handed_at=None) | Q(sealed_at__isnull=False),
                name="only_a_sealed_batch_is_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(handed_at__isnull=False),
                name="only_a_batch_handed_over_is_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("handed_by")),
                name="who_confirms_a_batch_did_not_hand_it_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number:04}"

    @property
    def hash(self) -> str:
        return bytes(self.pdf_sha256 or b"").hex()

    @property
    def name(self) -> str:
        """What its files are called, before .pdf, .csv and .sha256."""
        return f"batch-{self}"

    @property
    def pdf(self) -> str:
        return f"{self.name}.pdf"

    @property
    def manifest(self) -> str:
        return f"{self.name}.csv"


class PrintedLetter(models.Model):
    """One letter's place in the one batch it is in."""

    kept = Evidence(stamps=("first_page", "pages", "sha256"), header="batch")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(PrintBatch, models.PROTECT, related_name="printed")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    delivery = models.OneToOneField(
        "notices.Delivery", models.PROTECT, related_name="printed"
    )  # one to one: each letter is in one batch
    position = models.PositiveIntegerField()
    first_page = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "position"], name="a_place_in_a_batch_is_one_letters"
            ),
            models.CheckConstraint(
                condition=together("first_page", "pages", "sha256"),
                name="a_printed_letter_has_its_pages_and_hash",
            ),
        ]

    def __str__(self) -> str:
        return self.mark

    @property
    def mark(self) -> str:
        """What is printed on each of its pages, and what a returned letter is known by."""
        return f"{self.batch.number:04}-{self.position:05}"

    @property
    def last_page(self) -> int:
        return (self.first_page or 0) + (self.pages or 0) - 1


class ReturnFile(models.Model):
    """A list of letters that came back, as the print house or the post office sent it."""

    kept = Evidence()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sha256 = models.BinaryField(max_length=32, unique=True)
    letters = models.PositiveIntegerField()
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = pgettext_lazy("table", "return file")
        verbose_name_plural = pgettext_lazy("table", "return files")

    def __str__(self) -> str:
        said = ngettext("%(day)s, %(count)s letter", "%(day)s, %(count)s letters", self.letters)
        return said % {"day": timezone.localdate(self.taken_at), "count": self.letters}
