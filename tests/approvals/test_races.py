"""Many people at the same moment: what has to happen once happens once, and money is never free twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.approvals.house import NOW, House, adjustment
from tests.approvals.test_granting import approved, work

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.approvals.asking import withdraw
from guerdon.engine.approvals.deadlines import expire_requests
from guerdon.engine.approvals.granting import grant_approved
from guerdon.engine.approvals.signing import Word, sign
from guerdon.engine.arrivals import LANES
from guerdon.engine.library import Library
from guerdon.store.access.grants import revoke_all_grants
from guerdon.store.database import Transaction, connect, transaction
from guerdon.store.inbox import find_inbox
from guerdon.worker import MAPPERS

CONNECTIONS = 16
# Somebody who waits for a grant that another holds.
WAITING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and strpos(query, 'grants') > 0
"""


def at_once(house: House, deeds: Sequence[Callable[..., str]]) -> list[str]:
    """Do things at the same moment, each on a connection of its own."""
    starting = Barrier(len(deeds))

    def done(deed: Callable[..., str]) -> str:
        with connect(house.url, house.secret, "web") as db:
            starting.wait()
            with transaction(db, house.program_id) as tx:
                return deed(tx)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(done, deeds))


def approving(house: House, name: str, request: int) -> Callable[..., str]:
    return lambda tx: house.said(tx, name, Word(request, 1, "approve"))


def taking_back(house: House, name: str, request: int) -> Callable[..., str]:
    def back(tx: object) -> str:
        told = withdraw(tx, house.acting(tx, name), request)  # type: ignore[arg-type]
        return f"no:{told.reason}" if isinstance(told, Refused) else told.state

    return back


def announced(house: House) -> int:
    found = house.rows("select count(*) from inbox where connection = 'guerdon'")[0][0]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("round_", range(3))
def test_of_two_checkers_at_the_same_moment_both_count_and_it_is_done_once(house: House, round_: int) -> None:
    del round_
    request = house.asked("lea", house.reward(150_000))
    told = at_once(house, [approving(house, name, request) for name in ("fay", "olga")])
    assert sorted(told) == ["approved", "open"]
    assert announced(house) == 1
    assert house.rows("select count(*) from signatures") == [(2,)]


def test_sixteen_who_may_all_sign_complete_it_once(house: House) -> None:
    names = [f"manager{n}" for n in range(CONNECTIONS)]
    for name in names:
        house.employ(name, "dealer_manager", ("DE", "de-kiel"))
    request = house.asked("lea", house.reward(20_000))
    told = Counter(at_once(house, [approving(house, name, request) for name in names]))
    assert told == {"approved": 1, "no:closed": CONNECTIONS - 1}
    assert announced(house) == 1


def test_one_who_clicks_sixteen_times_signs_once(house: House) -> None:
    request = house.asked("lea", house.reward(150_000))
    told = Counter(at_once(house, [approving(house, "fay", request)] * CONNECTIONS))
    assert told == {"open": 1, "no:signed": CONNECTIONS - 1}


def test_approved_or_taken_back_and_never_both(house: House) -> None:
    requests = [house.asked("lea", house.reward(1_000)) for _ in range(CONNECTIONS // 2)]
    deeds = [deed for n in requests for deed in (approving(house, "kim", n), taking_back(house, "lea", n))]
    told = at_once(house, deeds)
    for place, request in enumerate(requests):
        assert set(told[2 * place : 2 * place + 2]) in ({"approved", "no:closed"}, {"no:closed", "withdrawn"})
        assert house.state(request) in {"approved", "withdrawn"}
    approved = sum(house.state(request) == "approved" for request in requests)
    assert announced(house) == approved
    assert house.pool()[1] == 1_000 * approved


def test_approved_or_over_and_never_both(house: House) -> None:
    requests = [house.asked("lea", house.reward(1_000)) for _ in range(CONNECTIONS - 4)]
    end = NOW + timedelta(hours=336)
    starting = Barrier(CONNECTIONS)

    def ending(_: int) -> str:
        with connect(house.url, house.secret, "worker") as db:
            starting.wait()
            return str(expire_requests(db, end))

    def signing(request: int) -> str:
        with connect(house.url, house.secret, "web") as db:
            starting.wait()
            with transaction(db, house.program_id) as tx:
                word = Word(request, 1, "approve")
                return house.said(tx, "kim", word, end - timedelta(microseconds=1))

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        ended = pool.map(ending, range(4))
        signed = dict(zip(requests, pool.map(signing, requests), strict=True))
        assert sum(map(int, ended)) == sum(told == "no:closed" for told in signed.values())
    for request, told in signed.items():
        assert (told, house.state(request)) in {("approved", "approved"), ("no:closed", "expired")}
    approved = sum(told == "approved" for told in signed.values())
    assert announced(house) == approved
    assert house.pool()[1] == 1_000 * approved


def test_who_asks_at_the_same_moment_never_sets_more_aside_than_there_is(house: House) -> None:
    posted, _ = house.pool()
    part = posted // 10 + 1

    def asking(number: int) -> str:
        told = house.ask("fay", adjustment(part))
        return told.reason if isinstance(told, Refused) else str(number)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        told = list(pool.map(asking, range(CONNECTIONS)))
    assert told.count("budget") == CONNECTIONS - 9
    assert house.pool() == (posted, 9 * part)


def test_two_who_sign_many_in_other_orders_never_wait_for_each_other_in_a_circle(house: House) -> None:
    requests = [house.asked("lea", house.reward(150_000)) for _ in range(8)]

    def signing(name: str, order: Sequence[int]) -> Callable[..., str]:
        def signed(tx: Transaction) -> str:
            words = [Word(number, 1, "approve") for number in order]
            return str(len(sign(tx, house.acting(tx, name), words)))

        return signed

    told = at_once(house, [signing("fay", requests), signing("olga", requests[::-1])])
    assert told == ["8", "8"]
    assert announced(house) == 8


def test_who_takes_a_role_back_while_it_is_carried_out_waits_and_comes_too_late(house: House) -> None:
    request = approved(house, house.reward(20_000), "kim", by="lea")
    with connect(house.url, house.secret, "worker") as db, ThreadPoolExecutor(1) as aside:
        library = Library(house.vault, MAPPERS)
        rows = find_inbox(db, range(LANES), 10)
        with db.transaction():
            grant_approved(db, library, rows, NOW)
            revoked = aside.submit(house.revoke, "kim", NOW + timedelta(seconds=1))
            # It waits for the grant, which is held as it was when it was looked at.
            while house.rows(WAITING) == [(0,)]:
                assert not revoked.done()
        revoked.result()
    assert house.state(request) == "done"
    assert house.purse() == (20_000, 0)


def test_a_role_that_is_being_taken_back_is_waited_for_and_gone(house: House) -> None:
    request = approved(house, house.reward(20_000), "kim", by="lea")
    with house.opened() as tx, ThreadPoolExecutor(1) as aside:
        revoke_all_grants(tx, house.program_id, house.people["kim"], "test", "moved on", NOW)
        working = aside.submit(work, house)
        while house.rows(WAITING) == [(0,)]:
            assert not working.done()
        tx.execute("commit")
        working.result()
    assert house.state(request) == "open"
    assert house.purse() == (0, 0)
