"""Whether what PRIME says and what PRIME does are still the same (6.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from notices.writing.content import Content, Facts, FlowFact, Words


@dataclass(frozen=True)
class Drift:
    """What is done and not said must be mended at once; what is said and not done, in time."""

    unsaid: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unsaid)


def between(content: Content | None, live: Facts, *, holding: Collection[str]) -> Drift:
    """Compare the notice in force with what the portal does today, word for word.

    content: of the notice in force, None if there is none. holding: keys of the categories of
    which the portal holds something. A sentence for each difference: whatever the notice printed
    of the facts, and is another in either language today, is one.
    """
    if content is None:
        return Drift((_("No notice is in force."),) if holding else ())
    return Drift(
        unsaid=tuple(_unsaid(content.facts, live, holding)),
        outdated=tuple(_outdated(content.facts, live)),
    )


def _unsaid(said: Facts, live: Facts, holding: Collection[str]) -> Iterator[str]:
    told = {category.key: category for category in said.categories}
    for category in live.categories:
        name, held = str(category.name), told.get(category.key)
        if held is None:
            if category.key in holding:
                yield _("“%(name)s” is held, and the notice does not name it (6.2).") % {
                    "name": name
                }
            continue
        if held.retention_months != category.retention_months:
            yield _(
                "“%(name)s” is kept %(months)s months, and the notice says %(said)s (CPUC rule 3)."
            ) % {
                "name": name,
                "months": category.retention_months,
                "said": held.retention_months,
            }
        if held.elements != category.elements:
            sentence = _("“%(name)s” consists of other things than the notice says (6.2).")
            yield sentence % {"name": name}
        if held.name != category.name:
            sentence = _(
                "The notice calls the category “%(en)s” (“%(es)s”), and its name is “%(now_en)s” "
                "(“%(now_es)s”) today (6.2)."
            )
            yield _renamed(sentence, held.name, category.name)
        if held.sensitive != category.sensitive:
            sentence = _(
                "“%(name)s” is sensitive in the portal or in the notice, not in both (6.2)."
            )
            yield sentence % {"name": name}
    for strange in sorted(set(holding) - {category.key for category in live.categories}):
        yield _("“%(key)s” is held, and is no category of the portal (6.1).") % {"key": strange}
    purposes = {purpose.key: purpose for purpose in said.purposes}
    for purpose in live.purposes:
        known, named = purposes.get(purpose.key), {"name": purpose.name}
        if known is None:
            yield _("Purpose “%(name)s” is in use, and the notice does not name it (6.2).") % named
            continue
        if known.primary != purpose.primary:
            yield _("Purpose “%(name)s” changed between primary and secondary (4.4, 4.5).") % named
        for more in sorted(set(purpose.categories) - set(known.categories)):
            sentence = _("Purpose “%(name)s” uses “%(key)s”, and the notice does not say so.")
            yield sentence % {**named, "key": more}
        if known.name != purpose.name:
            sentence = _(
                "The notice calls the purpose “%(en)s” (“%(es)s”), and its name is “%(now_en)s” "
                "(“%(now_es)s”) today (6.2)."
            )
            yield _renamed(sentence, known.name, purpose.name)
        if known.text != purpose.text:
            yield _("Purpose “%(name)s” means something else than the notice says (6.2).") % named
    recipients = {(recipient.name, recipient.purpose) for recipient in said.recipients}
    for recipient in live.recipients:
        if recipient in said.recipients:
            continue
        sentence = _(
            "“%(name)s” may be authorized for “%(purpose)s”, and the notice does not name it (CPUC "
            "rule 3)."
        )
        if (recipient.name, recipient.purpose) in recipients:
            sentence = _(
                "“%(name)s” does something else with “%(purpose)s” than the notice says (CPUC "
                "rule 3)."
            )
        yield sentence % {"name": recipient.name, "purpose": recipient.purpose}
    going = {_going(flow) for flow in said.flows}
    for flow in live.flows:
        if flow in said.flows:
            continue
        sentence = _("Data goes to “%(name)s” regularly, and the notice does not say so (6.1).")
        if _going(flow) in going:
            sentence = _("Data goes to “%(name)s” in another rhythm than the notice says (6.1).")
        yield sentence % {"name": flow.name}
    if said.official != live.official:
        yield _("The official or the counter is another than the notice says (6.2).")


def _outdated(said: Facts, live: Facts) -> Iterator[str]:
    for category in said.categories:
        if category.key not in {one.key for one in live.categories}:
            sentence = _("The notice names “%(name)s”, which the portal no longer knows.")
            yield sentence % {"name": category.name}
    purposes = {purpose.key: purpose for purpose in live.purposes}
    for purpose in said.purposes:
        in_use, named = purposes.get(purpose.key), {"name": purpose.name}
        if in_use is None:
            yield _("The notice names the purpose “%(name)s”, which has ended.") % named
            continue
        for less in sorted(set(purpose.categories) - set(in_use.categories)):
            sentence = _("The notice says that “%(name)s” uses “%(key)s”, which it does not.")
            yield sentence % {**named, "key": less}
    now = {(recipient.name, recipient.purpose) for recipient in live.recipients}
    for recipient in said.recipients:
        if (recipient.name, recipient.purpose) not in now:
            sentence = _("The notice names “%(name)s”, which gets nothing any more.")
            yield sentence % {"name": recipient.name}
    going = {_going(flow) for flow in live.flows}
    for flow in said.flows:
        if _going(flow) not in going:
            sentence = _(
                "The notice says that data goes to “%(name)s” otherwise than it does today."
            )
            yield sentence % {"name": flow.name}


def _going(flow: FlowFact) -> object:
    return flow.name, flow.purpose, flow.what, flow.categories


def _renamed(sentence: str, said: Words, today: Words) -> str:
    return sentence % {
        "en": said.en,
        "es": said.es,
        "now_en": today.en,
        "now_es": today.es,
    }
