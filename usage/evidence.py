"""What kind of row a model holds: evidence, or working.

Every model of the portal says which it is. Evidence is written once; afterwards it may only
be *stamped*: a column named here goes from empty to filled, one time. The database itself
enforces and records that (`ledger.watch` in the model's migration); a test keeps the two
lists equal. Private columns never enter the ledger in clear, only as a salted hash, so that
erasing a person leaves the proof whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

ERASED = "(erased)"
"""What stands in the place of a private text that was erased (prime_portal.erasing)."""


def said(text: str) -> str:
    """Return a text of evidence as people read it: of an erased one that it was, in their words."""
    return _("(erased)") if text == ERASED else text


@dataclass(frozen=True)
class Evidence:
    """Rows that are never edited or deleted. `stamps` may be filled once each.

    With a `header`, rows are added only together with the row that field points at. `guards`
    are further triggers of the table, named as sentences.
    """

    stamps: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    header: str | None = None
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Member:
    """Rows that belong to an evidence row and are hashed with it: added, never changed."""

    header: str
    private: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Working:
    """Rows that may change: what the utility tells us, queues, leases, drafts.

    `guards` are triggers of the table, named as sentences.
    """

    private: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()


def together(*fields: str) -> Q:
    """Either every one of these columns is filled, or none: who and when belong together."""
    none, all_ = Q(), Q()
    for field in fields:
        none &= Q(**{f"{field}__isnull": True})
        all_ &= Q(**{f"{field}__isnull": False})
    return none | all_
