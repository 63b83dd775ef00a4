"""Limits that members share, under many workers; and rewards that wait for people, their money set aside."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import msgspec
import pytest
from tests.engine.harbor_house import HarborHouse, deed
from tests.engine.house import NOW, Worker
from tests.engine.test_process import shared_lanes

from guerdon.engine.process import Batch, process_batch
from guerdon.ledger.contents import GiveReward, read_content
from guerdon.store.inbox import find_inbox

DEALER = "budget:dealers:de-kiel"
RICH = ("de-kiel: 300.00", "de-kiel: 9000.00")
SOMEBODY_WAITS = """
    select exists (
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    )
"""


@pytest.fixture
def house(database: str, secret: str) -> Iterator[HarborHouse]:
    """Give the harbor's house, and check its books at the end."""
    made = HarborHouse(database, secret)
    yield made
    if made.program_id:
        made.check()


def shared(house: HarborHouse) -> dict[object, object]:
    rows = house.rows("select name, used from allowances where member_id = 0 order by 1")
    return {row[0]: row[1] for row in rows}


def of_dealer(house: HarborHouse) -> tuple[object, ...]:
    """What the dealer's account has, and what of it is set aside."""
    return house.rows("select posted, held from accounts where name = 'budget:dealers:de-kiel'")[0]


def work_together(house: HarborHouse, workers: list[Worker], at_most: int) -> None:
    shared_lanes(*workers)
    with ThreadPoolExecutor(len(workers)) as threads:
        list(threads.map(lambda worker: house.drain(worker, at_most), workers))


@pytest.mark.parametrize("at_most", [1, 5, 1000])
def test_what_members_share_is_never_passed_whoever_decides(house: HarborHouse, at_most: int) -> None:
    """A location's month, a program's life, and a seller's day: each at its own boundary."""
    house.open("harbor", RICH, ("times: 5, rules: [sale]", "times: 17, rules: [sale]"))
    names = [f"m{n}" for n in range(40)]
    house.join(*names[:20])
    house.join(*names[20:], location="de-ulm")
    house.call(
        [deed(name, "sale.made", 0, seller=f"s{n % 12}") for n, name in enumerate(names)], per_request=1
    )
    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(4)]
        work_together(house, workers, at_most)
    used = shared(house)
    # de-ulm has no money at all, so three sales at de-kiel are all there is.
    assert used["kiel_month:de-kiel"] == 3
    assert used["sale_life"] == 3
    assert house.rows("select count(*) from rewards") == [(3,)]
    assert house.count("select count(*) from quarantine") == 0


def test_eight_workers_fill_a_shared_limit_to_the_brim_and_no_further(house: HarborHouse) -> None:
    house.open(
        "harbor", RICH, ("times: 3, rules: [sale]", "times: 60, rules: [sale]"), ("times: 5,", "times: 50,")
    )
    names = [f"m{n}" for n in range(80)]
    house.join(*names)
    house.call([deed(name, "sale.made", 0, seller=name) for name in names], per_request=1)
    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(8)]
        work_together(house, workers, 3)
    assert shared(house)["sale_life"] == 50
    assert house.rows("select outcome, count(*) from events group by 1 order by 1") == [
        ("earned", 50),
        ("refused", 30),
    ]
    assert of_dealer(house) == (400_000, 0)
    assert house.count("select count(*) from quarantine") == 0


def test_who_decided_on_a_shared_limit_that_another_used_meanwhile_decides_again(house: HarborHouse) -> None:
    house.open("harbor", RICH, ("times: 5,", "times: 1,"))
    with house.worker() as first, house.worker() as second, ThreadPoolExecutor() as threads:
        shared_lanes(first, second)
        names = [f"m{n}" for n in range(32)]
        house.join(*names)
        house.call([deed(name, "sale.made", 0, seller=name) for name in names], per_request=1)
        with first.db.transaction():
            rows = find_inbox(first.db, first.lease().lanes, 1)
            process_batch(first.db, first.library, Batch(rows, house.program_id), NOW)
            working = threads.submit(house.drain, second, 1)
            house.await_true(SOMEBODY_WAITS)
        working.result()
        house.drain(first)
    assert house.count("select count(*) from rewards") == 1
    assert shared(house)["sale_life"] == 1


def test_a_member_is_held_after_too_many_within_hours_wherever_batches_end(house: HarborHouse) -> None:
    house.open()
    house.join("ann")
    hours = (-10, -5, -4.5, -4.2, -1, -0.9, 0)
    house.call([deed("ann", "walk.done", at) for at in hours], per_request=1)
    house.work(at_most=1)
    assert house.outcomes() == ["earned", "earned", "earned", "held", "earned", "earned", "held"]


@pytest.mark.parametrize("at_most", [1, 3, 1000])
def test_what_a_member_used_is_one_row_whatever_it_is_called_and_wherever_batches_end(
    house: HarborHouse, at_most: int
) -> None:
    """A new row is written otherwise than one that was there: both within a batch, and both in turns."""
    house.open()
    house.join("ann", "bob")
    odd, plain = 'a\\N "{b}",', "a"
    told = [("ann", odd), ("bob", odd), ("ann", plain), ("ann", odd), ("bob", plain), ("ann", odd)]
    house.call([deed(who, "gift.given", contract=contract) for who, contract in told], per_request=1)
    house.work(at_most=at_most)
    assert house.outcomes() == ["earned"] * 5 + ["refused"]
    assert house.rows("select name, used from allowances where member_id > 0 order by 1, 2") == [
        (f"order_year:{plain}", 10_000),
        (f"order_year:{plain}", 10_000),
        (f"order_year:{odd}", 10_000),
        (f"order_year:{odd}", 20_000),
    ]


def test_a_held_reward_is_a_request_that_says_exactly_what_will_happen(house: HarborHouse) -> None:
    house.open("harbor", ("times: 5, rules: [sale]", "times: 1, rules: [sale], over: hold"))
    house.join("ann")
    house.tell_and_work(deed("ann", "sale.made", 0, seller="s"), deed("ann", "sale.made", -24, seller="s"))
    assert house.outcomes() == ["earned", "held"]
    (hold,) = house.effects("hold")
    assert hold["reserved"] is True
    assert house.rows("select id, kind, state, maker, reason, unit, amount from requests") == [
        (hold["request"], "reward", "open", "rule:sale", "limit:sale_life", "EUR", 10_000)
    ]
    assert house.rows("select market, location, rung, expires_at, escalates_at from requests") == [
        ("DE", "de-kiel", 0, NOW + timedelta(hours=336), NOW + timedelta(hours=24))
    ]
    ((text, sha, revision_maker, beneficiary),) = house.rows(
        "select content::text, content_sha, maker, beneficiary from revisions"
    )
    assert hashlib.sha256(str(text).encode()).digest() == sha
    assert (revision_maker, beneficiary) == ("rule:sale", house.member("ann"))
    content = read_content(str(text))
    ((event_id,),) = house.rows("select id from events where outcome = 'held'")
    assert isinstance(content, GiveReward)
    assert (content.member, content.rule, content.value, content.unit) == (
        house.member("ann"),
        "sale",
        10_000,
        "EUR",
    )
    assert (content.payer, content.event_id, content.happened_at) == (
        DEALER,
        event_id,
        NOW - timedelta(hours=24),
    )
    # Canonical: the keys in their order, nothing between them.
    assert str(text) == msgspec.json.encode(msgspec.json.decode(str(text)), order="sorted").decode()
    assert house.rows("select account, unit, amount, state, purpose like 'approval:apr_%' from holds") == [
        (DEALER, "EUR", 10_000, "open", True)
    ]
    assert of_dealer(house) == (20_000, 10_000)
    assert house.count("select count(*) from audit where action = 'batch.decided'") == 1


def test_an_empty_budget_that_holds_sets_nothing_aside(house: HarborHouse) -> None:
    house.open("harbor", ("times: 5, rules: [sale]", "times: 50, rules: [sale]"))
    house.join("ann", location="de-ulm")
    house.tell_and_work(deed("ann", "sale.made", 0, seller="s"))
    assert house.outcomes() == ["held"]
    assert house.rows("select reason from requests") == [("budget:dealers",)]
    assert house.count("select count(*) from holds") == 0


def test_what_is_held_is_not_there_for_others(house: HarborHouse) -> None:
    house.open("harbor", ("times: 5, rules: [sale]", "times: 1, rules: [sale], over: hold"))
    names = [f"m{n}" for n in range(6)]
    house.join(*names)
    house.call([deed(name, "sale.made", 0, seller=name) for name in names], per_request=1)
    with ExitStack() as stack:
        workers = [stack.enter_context(house.worker()) for _ in range(4)]
        work_together(house, workers, 1)
    # 300.00: one is given, two are set aside, and what then comes waits without money.
    assert sorted(str(each["reserved"]) for each in house.effects("hold")) == ["False"] * 3 + ["True"] * 2
    assert of_dealer(house) == (20_000, 20_000)
    assert house.count("select count(*) from requests") == 5


def test_an_event_that_is_decided_again_after_a_crash_is_held_once(house: HarborHouse) -> None:
    house.open("harbor", ("times: 5, rules: [sale]", "times: 1, rules: [sale], over: hold"))
    house.join("ann")
    house.call([deed("ann", "sale.made", 0, seller="s"), deed("ann", "sale.made", 0, seller="s")])
    with house.worker() as worker:
        rows = find_inbox(worker.db, worker.lease().lanes, 10)
        crash = worker.db.transaction(force_rollback=True)
        with crash:
            process_batch(worker.db, worker.library, Batch(rows, house.program_id), NOW)
        assert house.count("select count(*) from requests") == 0
        house.drain(worker)
    assert house.count("select count(*) from requests") == 1
    assert house.count("select count(*) from holds") == 1
