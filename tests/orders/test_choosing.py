"""Whom an order goes to first: by preference, then by price; the unwell last, who has nothing not at all."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import EUR_200, opened_house

from guerdon.engine.orders.choosing import cost_minor, ranked
from guerdon.ledger.effects import Hold, Redeem
from guerdon.program.catalog.nouns import SupplierAccount
from guerdon.store.catalog.items import MANUAL, POOL, Offer
from guerdon.values.money import Money

FACE = 20_000
ACCOUNTS = {
    key: SupplierAccount(key, "fake", "SECRET", prefer=prefer)
    for key, prefer in {
        "amber": 100,
        "birch": 100,
        "cedar": 100,
        "rowan": 100,
        "olive": 99,
        "zinnia": 101,
    }.items()
}


def offer(supplier: str, **terms: Any) -> Offer:
    return replace(Offer(1, supplier, "sku"), **terms)


# The order that is meant is never the one of their names, but where only names are left to go by.
CASES = {
    "an offer's own preference before all else": (
        [offer("zinnia", prefer=1, cost_bp=11_000), offer("olive", prefer=2), offer("amber", cost_bp=100)],
        (),
    ),
    "then the account's, whatever it costs": (
        [offer("olive", cost_bp=11_000), offer("amber", cost_bp=10_000), offer("zinnia", cost_bp=5_000)],
        (),
    ),
    "then the price": (
        [
            offer("cedar", cost_bp=9_000),
            offer("birch", cost_bp=9_500),
            offer("amber", cost_bp=10_100),
        ],
        (),
    ),
    "a fee is part of the price": (
        [
            offer("cedar", cost_bp=10_000),
            offer("birch", cost_bp=9_500, fee_minor=1_001),
            offer("amber", cost_bp=9_000, fee_minor=2_500),
        ],
        (),
    ),
    "what nobody knows the price of costs its face": (
        [offer("cedar", cost_bp=9_999), offer("birch"), offer("amber", cost_bp=10_001)],
        (),
    ),
    "own codes and people stand where an account without a preference does": (
        [offer("olive"), offer(POOL, cost_bp=0), offer(MANUAL), offer("zinnia", cost_bp=0)],
        (),
    ),
    "own codes are no cheaper than they are said to be": (
        [offer("rowan", cost_bp=9_000), offer(POOL, cost_bp=9_500)],
        (),
    ),
    "who is unwell is asked after all others, and still asked": (
        [offer("zinnia", prefer=500, cost_bp=12_000), offer("olive", prefer=1, cost_bp=100)],
        ("olive",),
    ),
    "all of them unwell keep their order": (
        [offer("olive"), offer("birch", cost_bp=9_000), offer("amber")],
        ("amber", "birch", "olive"),
    ),
    "all else the same, whoever asks comes to the same": (
        [offer("amber"), offer("birch"), offer("cedar")],
        (),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_offers_are_asked_in_one_order_however_they_were_found(case: str) -> None:
    meant, unwell = CASES[case]
    for found in permutations(meant):
        assert ranked(found, ACCOUNTS, FACE, unwell) == meant


def test_what_is_out_of_stock_is_not_asked_nor_who_has_no_account() -> None:
    there = [offer("birch"), offer(POOL, prefer=200), offer(MANUAL, prefer=201)]
    out = [
        offer("amber", in_stock=False, prefer=1),
        offer("gone", prefer=1),
        offer(POOL, prefer=1, in_stock=False),
        offer(MANUAL, prefer=1, in_stock=False),
    ]
    assert ranked([*out, *there], ACCOUNTS, FACE) == there
    assert ranked(out, ACCOUNTS, FACE) == []
    # Without any account there are still our own codes, and people.
    assert ranked([*out, *there], {}, FACE) == there[1:]


def test_a_fee_weighs_more_on_a_small_amount() -> None:
    share, fee = offer("amber", cost_bp=9_500), offer("birch", cost_bp=9_000, fee_minor=100)
    assert ranked([fee, share], ACCOUNTS, 1_000) == [share, fee]
    assert ranked([share, fee], ACCOUNTS, 10_000) == [fee, share]


@pytest.mark.parametrize(
    ("cost_bp", "fee_minor", "face_minor", "cost"),
    [
        (None, 0, 20_000, 20_000),
        (None, 25, 20_000, 20_025),
        (9_500, 0, 20_000, 19_000),
        (10_250, 50, 20_000, 20_550),
        (0, 30, 20_000, 30),
        # Never less than they take: a part of a cent is a cent.
        (9_050, 0, 333, 302),
        (5_000, 0, 1, 1),
    ],
)
def test_what_a_supplier_takes_is_a_share_of_the_face_and_a_fee(
    cost_bp: int | None, fee_minor: int, face_minor: int, cost: int
) -> None:
    assert cost_minor(offer("amber", cost_bp=cost_bp, fee_minor=fee_minor), face_minor) == cost


@pytest.fixture
def counter(database: str, secret: str) -> Iterator[Counter]:
    """Give a counter with a card that a supplier delivers and that we have codes of, at no preference."""
    here = Counter(opened_house(database, secret).__enter__(), {"giftly": Fake("giftly")})
    accounts = {"giftly": SupplierAccount("giftly", "fake", "SECRET")}
    here.program = replace(here.program, suppliers=accounts)
    here.desk = here.new_desk()
    here.shelve(offers=["giftly", POOL])
    here.house.stock(1, "giftly:card")
    with here.house.working() as tx:
        tx.execute("update catalog_offers set prefer = 100")
    here.house.enroll(7)
    here.tell(7)
    yield here
    here.check()


@pytest.mark.parametrize("face", [None, EUR_200])
@pytest.mark.parametrize(("cost_bp", "supplier"), [(9_000, "giftly"), (9_999, POOL)])
def test_a_choice_goes_to_whoever_takes_less_for_it_said_or_not(
    counter: Counter, face: Money | None, cost_bp: int, supplier: str
) -> None:
    with counter.house.working() as tx:
        tx.execute(
            "update catalog_offers set cost_bp = %s, fee_minor = 5 where supplier = 'giftly'", (cost_bp,)
        )
    said = counter.choose(7, counter.house.reward(7), face=face)
    assert isinstance(said, Hold if supplier == "giftly" else Redeem)
    assert counter.house.rows("select supplier from fulfillments") == [(supplier,)]
    counter.work(60)
    assert len(counter.fakes["giftly"].asked) == (supplier == "giftly")
