"""Which amounts of an item a member may choose, and what they cost in money and in points."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.redeem.house import PROGRAM

from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.ledger.lots import Lot
from guerdon.program.catalog.nouns import Catalog
from guerdon.program.load import load_program
from guerdon.program.model import Item, Program
from guerdon.rules.choice.payment import Claim
from guerdon.rules.choice.prices import Quote, quote_for
from guerdon.rules.choice.wishes import Wish, decide_wish
from guerdon.values.money import Money

NOW = datetime(2026, 5, 4, tzinfo=UTC)
EUR_200 = Money(20_000, "EUR")
SOLD = Item("card", {"en": "Card"}, "gift_card", (), ("DE",), {}, {}, (500, 15_000, 250), "EUR")
FACES = replace(SOLD, range=None, values=(Money(1_000, "EUR"), Money(20_000, "EUR")))


@pytest.fixture(scope="module")
def program() -> Program:
    found = load_program(PROGRAM)
    assert isinstance(found, Program)
    units = {**found.units, "PTS": replace(found.units["EUR"], key="PTS", digits=0, kind="points")}
    return replace(found, units=units, allowed={}, catalog=Catalog(worth={"PTS": (Decimal("0.03"), "EUR")}))


def claimed(value: Money = EUR_200, left: int | None = None) -> Claim:
    left = value.amount_minor if left is None else left
    lot = Lot(1, left, 0, "budget:b:DE", NOW + timedelta(days=9), NOW)
    return Claim(1, "booking", value, "ready", None, "DE", left, (lot,))


@pytest.mark.parametrize(
    ("item", "left", "face", "split", "price"),
    [
        # Whole, a reward buys what costs exactly that.
        (FACES, 20_000, None, False, 20_000),
        (SOLD, 20_000, None, False, None),
        (FACES, 20_000, 1_000, False, None),
        # A part of it where the program says so, in steps of the range.
        (FACES, 20_000, 1_000, True, 1_000),
        (SOLD, 20_000, 750, True, 750),
        (SOLD, 20_000, 700, True, None),
        (SOLD, 20_000, 15_250, True, None),
        (SOLD, 600, 750, True, None),
        (SOLD, 20_000, 0, True, None),
        # What a rest buys is the dearest that it covers.
        (SOLD, 7_430, None, False, 7_250),
        (SOLD, 499, None, False, None),
    ],
)
def test_an_amount_of_money(
    program: Program, item: Item, left: int, face: int | None, *, split: bool, price: int | None
) -> None:
    lets = replace(program, catalog=Catalog(split=split))
    wanted = None if face is None else Money(face, "EUR")
    quote = quote_for(lets, item, EUR_200, left, wanted)
    assert quote == (None if price is None else Quote(price, Money(price, "EUR")))


@pytest.mark.parametrize(
    ("item", "face", "price"),
    [
        # 10.00 EUR at three cents a point, rounded up.
        (FACES, Money(1_000, "EUR"), 334),
        (SOLD, Money(750, "EUR"), 250),
        (SOLD, Money(751, "EUR"), None),
        (SOLD, Money(1_000, "NOK"), None),
        # Two amounts, and none is said.
        (FACES, None, None),
        (replace(FACES, values=(Money(1_000, "EUR"),)), None, 334),
        # A price of its own goes before what points are worth.
        (replace(FACES, values=(Money(1_000, "EUR"), Money(300, "PTS"))), Money(1_000, "EUR"), 300),
        # But not of several amounts, nor of a range: the dearest would cost the same.
        (replace(FACES, values=(*FACES.values, Money(300, "PTS"))), Money(20_000, "EUR"), None),
        (replace(FACES, values=(*FACES.values, Money(300, "PTS"))), None, None),
        (replace(SOLD, values=(Money(300, "PTS"),)), Money(15_000, "EUR"), None),
        (replace(SOLD, values=(Money(300, "PTS"),)), None, None),
        (
            replace(FACES, currency=None, values=(*FACES.values, Money(300, "PTS"))),
            Money(20_000, "EUR"),
            None,
        ),
        (replace(FACES, values=(Money(1_000, "EUR"), Money(300, "PTS"))), Money(300, "PTS"), None),
        # More than there is.
        (SOLD, Money(15_000, "EUR"), None),
    ],
)
def test_an_amount_for_points(program: Program, item: Item, face: Money | None, price: int | None) -> None:
    quote = quote_for(program, item, Money(900, "PTS"), 900, face)
    assert (quote.price_minor if quote is not None else None) == price


def test_a_fixed_price_buys_its_one_amount_whether_or_not_it_was_said(program: Program) -> None:
    one = replace(FACES, values=(Money(1_000, "EUR"), Money(300, "PTS")))
    said = quote_for(program, one, Money(900, "PTS"), 900)
    assert said == Quote(300, Money(1_000, "EUR"))


def test_what_another_delivers_is_held_and_what_we_have_is_redeemed(program: Program) -> None:
    wish = Wish("card", FACES, later=True)
    (hold,) = decide_wish(program, claimed(), wish, 20_000, NOW)
    assert isinstance(hold, Hold)
    redeem, *_ = decide_wish(program, claimed(), replace(wish, later=False), 20_000, NOW)
    assert isinstance(redeem, Redeem)
    # One choice, one order, whoever delivers it.
    assert hold.request == redeem.order
    assert decide_wish(program, claimed(), replace(wish, price_minor=1), 20_000, NOW) == (
        Refuse("booking", "price", "EUR", 20_000),
    )
    assert decide_wish(program, claimed(), replace(wish, item=None), 20_000, NOW) == (
        Refuse("booking", "item:unknown", "EUR", 20_000),
    )
