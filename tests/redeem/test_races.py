"""Many at once, and a server that dies in the middle: exactly as many codes as orders, whatever happens."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import psycopg
from tests.races import RACED, Race
from tests.redeem.house import House

from guerdon.ledger.effects import Redeem, Refuse
from guerdon.store.database import OPTIONS, Connection, Transaction, role_conninfo, transaction

# Some more than the statements of a redemption: the last sessions live.
STATEMENTS_MAX = 25


def at_once(tasks: Sequence[Callable[[], Redeem | Refuse | None]]) -> list[Redeem | Refuse | None]:
    """Start all tasks at the same moment, each in a thread of its own."""
    gate = Barrier(len(tasks))

    def started(task: Callable[[], Redeem | Refuse | None]) -> Redeem | Refuse | None:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(started, tasks))


def reasons(answers: Sequence[Redeem | Refuse | None]) -> list[str]:
    return sorted(a.reason for a in answers if isinstance(a, Refuse))


def test_two_clicks_at_once_are_one_order(house: House) -> None:
    house.stock(4)
    reward = house.reward(house.enroll(7))
    answers = at_once([lambda: house.choose(7, reward)] * 8)
    assert reasons(answers) == ["used"] * 7


def test_different_items_clicked_at_once_are_one_order(house: House) -> None:
    house.stock(2)
    house.stock(2, "book_lantern")
    reward = house.reward(house.enroll(7))
    wanted = ["green_basket", "book_lantern"] * 3
    answers = at_once([lambda item=item: house.choose(7, reward, item) for item in wanted])  # type: ignore[misc]
    assert reasons(answers) == ["used"] * 5


@RACED
def test_thirty_two_members_share_ten_codes_exactly(house: House, race: Race) -> None:
    house.stock(10)
    rewards = {member: house.reward(house.enroll(member)) for member in range(1, 33)}

    def choosing(member: int, reward: int) -> Callable[[Connection], Redeem | Refuse | None]:
        return lambda db: house.choose(
            member, reward, opens=lambda: transaction(db, house.program_id, member)
        )

    answers = race.run(house, [("web", choosing(member, reward)) for member, reward in rewards.items()])
    assert reasons(answers) == ["sold_out"] * 22
    assert house.rows("select count(distinct order_id), count(*) from codes where state = 'issued'") == [
        (10, 10)
    ]
    assert house.rows("select posted from accounts where name = 'spent:by_market:DE'") == [(200_000,)]


def test_two_rewards_of_one_member_at_once_are_two_orders(house: House) -> None:
    house.stock(6)
    house.enroll(7)
    rewards = [house.reward(7) for _ in range(6)]
    answers = at_once([lambda r=r: house.choose(7, r) for r in rewards])  # type: ignore[misc]
    assert reasons(answers) == []


class Mortal(psycopg.Connection[tuple[Any, ...]]):
    """A session that the server ends just before its n-th statement."""

    statements_left = 0
    undertaker = ""

    def execute(self, *args: Any, **kwargs: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        if self.statements_left == 0:
            with psycopg.connect(self.undertaker) as other:
                other.execute("select pg_terminate_backend(%s)", (self.info.backend_pid,))
        self.statements_left -= 1
        return super().execute(*args, **kwargs)


def dying(house: House, member_id: int, after: int) -> Callable[[], Any]:
    @contextmanager
    def opened() -> Iterator[Transaction]:
        with Mortal.connect(
            role_conninfo(house.url, house.secret, "web", OPTIONS), autocommit=True
        ) as mortal:
            mortal.undertaker = house.url
            mortal.statements_left = after
            with transaction(mortal, house.program_id, member_id) as tx:
                yield tx

    return opened


def test_a_session_killed_before_any_statement_leaves_everything_or_nothing(house: House) -> None:
    house.stock(STATEMENTS_MAX)
    house.enroll(7)
    lived = 0
    for after in range(STATEMENTS_MAX):
        reward = house.reward(7)
        answer = house.choose(7, reward, opens=dying(house, 7, after))
        if isinstance(answer, Refuse):
            assert answer.reason == "busy"
            assert house.rows("select state from rewards where id = %(id)s", id=reward) == [("ready",)]
            house.check_books()
            # The member tries again, and it is as if nothing had been.
            assert isinstance(house.choose(7, reward), Redeem)
        else:
            assert isinstance(answer, Redeem)
            lived += 1
        house.check_books()
    assert 0 < lived < STATEMENTS_MAX


def test_an_answer_lost_after_the_commit_is_found_again(house: House) -> None:
    house.stock(2)
    reward = house.reward(house.enroll(7))

    cuts = [psycopg.OperationalError("the line went dead after the commit")]

    @contextmanager
    def cut() -> Iterator[Transaction]:
        with house.opens(7)() as tx:
            yield tx
        if cuts:
            raise cuts.pop()

    answer = house.choose(7, reward, opens=cut)
    assert isinstance(answer, Refuse)
    assert answer.reason == "used"


def test_a_collision_is_tried_again(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))
    met: list[int] = []

    @contextmanager
    def colliding() -> Iterator[Transaction]:
        with house.opens(7)() as tx:
            yield tx
            if len(met) < 2:
                met.append(1)
                raise psycopg.errors.DeadlockDetected("sent home by the database")

    assert isinstance(house.choose(7, reward, opens=colliding), Redeem)
    assert len(met) == 2


def test_a_lock_that_is_never_given_makes_it_busy_not_broken(house: House) -> None:
    house.stock(1)
    reward = house.reward(house.enroll(7))

    @contextmanager
    def impatient() -> Iterator[Transaction]:
        with house.opens(7)() as tx:
            tx.execute("set local lock_timeout = '50ms'")
            yield tx

    with house.working() as tx:
        tx.execute("select 1 from rewards where id = %s for update", (reward,))
        answer = house.choose(7, reward, opens=impatient)
    assert isinstance(answer, Refuse)
    assert answer.reason == "busy"
