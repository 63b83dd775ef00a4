"""Prices: what an item costs in the unit of a reward, and what its member gets for it."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from guerdon.program.model import Item, Program
from guerdon.values.money import Money


@dataclass(frozen=True, slots=True)
class Quote:
    """What an item costs in the unit of a reward, and what the member gets for it where that is money."""

    price_minor: int
    face: Money | None


def quote_for(
    program: Program, item: Item, value: Money, left_minor: int, face: Money | None = None
) -> Quote | None:
    """What an item costs who has so much left of a reward; None when it cannot be had for it."""
    if is_whole(program, value.unit):
        usual = price_of(program, item, value, left_minor)
        if face is None:
            return Quote(usual, Money(usual, value.unit)) if usual is not None else None
        fits = face.unit == value.unit and 0 < face.amount_minor <= left_minor
        fits = fits and sold_as(item, face) and (program.catalog.split or face.amount_minor == usual)
        return Quote(face.amount_minor, face) if fits else None
    money = item.currency if item.currency is not None or face is None else face.unit
    faces = [price for price in item.values if price.unit == money]
    if face is None and len(faces) == 1 and item.range is None:
        face = faces[0]
    elif face is not None and not (is_whole(program, face.unit) and sold_as(item, face)):
        return None
    fixed = price_of(program, item, value, left_minor)
    if fixed is not None or item.price_minor(value.unit) is not None or face is None:
        # A price of its own is that of its one amount: of several it would buy the dearest for the same.
        own = item.range is None and len(faces) <= 1
        return Quote(fixed, face) if fixed is not None and own else None
    price_minor = worth_of(program, face, value.unit)
    return Quote(price_minor, face) if price_minor is not None and price_minor <= left_minor else None


def worth_of(program: Program, face: Money, unit: str) -> int | None:
    """How much of points or credits pays for a face value, rounded up; None: the program does not say."""
    worth, known = program.catalog.worth.get(unit), program.units.get(unit)
    money = program.units.get(face.unit)
    if worth is None or known is None or money is None or worth[1] != face.unit or worth[0] <= 0:
        return None
    whole = Decimal(face.amount_minor).scaleb(-money.digits) / worth[0]
    return int(whole.scaleb(known.digits).to_integral_value(ROUND_CEILING))


def face_worth(program: Program, balance: Money) -> Money | None:
    """The dearest face value that so much of points or credits pays; None: the program does not say."""
    worth, known = program.catalog.worth.get(balance.unit), program.units.get(balance.unit)
    money = program.units.get(worth[1]) if worth is not None else None
    if worth is None or known is None or money is None:
        return None
    whole = Decimal(balance.amount_minor).scaleb(-known.digits) * worth[0]
    return Money(int(whole.scaleb(money.digits).to_integral_value(ROUND_FLOOR)), money.key)


def price_of(program: Program, item: Item, value: Money, left_minor: int) -> int | None:
    """What an item costs who has so much left of a reward; None when it cannot be had for it."""
    if is_whole(program, value.unit) and left_minor == value.amount_minor:
        return left_minor if sold_as(item, value) else None
    prices = [price.amount_minor for price in item.values if price.unit == value.unit]
    if item.range is not None and item.currency == value.unit and left_minor >= item.range[0]:
        least, most, step = item.range
        prices.append(least + (min(left_minor, most) - least) // step * step)
    return max((price for price in prices if price <= left_minor), default=None)


def sold_as(item: Item, face: Money) -> bool:
    """Whether an item has this amount: one of its own, or one within its range and steps."""
    if face in item.values:
        return True
    if item.range is None or item.currency != face.unit:
        return False
    least, most, step = item.range
    return least <= face.amount_minor <= most and (face.amount_minor - least) % step == 0


def is_whole(program: Program, unit: str) -> bool:
    """Whether a reward of this unit is taken whole: money is; points and credits are a balance."""
    known = program.units.get(unit)
    # A unit that a later version dropped can still be used up as it was given.
    return known is None or known.kind == "money"
