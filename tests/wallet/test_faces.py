"""Codes of our own for who pays with points: found by the amount that was chosen, whatever it costs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from tests.wallet.house import House
from tests.wallet.test_orders import stock

from guerdon.engine.catalog.feeds import read_feed
from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.staging import Asked, take_feed
from guerdon.engine.redeeming.choice import Choice
from guerdon.engine.redeeming.redeem import redeem
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.catalog.nouns import Catalog, Kind
from guerdon.queries.controls.codes import ORDERS
from guerdon.queries.invariants import check_invariants
from guerdon.queries.orders.orders import load_order
from guerdon.queries.orders.pools import list_pools
from guerdon.store.database import Transaction, connect, transaction
from guerdon.values.money import Money

CARD = "main:card"
KINDS = {"gift_card": Kind("gift_card", {"en": "Gift cards"}, "gift")}
EUR_5, EUR_10 = Money(500, "EUR"), Money(1_000, "EUR")


@pytest.fixture
def member(house: House) -> int:
    """Return a member with a thousand points, where codes of our own deliver a card of two amounts."""
    worth(house, "0.02")
    card = {"id": "card", "name": {"en": "Card"}, "category": "gift_card", "kind": "gift_card"}
    sold = {"markets": ["DE"], "currency": "EUR", "amounts": ["5.00", "10.00", "9.50"]}
    feed = BytesIO(json.dumps(card | sold).encode())
    ground = Ground(house.program_id, house.program, "", "")
    with connect(house.url, house.secret, "web") as db:
        said = Asked("main", "test", supplier="pool")
        sync = take_feed(db, ground, said, read_feed(feed), lambda: house.now)
    assert sync.counts.new == 1
    (member,) = house.enroll("1")
    house.tell("1", "order.paid", order_no="a", amount=1_000)
    return member


def worth(house: House, of_a_point: str) -> None:
    catalog = Catalog(KINDS, worth={"PTS": (Decimal(of_a_point), "EUR")})
    house.program = replace(house.program, catalog=catalog)


def choose(house: House, member: int, face: Money) -> Redeem | Hold | Refuse | None:
    ((reward,),) = house.rows("select id from rewards where member_id = %(m)s", m=member)

    @contextmanager
    def opens() -> Iterator[Transaction]:
        with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id, member) as tx:
            yield tx

    choice = Choice(house.program_id, member, reward, CARD, "phone", house.purse(member)[0], face)
    return redeem(opens, house.program, choice, house.now)


def given(house: House, member: int, said: Redeem | Hold | Refuse | None) -> tuple[int, str]:
    """What it cost, and which code went to it."""
    assert isinstance(said, Redeem), said
    with house.web() as tx:
        order = load_order(tx, house.vault, house.program_id, member, said.order)
    assert order is not None
    return said.value, order.handed[0].text


def test_a_code_stays_of_its_amount_when_points_become_worth_more(house: House, member: int) -> None:
    stock(house, FIVE=f"{CARD} 500 EUR", TEN=f"{CARD} 1000 EUR")
    # What ten euros cost now is what five cost before.
    worth(house, "0.04")
    assert given(house, member, choose(house, member, EUR_10)) == (250, "TEN")
    again = choose(house, member, EUR_10)
    assert isinstance(again, Refuse)
    assert again.reason == "sold_out"
    assert given(house, member, choose(house, member, EUR_5)) == (125, "FIVE")


def test_of_two_amounts_at_one_price_each_has_its_own_codes(house: House, member: int) -> None:
    worth(house, "1.00")
    stock(house, LESS=f"{CARD} 950 EUR", MORE=f"{CARD} 1000 EUR")
    assert given(house, member, choose(house, member, Money(950, "EUR"))) == (10, "LESS")
    assert given(house, member, choose(house, member, EUR_10)) == (10, "MORE")


def test_how_long_codes_last_is_counted_by_what_was_chosen(house: House, member: int) -> None:
    stock(house, A=f"{CARD} 500 EUR", B=f"{CARD} 500 EUR", C=f"{CARD} 1000 EUR")
    choose(house, member, EUR_5)
    with house.web() as tx:
        pools = {pool.value: pool for pool in list_pools(tx, house.now)}
    assert (pools[500].free, pools[500].used, pools[500].lasts_days) == (1, 1, 7)
    assert (pools[1_000].free, pools[1_000].used) == (1, 0)


def test_a_code_of_another_amount_is_found_by_the_controls(house: House, member: int) -> None:
    stock(house, FIVE=f"{CARD} 500 EUR")
    choose(house, member, EUR_5)

    def breaches(value: int) -> list[str]:
        assert house.rows("update codes set value = %(v)s returning id", v=value)
        with house.web() as tx:
            return [each for each in check_invariants(tx, [ORDERS]) if each.startswith("codes.orders")]

    (breach,) = breaches(1_000)
    assert "it is of main:card, 500 EUR, its code of main:card, 1000 EUR, and issued" in breach
    # The books of a house are looked at when it is left.
    assert breaches(500) == []
