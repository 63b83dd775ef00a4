"""A mail to a member says where that very mail comes back to, in its envelope; its sender stays who it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.channels.letters import WRITTEN_AT, letter
from tests.channels.mail_server import MailServer, running

from guerdon.channels.email.opening import open_mail
from guerdon.channels.email.returning import ReturnPath
from guerdon.channels.email.wire import EmailChannel, email_channels
from guerdon.config import Settings, read_settings
from guerdon.engine.messages.letters import Letter
from guerdon.engine.messages.port import Accepted
from guerdon.store.messages.suppressions import address_mark
from guerdon.store.sealing import Vault
from guerdon.values.returns import KEY_PURPOSE, Returning, read_address, read_returning

SECRET = "only-for-tests-only-for-tests-only"
VAULT = Vault(SECRET)
WRITTEN_ON = WRITTEN_AT.date()
UNSUBSCRIBE = "https://brand.example/u/0123456789"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running(MailServer()) as started:
        yield started


@pytest.fixture
def channel(server: MailServer) -> Iterator[EmailChannel]:
    (opened,) = email_channels(server.url, "rewards@brand.example", 1, (), ReturnPath(VAULT, "brand.example"))
    yield opened
    opened.close()


def read(address: str | None, day: date = WRITTEN_ON) -> Returning | None:
    written = read_address(address or "")
    assert written is not None
    assert written.domain == "brand.example"
    return read_returning(VAULT.key(KEY_PURPOSE), written.purpose, 1, written.token, day)


def to_member(**more: object) -> Letter:
    return replace(letter(), member_id=42, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("pipelining", [True, False])
def test_the_envelope_names_the_mail_and_the_headers_do_not(
    server: MailServer, channel: EmailChannel, *, pipelining: bool
) -> None:
    server.pipelining = pipelining
    assert isinstance(channel.send(to_member()), Accepted)
    mark = address_mark(VAULT, 1, "email", "ada@example.com")
    assert read(server.envelopes[0].mail_from) == Returning(42, 7, WRITTEN_ON, mark[:3])
    assert server.mails[0]["From"] == "Nordlys Circle <rewards@brand.example>"
    assert "bounces+" not in str(server.mails[0])


def test_it_is_dated_by_the_day_of_writing_wherever_that_was(
    server: MailServer, channel: EmailChannel
) -> None:
    late = datetime.fromisoformat("2026-02-05T00:30:00+09:00")
    assert isinstance(channel.send(to_member(written_at=late)), Accepted)
    found = read(server.envelopes[0].mail_from)
    assert found is not None
    assert found.written_on == late.astimezone(UTC).date() == date(2026, 2, 4)


def test_marketing_has_a_mailbox_to_unsubscribe_at_as_well(server: MailServer, channel: EmailChannel) -> None:
    assert isinstance(channel.send(to_member(unsubscribe_url=UNSUBSCRIBE)), Accepted)
    assert isinstance(channel.send(to_member()), Accepted)
    offered, plain = server.mails
    web, mailbox = str(offered["List-Unsubscribe"]).split(",")
    assert web == f"<{UNSUBSCRIBE}>"
    address = mailbox.strip().removeprefix("<mailto:").partition("?")[0]
    assert address.startswith("unsubscribe+")
    found = read(address)
    assert found is not None
    assert found[:2] == (42, 7)
    assert plain["List-Unsubscribe"] is None


def test_what_is_written_to_no_member_comes_back_to_its_sender(
    server: MailServer, channel: EmailChannel
) -> None:
    assert isinstance(channel.send(letter()), Accepted)
    assert server.envelopes[0].mail_from == "rewards@brand.example"


@pytest.mark.parametrize("taken", [True, False])
def test_only_where_somebody_takes_it_anything_comes_back(server: MailServer, *, taken: bool) -> None:
    given = {
        "GUERDON_SECRET": SECRET,
        "GUERDON_SMTP_URL": server.url,
        "GUERDON_MAIL_FROM": "Nordlys <rewards@Brand.Example>",
        "GUERDON_BOUNCES": "127.0.0.1:8727" if taken else "",
    }
    settings = read_settings(given)
    assert isinstance(settings, Settings)
    assert settings.bounces == (("127.0.0.1", 8727) if taken else None)
    (channel,) = open_mail(settings, 1, VAULT)
    assert isinstance(channel.send(to_member()), Accepted)
    channel.close()
    assert str(server.envelopes[0].mail_from).startswith("bounces+" if taken else "rewards@")


@pytest.mark.parametrize("where", ["25", "mail.example", "nowhere:0", "smtp://127.0.0.1:25"])
def test_what_is_no_place_to_listen_at_stops_every_command(where: str) -> None:
    wrong = read_settings({"GUERDON_SECRET": SECRET, "GUERDON_BOUNCES": where})
    assert isinstance(wrong, list)
    assert [problem.where for problem in wrong] == ["GUERDON_BOUNCES"]
