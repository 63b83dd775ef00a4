"""Limits by a field's value: the control finds what was used of them, whatever the value is."""

import psycopg
import pytest
from tests.engine.harbor_house import HarborHouse, deed

from guerdon.queries.invariants import check_invariants
from guerdon.store.database import connect, transaction

VALUES = ["plain", "x" * 80, "x" * 81, "two\nlines", "a:b", "þ\u200bý" * 40, "\x7f", "🎁" * 30, "\u2028"]


@pytest.fixture
def house(database: str, secret: str) -> HarborHouse:
    return HarborHouse(database, secret)


def breaches(house: HarborHouse) -> list[str]:
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        return check_invariants(tx)


def test_used_under_any_value_is_derived_again(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(*(deed("ann", "gift.given", contract=value) for value in VALUES))
    assert house.outcomes() == ["earned"] * len(VALUES)
    assert house.rows("select count(*) from allowances where name like 'order_year:%'") == [(len(VALUES),)]
    assert breaches(house) == []


@pytest.mark.parametrize("value", ["x" * 81, "two\nlines"])
def test_a_wrong_count_under_a_hash_is_told(house: HarborHouse, value: str) -> None:
    house.open()
    house.join("ann")
    house.tell_and_work(deed("ann", "gift.given", contract=value))
    with psycopg.connect(house.url, options="-c search_path=guerdon") as superuser:
        superuser.execute("update allowances set used = used - 1 where name like 'order_year:%'")
    (told,) = breaches(house)
    assert told.startswith("limits.used")
