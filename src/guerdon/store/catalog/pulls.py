"""When the items of an account are read next, who asked for it, and what stood in the way."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guerdon.store.arrays import texts
from guerdon.store.database import Connection, Transaction

# Locks of ours: a space of numbers of its own.
PULLS = 1735289474
Hindrance = Literal["", "key", "later", "shut", "cut", "reading", "feed", "fault"]


@dataclass(frozen=True, slots=True)
class PullRow:
    """An account that is read; `why` and `said` are empty where nothing stood in the way."""

    account: str
    next_at: datetime
    asked_by: str | None = None
    why: Hindrance = ""
    said: str = ""
    tries: int = 0
    tried_at: datetime | None = None


def keep_pulls(tx: Transaction, program_id: int, accounts: Collection[str], now: datetime) -> None:
    """Have just these accounts read: those that are new at once."""
    named = texts(sorted(accounts))
    tx.execute(
        "delete from catalog_pulls where program_id = %s and account <> all(%s::text::text[])",
        (program_id, named),
    )
    tx.execute(
        """
        insert into catalog_pulls (program_id, account, next_at)
        select %(program)s, a, %(now)s from unnest(%(named)s::text::text[]) a
        where not exists (select from catalog_pulls p where p.program_id = %(program)s and p.account = a)
        on conflict do nothing
        """,
        {"program": program_id, "named": named, "now": now},
    )


def ask_pull(tx: Transaction, program_id: int, account: str, by: str, now: datetime) -> None:
    """Have an account read now."""
    tx.execute(
        """
        insert into catalog_pulls (program_id, account, next_at, asked_by) values (%s, %s, %s, %s)
        on conflict (program_id, account) do update
        set next_at = least(catalog_pulls.next_at, excluded.next_at), asked_by = excluded.asked_by
        """,
        (program_id, account, now, by),
    )


def list_pulls(tx: Transaction, program_id: int) -> list[PullRow]:
    """All accounts that are read, by their keys."""
    rows = tx.execute(
        """
        select account, next_at, asked_by, why, said, tries, tried_at from catalog_pulls
        where program_id = %s order by account
        """,
        (program_id,),
    ).fetchall()
    return [PullRow(*row) for row in rows]


def record_pull(tx: Transaction, program_id: int, pull: PullRow, began: datetime) -> None:
    """Keep what came of reading an account; who asked since it began is not answered by it."""
    tx.execute(
        """
        update catalog_pulls
        set next_at = case when asked_by is distinct from %(was)s then least(next_at, %(next)s)
                           else %(next)s end,
            asked_by = case when asked_by is distinct from %(was)s or %(why)s <> '' then asked_by end,
            why = %(why)s, said = %(said)s, tries = %(tries)s, tried_at = %(tried)s
        where program_id = %(program)s and account = %(account)s
        """,
        {
            "program": program_id,
            "account": pull.account,
            "was": pull.asked_by,
            "next": pull.next_at,
            "why": pull.why,
            "said": pull.said,
            "tries": pull.tries,
            "tried": began,
        },
    )


@contextmanager
def alone_pulling(connection: Connection, program_id: int, account: str) -> Iterator[bool]:
    """Whether nobody else reads this account just now; nobody will until the block ends, or we die."""
    place = (PULLS, f"{program_id} {account}")
    row = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", place).fetchone()
    alone = row == (True,)
    try:
        yield alone
    finally:
        if alone and not connection.closed:
            connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", place)
