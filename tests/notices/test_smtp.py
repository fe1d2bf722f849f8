"""What is said to a relay, and what is made of each of its answers (RFC 5321, RFC 2920)."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notices.smtp import Pipelined

MAIL = b"Subject: Hello\r\n\r\n.one point begins this line\r\nbye"


class Relay(threading.Thread):
    """A relay with an answer for each command, that keeps what it read at once and all it got."""

    def __init__(self, answers: dict[str, str], *, pipelining: bool = True) -> None:
        super().__init__(daemon=True)
        self.answers = answers
        self.pipelining = pipelining
        self.breaths: list[bytes] = []
        self.bodies: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        talk, _address = self.listener.accept()
        with talk:
            self._say(talk, "220 relay")
            while breath := talk.recv(65536):
                self.breaths.append(breath)
                for line in breath.split(b"\r\n")[:-1]:
                    if not self._answer(talk, line.decode()):
                        return

    def _answer(self, talk: socket.socket, line: str) -> bool:
        verb = line.split()[0].upper()
        usual = {"EHLO": "250-relay\r\n250 PIPELINING", "DATA": "354 go on", "QUIT": "221 bye"}
        if not self.pipelining:
            usual["EHLO"] = "250 relay"
        answer = self.answers.get(verb, usual.get(verb, "250 OK"))
        self._say(talk, answer)
        if answer.startswith("421"):
            return False
        if verb == "DATA" and answer.startswith("354"):
            body = b""
            while not (body == b".\r\n" or body.endswith(b"\r\n.\r\n")):
                body += talk.recv(65536)
            self.bodies.append(body)
            self._say(talk, self.answers.get("BODY", "250 queued"))
        return True

    def _say(self, talk: socket.socket, words: str) -> None:
        talk.sendall(f"{words}\r\n".encode())


@pytest.fixture
def relay() -> Iterator[Callable[..., Relay]]:
    made: list[Relay] = []

    def start(answers: dict[str, str] | None = None, **more: Any) -> Relay:
        made.append(Relay(answers or {}, **more))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.join(10)
        one.listener.close()
        assert not one.is_alive()


def send(relay: Relay, *, times: int = 1) -> None:
    with Pipelined("127.0.0.1", relay.port, local_hostname="portal", timeout=10) as smtp:
        for _ in range(times):
            smtp.sendmail("prime@example.com", ["rosa@example.com"], MAIL)


def test_the_envelope_goes_in_one_breath_and_the_body_only_once_it_is_asked_for(relay) -> None:
    taking = relay()
    send(taking, times=2)
    envelope = b"MAIL FROM:<prime@example.com>\r\nRCPT TO:<rosa@example.com>\r\nDATA\r\n"
    assert taking.breaths == [b"ehlo portal\r\n", envelope, envelope, b"QUIT\r\n"]
    body = b"Subject: Hello\r\n\r\n..one point begins this line\r\nbye\r\n.\r\n"
    assert taking.bodies == [body, body]


def test_a_relay_that_cannot_is_told_one_command_at_a_time(relay) -> None:
    taking = relay(pipelining=False)
    send(taking)
    verbs = [breath.split()[0].upper() for breath in taking.breaths]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT"]
    assert len(taking.bodies) == 1


@pytest.mark.parametrize("data", ["354 go on", "503 nobody to send it to"])
def test_who_is_refused_gets_no_body_whatever_the_relay_says_to_data(relay, data: str) -> None:
    refusing = relay({"RCPT": "550 no such mailbox", "DATA": data, "BODY": "554 nobody"})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(refusing)
    assert refused.value.recipients == {"rosa@example.com": (550, b"no such mailbox")}
    assert refusing.bodies == ([b".\r\n"] if data.startswith("354") else [])


def test_a_refused_sender_is_told_as_such(relay) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        send(relay({"MAIL": "553 not you", "RCPT": "503 no sender", "DATA": "503 no sender"}))
    assert refused.value.smtp_code == 553


@pytest.mark.parametrize("answers", [{"BODY": "451 later"}, {"DATA": "451 later"}])
def test_what_is_refused_for_now_is_told_as_such(relay, answers: dict[str, str]) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(relay(answers))
    assert refused.value.smtp_code == 451


def test_the_next_mail_goes_on_after_a_refused_one(relay) -> None:
    refusing = relay({"RCPT": "550 no such mailbox", "DATA": "503 nobody"})
    with Pipelined("127.0.0.1", refusing.port, local_hostname="portal", timeout=10) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            smtp.sendmail("prime@example.com", ["rosa@example.com"], MAIL)
        refusing.answers.clear()
        smtp.sendmail("prime@example.com", ["luis@example.com"], MAIL)
    assert len(refusing.bodies) == 1
    assert b"rset\r\n" in refusing.breaths


def test_a_relay_that_hangs_up_is_hung_up_on(relay) -> None:
    smtp = Pipelined("127.0.0.1", relay({"MAIL": "421 enough"}).port, timeout=10)
    with pytest.raises((smtplib.SMTPException, OSError)):
        smtp.sendmail("prime@example.com", ["rosa@example.com"], MAIL)
    smtp.close()


def test_an_address_cannot_slip_a_command_in(relay) -> None:
    taking = relay()
    with Pipelined("127.0.0.1", taking.port, timeout=10) as smtp:
        with pytest.raises(ValueError, match="line break"):
            smtp.sendmail("prime@example.com", ["\r\n"], MAIL)
        smtp.sendmail("prime@example.com", ["<a@example.com>\r\nRCPT TO:<eve@example.com>"], MAIL)
    assert len(taking.bodies) == 1
    assert not any(b"eve" in breath for breath in taking.breaths)
