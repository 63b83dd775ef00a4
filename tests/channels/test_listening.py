"""The mailbox for mails that come back: it takes what its desk knows, refuses the rest, and writes nobody."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from threading import Lock

import pytest
from tests.channels.returns import undelivered

from guerdon.channels.email import listening as mailbox
from guerdon.channels.email.listening import Busy, listening

KNOWN, UNKNOWN = "bounces+known@brand.example", "bounces+other@brand.example"
Taken = tuple[tuple[str, ...], bytes, bool]


@dataclass
class Desk:
    """A desk that knows one address."""

    busy: bool = False
    broken: bool = False
    taken: list[Taken] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def knows(self, address: str) -> bool:
        return address.lower() == KNOWN

    def take(self, addresses: tuple[str, ...], content: bytes, *, reported: bool) -> None:
        if self.busy:
            raise Busy
        if self.broken:
            raise RuntimeError("secret@example.com")
        with self.lock:
            self.taken.append((addresses, content, reported))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def port(desk: Desk) -> Iterator[int]:
    with listening(("127.0.0.1", 0), "brand.example", desk) as found:
        yield found


def session(port: int) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", port, "mx.example", 10)


def test_a_report_is_taken_as_it_came(desk: Desk, port: int) -> None:
    mail = undelivered().replace(b"We are sorry.", b".\r\n..dots\r\n")
    with session(port) as smtp:
        assert smtp.sendmail("", [KNOWN], mail) == {}
        assert smtp.sendmail("", [KNOWN.upper()], mail) == {}
    assert desk.taken == [((KNOWN,), mail, True), ((KNOWN.upper(),), mail, True)]


def test_what_nobody_knows_is_refused_while_its_sender_is_on_the_line(desk: Desk, port: int) -> None:
    with session(port) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("ada@example.com", [UNKNOWN], b"Subject: x\r\n\r\nx")
        assert refused.value.recipients[UNKNOWN][0] == 550
        assert set(smtp.sendmail("ada@example.com", [UNKNOWN, KNOWN], b"Subject: x\r\n\r\nx")) == {UNKNOWN}
    assert [(to, reported) for to, _, reported in desk.taken] == [((KNOWN,), False)]


def test_a_report_is_never_refused_for_whom_it_is_to(desk: Desk, port: int) -> None:
    with session(port) as smtp:
        assert smtp.sendmail("", [UNKNOWN], undelivered()) == {}
    assert [to for to, _, _ in desk.taken] == [(UNKNOWN,)]


def test_while_the_database_is_away_it_is_asked_to_come_again(desk: Desk, port: int) -> None:
    desk.busy = True
    with session(port) as smtp, pytest.raises(smtplib.SMTPDataError) as put_off:
        smtp.sendmail("", [KNOWN], undelivered())
    assert put_off.value.smtp_code == 451


def test_a_mistake_of_ours_tells_nobody_anything(
    desk: Desk, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    desk.broken = True
    with session(port) as smtp, pytest.raises(smtplib.SMTPDataError) as put_off:
        smtp.sendmail("", [KNOWN], undelivered())
    assert (put_off.value.smtp_code, b"secret" in put_off.value.smtp_error) == (451, False)
    assert "could not be taken" in caplog.text


def test_what_is_too_large_or_for_too_many_is_refused(desk: Desk, port: int) -> None:
    with session(port) as smtp, pytest.raises(smtplib.SMTPResponseException) as refused:
        smtp.sendmail("", [KNOWN], b"x" * 70 + b"\r\n" + b"0123456789\r\n" * (mailbox.SIZE_MAX // 12))
    assert refused.value.smtp_code == 552
    assert desk.taken == []
    many = [f"{n}@brand.example" for n in range(mailbox.RECIPIENTS_MAX + 3)]
    with session(port) as smtp:
        put_off = smtp.sendmail("", many, undelivered())
    assert {code for code, _ in put_off.values()} == {452}
    assert [len(to) for to, _, _ in desk.taken] == [mailbox.RECIPIENTS_MAX]


def test_no_more_sessions_than_so_many_at_once(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "SESSIONS_MAX", 3)
    with ExitStack() as stack:
        for _ in range(3):
            held = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            assert held.recv(3) == b"220"
        turned_away = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        with suppress(ConnectionResetError):
            assert turned_away.recv(3) == b""
    # Whoever waits gets one that is free again.
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port), 10) as again:
            try:
                if again.recv(3) == b"220":
                    return
            except ConnectionResetError:
                continue
    pytest.fail("a session that ended was never free again")
