"""Mails on the wire: signed where a key is set, with a way out for mail programs where a letter has one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.channels.letters import letter
from tests.channels.mail_server import MailServer, running

from guerdon.channels.email.dkim import DkimKey, read_keys
from guerdon.channels.email.message import write_message
from guerdon.channels.email.wire import email_channels
from guerdon.engine.messages.port import Accepted, Rejected
from guerdon.values.mail import Sender

SENDER = "Nordlys Circle <rewards@Brand.example>"
UNSUBSCRIBE = "https://rewards.example/u/0123456789ABCDEFGHJK"
KEY = generate_private_key(65537, 2048)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer()) as started:
        yield started


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "dkim.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def is_believed(message: bytes, key: DkimKey) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert timeout > 0
        assert name.decode().rstrip(".") == key.record_name
        return key.record.encode()

    try:
        return bool(dkim.DKIM(message).verify(dnsfunc=dns))
    except dkim.DKIMException:
        return False


def test_what_arrives_is_signed_for_the_senders_domain(server: MailServer, pem: Path) -> None:
    keys = read_keys(pem, "s1", SENDER)
    assert [(key.domain, key.selector) for key in keys] == [("brand.example", "s1")]
    (channel,) = email_channels(server.url, SENDER, 1, keys)
    going = replace(letter(), unsubscribe_url=UNSUBSCRIBE, unsubscribe_mail="u@brand.example")
    assert isinstance(channel.send(going), Accepted)
    channel.close()
    raw = server.envelopes[0].content
    assert isinstance(raw, bytes)
    assert raw.startswith(b"DKIM-Signature: v=1;")
    assert is_believed(raw, keys[0])
    assert not is_believed(raw.replace(UNSUBSCRIBE.encode(), b"https://evil.example/u/0"), keys[0])
    assert not is_believed(raw.replace(b"Nordlys", b"Nordlyz"), keys[0])


def test_without_a_key_nothing_is_signed(server: MailServer) -> None:
    assert read_keys(None, "", SENDER) == ()
    (channel,) = email_channels(server.url, SENDER, 1)
    assert isinstance(channel.send(letter()), Accepted)
    channel.close()
    assert server.mails[0]["DKIM-Signature"] is None


def test_mail_programs_unsubscribe_by_a_post_where_the_letter_says_so(server: MailServer) -> None:
    (channel,) = email_channels(server.url, SENDER, 1)
    assert isinstance(channel.send(replace(letter(), unsubscribe_url=UNSUBSCRIBE)), Accepted)
    assert isinstance(channel.send(letter()), Accepted)
    channel.close()
    marketing, service = server.mails
    assert marketing["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert marketing["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert service["List-Unsubscribe"] is None
    assert service["List-Unsubscribe-Post"] is None
    assert [each["Feedback-ID"] for each in server.mails] == [None, None]


@pytest.mark.parametrize(
    "url", ["http://rewards.example/u/0", "https://rewards.example/u/0>\r\nBcc: x@y.example"]
)
def test_a_mail_without_a_usable_way_out_is_not_sent(server: MailServer, url: str) -> None:
    going = replace(letter(), unsubscribe_url=url)
    with pytest.raises(ValueError, match="unsubscribe"):
        write_message(going, Sender("", "rewards@brand.example"), "ada@example.com")
    (channel,) = email_channels(server.url, SENDER, 1)
    assert channel.send(going) == Rejected("unsubscribe:unusable")
    channel.close()
    assert server.envelopes == []


def test_addresses_to_unsubscribe_at_stay_out_of_logs() -> None:
    shown = repr(replace(letter(), unsubscribe_url=UNSUBSCRIBE, unsubscribe_mail="u+secret@brand.example"))
    assert UNSUBSCRIBE not in shown
    assert "u+secret" not in shown


def test_a_key_that_cannot_be_read_says_which_file(tmp_path: Path, pem: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.pem cannot be read: No such file"):
        read_keys(tmp_path / "nowhere.pem", "s1", SENDER)
    odd = tmp_path / "odd.pem"
    odd.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="no PEM file"):
        read_keys(odd, "s1", SENDER)
    with pytest.raises(ValueError, match="no name that a DNS record could have"):
        read_keys(pem, "S 1", SENDER)
    with pytest.raises(ValueError, match="sender"):
        read_keys(pem, "s1", "nobody")
