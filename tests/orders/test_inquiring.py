"""The worker asks by itself: what a supplier says of an order that does not work stands at its case."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import psycopg
import pytest
from tests.orders.counter import Counter
from tests.orders.fakes import Fake
from tests.orders.faulty import FACE, KINDS, Faulty, opened
from tests.redeem.house import EUR_200, NOW, House
from tests.redeem.test_races import Mortal
from tests.standins.suppliers import Supplier as Stand
from tests.standins.suppliers import start, stop

from guerdon.engine.library import Library
from guerdon.engine.orders.cases import (
    Accounts,
    Complaint,
    Inquiry,
    Looked,
    Reply,
    answer_case,
    ask_anew,
    attach,
    looked_of,
    open_case,
)
from guerdon.engine.orders.desk import Desk
from guerdon.engine.orders.inquiring import TRIES, Inquiries
from guerdon.engine.orders.lanes.breaker import resting, shut
from guerdon.engine.orders.lanes.turnstile import next_turn
from guerdon.engine.orders.port import Ask, Later, Pending, Rejected, Shut, Told, Unknown
from guerdon.engine.orders.staffed import Word, deliver, take
from guerdon.engine.orders.working import keep_ordering, order_once
from guerdon.engine.turns import Turns
from guerdon.ledger.effects import Redeem
from guerdon.store.audit import record_audit
from guerdon.store.database import OPTIONS, connect, role_conninfo, transaction
from guerdon.store.orders.cases import Askable, Case, claim_cases, list_cases
from guerdon.store.orders.handed import Piece
from guerdon.store.orders.lanes import Lane, lock_lane, settle_lane
from guerdon.store.privacy.forgetting import forget_members
from guerdon.values.clock import utc_now

Counting = Callable[..., Counter]
DAY_S = 86_400
# From before the first statement to well after the last.
STATEMENTS = range(0, 40, 2)


@pytest.fixture(scope="module")
def processes() -> Iterator[Mapping[str, Stand]]:
    """Run both stand-ins; each test starts them anew."""
    stands = {key: start(kind) for key, kind in KINDS.items()}
    yield stands
    assert [stop(stand) for stand in stands.values()] == [0, 0]


@pytest.fixture
def delivered(database: str, secret: str, processes: Mapping[str, Stand]) -> Iterator[Faulty]:
    """A house where both suppliers delivered an order, and about each there is a case."""
    with opened(database, secret, processes) as house:
        house.order(2)
        house.work(NOW + timedelta(minutes=5))
        assert set(house.states().values()) == {"fulfilled"}
        # Half of them of each, as the stand-ins have it.
        assert house.rows("select count(distinct supplier) from fulfillments") == [(2,)]
        for member, order in house.rows("select member_id, order_id from fulfillments"):
            complain(house, int(str(member)), int(str(order)), house.told_time())
        yield house


def complain(house: House, member_id: int, order_id: int, now: object) -> None:
    with house.opens(member_id)() as tx:
        said = Complaint(house.program_id, member_id, order_id, "not_accepted", "at the till")
        assert open_case(tx, house.vault, said, now) == "opened"  # type: ignore[arg-type]


def pass_by(house: Faulty, seconds: float) -> int:
    """Let time pass and have a worker look; how many questions it asked."""
    now = house.told_time() + timedelta(seconds=seconds)
    house.set_time(now)
    desk = Desk(house.suppliers.open, Library(house.vault, {}), house.told_time)
    with closing(connect(house.url, house.secret, "worker")) as db:
        return order_once(db, desk, now)


def cases_of(house: House) -> list[Case]:
    found = []
    for member, order in house.rows("select member_id, order_id from fulfillments order by order_id"):
        with house.opens(None)() as tx:
            whose = (house.program_id, int(str(member)), int(str(order)))
            found += list_cases(tx, house.vault, *whose)
    return found


def requests_of(house: Faulty) -> int:
    return sum(stand.ask("GET", "/_control/counts").body["requests"] for stand in house.stands.values())


def count(house: House, action: str) -> int:
    ((found,),) = house.rows("select count(*) from audit where action = %(a)s", a=action)
    return int(str(found))


def test_what_the_supplier_says_stands_at_the_case_and_it_is_asked_once(delivered: Faulty) -> None:
    issued = delivered.truth()
    assert pass_by(delivered, 1) == 2
    found = [looked_of(case) for case in cases_of(delivered)]
    assert [(each.came, each.face_minor, each.currency) for each in found if each] == [
        ("placed", FACE.amount_minor, FACE.unit)
    ] * 2
    assert delivered.rows("select distinct state, looked_by from order_cases") == [("open", "worker")]
    assert (
        delivered.rows("select detail -> 'told' ->> 'came', actor from audit where action = 'case.looked'")
        == [("placed", "worker")] * 2
    )
    assert count(delivered, "case.asked") == 2
    # Nobody asks again, and nothing was placed by it.
    asked = requests_of(delivered)
    assert [pass_by(delivered, seconds) for seconds in (1, 60, DAY_S / 2)] == [0, 0, 0]
    assert requests_of(delivered) == asked
    assert {ref: len(found) for ref, found in delivered.truth().items()} == dict.fromkeys(issued, 1)


def test_who_fails_first_is_asked_again_when_a_while_has_passed(delivered: Faulty) -> None:
    for stand in delivered.stands.values():
        stand.control("faults", shares={}, read_share=1.0)
    assert pass_by(delivered, 1) == 2
    assert [case.looked for case in cases_of(delivered)] == ["", ""]
    for stand in delivered.stands.values():
        stand.control("faults", shares={}, read_share=0.0)
    assert pass_by(delivered, TRIES.least.total_seconds() - 1) == 0
    assert pass_by(delivered, 10) == 2
    found = [looked_of(case) for case in cases_of(delivered)]
    assert [each.came for each in found if each] == ["placed"] * 2
    assert (count(delivered, "case.asked"), count(delivered, "case.looked")) == (4, 2)


@dataclass
class Complained:
    """A counter of one supplier, and what became of an order about which there is a case."""

    here: Counter
    giftly: Fake
    order: int = 0
    asked_before: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.here.shelve()
        self.order = self.here.ordered()
        self.here.work()
        assert self.here.state(self.order) == "fulfilled"
        self.asked_before = len(self.giftly.asked)
        self.complain()

    def complain(self) -> None:
        complain(self.here.house, 7, self.order, self.here.now)

    def says(self, told: Told) -> None:
        giftly = self.giftly

        def fetch(_: str, ask: Ask) -> Told:
            giftly.asked.append(("fetch", ask.key))
            return told

        giftly.fetch = fetch  # type: ignore[assignment, method-assign]

    @property
    def asked(self) -> int:
        """How often the supplier was asked about it."""
        return len(self.giftly.asked) - self.asked_before

    @property
    def looked(self) -> Looked | None:
        (case, *_) = cases_of(self.here.house)
        return looked_of(case)

    @property
    def lane(self) -> Lane:
        with self.here.house.working() as tx:
            return lock_lane(tx, self.here.house.program_id, "giftly")


@pytest.fixture
def complained(counter: Counting) -> Complained:
    giftly = Fake("giftly")
    return Complained(counter(giftly), giftly)


def test_who_never_answers_is_asked_seven_times_in_a_day_and_left_to_staff(complained: Complained) -> None:
    complained.says(Later(1.0, "unreachable"))
    here, opened_at = complained.here, complained.here.now
    for times, age_s in enumerate((0, 30, 150, 630, 2_550, 10_230, 40_950), 1):
        for early_s in (1, 0) if age_s else (0,):
            here.now = opened_at + timedelta(seconds=age_s - early_s)
            here.work()
            assert complained.asked == times - bool(early_s), age_s
    for age in (timedelta(hours=23), timedelta(days=2), timedelta(days=9)):
        here.now = opened_at + age
        here.work()
    assert (complained.asked, complained.looked) == (7, None)


def test_an_answer_that_says_nothing_stands_there_when_it_is_the_last(complained: Complained) -> None:
    complained.says(Unknown("they do not know the number"))
    complained.here.work()
    assert (complained.asked, complained.looked) == (1, None)
    complained.here.work(DAY_S / 2)
    assert complained.asked == 2
    assert complained.looked == Looked("unknown", "they do not know the number")
    complained.here.work(DAY_S / 3)
    assert complained.asked == 2


def test_what_they_say_stands_there_in_their_words_for_staff(complained: Complained) -> None:
    complained.says(Rejected("refused", "it is void"))
    complained.here.work()
    assert complained.looked == Looked("refused", "it is void")


def test_who_asks_for_less_rests(complained: Complained) -> None:
    complained.says(Later(600.0, "limit"))
    complained.here.work()
    assert complained.lane.rests_until == complained.here.now + timedelta(minutes=10)
    complained.here.work(300)
    assert complained.asked == 1
    complained.here.work(301)
    assert complained.asked == 2


def test_a_supplier_is_not_asked_about_what_staff_brought_instead(complained: Complained) -> None:
    here, house = complained.here, complained.here.house
    with closing(psycopg.connect(house.url, autocommit=True)) as db:
        # As where nobody learned what came of it, and a person found the code.
        db.execute("update guerdon.supplier_attempts set reason = 'staff', their_id = null")
    here.work()
    assert (complained.asked, complained.looked) == (0, None)
    (case,) = cases_of(house)
    asked = Inquiry(house.program_id, 7, complained.order, case.id, "per_1")
    desk = Accounts(here.program, here.desk.open_account, house.vault)
    assert ask_anew(house.opens(None), desk, asked, here.now) == "unasked"
    assert complained.asked == 0


def test_not_done_yet_is_not_their_last_word(complained: Complained) -> None:
    complained.says(Pending("their-1", "the link is not there yet"))
    complained.here.work()
    assert (complained.asked, complained.looked) == (1, None)
    complained.says(Rejected("refused", "it is void"))
    complained.here.work(TRIES.least.total_seconds())
    assert complained.looked == Looked("refused", "it is void")


def test_a_key_that_is_refused_is_not_shown_again(complained: Complained) -> None:
    complained.says(Shut("the key is wrong"))
    complained.here.work()
    assert (complained.asked, complained.looked) == (1, None)
    assert complained.lane.shut_at == complained.here.now
    assert complained.here.house.rows("select subject from alarms where kind = 'supplier.shut'") == [
        ("giftly",)
    ]
    complained.here.work(DAY_S / 2)
    assert complained.asked == 1


def test_whoever_has_its_member_stops_no_orders(complained: Complained) -> None:
    here, giftly = complained.here, complained.giftly
    with closing(psycopg.connect(here.house.url, options="-c search_path=guerdon")) as other:

        def fetch(_: str, ask: Ask) -> Told:
            giftly.asked.append(("fetch", ask.key))
            other.execute("select from members where member_id = 7 for update")
            return Rejected("refused", "it is void")

        giftly.fetch = fetch  # type: ignore[assignment, method-assign]
        here.work()
        assert (complained.asked, complained.looked) == (1, None)
    complained.says(Rejected("refused", "it is void"))
    here.work(TRIES.least.total_seconds())
    assert complained.looked == Looked("refused", "it is void")


@pytest.mark.parametrize("how", ["shut", "rests", "another", "answered", "attached", "forgotten", "old"])
def test_whom_nobody_should_ask_is_not_asked(complained: Complained, how: str) -> None:
    here, house = complained.here, complained.here.house
    with house.working() as tx:
        lane = lock_lane(tx, house.program_id, "giftly")
        if how == "shut":
            settle_lane(tx, house.program_id, shut(lane, here.now, "key"))
        if how == "rests":
            settle_lane(tx, house.program_id, resting(lane, here.now + timedelta(hours=1)))
        if how == "forgotten":
            assert forget_members(tx, house.program_id, [7], [], here.now) == [7]
            record_audit(tx, house.program_id, "worker", "member.forgotten", "mem", here.now)
    if how == "another":
        complained.giftly.address = "https://another.example"
    (case,) = cases_of(house)
    with house.opens(None)() as tx:
        if how == "answered":
            reply = Reply(house.program_id, 7, complained.order, case.id, "per_1", "It is valid.")
            assert answer_case(tx, house.vault, reply, here.now)
        if how == "attached":
            asked = Inquiry(house.program_id, 7, complained.order, case.id, "per_1")
            assert attach(tx, house.vault, asked, ("giftly", Looked("placed")), here.now)
    here.work(DAY_S if how == "old" else 0)
    assert (complained.asked, count(house, "case.asked")) == (0, 0)


def test_of_whoever_is_forgotten_meanwhile_no_word_is_kept(complained: Complained) -> None:
    here, house, giftly = complained.here, complained.here.house, complained.giftly

    def fetch(_: str, ask: Ask) -> Told:
        giftly.asked.append(("fetch", ask.key))
        with house.working() as tx:
            assert forget_members(tx, house.program_id, [7], [], here.now) == [7]
            record_audit(tx, house.program_id, "worker", "member.forgotten", "mem", here.now)
        return Rejected("refused", "Ann had it")

    giftly.fetch = fetch  # type: ignore[assignment, method-assign]
    here.work()
    assert (complained.asked, complained.looked) == (1, None)


def test_our_own_pool_and_what_people_delivered_have_nobody_to_be_asked(complained: Complained) -> None:
    here, house = complained.here, complained.here.house
    here.work()
    here.shelve("giftly:tour", ["manual"])
    here.shelve("giftly:basket", ["pool"])
    house.stock(1, "giftly:basket")
    manual = here.ordered(8, item="giftly:tour")
    word = Word(house.program_id, 8, manual, "per_1", "because")
    with house.opens(None)() as tx:
        assert take(tx, word, here.now) is None
        assert deliver(tx, house.vault, here.program, word, (Piece("note", "At nine"),), here.now) is None
    house.enroll(9)
    pooled = here.choose(9, house.reward(9, value=EUR_200), "giftly:basket")
    assert isinstance(pooled, Redeem)
    complain(house, 8, manual, here.now)
    complain(house, 9, pooled.order, here.now)
    here.work()
    assert {here.state(manual), here.state(pooled.order)} == {"fulfilled"}
    assert (complained.asked, count(house, "case.asked")) == (1, 1)
    assert house.rows("select count(*) from order_cases where looked_at is null") == [(2,)]


def test_two_workers_do_not_ask_the_same(complained: Complained) -> None:
    here, house = complained.here, complained.here.house
    opened_twice = (connect(house.url, house.secret, "worker") for _ in range(2))
    with (
        closing(next(opened_twice)) as one,
        closing(next(opened_twice)) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        first, second = Inquiries(one, here.desk, pool), Inquiries(other, here.new_desk(), pool)
        with transaction(one, house.program_id) as tx:
            askable = [Askable("giftly", complained.giftly.account.asked_of, finds=True)]
            assert len(claim_cases(tx, house.program_id, askable, TRIES, here.now, 4)) == 1
            # Nothing is committed yet, and the other does not wait for it.
            assert second.begin(house.program_id, here.now) == 0
            raise psycopg.Rollback
        assert [each.begin(house.program_id, here.now) for each in (first, second)] == [1, 0]
        first.settle_done(here.now, None)
        assert second.begin(house.program_id, here.now) == 0
    assert complained.asked == 1
    assert complained.looked is not None


def test_a_worker_that_dies_before_any_statement_loses_no_answer(complained: Complained) -> None:
    here, house, lived = complained.here, complained.here.house, 0
    here.work()
    for member, after in enumerate(STATEMENTS, 10):
        order = here.ordered(member)
        here.work()
        complain(house, member, order, here.now)
        lived += worked(here, after)
        here.desk = here.new_desk()
        here.work(TRIES.least.total_seconds())
        assert house.rows("select count(*) from order_cases where looked is null") == [(0,)], after
    assert 0 < lived < len(STATEMENTS)
    # Some were asked about twice; the answer was attached once.
    assert count(house, "case.looked") == len(STATEMENTS) + 1 < count(house, "case.asked")


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


def test_the_loop_asks_within_seconds_and_takes_a_turn_of_the_lane(complained: Complained) -> None:
    here, house, giftly = complained.here, complained.here.house, complained.giftly
    real, turns = giftly.fetch, list[object]()

    def fetch(their_id: str, ask: Ask) -> Told:
        row = "select tokens, filled_at from supplier_lanes"
        before = house.rows(row)
        assert next_turn() == 0.0
        turns.append(house.rows(row) != before)
        return real(their_id, ask)

    giftly.fetch = fetch  # type: ignore[method-assign]
    with house.opens(None)() as tx:
        reply = Reply(house.program_id, 7, complained.order, cases_of(house)[0].id, "per_1", "It is valid.")
        assert answer_case(tx, house.vault, reply, here.now)
    desk, stop_it = here.new_desk(), Event()
    desk.clock = utc_now
    thread = Thread(target=kept, args=(here, desk, stop_it))
    thread.start()
    began = time.monotonic()
    try:
        complain(house, 7, complained.order, utc_now())
        while not house.rows("select from order_cases where looked is not null"):
            assert time.monotonic() - began < 20
            time.sleep(0.05)
    finally:
        stop_it.set()
        thread.join()
    assert turns == [True]
    assert complained.asked == 1


def kept(here: Counter, desk: Desk, stop_it: Event) -> None:
    house = here.house
    with closing(connect(house.url, house.secret, "worker")) as db:
        keep_ordering(db, desk, Turns(utc_now, stop_it), lambda: connect(house.url, house.secret, "worker"))
