"""Addresses that mails come back to: read as they were written, for a time, and no other one ever."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.crockford import ALPHABET
from guerdon.values.ids import ID_MAX
from guerdon.values.mail import read_listening, usable_address
from guerdon.values.returns import (
    MARK_BYTES,
    OPEN_DAYS,
    RETURN_PURPOSES,
    TOKEN_LENGTH,
    Returning,
    ReturnPurpose,
    Written,
    find_addresses,
    read_address,
    read_returning,
    return_address,
)

KEY, OTHER = b"k" * 32, b"o" * 32
DAY = date(2026, 5, 4)
MAIL = Returning(7, 4711, DAY, b"\x01\x02\x03")
PURPOSES = st.sampled_from(RETURN_PURPOSES)
NUMBERS = st.integers(0, ID_MAX)


def token_of(purpose: ReturnPurpose, mail: Returning = MAIL, program_id: int = 1) -> str:
    written = read_address(return_address(KEY, purpose, program_id, mail, "brand.example"))
    assert written is not None
    assert (written.purpose, written.domain) == (purpose, "brand.example")
    return written.token


@given(
    PURPOSES,
    NUMBERS,
    NUMBERS,
    st.dates(date(2020, 1, 1), date(2150, 1, 1)),
    st.binary(min_size=3, max_size=3),
)
def test_what_is_written_is_read_whatever_servers_make_of_its_case(
    purpose: ReturnPurpose, member: int, message: int, day: date, mark: bytes
) -> None:
    mail = Returning(member, message, day, mark)
    address = return_address(KEY, purpose, 9, mail, "brand.example")
    assert usable_address(address) == address
    assert len(address.partition("@")[0]) <= 64
    for spelled in (address, address.upper(), address.title()):
        written = read_address(spelled)
        assert written is not None
        assert read_returning(KEY, written.purpose, 9, written.token, day) == mail


@given(PURPOSES, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET))
def test_no_letter_may_be_another_one(purpose: ReturnPurpose, place: int, letter: str) -> None:
    token = token_of(purpose).upper()
    forged = token[:place] + letter + token[place + 1 :]
    assert (read_returning(KEY, purpose, 1, forged, DAY) is None) == (forged != token)


@pytest.mark.parametrize("purpose", RETURN_PURPOSES)
def test_it_is_for_one_program_one_purpose_and_one_key(purpose: ReturnPurpose) -> None:
    token, (other,) = token_of(purpose), set(RETURN_PURPOSES) - {purpose}
    assert read_returning(KEY, purpose, 1, token, DAY) == MAIL
    assert read_returning(KEY, purpose, 2, token, DAY) is None
    assert read_returning(KEY, other, 1, token, DAY) is None
    assert read_returning(OTHER, purpose, 1, token, DAY) is None


@pytest.mark.parametrize("purpose", RETURN_PURPOSES)
def test_it_ends_by_itself_and_is_not_of_tomorrow(purpose: ReturnPurpose) -> None:
    token, last = token_of(purpose), DAY + timedelta(days=OPEN_DAYS[purpose])
    assert read_returning(KEY, purpose, 1, token, last) == MAIL
    assert read_returning(KEY, purpose, 1, token, last + timedelta(days=1)) is None
    # Of two machines one may be a day ahead, and no more.
    assert read_returning(KEY, purpose, 1, token, DAY - timedelta(days=1)) == MAIL
    assert read_returning(KEY, purpose, 1, token, DAY - timedelta(days=2)) is None


@given(st.text(max_size=80))
def test_whatever_else_comes_is_no_token(text: str) -> None:
    assert read_returning(KEY, "bounces", 1, text, DAY) is None
    assert read_address(text) is None


def test_addresses_are_found_in_headers_and_so_many_of_them() -> None:
    address = return_address(KEY, "unsubscribe", 1, MAIL, "brand.example")
    token = address[len("unsubscribe+") :].partition("@")[0]
    said = f"<https://brand.example/u/x>,\r\n <mailto:{address}?subject=unsubscribe>"
    assert find_addresses(said) == [Written("unsubscribe", token, "brand.example")]
    assert len(find_addresses(said * 50)) == 10
    assert find_addresses(f"bounces+{token[:-1]}@brand.example bounces@brand.example") == []
    assert read_address(f"x{address}") is None


@pytest.mark.parametrize("mail", [MAIL._replace(written_on=date(2019, 12, 31)), MAIL._replace(mark=b"ab")])
def test_what_no_token_can_hold_is_refused(mail: Returning) -> None:
    assert MARK_BYTES == 3
    with pytest.raises(ValueError, match="hold"):
        return_address(KEY, "bounces", 1, mail, "brand.example")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("127.0.0.1:8727", ("127.0.0.1", 8727)),
        ("mail.example:25", ("mail.example", 25)),
        ("[::1]:25", ("::1", 25)),
        *((wrong, None) for wrong in ("", "25", ":25", "host", "host:", "host:0", "host:65536", "host:x")),
        *((wrong, None) for wrong in ("::1:25", "[x]:25", "[127.0.0.1]:25", "a b:25", "host:²")),
    ],
)
def test_where_to_listen_is_a_host_with_a_port(text: str, read: tuple[str, int] | None) -> None:
    assert read_listening(text) == read
