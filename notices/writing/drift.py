"""Whether what PRIME says and what PRIME does are still the same (6.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

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
        return Drift(("No notice is in force.",) if holding else ())
    return Drift(
        unsaid=tuple(_unsaid(content.facts, live, holding)),
        outdated=tuple(_outdated(content.facts, live)),
    )


def _unsaid(said: Facts, live: Facts, holding: Collection[str]) -> Iterator[str]:
    told = {category.key: category for category in said.categories}
    for category in live.categories:
        name, held = category.name.en, told.get(category.key)
        if held is None:
            if category.key in holding:
                yield f"“{name}” is held, and the notice does not name it (6.2)."
            continue
        if held.retention_months != category.retention_months:
            yield (
                f"“{name}” is kept {category.retention_months} months, and the notice says "
                f"{held.retention_months} (CPUC rule 3)."
            )
        if held.elements != category.elements:
            yield f"“{name}” consists of other things than the notice says (6.2)."
        if held.name != category.name:
            yield _renamed("category", held.name, category.name)
        if held.sensitive != category.sensitive:
            yield f"“{name}” is sensitive in the portal or in the notice, not in both (6.2)."
    for strange in sorted(set(holding) - {category.key for category in live.categories}):
        yield f"“{strange}” is held, and is no category of the portal (6.1)."
    purposes = {purpose.key: purpose for purpose in said.purposes}
    for purpose in live.purposes:
        known = purposes.get(purpose.key)
        if known is None:
            yield f"Purpose “{purpose.name.en}” is in use, and the notice does not name it (6.2)."
            continue
        if known.primary != purpose.primary:
            yield f"Purpose “{purpose.name.en}” changed between primary and secondary (4.4, 4.5)."
        for more in sorted(set(purpose.categories) - set(known.categories)):
            yield f"Purpose “{purpose.name.en}” uses “{more}”, and the notice does not say so."
        if known.name != purpose.name:
            yield _renamed("purpose", known.name, purpose.name)
        if known.text != purpose.text:
            yield f"Purpose “{purpose.name.en}” means something else than the notice says (6.2)."
    recipients = {(recipient.name, recipient.purpose) for recipient in said.recipients}
    for recipient in live.recipients:
        if recipient in said.recipients:
            continue
        if (recipient.name, recipient.purpose) in recipients:
            yield (
                f"“{recipient.name}” does something else with “{recipient.purpose}” than the "
                "notice says (CPUC rule 3)."
            )
        else:
            yield (
                f"“{recipient.name}” may be authorized for “{recipient.purpose}”, and the notice "
                "does not name it (CPUC rule 3)."
            )
    going = {_going(flow) for flow in said.flows}
    for flow in live.flows:
        if flow in said.flows:
            continue
        if _going(flow) in going:
            yield f"Data goes to “{flow.name}” in another rhythm than the notice says (6.1)."
        else:
            yield f"Data goes to “{flow.name}” regularly, and the notice does not say so (6.1)."
    if said.official != live.official:
        yield "The official or the counter is another than the notice says (6.2)."


def _outdated(said: Facts, live: Facts) -> Iterator[str]:
    for category in said.categories:
        if category.key not in {one.key for one in live.categories}:
            yield f"The notice names “{category.name.en}”, which the portal no longer knows."
    purposes = {purpose.key: purpose for purpose in live.purposes}
    for purpose in said.purposes:
        in_use = purposes.get(purpose.key)
        if in_use is None:
            yield f"The notice names the purpose “{purpose.name.en}”, which has ended."
            continue
        for less in sorted(set(purpose.categories) - set(in_use.categories)):
            yield f"The notice says that “{purpose.name.en}” uses “{less}”, which it does not."
    now = {(recipient.name, recipient.purpose) for recipient in live.recipients}
    for recipient in said.recipients:
        if (recipient.name, recipient.purpose) not in now:
            yield f"The notice names “{recipient.name}”, which gets nothing any more."
    going = {_going(flow) for flow in live.flows}
    for flow in said.flows:
        if _going(flow) not in going:
            yield f"The notice says that data goes to “{flow.name}” otherwise than it does today."


def _going(flow: FlowFact) -> object:
    return flow.name, flow.purpose, flow.what, flow.categories


def _renamed(what: str, said: Words, today: Words) -> str:
    return (
        f"The notice calls the {what} “{said.en}” (“{said.es}”), and its name is “{today.en}” "
        f"(“{today.es}”) today (6.2)."
    )
