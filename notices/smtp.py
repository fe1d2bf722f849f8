"""SMTP with fewer waits: commands that need no answer in between go together (RFC 2920)."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from typing import Any

Replies = dict[str, tuple[int, bytes]]


class Pipelined(smtplib.SMTP):
    """Says MAIL, RCPT and DATA in one breath where the relay allows it: two waits, not four."""

    def sendmail(
        self,
        from_addr: str,
        to_addrs: str | Sequence[str],
        msg: Any,
        mail_options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> Replies:
        """Send bytes to one recipient; the errors are those of smtplib. Else as smtplib does it."""
        self.ehlo_or_helo_if_needed()
        to = [to_addrs] if isinstance(to_addrs, str) else list(to_addrs)
        plain = isinstance(msg, bytes) and len(to) == 1 and not mail_options and not rcpt_options
        if not plain or not self.has_extn("pipelining"):
            return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)
        body = re.sub(rb"(?m)^\.", b"..", msg).removesuffix(b"\r\n") + b"\r\n.\r\n"
        self.send(self._envelope(from_addr, to[0], size=len(msg)))
        sender, recipient, data = self.getreply(), self.getreply(), self.getreply()
        taken = sender[0] == 250 and recipient[0] in (250, 251)
        if data[0] == 354:  # a relay that takes nobody may still wait for a body: it gets none
            self.send(body if taken else b".\r\n")
            data = self.getreply()
        if taken and data[0] == 250:
            return {}
        if 421 in (sender[0], recipient[0], data[0]):
            self.close()
        else:
            self._rset()
        if sender[0] != 250:
            raise smtplib.SMTPSenderRefused(*sender, from_addr)
        if recipient[0] not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({to[0]: recipient})
        raise smtplib.SMTPDataError(*data)

    def _envelope(self, sender: str, recipient: str, *, size: int) -> str:
        said = f" SIZE={size}" if self.has_extn("size") else ""
        lines = [
            f"MAIL FROM:{smtplib.quoteaddr(sender)}{said}",
            f"RCPT TO:{smtplib.quoteaddr(recipient)}",
            "DATA",
        ]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("An address holds a line break.")
        return "\r\n".join(lines) + "\r\n"

    def _rset(self) -> None:
        try:
            self.rset()
        except smtplib.SMTPServerDisconnected:
            self.close()
