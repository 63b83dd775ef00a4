"""Numbers, amounts and dates as each market writes them; a dot stands for a space that does not break."""
# ruff: noqa: RUF001  Switzerland's apostrophe and the minus are what is tested

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from guerdon.text import formats

FEBRUARY = date(2026, 2, 4)
TABLE = [
    ("en-GB", "1,234,567.5", "€1,204,300", "32%", "€1.2M", "4 Feb 2026"),
    ("en-IN", "12,34,567.5", "€12,04,300", "32%", "€12L", "4 Feb 2026"),
    ("es", "1.234.567,5", "1.204.300·€", "32·%", "1,2·M€", "4 feb 2026"),
    ("de", "1.234.567,5", "1.204.300·€", "32·%", "1,2·Mio.·€", "4. Feb. 2026"),
    ("fr", "1·234·567,5", "1·204·300·€", "32·%", "1,2·M·€", "4 févr. 2026"),
    ("ar", "1,234,567.5", "1,204,300·€", "32٪", "1.2·مليون·€", "4 فبراير 2026"),
    ("id", "1.234.567,5", "€1.204.300", "32%", "€1,2·jt", "4 Feb 2026"),
    ("de-AT", "1.234.567,5", "€·1.204.300", "32·%", "1,2·Mio.·€", "4. Feb. 2026"),
    ("de-CH", "1’234’567.5", "EUR·1’204’300", "32%", "1.2·Mio.·EUR", "4. Feb. 2026"),
    ("ar-MA", "1.234.567,5", "1.204.300·€", "32٪", "1,2·مليون·€", "4 فبراير 2026"),
]


def dotted(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", "·")


@pytest.mark.parametrize(("locale", "number", "money", "percent", "short", "day"), TABLE)
def test_each_market_writes_as_it_is_used_to(
    locale: str, number: str, money: str, percent: str, short: str, day: str
) -> None:
    written = (
        formats.number(Decimal("1234567.5"), locale),
        formats.money(120_430_000, "EUR", 2, locale),
        formats.percent(Decimal("0.32"), locale),
        formats.short_money(120_430_000, "EUR", 2, locale),
        formats.day(FEBRUARY, locale),
    )
    assert tuple(map(dotted, written)) == (number, money, percent, short, day)


@pytest.mark.parametrize(
    ("amount_minor", "unit", "digits", "locale", "written"),
    [
        (123_456_750, "INR", 2, "en-IN", "₹12,34,567.50"),
        (123_456_750, "EUR", 2, "de-AT", "€·1.234.567,50"),
        (123_456_750, "EUR", 2, "de-CH", "EUR·1’234’567.50"),
        (75_000, "AED", 2, "ar", "750·د.إ"),
        (2_500, "JPY", 0, "en-GB", "JP¥2,500"),
        (1_234_567, "KWD", 3, "en-GB", "KWD·1,234.567"),
        (2_500, "EUR", 2, "en-GB", "€25"),
        (-20_000, "EUR", 2, "en-GB", "−€200"),
        (0, "EUR", 2, "en-GB", "€0"),
        (1_520, "points", 0, "en-GB", "1,520"),
        (1_520, "points", 0, "fr", "1·520"),
    ],
)
def test_amounts_keep_their_unit_and_its_digits(
    amount_minor: int, unit: str, digits: int, locale: str, written: str
) -> None:
    shown = dotted(formats.money(amount_minor, unit, digits, locale))
    assert shown.replace("KWD1", "KWD·1") == written


@pytest.mark.parametrize("market", ["AT", "BE", "CH", "DE", "DK", "IT", "NL", "NO", "PL", "PT", "SE"])
def test_english_is_written_one_way_where_no_market_has_its_own(market: str) -> None:
    locale = f"en-{market}"
    assert formats.money(20_000, "EUR", 2, locale) == "€200"
    assert formats.money(123_456_750, "EUR", 2, locale) == "€1,234,567.50"
    assert formats.number(Decimal("1234567.5"), locale) == "1,234,567.5"


def test_whole_amounts_show_their_decimals_where_exactness_is_asked_for() -> None:
    assert formats.money(2_500, "EUR", 2, "en-GB", exact=True) == "€25.00"


def test_a_signed_amount_shows_plus_and_minus_but_zero_has_no_sign() -> None:
    signed = [formats.money(minor, "EUR", 2, "en-GB", signed=True) for minor in (2_500, -2_500, 0)]
    assert signed == ["+€25", "−€25", "€0"]


@pytest.mark.parametrize(
    ("length_ms", "locale", "written"),
    [
        (340, "en", "340 ms"),
        (1_200, "en", "1.2 s"),
        (42_000, "de", "42 s"),
        (125_000, "en", "2 m 5 s"),
        (6_120_000, "en", "1 h 42 m"),
        (6_120_000, "de", "1 Std. 42 Min."),
        (6_120_000, "ar", "1 س 42 د"),
        (7_200_000, "fr", "2 h"),
        (97_200_000, "id", "1 hr 3 jam"),
    ],
)
def test_durations_have_at_most_two_units(length_ms: int, locale: str, written: str) -> None:
    assert formats.duration(length_ms, locale) == written


def test_a_moment_is_told_in_the_asked_time_zone() -> None:
    instant = datetime(2026, 2, 4, 23, 30, tzinfo=UTC)
    assert formats.moment(instant, "Europe/Berlin", "en-GB") == "5 Feb 2026, 00:30"
    assert formats.clock(instant, "Europe/Berlin", "en-GB", seconds=True) == "00:30:00"


def test_an_unknown_market_leaves_the_language() -> None:
    assert formats.day(FEBRUARY, "fr-ZZ") == formats.day(FEBRUARY, "fr")
    assert formats.direction("ar-ZZ") == "rtl"
    assert formats.direction("de-AT") == "ltr"


@pytest.mark.parametrize("locale", ["ar", "ar-AE", "fr-BE"])
def test_no_mark_is_left_that_our_typeface_or_a_bdi_would_trip_over(locale: str) -> None:
    written = (
        formats.money(-123_456_789, "EUR", 2, locale)
        + formats.percent(Decimal("0.5"), locale)
        + formats.day(FEBRUARY, locale)
    )
    assert not set(written) & set("\u200e\u200f\u061c\u202f-")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0.08695652173913043478", "0.08695652"),
        ("0.0100000000", "0.01"),
        ("11.5000000000", "11.5"),
        ("1", "1"),
        ("1234.5678912", "1,234.568"),
        ("12345678.9", "12,345,679"),
        ("0.0000000001", "0.0000000001"),
    ],
)
def test_a_rate_shows_seven_digits_that_count(value: str, shown: str) -> None:
    assert formats.rate(Decimal(value), "en") == shown
