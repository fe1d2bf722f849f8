"""PRIME-07, clause by clause, in its order: what shows that each is kept, and what guards it."""

from __future__ import annotations

from prime_portal.board import section_4, section_5, section_6_notice, section_6_use
from prime_portal.board.parts import Clause

CLAUSES: tuple[Clause, ...] = (
    *section_4.CLAUSES,
    *section_5.CLAUSES,
    *section_6_notice.CLAUSES,
    *section_6_use.CLAUSES,
)
