"""What came of an import, on the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from usage.models import Import

SHOWN = 20


def tell(taken: Import, *, to: Any) -> None:
    """Say what was taken in and what was not; a refused file ends the command with a 1."""
    problems = [_sentence(problem) for problem in taken.problems or []]
    more = [f"… and {len(problems) - SHOWN} more."] if len(problems) > SHOWN else []
    told = "\n".join(problems[:SHOWN] + more)
    if taken.outcome == Import.Outcome.REFUSED:
        raise CommandError(f"Nothing was taken in.\n{told}")
    if told:
        to.write(told)
    if taken.outcome == Import.Outcome.UNCHANGED:
        to.write("There is nothing new in this file; nothing was changed.")
    counts = {name.replace("_", " "): count for name, count in (taken.counts or {}).items()}
    to.write(", ".join(f"{name}: {count:,}" for name, count in counts.items() if count))
    if taken.finished_at:
        to.write(f"Taken in {(taken.finished_at - taken.started_at).total_seconds():.1f} s.")


def _sentence(problem: dict[str, Any]) -> str:
    where = problem["file"] + (f", line {problem['line']}" if problem["line"] else "")
    return f"{where}: {problem['what']}"
