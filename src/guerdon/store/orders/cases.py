"""What members say does not work, and the mails with a link once more: written, and read by their member.

Words are sealed for their case, so a row moved elsewhere does not open.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from guerdon.store.database import Transaction
from guerdon.store.sealing import Unreadable, Vault

What = Literal["not_there", "not_accepted", "wrong_amount", "other"]
WHATS: tuple[What, ...] = get_args(What)
CaseState = Literal["open", "answered", "settled"]
PURPOSE = "order-cases"


@dataclass(frozen=True, slots=True)
class Case:
    """What was said of an order, and what became of it; texts are opened."""

    id: int
    what: What
    words: str = field(repr=False)
    state: CaseState
    supplier_said: str = field(repr=False)
    opened_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None
    answer: str = field(repr=False, default="")
    # What was found when whoever delivered it was asked anew: JSON, as `engine.orders.cases` writes it.
    looked: str = field(repr=False, default="")
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderHere:
    """An order that stands: what was chosen for which reward."""

    id: int
    reward_id: int
    item: str
    placed_at: datetime


def find_standing_order(tx: Transaction, program_id: int, member_id: int, order_id: int) -> OrderHere | None:
    """A member's order that was not canceled."""
    row = tx.execute(
        """
        select id, reward_id, item, placed_at from orders
        where program_id = %s and member_id = %s and id = %s and canceled_at is null
        """,
        (program_id, member_id, order_id),
    ).fetchone()
    return OrderHere(*row) if row else None


def list_cases(tx: Transaction, vault: Vault, program_id: int, member_id: int, order_id: int) -> list[Case]:
    """What was ever said of an order, the latest first."""
    rows = tx.execute(
        """
        select id, what, words, state, supplier_said, opened_at, answered_at, settled_at, answer, looked,
               looked_at
        from order_cases
        where program_id = %s and member_id = %s and order_id = %s order by opened_at desc, id
        """,
        (program_id, member_id, order_id),
    ).fetchall()
    return [_case(vault, program_id, row) for row in rows]


def _case(vault: Vault, program_id: int, row: tuple[Any, ...]) -> Case:
    words, theirs, answer, looked = (_opened(vault, program_id, row[0], row[n]) for n in (2, 4, 8, 9))
    return Case(row[0], row[1], words, row[3], theirs, row[5], row[6], row[7], answer, looked, row[10])


def find_case_order(tx: Transaction, program_id: int, member_id: int, case_id: int) -> OrderHere | None:
    """The order that a member's case is about."""
    row = tx.execute(
        """
        select o.id, o.reward_id, o.item, o.placed_at
        from order_cases c
        join orders o on o.program_id = c.program_id and o.member_id = c.member_id and o.id = c.order_id
        where c.program_id = %s and c.member_id = %s and c.id = %s
        """,
        (program_id, member_id, case_id),
    ).fetchone()
    return OrderHere(*row) if row else None


def insert_case(tx: Transaction, vault: Vault, whose: tuple[int, int, int], case: Case) -> bool:
    """Write a case of a member's order; False when there is an open one. `whose`: program, member, order."""
    program_id, member_id, order_id = whose
    words = vault.seal(PURPOSE, f"{program_id}|{case.id}", case.words.encode()) if case.words else None
    made = tx.execute(
        """
        insert into order_cases (program_id, member_id, id, order_id, what, words, opened_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing returning id
        """,
        (program_id, member_id, case.id, order_id, case.what, words, case.opened_at),
    ).fetchone()
    return made is not None


def settle_case(
    tx: Transaction,
    vault: Vault,
    whose: tuple[int, int, int, int],
    said: tuple[str, str],
    word: tuple[str, bool, datetime],
) -> bool:
    """Answer a case (program, member, order, case) with (our words, the supplier's); False: it is not open.

    `word`: who says so, whether it is settled by it, and when.
    """
    program_id, _, _, number = whose
    by, settled, now = word
    ours, theirs = (
        vault.seal(PURPOSE, f"{program_id}|{number}", text.encode()) if text else None for text in said
    )
    answered = tx.execute(
        """
        update order_cases
        set state = %s, answer = %s, supplier_said = %s, answered_at = %s, answered_by = %s, settled_at = %s
        where program_id = %s and member_id = %s and order_id = %s and id = %s and state = 'open'
        """,
        ("settled" if settled else "answered", ours, theirs, now, by, now if settled else None, *whose),
    )
    return answered.rowcount == 1


def settle_looked(
    tx: Transaction, vault: Vault, whose: tuple[int, int, int, int], looked: str, word: tuple[str, datetime]
) -> bool:
    """Attach to a case (program, member, order, case) what was found; False when it is not open."""
    program_id, _, _, number = whose
    sealed = vault.seal(PURPOSE, f"{program_id}|{number}", looked.encode())
    attached = tx.execute(
        """
        update order_cases set looked = %s, looked_by = %s, looked_at = %s
        where program_id = %s and member_id = %s and order_id = %s and id = %s and state = 'open'
        """,
        (sealed, *word, *whose),
    )
    return attached.rowcount == 1


def count_mails(tx: Transaction, program_id: int, member_id: int, message: str, reward_id: int) -> int:
    """How many mails of this kind about a reward were asked for, sent or on their way."""
    row = tx.execute(
        """
        select (select count(*) from outbox
                where program_id = %(p)s and member_id = %(m)s and message = %(what)s and reward_id = %(r)s)
             + (select count(*) from messages
                where program_id = %(p)s and member_id = %(m)s and message = %(what)s and reward_id = %(r)s)
        """,
        {"p": program_id, "m": member_id, "what": message, "r": reward_id},
    ).fetchone()
    assert row is not None
    return int(row[0])


def has_address(tx: Transaction, program_id: int, member_id: int) -> bool:
    """Whether there is an e-mail address to send anything to."""
    row = tx.execute(
        "select email is not null from persons where program_id = %s and member_id = %s",
        (program_id, member_id),
    ).fetchone()
    return row is not None and bool(row[0])


def insert_mail(
    tx: Transaction, whose: tuple[int, int, int], mail: tuple[int, int, str], now: datetime
) -> None:
    """Put a mail about a reward into the outbox.

    `whose`: program, member, reward; `mail`: its id, its event, its message.
    """
    program_id, member_id, reward_id = whose
    id_, event_id, message = mail
    tx.execute(
        """
        insert into outbox (program_id, member_id, id, event_id, reward_id, message, channel, created_at,
                            next_at)
        values (%s, %s, %s, %s, %s, %s, 'email', %s, %s)
        """,
        (program_id, member_id, id_, event_id, reward_id, message, now, now),
    )
    tx.execute("notify guerdon_outbox")


def _opened(vault: Vault, program_id: int, case_id: int, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    try:
        return vault.open(PURPOSE, f"{program_id}|{case_id}", sealed).decode()
    except Unreadable:
        return ""
