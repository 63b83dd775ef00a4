import email
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.letters import CLAIM_URL, REWARD, letter
from tests.channels.mail_server import body_of, read_back

from guerdon.channels.email.message import header_text, message_id, write_message
from guerdon.engine.messages.letters import Letter
from guerdon.values.mail import Sender, read_sender, usable_address
from guerdon.values.texts import LANGUAGES

SENDER = Sender("", "rewards@example.com")
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]


def written(made: Letter, sender: Sender = SENDER) -> EmailMessage:
    address = usable_address(made.address)
    assert address is not None
    return read_back(write_message(made, sender, address))


@pytest.mark.parametrize("language", LANGUAGES)
def test_reads_back_as_what_was_rendered(language: str) -> None:
    made = letter(language=language)
    message = written(made)
    assert message["Subject"] == made.mail.subject
    assert body_of(message, "plain").replace("\r\n", "\n").rstrip("\n") == made.mail.text.rstrip("\n")
    assert body_of(message, "html").replace("\r\n", "\n").rstrip("\n") == made.mail.html.rstrip("\n")
    assert message["Content-Language"] == language


def test_has_these_headers_and_no_others() -> None:
    message = written(letter())
    assert message.keys() == HEADERS
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<msg_0000000000007.1@example.com>"
    assert message["Date"] == "Wed, 04 Feb 2026 09:41:00 +0000"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_same_letter_keeps_its_message_id() -> None:
    assert message_id(letter(), SENDER) == message_id(letter(language="ar"), SENDER)


def test_is_sent_in_the_name_of_the_program_unless_the_house_says_otherwise() -> None:
    assert written(letter())["From"] == "Nordlys Circle <rewards@example.com>"
    named = Sender("Prämien & Co.", "rewards@example.com")
    assert written(letter(), named)["From"].addresses[0].display_name == "Prämien & Co."


@pytest.mark.parametrize(
    "name",
    [
        "Ada Example",
        'Ada "the first" Example, Jr. (she)',
        "Zoë Müller",
        "عائشة مثال",
        "李 示例",
        "=?utf-8?q?Ada?=",
        "a\\b",
        "x" * 100,
        "é" * 100,
        "👩🏽‍🚀" * 20,
        "",
    ],
)
def test_any_name_arrives_as_it_is(name: str) -> None:
    raw = write_message(letter(name), SENDER, "ada@example.com")
    assert [a.addr_spec for a in read_back(raw)["To"].addresses] == ["ada@example.com"]
    # Read with the older of the library's two readers: the newer one leaves a space between encoded words.
    shown, address = parseaddr(email.message_from_bytes(raw)["To"])
    assert str(make_header(decode_header(shown))) == name[:100]
    assert address == "ada@example.com"
    head = raw.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 120


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: thief@example.net",
        "Ada\nBcc: thief@example.net",
        "Ada\r\n\r\n<html>",
        "Ada\x00\x0b\x0c\x85\u2028Bcc: thief@example.net",
        'Ada" <thief@example.net>, "x',
        "Ada <thief@example.net>,",
    ],
)
def test_a_name_adds_neither_a_header_nor_a_recipient(name: str) -> None:
    message = written(letter(name, program=f"Circle {name}"))
    assert message.keys() == HEADERS
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com"]
    assert [a.addr_spec for a in message["From"].addresses] == ["rewards@example.com"]


@given(st.text(st.characters(codec="utf-8"), max_size=150))
def test_no_name_at_all_breaks_a_message(name: str) -> None:
    message = written(letter(name))
    assert message.keys() == HEADERS
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.com"]


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_no_subject_at_all_breaks_a_header(text: str) -> None:
    lines = header_text(text).split("\r\n")
    assert all(len(line) <= 78 and line.isascii() and line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("given_address", "usable"),
    [
        ("ada@example.com", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("zoë@example.com", "zoë@example.com"),
        ("ada+rewards@mail.example.com", "ada+rewards@mail.example.com"),
        ("", None),
        ("ada", None),
        ("@example.com", None),
        ("ada@", None),
        ("ada@@example.com", None),
        ("ada b@example.com", None),
        ("ada@exa mple.com", None),
        ("ada@example.com\r\nRCPT TO:<thief@example.net>", None),
        ("ada\r\n@example.com", None),
        ("<ada@example.com>", None),
        ("ada@example.com>", None),
        ("ada..b@example.com", None),
        ("\ud800@example.com", None),
        (f"{'a' * 65}@example.com", None),
        (f"ada@{'a.' * 130}com", None),
    ],
)
def test_an_address_is_usable_or_not(given_address: str, usable: str | None) -> None:
    assert usable_address(given_address) == usable


def test_a_sender_is_an_address_with_or_without_a_name() -> None:
    assert read_sender("Nordlys Circle <rewards@example.com>") == Sender(
        "Nordlys Circle", "rewards@example.com"
    )
    assert read_sender("rewards@example.com") == Sender("", "rewards@example.com")
    assert read_sender("Nordlys Circle") is None
    assert read_sender("") is None


def test_the_link_is_whole_after_the_journey() -> None:
    assert CLAIM_URL in body_of(written(letter()), "html")
    assert CLAIM_URL in body_of(written(letter(language="ar")), "plain").split()


def test_no_line_is_longer_than_a_mail_server_takes() -> None:
    for language in LANGUAGES:
        raw = write_message(letter(language=language), SENDER, "ada@example.com")
        lines = raw.split(b"\r\n")
        assert max(len(line) for line in lines) <= 78
        assert b"\n" not in b"".join(lines)
        assert raw.isascii()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reward_that_never_ends_has_no_last_day(language: str) -> None:
    mail = letter(language=language, reward=replace(REWARD, last_on=None)).mail
    ends = letter(language=language).mail
    for endless, ending in ((mail.text, ends.text), (mail.html, ends.html)):
        assert len(endless) < len(ending)
        assert "None" not in endless
    assert [line for line in ends.text.splitlines() if line not in mail.text.splitlines()]
    assert not [line for line in mail.text.splitlines() if line not in ends.text.splitlines()]
