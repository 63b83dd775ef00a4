"""What must always hold: silent while all is well, and heard when it is broken by hand, whatever else fits.

Each control has a breach of its own beside it (tests/controls); here are those that a mistake of the engine
would make: value in the wrong place, a lot, a hold or a debt that fits nothing, an order without its code.
"""

import secrets
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from tests.wallet.house import House, opened_house
from tests.wallet.test_holding import opened
from tests.wallet.test_orders import choose, stock

from guerdon import embedded
from guerdon.engine.wallet.spending import Spend, spend
from guerdon.queries.controls.run import KEYS
from guerdon.queries.invariants import OF_TIME, check_invariants
from guerdon.store.migrations import migrate

# Which control must notice what is done by hand, as the superuser.
BREACHES = [
    ("ledger.members", "update accounts set posted = posted + 1 where name = 'purse'"),
    ("ledger.members", "update accounts set debt = debt - 1 where debt > 0"),
    ("ledger.members", "update accounts set pending = pending + 1 where pending > 0"),
    ("ledger.members", "delete from transfers where member_id > 0"),
    ("ledger.pools", "update accounts set posted = posted - 1 where name = 'program:funding'"),
    ("ledger.pools", "delete from accounts where name = 'owed:pot:DE'"),
    ("ledger.overspent", "update accounts set held = posted + 1 where name = 'budget:pot:DE'"),
    ("ledger.debt_first", "update accounts set debt = 1 where posted > held and name = 'purse'"),
    ("ledger.bounded", "update accounts set bounded = false where name = 'budget:pot:DE'"),
    ("lots.balance", "update rewards set remaining = remaining - 1 where state = 'ready' and remaining > 1"),
    ("lots.balance", "update rewards set state = 'ready' where state = 'pending'"),
    ("lots.draws", "update rewards set remaining = remaining - 1 where state = 'pending'"),
    ("lots.draws", "delete from draws where amount > 0"),
    ("lots.moves", "update draws set amount = amount + 1"),
    ("lots.ends", "update rewards set expires_at = expires_at + interval '1 day' where state = 'ready'"),
    ("lots.ends", "update rewards set expires_at = expires_at - interval '1 day' where state = 'ready'"),
    ("lots.ends", "update rewards set expires_at = null where state = 'ready'"),
    ("lots.ends", "update rewards set expires_at = issued_at + interval '99 days' where expires_at is null"),
    ("lots.ends", "update events set decision = replace(decision::text, 'expires_at', 'ends')::json"),
    ("lots.states", "update rewards set state = 'redeemed' where state = 'ready'"),
    ("lots.reversed", "update rewards set reversed = 0 where reversed > 0"),
    ("holds.sums", "update accounts set held = 0 where held > 0"),
    ("holds.sums", "update holds set amount = amount + 1 where state = 'open'"),
    ("holds.lots", "update hold_lots set amount = amount + 1"),
    ("holds.lots", "update rewards set held = held - 1 where held > 0"),
    ("holds.states", "update holds set state = 'captured', closed_at = opened_at"),
    ("rewards.paid", "update rewards set value = value + 1"),
    ("rewards.paid", "update rewards set payer = 'program:funding' where payer = 'budget:pot:DE'"),
    (
        "rewards.once",
        "insert into rewards select (jsonb_populate_record(r, '{\"id\": 1}')).* from rewards r limit 1",
    ),
    ("receipts.rewards", "update rewards set rule = 'walk' where rule = 'order'"),
    ("receipts.transfers", "update events set decision = '{\"effects\": []}' where type = 'value.spent'"),
    ("limits.used", "update allowances set used = used - 1 where name = 'gifts_month'"),
    ("limits.used", "delete from allowances where name = 'contracts_year'"),
    ("codes.orders", "delete from orders"),
    ("codes.orders", "update codes set item = 'evening' where state = 'issued'"),
    ("codes.orders", "update orders set canceled_at = placed_at"),
    ("figures.issued", "update rollups set issued_value = issued_value + 1"),
    ("figures.redeemed", "update rollups set redeemed = redeemed + 1 where redeemed > 0"),
    ("figures.redeemed", "update rollups set redeemed_value = 0 where redeemed > 0"),
    ("figures.redeemed", "update rollups set redeemed_phone = redeemed_phone + 1 where redeemed > 0"),
    ("figures.redeemed", "update rollups set redeemed_48h = redeemed_48h - 1 where redeemed > 0"),
    ("figures.redeemed", "update rollups set issued = 0, issued_value = 0 where redeemed > 0"),
    (
        "intake.places",
        "insert into inbox select program_id, id, 0, source, 1, 0, now() from events where source = 'api'",
    ),
    ("intake.lost", "delete from events where source = 'api'"),
    # A command came with a key, as what comes in does.
    ("intake.lost", "delete from events where type = 'value.spent'"),
    (
        "intake.places",
        "delete from event_keys where event_id in (select id from events where source = 'guerdon')",
    ),
]


def filled(house: House) -> None:
    """Something of everything: earned, pending, held, spent, ended, used, taken back, owed."""
    debtor, keeper = house.enroll("1", "2")
    house.tell("1", "gift.given", order_no="g", amount=50)
    house.tell("1", "order.paid", order_no="a", amount=100)
    with house.web() as tx:
        spend(tx, house.program, Spend(house.program_id, debtor, "s", "PTS", 150), house.now)
    house.tell("1", "gift.withdrawn", order_no="g")
    house.tell("2", "trip.booked", order_no="t", amount=30)
    house.tell("2", "order.paid", order_no="b", amount=80)
    house.tell("2", "walk.taken", amount=9)
    house.tell("2", "order.returned", order_no="b", refunded=1, total=4)
    opened(house, keeper, 20)
    house.tell("2", "contract.signed", order_no="c")
    stock(house, A="basket 20000 EUR")
    choose(house, keeper, "basket", 20_000)


@pytest.fixture(scope="module")
def books(postgres: embedded.Server, secret: str) -> Iterator[psycopg.Connection]:
    """Keep books in order, with something in every table that is asked; opened where nothing is refused."""
    url = postgres.url(f"books_{secrets.token_hex(4)}")
    migrate(url, secret)
    with opened_house(url, secret) as house:
        filled(house)
    with psycopg.connect(url, options="-c search_path=guerdon", autocommit=True) as db:
        for table, name in db.execute(
            "select conrelid::regclass::text, conname from pg_constraint where contype = 'c'"
            " and connamespace = 'guerdon'::regnamespace and conislocal and coninhcount = 0"
        ).fetchall():
            db.execute(f'alter table {table} drop constraint "{name}"'.encode())
        # Neither triggers nor grants stand in the way of the breach.
        db.execute("set session_replication_role = replica")
        db.execute("select set_config('guerdon.program_id', '1', false)")
        yield db


def test_books_in_order_raise_no_question(books: psycopg.Connection) -> None:
    with books.transaction():
        assert check_invariants(books) == []


@pytest.mark.parametrize(("key", "breach"), BREACHES)
def test_a_breach_is_told(books: psycopg.Connection, key: str, breach: str) -> None:
    with suppress(psycopg.Rollback), books.transaction():
        done = books.execute(breach.encode())
        assert done.rowcount > 0
        said = check_invariants(books)
        assert any(each.startswith(f"{key}:") for each in said), said
        raise psycopg.Rollback


def test_what_only_time_breaches_is_left_to_the_daily_run(books: psycopg.Connection) -> None:
    assert set(KEYS) > OF_TIME
    with suppress(psycopg.Rollback), books.transaction():
        # Their events say so too.
        books.execute(
            'update events set decision = regexp_replace(decision::text, \'"expires_at":"[^"]*"\','
            " '\"expires_at\":\"2026-05-04T09:30:00Z\"', 'g')::json"
        )
        books.execute("update rewards set expires_at = '2026-05-04T09:30Z' where expires_at is not null")
        books.execute("update rewards set available_at = issued_at where state = 'pending'")
        books.execute("update holds set expires_at = opened_at")
        assert check_invariants(books) == []
        raise psycopg.Rollback


def test_another_program_is_not_asked(books: psycopg.Connection) -> None:
    with suppress(psycopg.Rollback), books.transaction():
        books.execute("update accounts set posted = posted + 1")
        books.execute("select set_config('guerdon.program_id', '2', true)")
        assert check_invariants(books) == []
        raise psycopg.Rollback
