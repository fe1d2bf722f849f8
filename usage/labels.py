"""What choices call a customer's agreements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from usage.models import ServiceAgreement


def of_agreements(agreements: Iterable[ServiceAgreement]) -> Callable[[Any], str]:
    """Call each by its place; by its dates too where she had the place more than once."""
    times = Counter(agreement.service_point_id for agreement in agreements)

    def called(agreement: ServiceAgreement) -> str:
        place = str(agreement.service_point)
        return place if times[agreement.service_point_id] < 2 else _with_dates(place, agreement)

    return called


def _with_dates(place: str, agreement: ServiceAgreement) -> str:
    first = date_format(timezone.localdate(agreement.starts_at))
    if agreement.ends_at is None:
        return _("%(place)s, since %(first)s") % {"place": place, "first": first}
    last = date_format(timezone.localdate(agreement.ends_at) - timedelta(days=1))
    words = _("%(place)s, %(first)s to %(last)s")
    return words % {"place": place, "first": first, "last": last}
