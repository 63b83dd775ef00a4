"""Amounts as suppliers write them, and as whole numbers of a currency's smallest part."""

from decimal import Decimal

from guerdon.suppliers.reading import Unreadable
from guerdon.values.money import AMOUNT_MINOR_MAX

# ISO 4217: digits after the point where they are not two.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def digits_of(currency: str) -> int:
    """How many digits a currency has after its point."""
    return _DIGITS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Whether this is how a currency is written."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


def to_minor(amount: Decimal, digits: int) -> int:
    """An exact amount in the smallest part of its currency; `Unreadable` where it has a part of one."""
    # Not first scaled: a number of a million digits would be built by that.
    if amount.is_zero():
        return 0
    if amount.adjusted() > 20 or amount < 0:
        raise Unreadable("an amount is out of bounds")
    minor = amount.scaleb(digits)
    whole = int(minor)
    if minor != whole or whole > AMOUNT_MINOR_MAX:
        raise Unreadable("an amount has more digits than its currency")
    return whole


def to_minor_rounded(amount: Decimal, digits: int) -> int:
    """The same of a price, which may have a part of the smallest: half of one goes up."""
    if amount.is_zero():
        return 0
    if amount.adjusted() > 15 or amount.adjusted() < -15 or amount < 0:
        raise Unreadable("a price is out of bounds")
    return int(amount.scaleb(digits) + Decimal("0.5"))


def to_decimal(minor: int, digits: int) -> Decimal:
    """An amount as it stands in a request: 25.00 for 2500 with two digits."""
    return Decimal(minor).scaleb(-digits)
