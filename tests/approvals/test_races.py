"""Many people at the same moment: what has to happen once happens once, and money is never free twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.approvals.house import NOW, House, adjustment
from tests.approvals.test_granting import approved, work
from tests.races import RACED, Race

from guerdon.engine.approvals.acting import Refused
from guerdon.engine.approvals.asking import ask, withdraw
from guerdon.engine.approvals.deadlines import expire_requests
from guerdon.engine.approvals.granting import grant_approved
from guerdon.engine.approvals.signing import Word, sign
from guerdon.engine.arrivals import LANES
from guerdon.engine.library import Library
from guerdon.store.access.grants import revoke_all_grants
from guerdon.store.database import Connection, Role, Transaction, connect, transaction
from guerdon.store.inbox import find_inbox
from guerdon.worker import MAPPERS

# Somebody who waits for a grant that another holds.
WAITING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and strpos(query, 'grants') > 0
"""


def at_once(race: Race, house: House, deeds: Sequence[Callable[..., str]]) -> list[str]:
    """Do things at the same moment, each in a transaction of its own."""

    def within(deed: Callable[..., str]) -> tuple[Role, Callable[[Connection], str]]:
        def done(db: Connection) -> str:
            with transaction(db, house.program_id) as tx:
                return deed(tx)

        return "web", done

    return race.run(house, [within(deed) for deed in deeds])


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


@RACED
def test_of_two_checkers_at_the_same_moment_both_count_and_it_is_done_once(house: House, race: Race) -> None:
    request = house.asked("lea", house.reward(150_000))
    told = at_once(race, house, [approving(house, name, request) for name in ("fay", "olga")])
    assert sorted(told) == ["approved", "open"]
    assert announced(house) == 1
    assert house.rows("select count(*) from signatures") == [(2,)]


@RACED
def test_many_who_may_all_sign_complete_it_once(house: House, race: Race) -> None:
    names = [f"manager{n}" for n in range(race.connections)]
    for name in names:
        house.employ(name, "dealer_manager", ("DE", "de-kiel"))
    request = house.asked("lea", house.reward(20_000))
    told = Counter(at_once(race, house, [approving(house, name, request) for name in names]))
    assert told == {"approved": 1, "no:closed": race.connections - 1}
    assert announced(house) == 1


@RACED
def test_one_who_clicks_many_times_signs_once(house: House, race: Race) -> None:
    request = house.asked("lea", house.reward(150_000))
    told = Counter(at_once(race, house, [approving(house, "fay", request)] * race.connections))
    assert told == {"open": 1, "no:signed": race.connections - 1}


@RACED
def test_approved_or_taken_back_and_never_both(house: House, race: Race) -> None:
    requests = [house.asked("lea", house.reward(1_000)) for _ in range(race.connections // 2)]
    deeds = [deed for n in requests for deed in (approving(house, "kim", n), taking_back(house, "lea", n))]
    told = at_once(race, house, deeds)
    for place, request in enumerate(requests):
        assert set(told[2 * place : 2 * place + 2]) in ({"approved", "no:closed"}, {"no:closed", "withdrawn"})
        assert house.state(request) in {"approved", "withdrawn"}
    approved = sum(house.state(request) == "approved" for request in requests)
    assert announced(house) == approved
    assert house.pool()[1] == 1_000 * approved


@RACED
def test_approved_or_over_and_never_both(house: House, race: Race) -> None:
    requests = [house.asked("lea", house.reward(1_000)) for _ in range(race.connections - 4)]
    end = NOW + timedelta(hours=336)

    def ending(db: Connection) -> str:
        return str(expire_requests(db, end))

    def signing(request: int) -> Callable[[Connection], str]:
        def signed(db: Connection) -> str:
            with transaction(db, house.program_id) as tx:
                word = Word(request, 1, "approve")
                return house.said(tx, "kim", word, end - timedelta(microseconds=1))

        return signed

    doings: list[tuple[Role, Callable[[Connection], str]]] = [("worker", ending)] * 4
    ended = race.run(house, doings + [("web", signing(request)) for request in requests])
    signed = dict(zip(requests, ended[4:], strict=True))
    assert sum(map(int, ended[:4])) == sum(told == "no:closed" for told in signed.values())
    for request, told in signed.items():
        assert (told, house.state(request)) in {("approved", "approved"), ("no:closed", "expired")}
    approved = sum(told == "approved" for told in signed.values())
    assert announced(house) == approved
    assert house.pool()[1] == 1_000 * approved


@RACED
def test_who_asks_at_the_same_moment_never_sets_more_aside_than_there_is(house: House, race: Race) -> None:
    posted, _ = house.pool()
    part = posted // 10 + 1

    def asking(tx: Transaction) -> str:
        told = ask(tx, house.acting(tx, "fay"), adjustment(part), "a good reason")
        return told.reason if isinstance(told, Refused) else told.state

    told = at_once(race, house, [asking] * race.connections)
    assert told.count("budget") == race.connections - 9
    assert house.pool() == (posted, 9 * part)


@RACED
def test_two_who_sign_many_in_other_orders_never_wait_for_each_other_in_a_circle(
    house: House, race: Race
) -> None:
    requests = [house.asked("lea", house.reward(150_000)) for _ in range(8)]

    def signing(name: str, order: Sequence[int]) -> Callable[..., str]:
        def signed(tx: Transaction) -> str:
            words = [Word(number, 1, "approve") for number in order]
            return str(len(sign(tx, house.acting(tx, name), words)))

        return signed

    told = at_once(race, house, [signing("fay", requests), signing("olga", requests[::-1])])
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
