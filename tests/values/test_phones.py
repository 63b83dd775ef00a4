# ruff: noqa: RUF001  letters of other alphabets are what is tested
"""Phone numbers as people write them: to E.164, or a reason."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guerdon.values.phones import PhoneNumber, Unfit, read_phone


@pytest.mark.parametrize(
    ("text", "market", "number", "country", "kind"),
    [
        ("0151 12345678", "DE", "+4915112345678", "DE", "mobile"),
        ("0151/123 456-78", "de", "+4915112345678", "DE", "mobile"),
        ("+49 151 12345678", "FR", "+4915112345678", "DE", "mobile"),
        ("0049 151 12345678", "DE", "+4915112345678", "DE", "mobile"),
        ("011 49 151 12345678", "US", "+4915112345678", "DE", "mobile"),
        ("+49 (0)151 12345678", "DE", "+4915112345678", "DE", "mobile"),
        ("+4915112345678", "", "+4915112345678", "DE", "mobile"),
        ("030 901820", "DE", "+4930901820", "DE", "fixed"),
        ("06 12 34 56 78", "FR", "+33612345678", "FR", "mobile"),
        ("612 345 678", "ES", "+34612345678", "ES", "mobile"),
        ("0812-3456-7890", "ID", "+6281234567890", "ID", "mobile"),
        ("(650) 253-0000", "US", "+16502530000", "US", "either"),
        ("312 345 6789", "IT", "+393123456789", "IT", "mobile"),
        ("+44 (0)20 7946 0018", "", "+442079460018", "GB", "fixed"),
        # Italy keeps the zero of a fixed line.
        ("+39 (0)6 4620 1000", "", "+390646201000", "IT", "fixed"),
        ("+39 06 4620 1000", "IT", "+390646201000", "IT", "fixed"),
        ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567", "EG", "mobile"),
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "+989123456789", "IR", "mobile"),
        ("＋４９ １５１ １２３４５６７８", "DE", "+4915112345678", "DE", "mobile"),
        # As address books hand them over: marks of direction, spaces that do not break.
        ("\u202a+49\u00a0151\u00a012345678\u202c", "DE", "+4915112345678", "DE", "mobile"),
        ("+49 151 1234‑5678", "DE", "+4915112345678", "DE", "mobile"),
    ],
)
def test_numbers_are_read_as_their_market_writes_them(
    text: str, market: str, number: str, country: str, kind: str
) -> None:
    read = read_phone(text, market)
    assert isinstance(read, PhoneNumber)
    assert (read.number, read.country, read.kind) == (number, country, kind)


@pytest.mark.parametrize(
    ("text", "market", "reason"),
    [
        ("", "DE", "short"),
        ("+", "DE", "short"),
        ("12", "DE", "short"),
        ("0151 12345678", "", "country"),
        ("0151 12345678", "XX", "country"),
        ("+999 1234567", "DE", "country"),
        ("0151123456781234567", "DE", "long"),
        ("0171 1234567 / 0172 1234567", "DE", "long"),
        ("1" * 5_000, "DE", "long"),
        ("+49 999 1234567", "DE", "unassigned"),
        ("110", "DE", "special"),
        ("112", "FR", "special"),
        ("33333", "FR", "special"),
        ("0800 1234567", "DE", "special"),
        ("+800 1234 5678", "DE", "special"),
        ("0900 1234567", "DE", "premium"),
        ("900 555 1234", "US", "premium"),
        ("070 1234 5678", "GB", "premium"),
        ("0151 12345678 ext. 12", "DE", "extension"),
        ("0151 12345678 Durchwahl 5", "DE", "extension"),
        ("020 7946 0018x123", "GB", "extension"),
        ("+4915112345678,12", "DE", "extension"),
        ("+4915112345678;ext=5", "DE", "extension"),
        ("1-800-FLOWERS", "US", "characters"),
        ("tel:+4915112345678", "DE", "characters"),
        ("ada@example.com", "DE", "characters"),
        ("+49151*12345678", "DE", "characters"),
        ("0151\n12345678", "DE", "characters"),
        ("0151 12345678\r\nTo: +15550001111", "DE", "characters"),
        ("0151 12345678\x00", "DE", "characters"),
        ("0151 12345678 ext.\n12", "DE", "characters"),
        # Digits of scripts that no market of ours writes numbers in.
        ("०१५११२३४५६७८", "DE", "characters"),
        ("0151 1234567\u0661\u0300", "DE", "characters"),
    ],
)
def test_what_reaches_nobody_is_refused_with_a_reason(text: str, market: str, reason: str) -> None:
    assert read_phone(text, market) == Unfit(reason)  # type: ignore[arg-type]


@given(
    some.text(some.characters() | some.sampled_from("+0123456789 ()-./x,;")),
    some.sampled_from(["DE", "US", ""]),
)
def test_whatever_comes_is_a_number_or_a_reason(text: str, market: str) -> None:
    read = read_phone(text, market)
    if isinstance(read, PhoneNumber):
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", read.number)
        assert re.fullmatch(r"[A-Z]{2}", read.country)
        # Read again as it is written, it is the same number, whichever the market.
        assert read_phone(read.number, "") == read


def test_a_number_does_not_show_in_a_log() -> None:
    assert "4915112345678" not in repr(read_phone("+4915112345678", "DE"))
