"""Two workers, a catalog and questions of staff at one account: its limit is kept, and used.

The stand-ins count in windows that roll, and answer 429 to one too many. Time is the test's own.
"""

import json
import random
from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from standins.hubspot.wire import Request
from standins.runa.api import Runa
from standins.suppliers.application import Application
from standins.tremendous.api import Tremendous
from tests.orders.counter import Counter
from tests.redeem.house import NOW, House, opened_house
from tests.suppliers.desk import Recorded, answered, order

from guerdon.engine.catalog.ground import Ground
from guerdon.engine.catalog.pulling import pull_feed
from guerdon.engine.catalog.staging import Asked
from guerdon.engine.orders.desk import Desk, OpensAside
from guerdon.engine.orders.lanes import paces
from guerdon.engine.orders.lanes.turnstile import Aside, Patience, Unhurried, by_turns, turns_of
from guerdon.engine.orders.port import Absent, Account, ItemPage, Later, Pace, Placed, Supplier
from guerdon.engine.orders.working import order_once
from guerdon.engine.reconciling.taking import NotTaken, ask_statement
from guerdon.http import Answer, Unreachable
from guerdon.store.database import Connection, connect, transaction
from guerdon.store.orders.lanes import Lane
from guerdon.store.orders.reconciling.statements import Wanted
from guerdon.suppliers import vendors
from guerdon.suppliers.tremendous.account import LIMIT_S
from guerdon.suppliers.turns import ByTurns

PACES = [Pace(1, 1.0), Pace(10, 1.0), Pace(60, 60.0), Pace(600, 60.0)]
STANDINS = {
    "tremendous": (Tremendous, "/api/v2", "GRUENERKORB1"),
    "runa": (Runa, "/v2", "KORB-DE"),
}
# What may be lost of a limit.
USED = 0.85


@dataclass
class Time:
    """A clock that goes on when somebody waits, or is told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Standing:
    """A stand-in in this process, with its limit on; what was asked when, and what it answered."""

    kind: str
    time: Time
    pace: Pace
    asked: list[datetime] = field(default_factory=list)
    answers: Counts[int] = field(default_factory=Counts)
    # Whoever asks too much is told to wait for so many seconds.
    wait_s: int | None = None

    def __post_init__(self) -> None:
        vendor: Any = STANDINS[self.kind][0]()
        self.application: Any = Application(vendor, 7, checked=False)
        self.world.cents, self.world.origin = 10**9, "https://their.example"
        self.control("limits", most=self.pace.calls, window_ms=round(self.pace.within_s * 1000))

    @property
    def world(self) -> Any:
        return self.application.world

    def control(self, name: str, **asked: object) -> None:
        said = self.application(Request("POST", f"/_control/{name}", [], {}, json.dumps(asked).encode()))
        assert said.status == 200, said

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, within_s: float
    ) -> Answer:
        assert within_s > 0
        parts = urlsplit(url)
        self.world.clock.stop_at(self.time().isoformat())
        self.asked.append(self.time())
        small = {name.lower(): text for name, text in headers.items()}
        if body is not None:
            small["content-length"] = str(len(body))
        said = self.application(Request(method, parts.path, parse_qsl(parts.query), small, body or b""))
        self.answers[said.status] += 1
        if said.cut:
            raise Unreachable("timeout", sent=True)
        encoded = said.encode().partition(b"\r\n\r\n")[2]
        told = {name.lower(): text for name, text in said.headers.items()}
        if said.status == 429 and self.wait_s is not None:
            told["retry-after"] = str(self.wait_s)
        return Answer(said.status, told, encoded)

    def account(self) -> Supplier:
        keys = self.world.keys()
        secret, hook = keys.get("token") or keys["key"], keys.get("private_key") or keys["secret"]
        address = "https://their.example" + STANDINS[self.kind][1]
        account = Account("cards", address, secret, hook, pace=self.pace)
        return vendors()[self.kind].opens(ByTurns(self), account)

    def is_kept(self) -> None:
        """No window, wherever it begins, has more than the limit, and they never said so."""
        assert most_within(self.asked, self.pace) <= self.pace.calls
        assert self.answers[429] == 0, self.answers


def most_within(times: list[datetime], pace: Pace) -> int:
    """How many were in the fullest window of a limit: from one of them on, its end with it."""
    ordered, last, most = sorted(times), 0, 0
    for first, begins in enumerate(ordered):
        while last < len(ordered) and (ordered[last] - begins).total_seconds() <= pace.within_s:
            last += 1
        most = max(most, last - first)
    return most


@dataclass
class Shop:
    """A house, a stand-in at which it orders, and workers of it."""

    house: House
    stand: Standing
    here: Counter
    time: Time

    @contextmanager
    def worker(self) -> Iterator[tuple[Connection, Desk]]:
        """A worker, as it is after a start."""

        def connected() -> Connection:
            return connect(self.house.url, self.house.secret, "worker")

        aside = Aside(connected)
        with closing(connected()) as db:
            desk = self.here.new_desk(in_flight=1)
            desk.clock, desk.opens, desk.sleep = self.time, aside.opens, self.time.sleep
            try:
                yield db, desk
            finally:
                aside.close()

    def order(self, members: range) -> None:
        for member in members:
            self.here.ordered(member)

    def fulfilled(self) -> int:
        return len(self.house.rows("select 1 from fulfillments where state = 'fulfilled'"))

    def lane(self) -> tuple[float, datetime]:
        rows: Any = self.house.rows("select tokens, filled_at from supplier_lanes")
        return rows[0]  # type: ignore[no-any-return]

    def rests_until(self) -> datetime | None:
        rows: Any = self.house.rows("select rests_until from supplier_lanes")
        return rows[0][0]  # type: ignore[no-any-return]

    def next_turn_s(self) -> float:
        tokens, filled_at = self.lane()
        lane = Lane("cards", tokens, filled_at, 0, None, None, None, "")
        return max((paces.next_at(lane, self.stand.pace) - self.time()).total_seconds(), 0.0)

    def settles(self, db: Connection) -> Supplier:
        """The account; its lane has all that is saved up at most."""
        account = self.stand.account()
        with transaction(db, self.house.program_id) as tx:
            tx.execute(
                "insert into supplier_lanes (program_id, supplier, tokens, filled_at)"
                " values (%s, 'cards', %s, %s)",
                (self.house.program_id, paces.most(self.stand.pace), self.time()),
            )
        return account


@contextmanager
def opened_shop(database: str, secret: str, kind: str, pace: Pace) -> Iterator[Shop]:
    with_house = opened_house(database, secret)
    house, time = with_house.__enter__(), Time()
    stand = Standing(kind, time, pace)
    account: Any = stand.account()
    here = Counter(house, {"cards": account}, catalog=house.program.catalog)
    here.shelve()
    with psycopg.connect(house.url, options="-c search_path=guerdon") as db:
        db.execute("update catalog_offers set sku = %s", (STANDINS[kind][2],))
    # What is still open when a test ends may be so.
    yield Shop(house, stand, here, time)


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_whoever_takes_turns_no_window_sees_one_too_many_and_few_are_lost(pace: Pace) -> None:
    lot = random.Random(7)  # noqa: S311  the same lots each time
    lane = Lane("cards", 0.0, None, 0, None, None, None, "")
    begin, now, taken = NOW, NOW, list[datetime]()
    lasts = timedelta(seconds=max(3.0, 100 / pace.calls) * pace.within_s)
    step_s = pace.within_s / pace.calls / 20
    while now - begin < lasts:
        # Now and then nobody asks for a while: nothing of that is had at once afterwards.
        now += timedelta(seconds=step_s * lot.random() * 2)
        # One of several workers, whose clocks differ by a little.
        clock = now + timedelta(seconds=lot.choice([0.0, 0.0, -step_s]))
        lane = paces.filled(lane, pace, clock)
        if lot.random() < 0.2:
            # A turn that is to come is promised, and had then.
            at = max(paces.next_at(lane, pace), now)
            lane = paces.spent(lane, 1)
            taken.append(at)
        elif lane.tokens >= 1:
            taken += [now] * int(lane.tokens)
            lane = paces.spent(lane, int(lane.tokens))
    assert most_within(taken, pace) <= pace.calls
    # All came in that time but what was promised for afterwards.
    had = sum(at - begin <= lasts for at in taken)
    assert had >= USED * pace.calls * lasts.total_seconds() / pace.within_s


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_after_a_rest_no_more_is_had_at_once_than_the_limit_leaves_for_the_window(pace: Pace) -> None:
    lane = paces.filled(Lane("cards", 0.0, None, 0, None, None, None, ""), pace, NOW)
    now, taken = NOW + timedelta(hours=1), list[datetime]()
    for _ in range(4 * pace.calls):
        lane = paces.filled(lane, pace, now)
        now = max(now, paces.next_at(lane, pace))
        lane = paces.spent(paces.filled(lane, pace, now), 1)
        taken.append(now)
    assert most_within(taken, replace(pace, within_s=pace.within_s * (1 + paces.APART / 2))) <= pace.calls


def test_one_a_second_is_not_sixty_a_minute() -> None:
    empty = Lane("cards", 0.0, None, 0, None, None, None, "")
    assert int(paces.filled(empty, Pace(1, 1.0), NOW).tokens) == 1
    assert int(paces.filled(empty, Pace(60, 60.0), NOW).tokens) == 4


def test_a_clock_that_is_behind_gives_nothing_twice() -> None:
    pace = Pace(10, 1.0)
    ahead = paces.spent(paces.filled(Lane("cards", 1.0, NOW, 0, None, None, None, ""), pace, NOW), 1)
    behind = paces.filled(ahead, pace, NOW - timedelta(seconds=2))
    assert paces.filled(behind, pace, NOW).tokens == 0.0
    # One that was wrong by far is not waited for.
    lost = paces.filled(ahead, pace, NOW - timedelta(hours=1))
    assert paces.next_at(lost, pace) < NOW - timedelta(minutes=59)


@pytest.mark.parametrize(
    ("kind", "pace", "lasts_s"),
    [("tremendous", Pace(10, 1.0), 2.5), ("tremendous", Pace(1, 1.0), 14.0), ("runa", Pace(60, 60.0), 25.0)],
    ids=["10 a second", "1 a second", "60 a minute"],
)
def test_two_workers_use_the_limit_and_never_hear_that_it_was_too_much(
    database: str, secret: str, kind: str, pace: Pace, lasts_s: float
) -> None:
    may = pace.calls * lasts_s / pace.within_s
    with opened_shop(database, secret, kind, pace) as shop:
        shop.order(range(1, int(may) + 5))
        begun = shop.time()
        with shop.worker() as one, shop.worker() as other:
            while (shop.time() - begun).total_seconds() < lasts_s:
                for db, desk in (one, other):
                    order_once(db, desk, shop.time())
                    # They look a little later than they may ask.
                    shop.time.sleep(shop.next_turn_s() + pace.within_s / pace.calls / 20)
        shop.stand.is_kept()
        assert shop.fulfilled() >= USED * may
        # Whoever starts now knows what was asked before.
        shop.order(range(1001, 1006))
        with shop.worker() as (db, desk):
            order_once(db, desk, shop.time())
        shop.stand.is_kept()


@pytest.mark.parametrize(("kind", "pace"), [("tremendous", Pace(10, 1.0)), ("runa", Pace(60, 60.0))])
def test_lost_answers_catalogs_and_staff_take_turns_of_the_same_limit(
    database: str, secret: str, kind: str, pace: Pace
) -> None:
    with opened_shop(database, secret, kind, pace) as shop:
        shop.order(range(1, 9))
        account, step_s = shop.stand.account(), pace.within_s / pace.calls
        shop.stand.world.faults.next.extend(["after", "cut", "before", "none"] * 2)
        with shop.worker() as (db, desk), shop.worker() as (aside, other):
            for n in range(80):
                order_once(db, desk, shop.time())
                order_once(aside, other, shop.time())
                if n % 5 == 0:
                    _pulled(shop, aside, account)
                shop.time.sleep(step_s * 0.3 if n < 20 else 20)
                if shop.fulfilled() == 8:
                    break
        assert shop.fulfilled() == 8
        # More was asked than orders were placed, and all of it was counted.
        assert len(shop.stand.asked) > 8 + n // 5
        shop.stand.is_kept()


def _pulled(shop: Shop, db: Connection, account: Supplier) -> None:
    patience = Patience(shop.time, 30.0, 0.25, shop.time.sleep)
    stile = turns_of(lambda each: transaction(db, each), shop.house.program_id, account, patience)
    with by_turns(stile):
        assert isinstance(account.list_items(None), ItemPage)


def test_each_page_of_a_catalog_and_of_a_statement_takes_a_turn(database: str, secret: str) -> None:
    with opened_shop(database, secret, "runa", Pace(60, 60.0)) as shop, shop.worker() as (db, _):
        account = shop.settles(db)
        before, _ = shop.lane()
        program_id, program = shop.house.program_id, shop.here.program
        ground = Ground(program_id, program, "cards", "cards")
        assert not isinstance(pull_feed(db, ground, account, Asked("cards", "worker"), shop.time), Later)
        pulled = len(shop.stand.asked)
        assert pulled > 0
        assert shop.lane()[0] == before - pulled
        wanted = Wanted(program_id, "cards", "asked", NOW - timedelta(days=1), NOW, "worker", NOW)
        ask_statement(db, account, wanted, shop.time)
        asked = len(shop.stand.asked)
        assert asked > pulled
        assert shop.lane()[0] == before - asked


@pytest.mark.parametrize("wait_s", [90, None])
@pytest.mark.parametrize("asks", ["items", "books"])
def test_who_says_that_a_catalog_or_a_statement_was_too_much_has_a_rest_from_orders(
    database: str, secret: str, asks: str, wait_s: int | None
) -> None:
    pace = Pace(10, 1.0)
    with opened_shop(database, secret, "tremendous", pace) as shop, shop.worker() as (db, desk):
        account, place = shop.settles(db), shop.house.program_id
        # Somebody else has used all of it up.
        shop.stand.wait_s = wait_s
        shop.stand.control("limits", most=0)
        if asks == "items":
            ground = Ground(place, shop.here.program, "cards", "cards")
            told = pull_feed(db, ground, account, Asked("cards", "worker"), shop.time)
            assert told == Later(wait_s or LIMIT_S, "limit")
        else:
            wanted = Wanted(place, "cards", "asked", NOW - timedelta(days=1), NOW, "worker", NOW)
            with pytest.raises(NotTaken, match="cut"):
                ask_statement(db, account, wanted, shop.time)
        until = shop.time() + timedelta(seconds=wait_s or LIMIT_S)
        assert shop.rests_until() == until
        assert shop.lane()[0] <= 0.0
        # Until then no order is sent to them, be it that they would take it.
        shop.stand.control("limits", most=pace.calls)
        shop.order(range(1, 3))
        asked = len(shop.stand.asked)
        order_once(db, desk, shop.time())
        shop.time.sleep((wait_s or LIMIT_S) - 0.1)
        order_once(db, desk, shop.time())
        assert (len(shop.stand.asked), shop.fulfilled()) == (asked, 0)
        shop.time.sleep(2.0)
        order_once(db, desk, shop.time())
        shop.time.sleep(2.0)
        order_once(db, desk, shop.time())
        assert shop.fulfilled() == 2


def test_a_catalog_that_cannot_be_had_lets_orders_go_on(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(10, 1.0)) as shop, shop.worker() as (db, desk):
        account = shop.settles(db)
        for trouble in (Later(60.0, "trouble"), Later(60.0, "unreachable"), Later(60.0, "turn")):
            unhurried = Unhurried(db, shop.house.program_id, account, shop.time)
            assert unhurried.ask(lambda said=trouble: said) == trouble  # type: ignore[misc]
        assert shop.rests_until() is None
        shop.order(range(1, 2))
        order_once(db, desk, shop.time())
        assert shop.fulfilled() == 1


def test_each_request_of_one_question_takes_a_turn(database: str, secret: str) -> None:
    pace = Pace(60, 60.0)
    with opened_shop(database, secret, "runa", pace) as shop, shop.worker() as (db, _):
        shop.settles(db)
        # Three pages, of which the last is empty: there is none.
        page = [answered({"items": [], "pagination": {"cursors": {"after": None}}})]
        more = {"id": "O-1", "status": "COMPLETED", "description": "ord_other", "created_at": NOW.isoformat()}
        first = [
            answered({"items": [more], "pagination": {"cursors": {"after": cursor}}}) for cursor in ("a", "b")
        ]
        http = Recorded([*first, *page])
        named = Account("cards", "https://their.example", "key", pace=pace)
        account = vendors()["runa"].opens(ByTurns(http), named)
        patience = Patience(shop.time, 5.0, sleep=shop.time.sleep)
        with by_turns(turns_of(lambda each: transaction(db, each), shop.house.program_id, account, patience)):
            assert isinstance(account.find(order(first_asked_at=NOW)), Absent)
        assert len(http.asked) == 3
        assert shop.lane()[0] == paces.most(pace) - 3


def test_who_does_not_want_to_wait_for_long_asks_nobody(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(1, 1.0)) as shop, shop.worker() as (db, _):
        account = shop.settles(db)
        # Nobody sleeps here, so they would count all in one moment.
        shop.stand.control("limits", on=False)
        told = []
        for _ in range(3):
            patience = Patience(shop.time, 1.2, sleep=lambda _: None)
            with by_turns(
                turns_of(lambda each: transaction(db, each), shop.house.program_id, account, patience)
            ):
                told.append(account.find(order()))
        assert len(shop.stand.asked) == 2
        assert [type(each) for each in told[:2]] == [Absent, Absent]
        assert isinstance(told[2], Later)
        # One second and a twentieth for each before it.
        assert told[2].why == "turn"
        assert told[2].after_s == pytest.approx(2.16, abs=0.02)
        # What is not had is not taken.
        assert shop.lane()[0] == pytest.approx(paces.most(shop.stand.pace) - 2)


def test_orders_that_are_due_go_first_and_not_for_ever(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(10, 1.0)) as shop, shop.worker() as (db, _):
        account = shop.settles(db)
        shop.order(range(1, 2))
        waited = list[float]()
        patience = Patience(shop.time, 30.0, 1.0, waited.append)
        with by_turns(turns_of(lambda each: transaction(db, each), shop.house.program_id, account, patience)):
            assert isinstance(account.list_items(None), ItemPage)
        # It looked again four times, and then it was its turn.
        assert waited == [0.25] * 4


def test_a_turn_that_was_taken_long_ago_counts_from_now(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(10, 1.0)) as shop, shop.worker() as (db, desk):
        shop.order(range(1, 2))
        stale = shop.time()
        shop.time.sleep(5)
        order_once(db, desk, stale)
        assert shop.fulfilled() == 1
        tokens, filled_at = shop.lane()
        assert filled_at == shop.time()
        assert tokens == pytest.approx(paces.most(shop.stand.pace) - 1)


def test_a_question_that_waits_for_a_turn_says_nothing_of_the_account(database: str, secret: str) -> None:
    with opened_shop(database, secret, "tremendous", Pace(1, 1.0)) as shop, shop.worker() as (db, desk):
        shop.order(range(1, 2))
        # All turns of an hour were promised between its being taken and being sent.
        desk.opens, stale = _promised(desk), shop.time()
        shop.time.sleep(2)
        order_once(db, desk, stale)
        assert (shop.fulfilled(), shop.stand.asked) == (0, [])
        rows = shop.house.rows("select f.state, l.failures from fulfillments f, supplier_lanes l")
        assert rows == [("reserved", 0)]


def _promised(desk: Desk) -> OpensAside:
    opens = desk.opens
    assert opens is not None

    @contextmanager
    def opened(program_id: int) -> Iterator[Connection]:
        with opens(program_id) as tx:
            tx.execute("update supplier_lanes set tokens = -3600")
            yield tx

    return opened


def test_what_is_placed_and_has_no_link_yet_is_placed_all_the_same() -> None:
    """The second request of a question has no turn: what the first came to is not lost by that."""
    turns = iter([0.0, 60.0])
    made = {
        "order": {
            "id": "O1",
            "external_id": order().key,
            "status": "EXECUTED",
            "payment": {"total": 25, "currency_code": "EUR"},
            "rewards": [{"id": "R1", "value": {"denomination": 25, "currency_code": "EUR"}}],
        }
    }
    http = Recorded([answered(made), answered(made)])
    account = vendors()["tremendous"].opens(ByTurns(http), Account("cards", "https://their.example", "key"))
    with by_turns(lambda: next(turns)):
        told = account.place(order())
    assert not isinstance(told, Placed | Later | Absent)
    assert len(http.asked) == 1
