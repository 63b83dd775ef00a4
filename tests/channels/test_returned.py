"""What reports say is read as their RFCs have it; what nobody understands is let go, and that is all."""

from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.returns import complained, report, undelivered

from guerdon.channels.email.returned import (
    LINES_MAX,
    PARTS_MAX,
    READ_MAX,
    Complained,
    LetGo,
    Undelivered,
    read_returned,
)
from guerdon.values.returns import Returning, find_addresses, return_address

FROM = return_address(b"k" * 32, "bounces", 1, Returning(7, 8, date(2026, 5, 4), b"abc"), "brand.example")
WAY_OUT = return_address(
    b"k" * 32, "unsubscribe", 1, Returning(7, 8, date(2026, 5, 4), b"abc"), "brand.example"
)


@pytest.mark.parametrize(
    ("mail", "read"),
    [
        (undelivered("5.1.1"), Undelivered("5.1.1", dead=True)),
        (undelivered("5.1.10 (null MX)"), Undelivered("5.1.10", dead=True)),
        (undelivered("5.2.1"), Undelivered("5.2.1", dead=True)),
        # A mailbox that is full, and a server that wants no mail of ours: that says nothing of the mailbox.
        (undelivered("5.2.2"), Undelivered("5.2.2", dead=False)),
        (undelivered("5.7.1"), Undelivered("5.7.1", dead=False)),
        (
            undelivered("5.0.0", diagnostic="550 5.1.1 <m1@example.com>: no such user"),
            Undelivered("5.1.1", dead=True),
        ),
        (undelivered("", diagnostic="550 5.4.4 unrouteable"), Undelivered("5.4.4", dead=False)),
        (undelivered("5.0.0", diagnostic="550 no"), Undelivered("5.0.0", dead=False)),
        (undelivered("4.2.2", "delayed"), LetGo("not_failed")),
        (undelivered("2.0.0", "delivered"), LetGo("not_failed")),
        (undelivered("5.1.1", "relayed"), LetGo("not_failed")),
        # It failed for now, or nobody says why.
        (undelivered("4.4.7"), LetGo("failed_without_code")),
        (undelivered("15.1.1"), LetGo("failed_without_code")),
        (undelivered("no"), LetGo("failed_without_code")),
    ],
)
def test_a_report_of_delivery(mail: bytes, read: object) -> None:
    assert read_returned(mail) == read


def test_the_first_recipient_that_failed_counts() -> None:
    blocks = (
        "Reporting-MTA: dns; x",
        "Action: delivered\r\nStatus: 2.0.0",
        "Action: failed\r\nStatus: 5.1.1",
    )
    assert read_returned(report("delivery-status", "\r\n\r\n".join(blocks))) == Undelivered(
        "5.1.1", dead=True
    )


def test_a_complaint_names_the_mail_by_where_it_came_from_or_by_its_headers() -> None:
    named = Complained(find_addresses(FROM))
    assert read_returned(complained(FROM)) == named
    assert read_returned(complained(original=f"Return-Path: <{FROM}>\r\n")) == named
    listed = f"List-Unsubscribe: <https://x/u/y>,\r\n <mailto:{WAY_OUT}?subject=unsubscribe>\r\n"
    assert read_returned(complained(original=listed)) == Complained(find_addresses(WAY_OUT))
    assert read_returned(complained(FROM, "fraud")) == named
    assert read_returned(complained()) == Complained([])


@pytest.mark.parametrize("kind", ["not-spam", "virus", "other", ""])
def test_other_words_of_providers_are_no_complaint(kind: str) -> None:
    assert read_returned(complained(FROM, kind)) == LetGo("no_complaint")


def test_somebody_on_holiday_is_no_report() -> None:
    mail = EmailMessage()
    mail["Subject"], mail["Auto-Submitted"] = "Out of office: 5.1.1", "auto-replied"
    mail.set_content("Action: failed\nStatus: 5.1.1\n")
    assert read_returned(mail.as_bytes()) == LetGo("no_report")


def test_a_receipt_that_it_was_read_is_another_report() -> None:
    mail = undelivered().replace(b"report-type=delivery-status", b"report-type=disposition-notification")
    assert read_returned(mail) == LetGo("other_report")


def test_what_is_nested_without_end_or_very_long_is_not_read_to_its_end() -> None:
    nested = b"".join(
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b%d"\r\n\r\n--b%d\r\n'
        % (n, n)
        for n in range(PARTS_MAX + 1)
    )
    assert read_returned(nested) == LetGo("too_many_parts")
    late = undelivered().replace(b"We are sorry.", b"x" * READ_MAX)
    assert read_returned(late) == LetGo("not_failed")
    assert read_returned(undelivered() + b"x" * 10 * READ_MAX) == Undelivered("5.1.1", dead=True)
    blank = undelivered().replace(b"We are sorry.", b"\r\n" * LINES_MAX)
    assert len(blank) < READ_MAX
    assert read_returned(blank) == LetGo("not_failed")


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_where_lines_end_otherwise_it_is_nested_no_deeper(end: bytes) -> None:
    lines = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b%d" % n
        + 2 * end
        + b"--b%d" % n
        for n in range(PARTS_MAX + 1)
    )
    assert read_returned(end.join(lines)) == LetGo("too_many_parts")


@given(st.binary(max_size=400))
def test_whatever_comes_is_let_go(content: bytes) -> None:
    assert isinstance(read_returned(content), LetGo)


@given(
    st.integers(0, 900),
    st.binary(min_size=1, max_size=12),
    st.sampled_from([undelivered(), complained(FROM)]),
)
def test_a_report_that_was_spoiled_never_fails(place: int, noise: bytes, mail: bytes) -> None:
    spoiled = mail[:place] + noise + mail[place + len(noise) :]
    assert isinstance(read_returned(spoiled), LetGo | Undelivered | Complained)
