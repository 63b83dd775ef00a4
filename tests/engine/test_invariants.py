"""The auditor's questions: silent while all is well, and each one heard when its rule is broken by hand."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import psycopg
import pytest
from tests.engine.house import NOW, House, booked, drove

from guerdon import embedded
from guerdon.engine.codes import add_codes, generate_codes
from guerdon.engine.redeem import Choice, redeem
from guerdon.ledger.effects import Redeem
from guerdon.queries.invariants import QUESTIONS, check_invariants
from guerdon.store.database import connect, transaction
from guerdon.store.migrations import migrate

AN_ORDER = """
    insert into orders
    select program_id, member_id, 1, id, 'green_basket', unit, value, 'phone', issued_at from rewards
    where state = 'ready' limit 1
"""
# What each question must notice, done by hand as the superuser: (the question, how to break its rule).
BREACHES = [
    ("an account's balance is not the fold", "update accounts set posted = posted + 1 where name = 'purse'"),
    ("an account's balance is not the fold", "delete from accounts where name = 'purse'"),
    ("an account's balance is not the fold", "delete from transfers where member_id > 0"),
    ("the balances of a unit", "update accounts set posted = posted - 1 where name = 'program:funding'"),
    (
        "a bounded account is overspent",
        "update accounts set held = posted + 1 where name = 'budget:by_market:DE'",
    ),
    ("a budget is not bounded", "update accounts set bounded = false where name = 'budget:by_market:DE'"),
    ("a limit does not count", "update allowances set used = used - 1 where name = 'test_drive_month'"),
    ("a limit does not count", "delete from allowances where name = 'member_month'"),
    ("a limit does not count", "update allowances set used = 3 where name = 'test_drive_month'"),
    (
        "one event gave a rule's reward twice",
        "insert into rewards select (jsonb_populate_record(r, '{\"id\": 1}')).* from rewards r limit 1",
    ),
    ("a reward was not paid", "update rewards set value = value + 1"),
    ("a reward was not paid", "delete from rewards"),
    ("a receipt tells of other rewards", "update rewards set rule = 'referral' where rule = 'booking'"),
    ("a decided message is neither", "delete from outbox"),
    (
        "a decided message is neither",
        "insert into outbox select (jsonb_populate_record(o, '{\"id\": 1}')).* from outbox o limit 1",
    ),
    ("an order, its reward and its code", "update rewards set state = 'redeemed', redeemed_at = issued_at"),
    ("an order, its reward and its code", "update rewards set state = 'ready', redeemed_at = null"),
    ("an order, its reward and its code", "update codes set item = 'corner_cafe' where state = 'issued'"),
    ("an order, its reward and its code", "delete from orders"),
    ("an order, its reward and its code", AN_ORDER),
    ("the figures of a rule", "update rollups set issued_value = issued_value + 1"),
    ("figures of redemption are not", "update rollups set redeemed = redeemed + 1"),
    ("figures of redemption are not", "update rollups set redeemed_value = 0 where redeemed > 0"),
    ("figures of redemption are not", "update rollups set issued = 0 where redeemed > 0"),
    (
        "an event stands in two places",
        "insert into inbox select program_id, id, 0, source, 1, 0, recorded_at from events",
    ),
    ("an event stands in two places", "insert into inbox values (1, 999999, 0, 'hubspot_eu', 1, 0, now())"),
    ("events that were received are lost", "delete from events"),
    ("events that were received are lost", "delete from waiting"),
]


def redeem_one(house: House) -> None:
    with connect(house.url, house.secret, "worker") as db, transaction(db, house.program_id) as tx:
        add_codes(tx, house.vault, house.program_id, generate_codes(house.program, 1, "test"))
    member, reward = house.rows(
        "select member_id, id from rewards where rule = 'booking' order by member_id"
    )[0]
    assert isinstance(member, int)
    assert isinstance(reward, int)
    with connect(house.url, house.secret, "web") as db:
        opens = partial(transaction, db, house.program_id, member)
        choice = Choice(house.program_id, member, reward, "green_basket", "phone")
        assert isinstance(redeem(opens, house.program, choice, NOW), Redeem)


@pytest.fixture(scope="module")
def books(postgres: embedded.Server, secret: str) -> Iterator[psycopg.Connection]:
    """Keep books in order, with something in every table that is asked; opened where nothing is refused."""
    url = postgres.url(f"books_{secrets.token_hex(4)}")
    migrate(url, secret)
    house = House(url, secret)
    house.publish()
    house.enroll([1, 2])
    ignored = (1, "lifecyclestage", "customer")
    house.tell(
        [booked(1), drove(1), drove(1), drove(1), booked(2), booked(3), ignored, (1, "unheard_of", "yes")]
    )
    with house.worker() as worker:
        worker.work()
    redeem_one(house)
    with psycopg.connect(url, options="-c search_path=guerdon", autocommit=True) as db:
        db.execute("alter table accounts drop constraint accounts_never_overspent")
        db.execute("alter table allowances drop constraint allowances_never_exceeded")
        # Neither triggers nor grants stand in the way of the breach.
        db.execute("set session_replication_role = replica")
        db.execute("select set_config('guerdon.program_id', '1', false)")
        yield db


def test_books_in_order_raise_no_question(books: psycopg.Connection) -> None:
    assert check_invariants(books) == []


@pytest.mark.parametrize(("question", "breach"), BREACHES)
def test_a_breach_is_told(books: psycopg.Connection, question: str, breach: str) -> None:
    with suppress(psycopg.Rollback), books.transaction():
        done = books.execute(breach)
        assert done.rowcount > 0
        assert any(said.startswith(question) for said in check_invariants(books))
        raise psycopg.Rollback


def test_every_question_has_its_breach() -> None:
    heard = {rule for rule in QUESTIONS for question, _ in BREACHES if rule.startswith(question)}
    assert heard == set(QUESTIONS)


def test_another_program_is_not_asked(books: psycopg.Connection) -> None:
    with suppress(psycopg.Rollback), books.transaction():
        books.execute("update accounts set posted = posted + 1")
        books.execute("select set_config('guerdon.program_id', '2', true)")
        assert check_invariants(books) == []
        raise psycopg.Rollback
