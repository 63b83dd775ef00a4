"""What staff do for orders: taken by one of them, delivered or given back; and what only a person can say."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.orders.counter import ITEM, Counter
from tests.orders.fakes import Fake
from tests.redeem.house import House, opened_house

from guerdon.engine.orders import staffed
from guerdon.engine.orders.staffed import Why, Word
from guerdon.ledger.effects import Hold
from guerdon.store.orders.handed import Piece

LINK = Piece("url", "https://parcels.example/track/77")


@pytest.fixture
def house(database: str, secret: str) -> House:
    """Give a house, some of whose orders come to nothing."""
    return opened_house(database, secret).__enter__()


def word(here: Counter, order: int, by: str = "per_one", reason: str = "because") -> Word:
    return Word(here.house.program_id, 7, order, by, reason)


def done(here: Counter, act: str, order: int, by: str = "per_one") -> Why | None:
    """Take, put back, refuse or hasten as the web does: seeing that member alone."""
    with here.house.opens(7)() as tx:
        why: Why | None = getattr(staffed, act)(tx, word(here, order, by), here.now)
    return why


def test_what_needs_an_address_is_for_a_person(house: House) -> None:
    giftly = Fake("giftly")
    here = Counter(house, {"giftly": giftly})
    here.shelve(needs=("address",))
    order = here.ordered()
    here.work()
    assert giftly.asked == []
    assert here.house.rows("select state, supplier from fulfillments") == [("reserved", "manual")]
    assert done(here, "take", order) is None
    # Whom a person cannot reach either has it back.
    assert done(here, "refuse", order) is None
    assert here.state(order) == "failed"
    here.check()


def delivers(here: Counter, order: int, *pieces: Piece, by: str = "per_one") -> Why | None:
    with here.house.opens(7)() as tx:
        return staffed.deliver(tx, here.house.vault, here.program, word(here, order, by), pieces, here.now)


def test_one_takes_it_and_delivers_it_once(house: House) -> None:
    here = Counter(house, {})
    here.shelve(ITEM, ["manual"])
    order = here.ordered()
    assert here.work(600) == 0
    assert delivers(here, order, LINK) == "untaken"
    with ThreadPoolExecutor(4) as pool:
        took = list(pool.map(lambda who: done(here, "take", order, f"per_{who}"), range(4)))
    assert sorted(str(why) for why in took) == ["None", "taken", "taken", "taken"]
    (winner,) = (f"per_{n}" for n, why in enumerate(took) if why is None)
    assert here.state(order) == "ordered"
    assert delivers(here, order, LINK, by="per_else") == "taken"
    assert delivers(here, order, by=winner) == "nothing"
    assert delivers(here, order, LINK, by=winner) is None
    shown = here.order(order)
    assert (shown.state, shown.handed) == ("fulfilled", (LINK,))
    assert delivers(here, order, LINK, by=winner) == "settled"
    assert here.house.rows(
        'select action from audit where actor = %(w)s order by action collate "C"', w=winner
    ) == [("order.delivered",), ("order.fulfilled",), ("order.taken",)]
    here.check()


def test_what_was_taken_for_too_long_is_anybodys_and_can_be_put_back(house: House) -> None:
    here = Counter(house, {})
    here.shelve(ITEM, ["manual"])
    order = here.ordered()
    assert done(here, "take", order) is None
    assert done(here, "take", order, "per_two") == "taken"
    here.now += staffed.KEEPS + timedelta(seconds=1)
    assert done(here, "take", order, "per_two") is None
    assert delivers(here, order, LINK) == "taken"
    assert done(here, "put_back", order, "per_two") is None
    assert here.state(order) == "reserved"
    assert done(here, "take", order) is None
    assert done(here, "refuse", order) is None
    assert here.state(order) == "failed"
    assert here.house.rows("select held, posted from accounts where name = 'purse'") == [(0, 20_000)]
    here.check()


def test_a_person_says_what_came_of_what_nobody_can_be_asked_about(house: House) -> None:
    giftly = Fake("giftly", "none", finds=False, faults=deque(["fails", "lost"]))
    here = Counter(house, {"giftly": giftly})
    here.shelve()
    order = here.ordered()
    assert done(here, "refuse", order) == "machine"
    assert done(here, "hasten", order) is None
    here.work_on(2)
    assert here.state(order) == "unknown"
    assert done(here, "take", order) == "machine"
    assert done(here, "hasten", order) == "machine"
    # It was not: it is asked for under a new key.
    assert done(here, "put_back", order) is None
    here.work_on(2)
    assert here.state(order) == "unknown"
    assert len({key for step, key in giftly.asked if step == "place"}) == 2
    # It was.
    assert delivers(here, order) == "nothing"
    assert delivers(here, order, Piece("code", "FOUND-IT")) is None
    assert here.state(order) == "fulfilled"
    other = here.choose(7, house.reward(7), ITEM)
    assert isinstance(other, Hold)
    giftly.faults.append("lost")
    here.work_on(2)
    assert delivers(here, other.request, Piece("code", "FOUND-IT")) == "code_twice"
    assert done(here, "refuse", other.request) is None
    assert here.state(other.request) == "failed"
