"""Rounds: accounts are read once a day and when somebody asks; whatever is in the way, nothing is lost."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from tests.feeds.house import Shop, counts, row

from guerdon.engine.catalog.rounds import Rounds, read_due
from guerdon.engine.catalog.staging import SILENT_AFTER
from guerdon.engine.library import Library
from guerdon.engine.orders.port import Abilities, Account, ItemPage, Later, Listed, Shut
from guerdon.store.catalog.feeds import SyncRow, list_syncs
from guerdon.store.catalog.pulls import PullRow, ask_pull, list_pulls
from guerdon.store.database import connect
from guerdon.store.orders.lanes import list_lanes
from guerdon.store.sealing import Vault

DAY = timedelta(days=1)


class Cards:
    """An account of a supplier: what it lists, and what it says instead; it may take its time."""

    abilities = Abilities("none", None, 60, 1.0, finds=False, lists_items=True)
    account = Account("cards", "https://cards.example/", "x")

    def __init__(self, *skus: str) -> None:
        self.rows = [row(sku) for sku in skus]
        self.instead: Later | Shut | None = None
        self.asked, self.fault = 0, False
        self.reached, self.goes_on = Event(), Event()
        self.goes_on.set()

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:
        self.asked += 1
        if self.fault:
            raise RuntimeError("a fault of ours")
        if self.instead is not None:
            return self.instead
        if after is None:
            return ItemPage([Listed(each) for each in self.rows[:1]], "1")
        self.reached.set()
        assert self.goes_on.wait(30)
        return ItemPage([Listed(each) for each in self.rows[1:]], None)


def rounds_of(shop: Shop, cards: Cards | None, stop: Event | None = None) -> Rounds:
    account: Any = cards
    return Rounds(lambda *_: account, Library(Vault(shop.secret), {}), lambda: shop.now, stop or Event())


def went(shop: Shop, cards: Cards | None, later: timedelta = timedelta(0)) -> int:
    """Let time pass, then read what is due."""
    shop.now += later
    with closing(connect(shop.url, shop.secret, "worker")) as db:
        return read_due(db, rounds_of(shop, cards), shop.program_id)


def pull(shop: Shop) -> PullRow:
    with shop.tx("web") as tx:
        (found,) = list_pulls(tx, shop.program_id)
    return found


def syncs(shop: Shop) -> Sequence[SyncRow]:
    """Readings of the account, the newest first."""
    with shop.tx("web") as tx:
        return list_syncs(tx, shop.program_id, "cards", 10)


def accepted(shop: Shop, *skus: str) -> Cards:
    """An account of which somebody has seen what it lists."""
    cards = Cards(*skus)
    went(shop, cards)
    shop.accept(syncs(shop)[0])
    return cards


def test_an_account_is_read_once_a_day_and_the_first_time_somebody_looks(shop: Shop) -> None:
    cards = Cards("b1", "b2")
    assert went(shop, cards) == 1
    (first,) = syncs(shop)
    assert (first.state, first.why, first.by, counts(first)) == (
        "staged",
        "preview",
        "worker",
        {"found": 2, "new": 2},
    )
    assert shop.live("cards") == set()
    assert pull(shop) == PullRow("cards", shop.now + DAY, tried_at=shop.now)
    shop.accept(first)
    assert shop.live("cards") == {"b1", "b2"}
    # Not before a day is over; then by itself.
    assert went(shop, cards, DAY - timedelta(minutes=1)) == 0
    cards.rows.append(row("b3"))
    assert went(shop, cards, timedelta(minutes=1)) == 1
    assert (syncs(shop)[0].state, shop.live("cards")) == ("applied", {"b1", "b2", "b3"})
    # It never empties what there is.
    cards.rows = cards.rows[:1]
    assert went(shop, cards, DAY) == 1
    assert (syncs(shop)[0].why, shop.live("cards")) == ("gone", {"b1", "b2", "b3"})


def test_whoever_asks_has_it_read_at_once(shop: Shop) -> None:
    cards = accepted(shop, "b1", "b2")
    assert went(shop, cards, timedelta(minutes=1)) == 0
    with shop.tx("web") as tx:
        ask_pull(tx, shop.program_id, "cards", "per_1", shop.now)
    assert went(shop, cards) == 1
    assert (syncs(shop)[0].by, syncs(shop)[0].state) == ("per_1", "applied")
    assert pull(shop) == PullRow("cards", shop.now + DAY, tried_at=shop.now)


def test_who_asks_while_it_is_read_has_it_read_again(shop: Shop) -> None:
    cards = accepted(shop, "b1", "b2")
    cards.goes_on.clear()
    cards.reached.clear()
    shop.now += DAY
    reading = Thread(target=went, args=(shop, cards))
    reading.start()
    assert cards.reached.wait(30)
    with shop.tx("web") as tx:
        ask_pull(tx, shop.program_id, "cards", "per_1", shop.now)
    cards.goes_on.set()
    reading.join()
    assert pull(shop).asked_by == "per_1"
    assert pull(shop).next_at <= shop.now
    assert went(shop, cards) == 1


@pytest.mark.parametrize(
    ("instead", "why", "said", "after"),
    [
        (Later(7, "unreachable"), "later", "unreachable", timedelta(minutes=1)),
        (Later(600, "limit"), "later", "limit", timedelta(minutes=10)),
        (Shut("401"), "shut", "401", timedelta(hours=1)),
    ],
)
def test_who_does_not_answer_is_asked_again_and_nothing_is_lost(
    shop: Shop, instead: Later | Shut, why: str, said: str, after: timedelta
) -> None:
    cards = Cards("b1", "b2")
    went(shop, cards)
    cards.instead = instead
    assert went(shop, cards, DAY) == 1
    # What waits for somebody goes on waiting.
    assert [each.state for each in syncs(shop)] == ["staged"]
    found = pull(shop)
    assert (found.why, found.said, found.tries, found.next_at) == (why, said, 1, shop.now + after)
    assert went(shop, cards, after) == 1
    assert pull(shop).next_at - shop.now >= after
    assert went(shop, cards) == 0
    cards.instead = None
    went(shop, cards, timedelta(hours=1))
    assert (pull(shop).why, pull(shop).said, pull(shop).tries) == ("", "", 0)


class Tired(Cards):
    """An account that lists its first page, and then says that it was asked too much."""

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:
        return super().list_items(after) if after is None else Later(600, "limit")


def test_who_asks_for_less_has_a_rest_from_orders_and_from_the_next_reading(shop: Shop) -> None:
    cards, minute = accepted(shop, "b1", "b2"), timedelta(minutes=1)
    assert went(shop, Tired("b1", "b2"), DAY) == 1
    assert (syncs(shop)[0].state, syncs(shop)[0].said) == ("refused", "the supplier does not answer: limit")
    assert (pull(shop).why, pull(shop).next_at) == ("cut", shop.now + minute)
    with shop.tx() as tx:
        assert list_lanes(tx, shop.program_id)["cards"].rests_until == shop.now + 10 * minute
    # Its next try would be due, and waits for as long as it said.
    assert went(shop, cards, 9 * minute) == 0
    assert went(shop, cards, minute) == 1
    assert (pull(shop).why, syncs(shop)[0].state, shop.live("cards")) == ("", "applied", {"b1", "b2"})


def test_an_account_without_its_key_says_so_and_one_that_is_no_more_is_let_go(shop: Shop) -> None:
    assert went(shop, None) == 1
    assert (pull(shop).why, pull(shop).next_at, syncs(shop)) == ("key", shop.now + timedelta(hours=1), [])
    with shop.tx() as tx:
        tx.execute("update catalog_pulls set account = 'former', next_at = %s", (shop.now,))
    assert went(shop, Cards("b1", "b2")) == 1
    assert pull(shop).account == "cards"


def test_a_fault_of_ours_does_not_stop_the_rounds(shop: Shop) -> None:
    cards = Cards("b1", "b2")
    cards.fault = True
    with pytest.raises(RuntimeError):
        went(shop, cards)
    assert (pull(shop).why, pull(shop).next_at) == ("fault", shop.now + timedelta(minutes=1))
    assert went(shop, cards) == 0


def test_two_workers_one_reads_and_whoever_is_killed_loses_nothing(shop: Shop) -> None:
    cards = accepted(shop, "b1", "b2", "b3")
    cards.rows.append(row("b4"))
    cards.goes_on.clear()
    cards.reached.clear()
    shop.now += DAY
    faults: list[BaseException] = []
    began, asked = Event(), cards.asked
    killed: list[int] = []

    def reading() -> None:
        with connect(shop.url, shop.secret, "worker") as db:
            killed.append(db.info.backend_pid)
            began.set()
            try:
                read_due(db, rounds_of(shop, cards), shop.program_id)
            except psycopg.OperationalError as fault:
                faults.append(fault)

    one = Thread(target=reading)
    one.start()
    assert cards.reached.wait(30)
    # The other finds it taken, and asks nobody.
    assert went(shop, cards) == 0
    assert cards.asked == asked + 2
    with psycopg.connect(shop.url, autocommit=True) as db:
        db.execute("select pg_terminate_backend(%s, 5000)", killed)
    cards.goes_on.set()
    one.join()
    assert len(faults) == 1
    # It is due as before; as long as the dead one may live, one waits.
    assert (syncs(shop)[0].state, shop.live("cards")) == ("reading", {"b1", "b2", "b3"})
    assert went(shop, cards) == 1
    assert (pull(shop).why, shop.live("cards")) == ("reading", {"b1", "b2", "b3"})
    assert went(shop, cards, SILENT_AFTER + timedelta(seconds=1)) == 1
    assert [each.state for each in syncs(shop)[:2]] == ["applied", "dropped"]
    assert shop.live("cards") == {"b1", "b2", "b3", "b4"}


def test_a_worker_that_is_told_to_stop_leaves_it_due(shop: Shop) -> None:
    cards, stop = accepted(shop, "b1", "b2"), Event()
    shop.now += DAY

    class Stopping(Cards):
        def list_items(self, after: str | None) -> ItemPage | Later | Shut:
            stop.set()
            return super().list_items(after)

    with closing(connect(shop.url, shop.secret, "worker")) as db:
        rounds = rounds_of(shop, Stopping("b1", "b2"), stop)
        assert read_due(db, rounds, shop.program_id) == 1
        assert read_due(db, rounds, shop.program_id) == 0
    assert (syncs(shop)[0].why, shop.live("cards")) == ("stopped", {"b1", "b2"})
    assert pull(shop).next_at <= shop.now
    assert went(shop, cards) == 1
    assert syncs(shop)[0].state == "applied"


def test_what_is_for_other_countries_is_left_out_and_counted(shop: Shop) -> None:
    cards = Cards("b1", "b2")
    cards.rows += [
        *(row(f"us{n}", markets=["US", "CA"], currency="USD") for n in range(40)),
        row("dollars", currency="USD"),
        row("far", markets=["FR", "JP"]),
        row("wide", markets=["AT", "DE", "FR"]),
    ]
    went(shop, cards)
    (first,) = syncs(shop)
    assert (first.why, counts(first)) == ("preview", {"found": 3, "new": 3, "elsewhere": 42})
    shop.accept(first)
    assert shop.live("cards") == {"b1", "b2", "wide"}
    assert shop.items("wide", feed="cards")["cards:wide"].markets == ("DE",)
    # What is wrong is wrong still, and what left our countries is gone.
    cards.rows[1:2] = [row("b2", amounts=None)]
    cards.rows[-1] = row("wide", markets=["AT"])
    went(shop, cards, DAY)
    assert (syncs(shop)[0].why, counts(syncs(shop)[0])) == (
        "wrong",
        {"found": 2, "same": 1, "gone": 1, "wrong": 1, "elsewhere": 43},
    )
