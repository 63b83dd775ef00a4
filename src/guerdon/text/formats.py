"""Numbers, amounts, dates and durations as each language and market writes them.

Babel's CLDR data plus our overrides: direction marks are stripped (a page isolates numbers itself), French
groups with U+00A0 because our typeface has no narrow space, Arabic percent is `٪`, minus is U+2212, and
dates name the month. A locale is language plus market, `de-AT`; where CLDR does not know the pair, the
language alone decides.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    is_currency,
)

from guerdon.text.catalogs import words
from guerdon.text.units.words import in_words

MINUS = "\N{MINUS SIGN}"
_STRIPPED = {ord(mark): None for mark in "\u200e\u200f\u061c"} | {
    ord("-"): MINUS,
    ord("\N{NARROW NO-BREAK SPACE}"): "\N{NO-BREAK SPACE}",
}
# The console has no market of its own; English there means the English of the prototypes. So it does in
# markets where CLDR has English readers write money as their neighbors do: `200 €` in Denmark.
_ENGLISH = Locale("en", "GB")
RATE_DIGITS = 7
# Around what is quoted in a text that runs the other way.
_ISOLATED = "\u2068{}\u2069"
_DAY_PATTERNS = {"de": "d. MMM y"}
_DAY_IN_YEAR_PATTERNS = {"de": "d. MMM"}


@cache
def cldr_locale(locale: str) -> Locale:
    """Give CLDR's locale for ours; an unknown market leaves the language alone."""
    for tried in (locale.replace("-", "_"), locale.partition("-")[0]):
        try:
            found = Locale.parse(tried)
        except (UnknownLocaleError, ValueError):
            continue
        if found is not None:
            return _ENGLISH if found.language == "en" and not _is_english_money(found) else found
    return _ENGLISH


def _is_english_money(place: Locale) -> bool:
    return place.territory is not None and place.currency_formats["standard"].pattern.startswith("¤#")


def direction(locale: str) -> str:
    """Tell which way a language is written: `ltr` or `rtl`."""
    return cldr_locale(locale).text_direction


def number(value: int | Decimal, locale: str) -> str:
    """Write a number: 1,234,567.5 or 1.234.567,5."""
    return _plain(format_decimal(value, locale=cldr_locale(locale)))


def money(
    amount_minor: int, unit: str, digits: int, locale: str, *, exact: bool = False, signed: bool = False
) -> str:
    """Write an amount. Whole amounts drop their decimals unless `exact`; `signed` shows the plus too.

    A unit of the program's own is called by what a brand calls it, where one holds (`units/words.py`); in
    columns, which are `exact`, it has no words.
    """
    value = Decimal(amount_minor).scaleb(-digits)
    shown = digits if exact or value != value.to_integral_value() else 0
    sign = (MINUS if value < 0 else "+") if signed and value else (MINUS if value < 0 else "")
    place = cldr_locale(locale)
    if not is_currency(unit):
        written = f"{sign}{_plain(format_decimal(abs(value), format=_fixed('#,##0', shown), locale=place))}"
        named = None if exact else in_words(abs(value), written, unit, place.language)
        return written if named is None else named
    pattern = _fixed_pattern(place, shown)
    text = format_currency(abs(value), unit, format=pattern, locale=place, currency_digits=False)
    return sign + _plain(text).rstrip(".")


def short_money(amount_minor: int, unit: str, digits: int, locale: str) -> str:
    """Write an amount for an axis or a summary: €1.2M."""
    value = Decimal(amount_minor).scaleb(-digits)
    place = cldr_locale(locale)
    if is_currency(unit):
        return _plain(format_compact_currency(value, unit, locale=place, fraction_digits=1)).rstrip(".")
    return _plain(format_compact_decimal(value, locale=place, fraction_digits=1))


def quoted(value: str | int, locale: str) -> str:
    """What a text names: a number as its readers write it, a word that keeps its own direction."""
    written = number(value, locale) if isinstance(value, int) else value
    return _ISOLATED.format(written) if direction(locale) == "rtl" else written


def rate(value: Decimal, locale: str) -> str:
    """Write what one unit is worth in another, to the seventh digit that counts: 0.08695652."""
    decimals = max(0, RATE_DIGITS - 1 - value.adjusted())
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return _plain(format_decimal(value, format=pattern, locale=cldr_locale(locale)))


def percent(share: float | Decimal, locale: str, decimals: int = 0) -> str:
    """Write a share of one: 32%, with one decimal where shares are compared."""
    place = cldr_locale(locale)
    pattern = (
        place.percent_formats[None].pattern.partition(";")[0].replace("#,##0", _fixed("#,##0", decimals))
    )
    text = _plain(format_percent(share, format=pattern, locale=place))
    return text.replace("%", "٪") if place.language == "ar" else text


def day(value: date, locale: str) -> str:
    """Write a day with its month's name: 4 Feb 2026."""
    place = cldr_locale(locale)
    if place.territory == "US":
        return _plain(format_date(value, "medium", locale=place))
    return _plain(format_date(value, _DAY_PATTERNS.get(place.language, "d MMM y"), locale=place))


def day_in_year(value: date, locale: str) -> str:
    """Write a day without its year, for axes: 4 Feb."""
    place = cldr_locale(locale)
    pattern = "MMM d" if place.territory == "US" else _DAY_IN_YEAR_PATTERNS.get(place.language, "d MMM")
    return _plain(format_date(value, pattern, locale=place))


def month(value: date, locale: str) -> str:
    """Write a month and its year: Feb 2026."""
    return _plain(format_date(value, "LLL y", locale=cldr_locale(locale)))


def moment(value: datetime, zone: str, locale: str) -> str:
    """Write an instant in a time zone: 4 Feb 2026, 09:41."""
    local = value.astimezone(ZoneInfo(zone))
    between = "، " if cldr_locale(locale).language == "ar" else ", "
    return f"{day(local.date(), locale)}{between}{clock(value, zone, locale)}"


def clock(value: datetime, zone: str, locale: str, *, seconds: bool = False) -> str:
    """Write the time of day in a time zone, 24 hours long; logs show seconds."""
    pattern = "HH:mm:ss" if seconds else "HH:mm"
    local = value.astimezone(ZoneInfo(zone))
    return _plain(format_datetime(local, pattern, tzinfo=local.tzinfo, locale=cldr_locale(locale)))


def duration(length_ms: int, locale: str) -> str:
    """Write how long something took, in at most two units: 340 ms, 1.2 s, 2 m 5 s, 1 h 42 m, 3 d 4 h."""
    say = words(locale, "formats").gettext
    seconds = length_ms // 1000
    if length_ms < 1000:
        return say("%(n)s ms") % {"n": number(length_ms, locale)}
    if length_ms < 10_000:
        return say("%(n)s s") % {"n": number((Decimal(length_ms) / 1000).quantize(Decimal("0.1")), locale)}
    for unit_s, smaller_s, alone, both in (
        (86_400, 3_600, say("%(n)s d"), say("%(n)s d %(m)s h")),
        (3_600, 60, say("%(n)s h"), say("%(n)s h %(m)s m")),
        (60, 1, say("%(n)s m"), say("%(n)s m %(m)s s")),
    ):
        if seconds >= unit_s:
            many, rest = divmod(seconds, unit_s)
            fewer = rest // smaller_s
            return (both if fewer else alone) % {"n": number(many, locale), "m": number(fewer, locale)}
    return say("%(n)s s") % {"n": number(seconds, locale)}


def _plain(text: str) -> str:
    return text.translate(_STRIPPED)


def _fixed(pattern: str, decimals: int) -> str:
    return f"{pattern}.{'0' * decimals}" if decimals else pattern


@cache
def _fixed_pattern(place: Locale, decimals: int) -> str:
    standard = place.currency_formats["standard"].pattern.partition(";")[0]
    whole = standard.replace(".00", "").replace("\u200f", "").replace("\u200e", "")
    head, zero, tail = whole.rpartition("0")
    return f"{_fixed(head + zero, decimals)}{tail}"
