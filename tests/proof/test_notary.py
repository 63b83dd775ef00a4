"""The notary seals while it runs, and tells the newest seal each hour to whoever keeps it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.channels.mail_server import MailServer, running
from tests.proof.paper import NOW, Paper

from guerdon.channels.email.wire import email_channels
from guerdon.config import read_settings
from guerdon.engine.proof.notary import Notary, keep_sealing, tell_outside
from guerdon.engine.proof.seals import ANCHORS
from guerdon.engine.turns import Turns
from guerdon.ledger.trail import Anchor, read_line
from guerdon.values.clock import utc_now

OFFICER = "officer@example.org"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer()) as started:
        yield started


@pytest.fixture
def notary(tmp_path: Path, server: MailServer) -> Iterator[Notary]:
    (channel,) = email_channels(server.url, "rewards@example.com", 1)
    yield Notary(tmp_path, OFFICER, channel.send)
    channel.close()


def test_a_seal_is_told_by_file_and_by_mail_and_the_mails_line_verifies_the_trail(
    paper: Paper, notary: Notary, tmp_path: Path, server: MailServer
) -> None:
    paper.seal()
    with paper.working() as db:
        tell_outside(db, notary, NOW)
        tell_outside(db, notary, NOW + timedelta(minutes=5))
    (mail,) = server.mails
    assert mail["Subject"] == "Audit of nordlys_circle: seal 1 over 1 rows"
    assert server.envelopes[0].rcpt_tos == [OFFICER]
    body = mail.get_body(("plain",))
    assert body is not None
    (told,) = [line for line in body.get_content().splitlines() if line.startswith("{")]
    assert told.encode() == (tmp_path / ANCHORS).read_bytes().strip()
    anchor = read_line(told.encode())
    assert isinstance(anchor, Anchor)
    assert paper.check(anchor).wrong is None


def test_a_mail_server_that_is_away_keeps_no_seal_from_the_file(
    paper: Paper, notary: Notary, tmp_path: Path, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    paper.seal()
    server.at_recipient = lambda _: "451 4.3.0 Not now"
    with paper.working() as db:
        tell_outside(db, notary, NOW)
    assert "was not mailed" in caplog.text
    assert (tmp_path / ANCHORS).exists()


def test_it_seals_until_it_is_told_to_stop(paper: Paper, tmp_path: Path) -> None:
    stop = threading.Event()

    def until_sealed() -> None:
        with paper.working() as db:
            keep_sealing(db, Notary(tmp_path), Turns(utc_now, stop).every(db, 0.05))

    thread = threading.Thread(target=until_sealed)
    thread.start()
    paper.tell("a", "b")
    waited = threading.Event()
    while paper.rows("select coalesce(max(total_rows), 0) from seals") != [(3,)]:
        waited.wait(0.05)
    stop.set()
    thread.join()
    assert (tmp_path / ANCHORS).exists()


def test_an_address_that_is_none_is_said_at_the_start() -> None:
    wrong = read_settings({"GUERDON_ANCHOR_MAIL": "nowhere"})
    assert isinstance(wrong, list)
    assert [problem.where for problem in wrong] == ["GUERDON_ANCHOR_MAIL"]
