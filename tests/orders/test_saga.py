"""From a choice to what the member has, by every kind of supplier, through every fault: once or never."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.orders.counter import ITEM, Counter
from tests.orders.fakes import Fake, Killed
from tests.redeem.house import NOW

from guerdon.engine.codes import use_code
from guerdon.engine.orders.canceling import Taking, cancel_order
from guerdon.engine.orders.looking import note
from guerdon.engine.orders.port import Ask, Idempotency, Notice, Pending, Told
from guerdon.engine.orders.watching import reopen_account
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.spending import Restore, restore
from guerdon.ledger.effects import Hold, Redeem, Refuse
from guerdon.program.catalog.nouns import Catalog
from guerdon.values.ids import show
from guerdon.values.money import Money

CLASSES: tuple[Idempotency, ...] = ("returns_original", "replays_response", "reject_duplicate", "none")
Counting = Callable[..., Counter]


def test_a_choice_is_held_then_asked_for_then_handed_over(counter: Counting) -> None:
    giftly = Fake("giftly")
    here = counter(giftly)
    here.shelve(needs=("email",))
    order = here.ordered()
    shown = here.order(order)
    assert (shown.state, shown.handed, shown.value, shown.face) == (
        "reserved",
        (),
        Money(20_000, "EUR"),
        Money(20_000, "EUR"),
    )
    assert here.house.rows("select held, posted from accounts where name = 'purse'") == [(20_000, 20_000)]
    assert giftly.asked == []
    assert here.work() == 1
    shown = here.order(order)
    assert shown.state == "fulfilled"
    assert [(piece.kind, piece.text) for piece in shown.handed] == [
        ("code", giftly.by_ref[show("ord", order)][0].credentials[0].text),
        ("pin", "1234"),
    ]
    assert "1234" not in repr(shown)
    assert here.house.rows("select held, posted from accounts where name = 'purse'") == [(0, 0)]
    assert here.house.rows("select redeemed, redeemed_value, redeemed_phone, redeemed_48h from rollups") == [
        (1, 20_000, 1, 1)
    ]
    assert here.house.rows("select state, captured, outcome_known from holds") == [("captured", 20_000, True)]
    assert here.work(60) == 0
    # Where it is worth something it is found by its code, like one of ours.
    assert shown.used_at is None
    with here.house.working() as tx:
        assert use_code(tx, here.house.vault, here.house.program_id, shown.handed[0].text) == order
    shown = here.order(order)
    assert (shown.code_state, shown.used_at is None) == ("redeemed", False)


def test_a_key_is_written_down_before_anybody_is_asked(counter: Counting) -> None:
    giftly = Fake("giftly", faults=deque(["killed before"]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    with pytest.raises(Killed):
        here.work()
    key = f"{show('ord', order)}-1"
    assert here.house.rows("select state, doubted, key from supplier_attempts") == [("sent", True, key)]
    assert here.house.rows("select outcome_known from holds") == [(False,)]
    assert here.state(order) == "ordered"
    # Another goes on as soon as nobody says any more that it is theirs.
    assert here.work(1, here.new_desk()) == 0
    here.work(8, here.new_desk())
    assert here.state(order) == "fulfilled"


@pytest.mark.parametrize("idempotency", CLASSES)
@pytest.mark.parametrize("fault", ["lost", "fails", "killed before", "killed after", "limit", "unreachable"])
def test_whatever_befalls_it_it_comes_once(counter: Counting, idempotency: Idempotency, fault: str) -> None:
    giftly = Fake("giftly", idempotency, faults=deque([fault]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    if fault.startswith("killed"):
        with pytest.raises(Killed):
            here.work()
        here.desk = here.new_desk()
    here.work_on()
    assert here.state(order) == "fulfilled"
    assert here.now - NOW < timedelta(minutes=15)
    assert here.issues() == {show("ord", order): 1}
    keys = {key for step, key in giftly.asked if step == "place"}
    # A new key only after it was proved that nothing came of the one before.
    assert len(keys) == (2 if (fault, idempotency) in NEW_KEYS else 1)


# A failure is replayed under its key for ever, or uses it up; by then it is known that there is none.
NEW_KEYS = {
    ("killed before", "replays_response"),
    ("fails", "replays_response"),
    ("fails", "reject_duplicate"),
    ("fails", "none"),
    ("killed before", "none"),
}


@pytest.mark.parametrize("idempotency", CLASSES)
def test_who_cannot_be_asked_what_came_of_it_is_not_asked_twice(
    counter: Counting, idempotency: Idempotency
) -> None:
    giftly = Fake("giftly", idempotency, finds=False, faults=deque(["lost"]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    here.work_on()
    if idempotency in ("returns_original", "replays_response"):
        return
    assert here.state(order) == "unknown"
    assert here.house.rows("select reason, next_at from fulfillments") == [("person", None)]
    assert [step for step, _ in giftly.asked] == ["place"]
    here.work(16 * 60)
    assert here.house.rows("select kind, subject from alarms where settled_at is null") == [
        ("order.stuck", show("ord", order))
    ]


def test_a_key_is_not_used_again_once_it_may_be_forgotten(counter: Counting) -> None:
    giftly = Fake("giftly", lives=timedelta(days=1), finds=False, faults=deque(["lost"]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    here.work()
    giftly.placed.clear()
    here.work(24 * 3600)
    assert here.state(order) == "unknown"
    assert [step for step, _ in giftly.asked] == ["place"]


def test_a_second_is_asked_only_when_the_first_is_known_not_to_deliver(counter: Counting) -> None:
    first = Fake("first", "none", finds=False, faults=deque(["lost", "sold out"]))
    second = Fake("second")
    here = counter(first, second)
    here.shelve()
    lost, refused = here.ordered(7), here.ordered(8)
    here.work_on()
    assert here.state(lost) == "unknown"
    assert here.state(refused) == "fulfilled"
    assert [key for _, key in second.asked] == [f"{show('ord', refused)}-2"]


def test_where_nobody_delivers_it_the_value_is_theirs_again(counter: Counting) -> None:
    first, second = (Fake(key, faults=deque(["sold out"])) for key in ("first", "second"))
    here = counter(first, second)
    here.shelve(slots=[(1, 2)])
    order = here.ordered()
    assert here.house.rows("select taken from catalog_slots") == [(1,)]
    # Its lot ends while the suppliers are asked.
    here.work(181 * 86_400)
    assert here.state(order) == "failed"
    assert here.house.rows("select held, posted from accounts where name = 'purse'") == [(0, 20_000)]
    assert here.house.rows("select taken from catalog_slots") == [(0,)]
    assert here.house.rows("select expires_at from rewards") == [(here.now + timedelta(days=30),)]
    assert here.order(order).canceled_at is not None
    reward = here.house.rows("select id from rewards")[0][0]
    assert isinstance(reward, int)
    said = here.choose(7, reward)
    assert isinstance(said, Hold)
    assert said.request != order
    here.work()
    assert here.state(said.request) == "fulfilled"


@pytest.mark.parametrize("fault", ["wrong", ""])
def test_what_is_not_what_was_asked_for_is_handed_to_nobody(counter: Counting, fault: str) -> None:
    giftly = Fake("giftly", faults=deque(["", fault]), codes=deque(["twice", "twice"]))
    here = counter(giftly)
    here.shelve()
    good, bad = here.ordered(7), here.ordered(8)
    here.work_on(2)
    assert here.state(good) == "fulfilled"
    reason = "wrong_amount" if fault else "code_twice"
    assert here.house.rows("select order_id, reason from fulfillments where state = 'unknown'") == [
        (bad, reason)
    ]
    assert here.order(bad, 8).handed == ()
    assert here.house.rows("select kind, mark from alarms where kind = 'order.held'") == [
        ("order.held", reason)
    ]
    assert here.house.rows("select count(*) from codes") == [(1,)]
    assert here.house.rows("select outcome_known from holds where state = 'open'") == [(False,)]


def test_what_comes_later_is_looked_at_less_and_less_and_at_once_when_it_calls(counter: Counting) -> None:
    giftly = Fake("giftly", faults=deque(["pending", *["still"] * 20]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    here.work()
    assert here.state(order) == "ordered"
    for _ in range(10):
        here.work(60)
    looked = len(giftly.asked)
    assert looked < 10
    giftly.faults.clear()
    here.now += timedelta(seconds=1)
    with here.house.opens(None)() as tx:
        called = Notice(their_id=giftly.by_ref[show("ord", order)][0].their_id, id="call-1")
        assert note(tx, here.house.program_id, "giftly", called, here.now) == 1
        assert note(tx, here.house.program_id, "giftly", called, here.now) == 0
        assert note(tx, here.house.program_id, "other", called, here.now) == 0
        assert note(tx, here.house.program_id, "giftly", Notice(their_id="nobody's"), here.now) == 0
    here.work()
    assert here.state(order) == "fulfilled"


def test_a_call_that_comes_before_the_answer_is_not_lost(counter: Counting) -> None:
    giftly = Fake("giftly", faults=deque(["pending"]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    place = giftly.place

    def called_meanwhile(ask: Ask) -> Told:
        told = place(ask)
        assert isinstance(told, Pending)
        with here.house.opens(None)() as tx:
            called = Notice(their_id=told.their_id)
            note(tx, here.house.program_id, "giftly", called, here.now + timedelta(milliseconds=1))
        return told

    giftly.place = called_meanwhile  # type: ignore[method-assign]
    here.work()
    # It was looked at once more at once, not after a pause.
    assert here.state(order) == "fulfilled"


def test_an_account_that_turns_us_away_is_asked_by_nobody_until_a_person_has_looked(
    counter: Counting,
) -> None:
    giftly = Fake("giftly", faults=deque(["shut"]))
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    here.work()
    here.work_on(5)
    assert len(giftly.asked) == 1
    assert here.state(order) == "reserved"
    assert here.house.rows("select kind, subject from alarms") == [("supplier.shut", "giftly")]
    other = Fake("other")
    second = Counter(here.house, {"giftly": giftly, "other": other}, here.now)
    # What nobody was asked for goes to another, where there is one.
    with here.house.working() as tx:
        tx.execute("insert into catalog_offers select program_id, item_id, 'other', 'o' from catalog_offers")
    second.work(60)
    assert second.state(order) == "fulfilled"
    assert len(other.asked) == 1
    with here.house.opens(None)() as tx:
        assert reopen_account(tx, here.house.program_id, "giftly", "per_1", second.now)
        assert not reopen_account(tx, here.house.program_id, "nobody", "per_1", second.now)
    assert here.house.rows("select count(*) from alarms where settled_at is null") == [(0,)]
    again = second.ordered(9)
    second.work(1)
    assert second.state(again) == "fulfilled"
    assert len(giftly.asked) == 2


def test_an_account_in_trouble_is_left_alone_then_tried_by_one(counter: Counting) -> None:
    giftly = Fake("giftly", faults=deque(["unreachable"] * 9))
    here = counter(giftly)
    here.shelve()
    orders = [here.ordered(member) for member in range(1, 9)]
    here.work()
    assert len(giftly.asked) == 8
    assert here.work(1) == 0
    # One tries it, and it is no better yet.
    assert here.work(60) == 1
    assert here.work(1) == 0
    here.work_on(10)
    assert {here.state(order) for order in orders} == {"fulfilled"}


def test_an_account_is_asked_no_faster_than_it_wants(counter: Counting) -> None:
    giftly = Fake("giftly", per_minute=60)
    here = counter(giftly)
    here.shelve()
    for member in range(1, 13):
        here.ordered(member)
    # Of sixty a minute a few may be saved up; the others come evenly, a little slower than one a second.
    assert [here.work(), here.work(0.5), here.work(0.5), here.work(1), here.work(5)] == [4, 0, 1, 1, 4]


def test_an_order_is_canceled_before_anybody_was_asked_and_not_after(counter: Counting) -> None:
    giftly = Fake("giftly", faults=deque(["unreachable", "", "pending"]))
    here = counter(giftly)
    here.shelve()
    order, member = here.ordered(), 7
    taking = Taking(here.house.program_id, member, order, show("mem", member))
    here.work()
    with here.house.opens(member)() as tx:
        assert cancel_order(tx, taking, here.now) is None
    assert here.state(order) == "canceled"
    assert here.house.rows("select held, posted from accounts where name = 'purse'") == [(0, 20_000)]
    assert here.work(60) == 0
    done, waiting = here.ordered(8), here.ordered(9)
    here.work()
    for member, order, reason in ((8, done, "settled"), (9, waiting, "under_way")):
        with here.house.opens(member)() as tx:
            taking = Taking(here.house.program_id, member, order, show("mem", member))
            assert cancel_order(tx, taking, here.now) == Refuse("", f"order:{reason}")


def test_what_was_delivered_is_given_back_only_by_its_supplier(counter: Counting) -> None:
    giftly = Fake("giftly")
    here = counter(giftly)
    here.shelve()
    order = here.ordered()
    here.work()
    event = here.house.rows("select id from events where type = 'reward.redeemed'")[0][0]
    assert isinstance(event, int)
    with here.house.working() as tx:
        said = restore(tx, here.program, Restore(here.house.program_id, 7, event), here.now)
        assert said == Refuse("", "order:delivered")
    assert isinstance(here.returned(order), Done)
    assert giftly.canceled == [giftly.by_ref[show("ord", order)][0].their_id]
    assert here.state(order) == "returned"
    assert here.order(order).handed == ()
    assert here.house.rows("select state from codes") == [("void",)]
    assert here.house.rows("select posted from accounts where name = 'purse'") == [(20_000,)]
    assert here.house.rows("select redeemed, redeemed_value from rollups") == [(0, 0)]


def test_a_reward_is_used_in_parts_where_the_program_lets_it(counter: Counting) -> None:
    giftly = Fake("giftly")
    here = counter(giftly, catalog=Catalog(split=True))
    more = {"denominations": [], "range_min": 500, "range_max": 30_000, "range_step": 500}
    here.shelve(more=more)
    here.house.enroll(7)
    reward = here.house.reward(7)
    first = here.choose(7, reward, face=Money(5_000, "EUR"), price_minor=5_000)
    assert isinstance(first, Hold)
    second = here.choose(7, reward, face=Money(15_000, "EUR"), left_minor=15_000)
    assert isinstance(second, Hold)
    assert here.choose(7, reward, face=Money(500, "EUR"), left_minor=0) == Refuse(
        "booking", "item:value", "EUR", 20_000
    )
    here.work()
    assert here.house.rows("select redeemed, redeemed_value from rollups") == [(1, 20_000)]
    assert sorted(here.house.rows("select value, unit from codes")) == [(5_000, "EUR"), (15_000, "EUR")]


@pytest.mark.parametrize(
    ("more", "asked", "reason"),
    [
        ({}, {"price_minor": 19_900}, "price"),
        ({"gone_at": NOW}, {}, "item:unknown"),
        ({"visible_from": NOW + timedelta(hours=1)}, {}, "item:hidden"),
        ({"visible_to": NOW}, {}, "item:hidden"),
        ({"segments": ["loyal"]}, {}, "item:locked"),
        ({"markets": ["FR"]}, {}, "item:market"),
        ({}, {"face": Money(5_000, "EUR")}, "item:value"),
        ({}, {"slot_id": 9}, "slot:unknown"),
    ],
)
def test_what_is_not_to_be_had_any_more_is_said_and_nothing_is_held(
    counter: Counting, more: dict[str, object], asked: dict[str, Any], reason: str
) -> None:
    here = counter(Fake("giftly"))
    here.shelve(more=more)
    here.house.enroll(7)
    assert here.choose(7, here.house.reward(7), **asked) == Refuse("booking", reason, "EUR", 20_000)
    assert here.house.rows("select count(*) from orders") == [(0,)]


def test_when_our_own_codes_are_gone_a_supplier_is_asked(counter: Counting) -> None:
    here = counter(Fake("giftly"))
    with here.house.working() as tx:
        tx.execute(
            "insert into catalog_offers (program_id, item_id, supplier, sku, prefer)"
            " select program_id, id, 'giftly', 'sku', 500 from catalog_items where key = 'green_basket'"
        )
    here.house.stock(1)
    rewards = {member: here.house.reward(here.house.enroll(member)) for member in (7, 8)}
    assert isinstance(here.choose(7, rewards[7], "green_basket"), Redeem)
    said = here.choose(8, rewards[8], "green_basket")
    assert isinstance(said, Hold)
    here.work()
    assert here.state(said.request) == "fulfilled"


def test_what_staff_deliver_waits_for_them(counter: Counting) -> None:
    here = counter(Fake("giftly"))
    here.shelve(ITEM, ["manual"])
    order = here.ordered()
    assert here.work(3600) == 0
    assert here.state(order) == "reserved"
