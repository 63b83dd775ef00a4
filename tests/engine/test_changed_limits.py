"""What a reward had used of limits is given back as it was counted, whatever limits there are by now."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.engine.harbor_house import HarborHouse, deed
from tests.rules.harbor import HARBOR

from guerdon.engine.publish import publish
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.store.database import connect

YEARLY = "  order_year: { per: { field: contract }, period: year, amount: 250.00 EUR, rules: [gift] }\n"
# Before it counted gifts it counted orders.
OTHERS = (YEARLY, YEARLY.replace("rules: [gift]", "rules: [order]"))
MONTHLY = (YEARLY, YEARLY.replace("period: year", "period: month"))
TIMES = (YEARLY, YEARLY.replace("amount: 250.00 EUR", "times: 9"))
SHARED = (YEARLY, YEARLY.replace("per: { field: contract }", "per: market"))
HIGHER = (YEARLY, YEARLY.replace("250.00", "900.00"))
GONE = (YEARLY, "")


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house, and check its books at the end."""
    made = HarborHouse(database, secret)
    yield made
    made.check()


def again(house: HarborHouse, *changes: tuple[str, str]) -> None:
    """Publish the harbor's text with these changes as its next version."""
    text = HARBOR.read_text(encoding="utf-8")
    for old, new in (*changes, ("name: Harbor", "name: Haven")):
        assert old in text, old
        text = text.replace(old, new)
    program = read_program(text, None, "harbor")
    assert isinstance(program, Program), program
    house.program = program
    house.now += timedelta(minutes=1)
    with connect(house.url, house.secret, "owner") as db:
        publish(db, program, "test", house.now)
    # What is told from now on happened under the new text.
    house.now += timedelta(hours=10)


def used(house: HarborHouse) -> int:
    """What is used of the limit in all its periods."""
    return house.count("select coalesce(sum(used), 0)::bigint from allowances where name like 'order_year%'")


def test_what_a_younger_limit_had_not_counted_is_not_given_back_to_it(house: HarborHouse) -> None:
    house.open("harbor", OTHERS)
    house.join("ann")
    house.tell_and_work(deed("ann", "gift.given", -9, contract="c"))
    again(house)
    house.tell_and_work(
        deed("ann", "gift.given", 2, contract="c"), deed("ann", "gift.given", 3, contract="c")
    )
    # The latest that had happened by then is the first, which the limit never counted.
    house.tell_and_work(deed("ann", "gift.undone", 1, contract="c"))
    assert used(house) == 20_000
    house.tell_and_work(deed("ann", "gift.given", 4, contract="c"))
    assert [each["reason"] for each in house.effects("refuse")] == ["limit:order_year"]
    house.tell_and_work(deed("ann", "gift.undone", 5, contract="c"))
    assert used(house) == 10_000


@pytest.mark.parametrize("change", [OTHERS, MONTHLY, TIMES, SHARED, HIGHER, GONE], ids=str)
@pytest.mark.parametrize("forward", [True, False], ids=["to", "from"])
def test_what_was_counted_is_given_back_where_it_was_counted(
    house: HarborHouse, change: tuple[str, str], *, forward: bool
) -> None:
    house.open("harbor", *([] if forward else [change]))
    house.join("ann")
    house.tell_and_work(deed("ann", "gift.given", -9, contract="c"))
    counted = used(house)
    again(house, *([change] if forward else []))
    house.tell_and_work(deed("ann", "gift.given", 2, contract="c"))
    beside = used(house) - counted
    house.tell_and_work(deed("ann", "gift.undone", 1, contract="c"))
    assert used(house) == beside
    house.check()
    house.tell_and_work(deed("ann", "gift.undone", 5, contract="c"))
    assert used(house) == 0
