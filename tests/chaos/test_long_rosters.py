"""Rosters and bills of any length, taken in by a process of its own (5.1)."""

from __future__ import annotations

from pathlib import Path

from tests.usage.test_hostile_files import bill_lines, roster_lines, taken_apart


def test_memory_is_flat_also_where_a_roster_and_its_bills_are_laid_over_what_is_held(
    committed_db: None, tmp_path: Path
) -> None:
    """Whole or not at all, and in parts of 200 lines: at 4 kB a line it would be 11 MB."""
    for write, new in ((roster_lines, "new customers"), (bill_lines, "new")):
        found: dict[int, int] = {}
        for count in (300, 3000):
            path = tmp_path / f"{count}.csv"
            path.write_text(write(count))
            found[count], told = taken_apart(path)
            assert f"lines: {count:,}, {new}:" in told
        assert found[3000] < found[300] + 6144, write
