"""Amounts: read as programs write them, refused where a part would be lost or nothing could hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guerdon.values.money import (
    AMOUNT_MINOR_MAX,
    BadAmount,
    Money,
    Unit,
    parse_amount,
    parse_money,
    plain_amount,
)

EUR = Unit("EUR", "money", 2)
YEN = Unit("JPY", "money", 0)
DINAR = Unit("KWD", "money", 3)
UNITS = {unit.key: unit for unit in (EUR, YEN, DINAR)}


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("25.00 EUR", Money(2500, "EUR")),
        ("25 EUR", Money(2500, "EUR")),
        (" 0.01  EUR ", Money(1, "EUR")),
        ("-1.50 EUR", Money(-150, "EUR")),
        ("1500 JPY", Money(1500, "JPY")),
        ("1.250 KWD", Money(1250, "KWD")),
        ("92233720368547758.07 EUR", Money(AMOUNT_MINOR_MAX, "EUR")),
    ],
)
def test_reads_an_amount_with_its_unit(text: str, money: Money) -> None:
    assert parse_money(text, UNITS) == money


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not an amount with its unit"),
        ("25.00", "not an amount with its unit"),
        ("EUR", "not an amount with its unit"),
        ("EUR 25.00", "unknown unit 25.00"),
        ("25.00 EURO", "unknown unit EURO"),
        ("25.0 EUR", "25.0 has 1, EUR has 2"),
        ("25.000 EUR", "25.000 has 3, EUR has 2"),
        ("25.00 JPY", "25.00 has 2, JPY has 0"),
        ("25,00 EUR", "is not an amount"),
        ("1'000 EUR", "is not an amount"),
        ("1_000 EUR", "is not an amount"),
        ("1e3 EUR", "is not an amount"),
        (".5 EUR", "is not an amount"),
        ("+5 EUR", "is not an amount"),
        ("--5 EUR", "is not an amount"),
        ("\u0662\u0665 EUR", "is not an amount"),
        ("NaN EUR", "is not an amount"),
        ("92233720368547758.08 EUR", "larger than an amount can be"),
        ("9" * 40 + " EUR", "larger than an amount can be"),
        ("9" * 5000 + " EUR", "is not an amount"),
    ],
)
def test_says_why_a_text_is_no_amount(text: str, what: str) -> None:
    read = parse_money(text, UNITS)
    assert isinstance(read, BadAmount)
    assert what in read.what
    assert len(read.what) < 150


@given(st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX), st.sampled_from([EUR, YEN, DINAR]))
def test_what_is_written_is_read_again(amount_minor: int, unit: Unit) -> None:
    assert parse_amount(plain_amount(amount_minor, unit), unit) == amount_minor


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_a_reason(text: str) -> None:
    assert isinstance(parse_money(text, UNITS), Money | BadAmount)


def test_an_amount_beyond_64_bits_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        Money(AMOUNT_MINOR_MAX + 1, "EUR")
