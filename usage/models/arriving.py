"""Files: where they come from, what waits to be confirmed, what came of each; words for quality."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from uuid_utils.compat import uuid7

from usage.evidence import Evidence, Working, together
from usage.intervals import FIRST_WORD, LAST_WORD


def kilowatt_hours() -> list[str]:
    """What everybody calls delivered energy."""
    return ["KWH"]


class Source(models.Model):
    """Somebody who sends bulk files (CMEP), and what is meant by what stands in them.

    Senders differ in whether a time marks the end or the start of its interval, whether it is
    UTC or Pacific time, and by which unit they tell delivered from received energy.
    """

    kept = Working()

    class Stamps(models.TextChoices):
        END = "end", _("the end of the interval")
        START = "start", _("the start of the interval")

    class Clock(models.TextChoices):
        UTC = "utc", _("UTC")
        LOCAL = "local", _("Pacific time")

    key = models.SlugField(
        max_length=40, primary_key=True, help_text=_("Also the name of its folder under DROP_DIR.")
    )
    name = models.CharField(max_length=120)
    stamps = models.CharField(max_length=5, choices=Stamps, default=Stamps.END)
    clock = models.CharField(max_length=5, choices=Clock, default=Clock.UTC)
    delivered_units = ArrayField(models.CharField(max_length=16), default=kilowatt_hours)
    received_units = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    net_units = ArrayField(models.CharField(max_length=16), default=list, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "source")
        verbose_name_plural = pgettext_lazy("table", "sources")

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file staff sent that was tried out and waits to be confirmed. It is gone within a day."""

    kept = Working(private=("file_name", "result", "key"))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    sha256 = models.BinaryField(max_length=32)
    format = models.CharField(max_length=20)
    agreement = models.ForeignKey(
        "usage.ServiceAgreement", models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    key = models.TextField(help_text=_("Of the encrypted file, itself encrypted."))
    result = models.JSONField(help_text=_("What would come of it (usage.intake.Tried)."))

    def __str__(self) -> str:
        return f"{self.format} {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    @property
    def can_be_taken(self) -> bool:
        """Whether confirming it would do anything."""
        return bool(self.result["outcome"] == "taken")


class Import(models.Model):
    """A file taken in: who, which bytes, from where, what came of it (5.1).

    Taken back, it says so: what it brought is gone, the row stays (usage.imports).
    """

    kept = Evidence(
        stamps=(
            "finished_at",
            "outcome",
            "counts",
            "problems",
            "taken_back_at",
            "taken_back_by",
            "taken_back_why",
            "taken_back_counts",
        ),
        private=("file_name", "problems", "taken_back_why"),
    )

    class Outcome(models.TextChoices):
        TAKEN = "taken", _("taken in")
        UNCHANGED = "unchanged", _("nothing new in it")
        UNUSABLE = "unusable", _("nothing in it could be used")
        REFUSED = "refused", _("refused, nothing taken in")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    sha256 = models.BinaryField(max_length=32)
    source = models.CharField(max_length=60)
    read_as = models.JSONField(
        default=dict, help_text=_("How the file was read: its format, what its time stamps mean.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, null=True, blank=True)
    counts = models.JSONField(null=True, blank=True)
    problems = models.JSONField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_back_why = models.TextField(null=True, blank=True)
    taken_back_counts = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "import")
        verbose_name_plural = pgettext_lazy("table", "imports")
        constraints = [
            models.CheckConstraint(
                condition=together("taken_back_at", "taken_back_why", "taken_back_counts"),
                name="a_file_taken_back_says_when_and_why",
            )
        ]
        indexes = [models.Index(fields=["sha256"], name="imports_by_file")]

    def __str__(self) -> str:
        return f"{self.kind} {timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"


class QualityWord(models.Model):
    """A word for a reading's quality that no standard code says, and the byte that stands for it.

    Day blocks hold a byte an interval; standard (ESPI) codes are below, these above. A word
    nobody knows is kept as it came and shown as it came, never taken for "valid".
    """

    kept = Working()

    code = models.PositiveSmallIntegerField(
        primary_key=True,
        validators=[MinValueValidator(FIRST_WORD), MaxValueValidator(LAST_WORD)],
    )
    text = models.CharField(max_length=40, unique=True)

    class Meta:
        verbose_name = pgettext_lazy("table", "quality word")
        verbose_name_plural = pgettext_lazy("table", "quality words")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__gte=FIRST_WORD, code__lte=LAST_WORD),
                name="a_quality_word_has_a_byte_no_standard_uses",
            )
        ]

    def __str__(self) -> str:
        return self.text
