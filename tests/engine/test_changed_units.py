"""A budget that is in another unit by now: what comes back of the one before pays nothing in the new one."""

import pytest
from tests.engine.harbor_house import HarborHouse
from tests.rules.harbor import HARBOR

from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect

CHANGES = (
    (
        "  EUR: { kind: money, digits: 2 }",
        "  EUR: { kind: money, digits: 2 }\n  NOK: { kind: money, digits: 2 }",
    ),
    ("{ type: money }", "{ type: money, unit: EUR }"),
)
IN_NOK = (
    (
        "main: { per: market, unit: EUR, amounts: { DE: 1000.00",
        "main: { per: market, unit: NOK, amounts: { DE: 300.00",
    ),
    ("{ DE: 200.00 EUR, NO: 50.00 EUR }", "{ DE: 200.00 NOK, NO: 50.00 NOK }"),
    ("value: 100.00 EUR, pay_from: main", "value: 100.00 NOK, pay_from: main"),
    ("amount: 250.00 EUR, rules: [gift]", "amount: 250.00 NOK, rules: [gift]"),
    ("values: [200.00 EUR,", "values: [200.00 NOK, 100.00 NOK, 50.00 NOK, 200.00 EUR,"),
)


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    return HarborHouse(database, secret)


def test_what_comes_back_in_the_unit_before_covers_nothing(house: HarborHouse) -> None:
    house.open("harbor", *CHANGES)
    house.join("ann")
    house.tell_and_work(("ann", "order.placed", -5, {"order_no": "A", "amount": 100}))
    text = HARBOR.read_text(encoding="utf-8")
    for old, new in (*CHANGES, *IN_NOK):
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None, "harbor")
    assert isinstance(program, Program), program
    with connect(house.url, house.secret, "owner") as db:
        publish(db, program, "test", house.now)
    house.tell_and_work(
        ("ann", "order.placed", -4, {"order_no": "B", "amount": 100}),
        ("ann", "order.returned", -3, {"order_no": "A", "refunded": 1, "total": 1}),
        ("ann", "order.placed", -2, {"order_no": "C", "amount": 100}),
    )
    assert [each["reason"] for each in house.effects("refuse")] == ["budget:main"]
