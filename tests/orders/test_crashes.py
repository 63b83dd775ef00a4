"""A worker that dies before any of its statements: another goes on, and what was placed is delivered once."""

from contextlib import closing

import psycopg
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.redeem.house import opened_house
from tests.redeem.test_races import Mortal

from guerdon.engine.orders.working import order_once
from guerdon.store.database import OPTIONS, role_conninfo
from guerdon.values.ids import show

# From before the first to well after the last; a supplier that promises nothing of a key is the hardest.
STATEMENTS = range(0, 75, 3)


def test_a_worker_that_dies_before_any_statement_leaves_it_to_another(database: str, secret: str) -> None:
    with opened_house(database, secret) as house:
        giftly = Fake("giftly", "none")
        here = Counter(house, {"giftly": giftly})
        here.shelve()
        lived = 0
        for member, after in enumerate(STATEMENTS, 1):
            order = here.ordered(member)
            lived += worked(here, after)
            here.desk = here.new_desk()
            for _ in range(12):
                if here.state(order) == "fulfilled":
                    break
                here.work(5)
            assert here.state(order) == "fulfilled", after
            assert here.issues()[show("ord", order)] == 1, after
        assert 0 < lived < len(STATEMENTS)
        here.check()


def worked(here: Counter, after: int) -> bool:
    """Work on a line that the server cuts after so many statements; whether it lived."""
    house = here.house
    conninfo = role_conninfo(house.url, house.secret, "worker", OPTIONS)
    with closing(Mortal.connect(conninfo, autocommit=True)) as mortal:
        mortal.undertaker, mortal.statements_left = house.url, after
        try:
            order_once(mortal, here.desk, here.now)
        except psycopg.Error:
            return False
    return True
