"""Phone numbers as people write them, with and without a country, read to E.164 or refused with a reason.

A number without a country is one of its market. Whatever could not be dialed to reach this one person is
refused: extensions, numbers that cost the caller or are the network's own, all that is more than a number.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    is_valid_short_number_for_region,
    number_type,
    parse,
    region_code_for_number,
)
from phonenumbers import PhoneNumber as _Parsed

# characters: something that no number has. extension: it leads to a switchboard. country: none is said, and
# the market has none. short, long: digits are missing, or too many. unassigned: no such range is in use.
# premium: calling or texting it costs extra. special: nobody's own phone (freephone, a short code).
Reason = Literal["characters", "extension", "country", "short", "long", "unassigned", "premium", "special"]
Kind = Literal["mobile", "fixed", "either"]

LENGTH_MAX = 40

_EXTENSION = re.compile(
    r"[0-9)\s][\s,;.]*(?:;ext=|e?xt(?:ensi[oó]n?)?|durchwahl|poste|x|#|,|;)[\s:.=]*[0-9]", re.IGNORECASE
)
# A plus, digits, and what people put between them.
_WRITTEN = re.compile(r"\+?[0-9 ().\-/]*")
_DIGIT = re.compile("[0-9]")
# Marks that copying a number out of a program leaves around it: they show nothing.
_UNSEEN = dict.fromkeys(
    [0x00AD, 0x061C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_SPACES = dict.fromkeys([0x00A0, *range(0x2000, 0x200B), 0x202F, 0x3000], " ")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE63, 0xFF0D, 0x30FC], "-")
# Arabic, Persian and full-width digits are digits like ours; a number in them is the same number.
_DIGITS = {zero + value: str(value) for zero in (0x0660, 0x06F0, 0xFF10) for value in range(10)}
_AS_WRITTEN = {**_UNSEEN, **_SPACES, **_DASHES, **_DIGITS, 0xFF0B: "+"}

_REACHED: dict[int, Kind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "either",
    PhoneNumberType.VOIP: "fixed",
}
# Personal numbers forward a call, and callers pay for it.
_COSTLY = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER}


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that can be dialed from anywhere: E.164, its country (`DE`), and what it most likely rings.

    `kind` is by the country's plan of numbers: `either` where that does not tell a mobile from a fixed line.
    """

    number: str = field(repr=False)
    country: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a text is no phone number that a member can be reached by."""

    reason: Reason


def read_phone(text: str, market: str) -> PhoneNumber | Unfit:
    """Read a number as somebody wrote it; `market` is the country (`DE`) of one written without its own."""
    written = text[: LENGTH_MAX + 1].translate(_AS_WRITTEN).strip(" ")
    if not _WRITTEN.fullmatch(written):
        return Unfit("extension" if _EXTENSION.search(written) and written.isprintable() else "characters")
    if len(text) > LENGTH_MAX:
        return Unfit("long")
    if len(_DIGIT.findall(written)) < 3:
        return Unfit("short")
    try:
        parsed = parse(written, market.upper() or None)
    except NumberParseException as fault:
        return _unparsed(fault)
    return _judged(parsed, market.upper(), international=written.startswith("+"))


def _unparsed(fault: NumberParseException) -> Unfit:
    match fault.error_type:
        case NumberParseException.INVALID_COUNTRY_CODE:
            return Unfit("country")
        case NumberParseException.TOO_LONG:
            return Unfit("long")
        case NumberParseException.NOT_A_NUMBER:
            return Unfit("characters")
    return Unfit("short")


def _judged(parsed: _Parsed, market: str, *, international: bool) -> PhoneNumber | Unfit:
    if not is_valid_number(parsed):
        if not international and is_valid_short_number_for_region(parsed, market):
            return Unfit("special")
        return Unfit(_invalid(parsed))
    kind = number_type(parsed)
    if kind in _COSTLY:
        return Unfit("premium")
    country = region_code_for_number(parsed)
    reached = _REACHED.get(kind)
    # 001 is no country: satellites, freephone of everywhere.
    if reached is None or country is None or country == "001":
        return Unfit("special")
    return PhoneNumber(format_number(parsed, PhoneNumberFormat.E164), country, reached)


def _invalid(parsed: _Parsed) -> Reason:
    match is_possible_number_with_reason(parsed):
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "short"
        case ValidationResult.TOO_LONG:
            return "long"
        case ValidationResult.INVALID_COUNTRY_CODE:
            return "country"
    return "unassigned"
