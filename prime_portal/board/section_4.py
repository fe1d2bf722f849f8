"""The definitions, PRIME-07 4.1 to 4.5, and what shows that the portal keeps to them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import doubts
from consent.models import Disclosure
from prime_portal.board.parts import (
    DISCLOSURES,
    GONE,
    PURPOSES,
    Clause,
    Figure,
    Line,
    this_year,
)
from usage.models import ClosedBlock, Customer, Import, Purpose, Source

NOT_LISTED = _("Customers stand in no list: one is found by a search that is written down.")
SECONDARY = f"{DISCLOSURES}?gone=yes&at__year={{year}}&purpose__kind__exact=secondary"


# 4.1


def sources(at: datetime) -> int:
    return Source.objects.count()


def files(at: datetime) -> int:
    """Files of which something was taken in this year."""
    return Import.objects.filter(
        outcome=Import.Outcome.TAKEN, **this_year(at, "started_at")
    ).count()


# 4.2


def _shown(kind: str) -> QuerySet[ClosedBlock]:
    blocks: QuerySet[ClosedBlock] = ClosedBlock.objects.filter(kind=kind, withheld=False)
    return blocks.select_related("month").order_by("customers", "month__month")


def _smallest(kind: str) -> int | str:
    found = _shown(kind).aggregate(n=Min("customers"))
    return gettext("nothing released") if found["n"] is None else int(found["n"])


def smallest_homes(at: datetime) -> int | str:
    return _smallest("residential")


def smallest_others(at: datetime) -> int | str:
    return _smallest("non_residential")


def _group(block: ClosedBlock, says: str) -> Line:
    groups = "; ".join(" ".join(map(str, group)) for group in block.groups)
    return Line(f"{date_format(block.month.month, 'F Y')}, {groups}: {says}")


def _customers(block: ClosedBlock) -> str:
    count = block.customers or 0
    return ngettext("%(n)s customer", "%(n)s customers", count) % {"n": count}


def groups_of_homes(at: datetime) -> list[Line]:
    return [_group(block, _customers(block)) for block in _shown("residential")]


def groups_of_others(at: datetime) -> list[Line]:
    return [_group(block, _customers(block)) for block in _shown("non_residential")]


def groups_withheld(at: datetime) -> list[Line]:
    held = ClosedBlock.objects.filter(withheld=True).select_related("month")
    return [_group(block, gettext("withheld")) for block in held.order_by("month__month")]


# 4.3 to 4.5


def homes(at: datetime) -> int:
    return Customer.objects.filter(kind=Customer.Kind.RESIDENTIAL).count()


def businesses(at: datetime) -> int:
    return Customer.objects.filter(kind=Customer.Kind.NON_RESIDENTIAL).count()


def gone(at: datetime) -> QuerySet[Disclosure]:
    """What went, or may have, of what was decided this year."""
    found: QuerySet[Disclosure] = Disclosure.objects.gone()
    return found.filter(**this_year(at, "at"))


def by_oversight(at: datetime) -> int:
    return gone(at).filter(clause="4.3").count()


def primary_purposes(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.PRIMARY, ended_at=None).count()


def primary_without_limb(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.PRIMARY, limb=None).count()


def by_law(at: datetime) -> int:
    return gone(at).filter(clause="4.4").count()


def secondary_purposes(at: datetime) -> int:
    return Purpose.objects.filter(kind=Purpose.Kind.SECONDARY, ended_at=None).count()


def by_secondary(at: datetime) -> int:
    return gone(at).filter(purpose__kind=Purpose.Kind.SECONDARY).count()


def secondary_by_contract(at: datetime) -> int:
    return doubts.secondary_by_contract().count()


CLAUSES = (
    Clause(
        "4.1",
        _("AMI data"),
        _(
            "What meters measure is known as such: each day of readings names the file it came "
            "from, and each column says which kind of information it holds."
        ),
        (
            Figure(
                _("Files taken in this year"),
                files,
                "admin:usage_import_changelist?outcome__exact=taken&started_at__year={year}",
            ),
            Figure(_("Senders of bulk files set up"), sources, "admin:usage_source_changelist"),
        ),
        (
            "test_field_register.py::test_every_table_is_in_the_register",
            "test_field_register.py::test_every_category_is_one_of_the_notice_or_none_of_a_customers",
            "usage/test_sce_csv.py",
        ),
    ),
    Clause(
        "4.2",
        _("Aggregate usage data"),
        _("From figures about many customers nobody can make out one of them."),
        (
            Figure(
                _("Fewest homes in a group that was released"),
                smallest_homes,
                lines=groups_of_homes,
                least=100,
            ),
            Figure(
                _("Fewest other customers in a group that was released"),
                smallest_others,
                lines=groups_of_others,
                least=15,
            ),
            Figure(_("Groups withheld, so that nobody is made out"), lines=groups_withheld),
        ),
        (
            "usage/test_aggregates.py::test_a_group_is_large_enough_or_not_shown",
            "usage/test_red_team.py::test_nobody_is_told_within_five_percent",
        ),
    ),
    Clause(
        "4.3",
        _("Covered Information"),
        _(
            "Usage that can be tied to a person, a home or a business is protected, for all of "
            "them alike. What the CPUC gets for its oversight is told apart."
        ),
        (
            Figure(_("Homes"), homes, why=NOT_LISTED),
            Figure(_("Businesses"), businesses, why=NOT_LISTED),
            Figure(_("Disclosures this year to the CPUC itself"), by_oversight, f"{GONE}4.3"),
        ),
        (
            "test_evidence.py::test_every_model_says_whether_it_is_evidence_or_working",
            "consent/test_disclosures.py::test_the_package_names_nobody",
        ),
    ),
    Clause(
        "4.4",
        _("Primary purpose"),
        _("A purpose is primary only under one of the four limbs of the definition."),
        (
            Figure(
                _("Primary purposes in use"),
                primary_purposes,
                f"{PURPOSES}?kind__exact=primary&ended_at__isnull=1",
            ),
            Figure(
                _("Primary purposes without a limb"),
                primary_without_limb,
                f"{PURPOSES}?kind__exact=primary&limb__isnull=1",
                most=0,
            ),
            Figure(_("Disclosures this year because the law demanded it"), by_law, f"{GONE}4.4"),
        ),
        (
            "consent/test_policy.py::test_the_policy_answers_with_its_clause",
            "consent/test_policy.py::test_the_answer_says_why",
            "consent/test_demands.py",
            "test_party_desk.py::test_a_secondary_purpose_becomes_primary_by_two_people_only",
        ),
    ),
    Clause(
        "4.5",
        _("Secondary purpose"),
        _("Every other purpose is secondary and needs each customer’s own authorization (6.9)."),
        (
            Figure(
                _("Secondary purposes in use"),
                secondary_purposes,
                f"{PURPOSES}?kind__exact=secondary&ended_at__isnull=1",
            ),
            Figure(_("Disclosures this year for a secondary purpose"), by_secondary, SECONDARY),
            Figure(
                _("Disclosures ever for a secondary purpose by a contract alone"),
                secondary_by_contract,
                f"{DISCLOSURES}?doubt=secondary_by_contract",
                most=0,
            ),
        ),
        ("consent/test_policy.py::test_the_policy_answers_with_its_clause",),
    ),
)
