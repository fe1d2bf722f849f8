"""What came of an import, on the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.utils import translation

from usage import changes
from usage.intake import STOPPED, UNLISTED, Tried
from usage.models import Import

SHOWN = 20


def tell(taken: Import | Tried, *, to: Any) -> None:
    """Say what was taken in and what was not; a file of no use ends the command with a 1."""
    problems = [_sentence(problem) for problem in taken.problems or []]
    counts = dict(taken.counts or {})
    beyond = len(problems) - SHOWN + counts.pop(UNLISTED, 0)
    more = [f"… and {beyond:,} more."] if beyond > 0 else []
    if stopped := counts.pop(STOPPED, 0):
        more.append(f"Reading stopped after {stopped:,} problems; there may be more.")
    told = "\n".join(problems[:SHOWN] + more)
    if taken.outcome == Import.Outcome.REFUSED:
        raise CommandError(f"Nothing was taken in.\n{told}")
    if taken.outcome == Import.Outcome.UNUSABLE:
        raise CommandError(f"Nothing in this file could be used.\n{told}")
    if told:
        to.write(told)
    if taken.outcome == Import.Outcome.UNCHANGED:
        to.write("There is nothing new in this file; nothing was changed.")
    named = {name.replace("_", " "): count for name, count in counts.items()}
    to.write(", ".join(f"{name}: {count:,}" for name, count in named.items() if count))
    if isinstance(taken, Tried):
        with translation.override("en"):
            for one in changes.told(taken.changes):
                before, after = (said.replace("\n", ", ") for said in (one.before, one.after))
                to.write(f"{one.account} {one.what}: {before} → {after}")
        to.write("A dry run: nothing was changed.")
    elif taken.finished_at:
        to.write(f"Taken in {(taken.finished_at - taken.started_at).total_seconds():.1f} s.")


def _sentence(problem: dict[str, Any]) -> str:
    where = problem["file"] + (f", line {problem['line']}" if problem["line"] else "")
    return f"{where}: {problem['what']}"
