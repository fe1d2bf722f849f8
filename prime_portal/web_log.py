"""What gunicorn itself writes, as discreet as the portal's own log (5.1).

Its errors come with whole addresses and with the words of whatever broke while a file was being
sent. Used by `--logger-class prime_portal.web_log.WebLog`; it starts no Django.
"""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from prime_portal.logs import LINE, Discreet, last_words


class WebLog(Logger):  # type: ignore[misc]
    """Gunicorn's log: no words of an error, no query of an address, nobody's network address."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Discreet(LINE, style="{"))
        last_words()
