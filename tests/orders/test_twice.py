"""What would deliver twice, take from one who has nothing, or stop everybody: each was possible once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake, Killed
from tests.redeem.house import House, opened_house

from guerdon.engine.orders import staffed, working
from guerdon.engine.orders.delivering import Order, give_back
from guerdon.engine.orders.placing.asking import ask_one
from guerdon.engine.orders.placing.question import Question
from guerdon.engine.orders.placing.taking import take_due
from guerdon.engine.orders.port import Ask, Canceled, Placed, Rejected, Told, Unknown
from guerdon.engine.orders.settling import settle, settle_hopeless
from guerdon.engine.orders.staffed import Word
from guerdon.engine.orders.watching import STUCK_AFTER, watch_orders
from guerdon.engine.wallet import holding
from guerdon.engine.wallet.commands import Done
from guerdon.engine.wallet.holding import OfHold
from guerdon.ledger.effects import Refuse
from guerdon.store.database import connect
from guerdon.store.orders.attempts import Claimed
from guerdon.store.orders.turns import lock_order
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show

Counting = Callable[..., Counter]


@pytest.fixture
def counter(database: str, secret: str) -> Iterator[Counting]:
    """Give a way to make the one counter of a house, whose books are checked when the test is done."""
    made: list[Counter] = []
    house: House = opened_house(database, secret).__enter__()

    def make(*fakes: Fake) -> Counter:
        made.append(Counter(house, {fake.key: fake for fake in fakes}))
        made[0].shelve()
        return made[0]

    yield make
    made[0].check()


def no(fake: Fake) -> Callable[[Ask], Told]:
    """Its account from now on: nothing is left."""

    def place(ask: Ask) -> Told:
        fake.asked.append(("place", ask.key))
        return Rejected("out_of_stock", "none left")

    return place


def alarms(here: Counter, kind: str = "order.held") -> list[tuple[object, ...]]:
    return here.house.rows("select subject, mark from alarms where kind = %(k)s order by mark", k=kind)


def in_stock(here: Counter, *, stock: bool) -> None:
    with psycopg.connect(here.house.url, options="-c search_path=guerdon") as db:
        db.execute("update catalog_offers set in_stock = %s", (stock,))


def test_a_refusal_is_not_believed_while_what_was_asked_before_may_still_arrive(counter: Counting) -> None:
    first, second = Fake("first"), Fake("second")
    here = counter(first, second)
    order = here.ordered()
    slow, quick = here.new_desk(), here.new_desk()
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        (question,) = take_due(db, slow, here.house.program_id, here.now, 4).questions
        late = ask_one(slow, question)
        first.place = no(first)  # type: ignore[assignment,method-assign]
        here.work(9, quick)
        assert (here.state(order), second.asked) == ("unknown", [])
        settle(db, slow, question, late, here.now)
    assert here.state(order) == "fulfilled"


def test_a_refusal_that_stands_is_believed_once_nothing_can_arrive_any_more(counter: Counting) -> None:
    first, second = Fake("first", faults=deque(["fails"])), Fake("second")
    here = counter(first, second)
    order = here.ordered()
    here.work()
    first.place = no(first)  # type: ignore[assignment,method-assign]
    here.work_on(5)
    assert (here.state(order), second.asked) == ("unknown", [])
    here.work_on(5)
    assert here.state(order) == "fulfilled"
    assert len(second.asked) == 1


@pytest.mark.parametrize(("others", "comes_to"), [((), "failed"), (("second",), "fulfilled")])
def test_what_is_placed_too_late_is_told_and_owed_to_us(
    counter: Counting, others: Sequence[str], comes_to: str
) -> None:
    first = Fake("first")
    here = counter(first, *map(Fake, others))
    order = here.ordered()
    desk = here.new_desk()
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        (question,) = take_due(db, desk, here.house.program_id, here.now, 4).questions
        first.place = no(first)  # type: ignore[assignment,method-assign]
        here.work_on(15)
        assert here.state(order) == comes_to
        ask = question.ask
        late = Placed("their-late", (), ask.currency, ask.face_minor, 19_000, "EUR")
        for _ in range(2):
            settle(db, desk, question, late, here.now)
    assert alarms(here) == [(show("ord", order), "placed_late:their-late")]
    assert here.house.rows(
        "select supplier, their_id, order_id, expected_minor, state from supplier_credits"
    ) == [("first", "their-late", order, 19_000, "expected")]
    assert here.house.rows("select their_id from supplier_attempts where attempt = 1") == [("their-late",)]


def test_who_has_it_is_told_again_and_nothing_is_owed(counter: Counting) -> None:
    here = counter(Fake("first"))
    here.ordered()
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        (question,) = take_due(db, here.desk, here.house.program_id, here.now, 4).questions
        told = ask_one(here.desk, question)
        for _ in range(2):
            settle(db, here.desk, question, told, here.now)
    assert alarms(here) == []
    assert here.house.rows("select from supplier_credits") == []


def test_nothing_is_given_back_of_an_order_that_another_is_placing(counter: Counting) -> None:
    here = counter(Fake("only", faults=deque(["pending"])))
    order = here.ordered()
    house, slow = here.house, here.new_desk()
    in_stock(here, stock=False)
    with closing(connect(house.url, house.secret, "worker")) as db:
        (hopeless,) = take_due(db, slow, house.program_id, here.now, 4).hopeless
        in_stock(here, stock=True)
        here.work(9, here.new_desk())
        assert here.state(order) == "ordered"
        settle_hopeless(db, slow, house.program_id, hopeless, here.now)
        assert here.state(order) == "ordered"
    # Nor by anybody else, while something may come of what was asked.
    with house.working() as tx:
        member = lock_member(tx, house.program_id, 7)
        standing = lock_order(tx, house.program_id, 7, order)
        assert member is not None
        assert standing is not None
        with pytest.raises(AssertionError, match="may still come"):
            give_back(tx, Order(house.program_id, member, order, standing), "failed", "", here.now)
    here.work_on(5)
    assert here.state(order) == "fulfilled"


def test_what_is_held_for_an_order_ends_with_the_order_alone(counter: Counting) -> None:
    here = counter(Fake("only"))
    order = here.ordered()
    asked = OfHold(here.house.program_id, 7, order, "key")
    with here.house.working() as tx:
        said = [holding.release(tx, asked, here.now), holding.capture(tx, asked, None, here.now)]
    assert [each.reason for each in said if isinstance(each, Refuse)] == ["hold:order"] * 2
    here.work()
    assert here.state(order) == "fulfilled"


def test_a_fault_in_one_order_stops_no_other(counter: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    here = counter(Fake("only"))
    bad, good = here.ordered(7), here.ordered(8)

    def torn(_: object, __: object, found: Question, *___: object) -> None:
        if found.claimed.order_id == bad:
            raise ArithmeticError
        settle(_, __, found, *___)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "settle", torn)
    here.work()
    assert (here.state(bad), here.state(good)) == ("unknown", "fulfilled")
    assert alarms(here) == [(show("ord", bad), "fault")]
    assert here.house.rows("select next_at, reason from fulfillments where order_id = %(o)s", o=bad) == [
        (None, "fault")
    ]


def test_a_fault_where_nobody_is_left_stops_no_other(
    counter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = counter(Fake("only"))
    bad, good = here.ordered(7), here.ordered(8)
    in_stock(here, stock=False)

    def torn(_: object, __: object, ___: object, found: tuple[Claimed, str], ____: object) -> None:
        if found[0].order_id == bad:
            raise ArithmeticError
        settle_hopeless(_, __, ___, found, ____)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "settle_hopeless", torn)
    here.work()
    assert (here.state(bad), here.state(good)) == ("unknown", "failed")
    # Nobody was asked, and a person says so.
    with here.house.opens(7)() as tx:
        assert staffed.refuse(tx, Word(here.house.program_id, 7, bad, "per_one", "torn"), here.now) is None
    assert here.state(bad) == "failed"


def test_what_no_machine_settles_for_long_a_person_may(counter: Counting) -> None:
    only = Fake("only", faults=deque(["pending", "pending"]))
    here = counter(only)
    refused, kept = here.ordered(7), here.ordered(8)
    here.work()
    word = Word(here.house.program_id, 7, refused, "per_one", "their account is closed")

    def refuses() -> object:
        with here.house.opens(7)() as tx:
            return staffed.refuse(tx, word, here.now)

    def stuck() -> list[tuple[object, ...]]:
        with here.house.working() as tx:
            watch_orders(tx, here.house.program_id, here.now)
        return here.house.rows("select subject from alarms where kind = 'order.stuck' and settled_at is null")

    assert (refuses(), stuck()) == ("machine", [])
    here.fakes = {}
    here.desk = here.new_desk()
    here.work(STUCK_AFTER.total_seconds() + 1)
    assert here.state(refused) == "ordered"
    assert {str(row[0]) for row in stuck()} == {show("ord", refused), show("ord", kept)}
    assert refuses() is None
    assert here.state(refused) == "failed"
    assert here.house.rows(
        "select action from audit where actor = 'per_one' and subject = %(s)s order by id",
        s=show("ord", refused),
    ) == [("order.taken",), ("order.failed",), ("order.refused",)]
    # What they placed stands in their books; here it is worth looking at.
    only.by_ref.pop(show("ord", refused))


def test_an_order_that_is_asked_about_just_now_is_no_persons(counter: Counting) -> None:
    only = Fake("only", faults=deque(["pending"]))
    here = counter(only)
    order = here.ordered()
    here.work()
    only.fetch = lambda *_: Unknown("500")  # type: ignore[method-assign]
    here.now += STUCK_AFTER + timedelta(seconds=1)
    word = Word(here.house.program_id, 7, order, "per_one", "because")
    with closing(connect(here.house.url, here.house.secret, "worker")) as db:
        assert take_due(db, here.desk, here.house.program_id, here.now, 4).questions
        with here.house.opens(7)() as tx:
            assert staffed.put_back(tx, word, here.now) == "machine"
    del only.fetch
    here.work_on(2)
    assert here.state(order) == "fulfilled"


def test_one_who_dies_while_an_order_is_taken_back_leaves_word_and_it_can_be_done_again(
    counter: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = Fake("only")
    here = counter(only)
    order = here.ordered()
    here.work()

    def dies(their_id: str) -> Canceled:
        only.canceled.append(their_id)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(only, "cancel", dies)
        with pytest.raises(Killed):
            here.returned(order)
    asked = here.house.rows("select subject, actor from audit where action = 'order.return_asked'")
    assert asked == [(show("ord", order), "per_1")]
    assert here.state(order) == "fulfilled"
    assert isinstance(here.returned(order), Done)
    assert here.state(order) == "returned"
