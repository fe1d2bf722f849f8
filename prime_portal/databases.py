"""One database behind several connections."""

from typing import Any


class OneDatabase:
    """Let rows read on one connection be related to rows read on another.

    `default` and `record` are two connections to the same PostgreSQL database; `record`
    only exists so that a disclosure is committed before anything leaves (see
    consent/disclosures.py).
    """

    def allow_relation(self, *_rows: Any, **_hints: Any) -> bool:
        return True
