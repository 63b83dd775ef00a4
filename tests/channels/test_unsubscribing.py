"""The two headers by which mail programs unsubscribe their readers."""

import email
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.channels.email.unsubscribing import unsubscribe_headers


def read_back(headers: str) -> dict[str, str]:
    message = email.message_from_bytes(headers.encode() + b"\r\nbody", policy=SMTP)
    assert not message.defects
    return {name: str(value) for name, value in message.items()}


def test_both_headers_as_rfc_8058_has_them() -> None:
    assert read_back(unsubscribe_headers("https://brand.example/u/abc?x=1", "u+abc@brand.example")) == {
        "List-Unsubscribe": "<https://brand.example/u/abc?x=1>,"
        " <mailto:u+abc@brand.example?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert read_back(unsubscribe_headers("https://brand.example/u/abc"))["List-Unsubscribe"] == (
        "<https://brand.example/u/abc>"
    )


def test_our_own_machine_may_be_asked_without_tls() -> None:
    assert "<http://127.0.0.1:8710/u/abc>" in unsubscribe_headers("http://127.0.0.1:8710/u/abc")


@pytest.mark.parametrize(
    "url",
    [
        *("", "brand.example/u", "ftp://brand.example/u", "mailto:u@brand.example", "http://brand.example/u"),
        *("https://brand.example/u>,<https://thief.example/", "https://brand.example/u, https://t.example"),
        *(
            "https://brand.example/u\r\nBcc: all@brand.example",
            "https://brand.example/ü",
            "https://b.example/u v",
        ),
        *("https://me:word@brand.example/u", f"https://brand.example/{'u' * 900}", "https://b.example/u#x"),
    ],
)
def test_an_address_that_would_break_the_header_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        unsubscribe_headers(url)


@pytest.mark.parametrize(
    "mailbox", ["u", "u@", "@b.example", "a@b.example\r\nTo: c", "ü@b.example", "a b@c.example"]
)
def test_a_mailbox_that_is_none_is_refused(mailbox: str) -> None:
    with pytest.raises(ValueError, match="mailbox"):
        unsubscribe_headers("https://brand.example/u", mailbox)


@given(some.text(), some.text(), some.text())
def test_whatever_is_given_it_is_two_headers_or_refused(url: str, local: str, subject: str) -> None:
    try:
        headers = unsubscribe_headers(f"https://brand.example/{url}", f"{local}@brand.example", subject)
    except ValueError:
        return
    assert list(read_back(headers)) == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    assert all(len(line) <= 998 for line in headers.split("\r\n"))
