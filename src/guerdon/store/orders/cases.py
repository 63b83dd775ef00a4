"""What members say does not work, and the mails with a link once more: written, and read by their member.

Words are sealed for their case, so a row moved elsewhere does not open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from guerdon.store.database import Transaction
from guerdon.store.orders.delivered import Traced
from guerdon.store.sealing import Unreadable, Vault

What = Literal["not_there", "not_accepted", "wrong_amount", "other"]
WHATS: tuple[What, ...] = get_args(What)
CaseState = Literal["open", "answered", "settled"]
PURPOSE = "order-cases"
# Who asks by itself.
WORKER = "worker"


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


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that waits for an answer, and its order."""

    case: Case
    member_id: int
    order_id: int
    item: str
    market: str
    supplier: str


def list_open_cases(
    tx: Transaction,
    vault: Vault,
    program_id: int,
    market: str | None,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[OpenCase]:
    """Cases that wait, the oldest first; `after`: those that come after this place (opened at, id)."""
    at, number = after or (None, None)
    rows = tx.execute(
        """
        select c.member_id, c.order_id, o.item, m.market, coalesce(f.supplier, 'pool'),
               c.id, c.what, c.words, c.state, c.supplier_said, c.opened_at, c.answered_at, c.settled_at,
               c.answer, c.looked, c.looked_at
        from order_cases c
        join orders o on o.program_id = c.program_id and o.member_id = c.member_id and o.id = c.order_id
        join members m on m.program_id = c.program_id and m.member_id = c.member_id
        left join fulfillments f
          on f.program_id = c.program_id and f.member_id = c.member_id and f.order_id = c.order_id
        where c.program_id = %(program)s and c.state = 'open'
          and (%(market)s::text is null or m.market = %(market)s)
          and (%(at)s::timestamptz is null
               or c.opened_at >= %(at)s and (c.opened_at, c.id) > (%(at)s, %(number)s::bigint))
        order by c.opened_at, c.id limit %(limit)s
        """,
        {"program": program_id, "market": market, "at": at, "number": number, "limit": limit},
    ).fetchall()
    return [OpenCase(_case(vault, program_id, row[5:]), *row[:5]) for row in rows]


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


@dataclass(frozen=True, slots=True)
class Askable:
    """An account that may be asked: whom its name stands for, and whether it finds by our reference."""

    supplier: str
    asked_of: str
    finds: bool


@dataclass(frozen=True, slots=True)
class Tries:
    """For how long after it was opened a case is asked about, and how long at least between two times."""

    lasts: timedelta
    least: timedelta


@dataclass(frozen=True, slots=True)
class CaseDue:
    """A case about which its supplier is asked now. `last`: no other time comes after this one."""

    member_id: int
    order_id: int
    case_id: int
    last: bool
    traced: Traced


# Chosen by their age, then locked where nobody has them: who claims the same just now is not waited for.
_CLAIM = """
    with due as (
      select distinct on (f.supplier) c.member_id, c.order_id, c.id, c.looked_at, c.opened_at,
             %(now)s + 3 * (%(now)s - c.opened_at) + %(least)s >= c.opened_at + %(lasts)s as last,
             f.supplier, f.currency, f.face_minor, a.attempt, a.key, a.asked_of, a.sku, a.their_id,
             a.first_asked_at, a.asked_at
      from order_cases c
      join fulfillments f
        on f.program_id = c.program_id and f.member_id = c.member_id and f.order_id = c.order_id
      join lateral (
        select * from supplier_attempts a
        where a.program_id = f.program_id and a.member_id = f.member_id and a.order_id = f.order_id
          and a.supplier = f.supplier
        order by a.state = 'done' desc, a.attempt desc limit 1
      ) a on true
      join unnest(%(suppliers)s::text[], %(asked_of)s::text[], %(finds)s::boolean[])
        as k (supplier, asked_of, finds)
        on k.supplier = f.supplier and k.asked_of = a.asked_of and (k.finds or a.their_id is not null)
      left join supplier_lanes l on l.program_id = c.program_id and l.supplier = f.supplier
      where c.program_id = %(program)s and c.state = 'open' and c.opened_at > %(now)s - %(lasts)s
        and c.looked is null
        and (c.looked_at is null
             or c.looked_at + 3 * greatest(c.looked_at - c.opened_at, interval '0') + %(least)s
                <= %(now)s)
        and f.state = 'fulfilled' and not (a.state = 'done' and a.reason = 'staff')
        and l.shut_at is null and coalesce(l.rests_until, '-infinity') <= %(now)s
        and not exists (select from forgotten_members g
                        where g.program_id = c.program_id and g.member_id = c.member_id)
      order by f.supplier, c.looked_at nulls first, c.opened_at
    ), mine as (
      select d.* from (select * from due order by looked_at nulls first, opened_at limit %(most)s) d
      join order_cases c on c.program_id = %(program)s and c.member_id = d.member_id and c.id = d.id
      where c.state = 'open' and c.looked is null and c.looked_at is not distinct from d.looked_at
      for update of c skip locked
    )
    update order_cases c set looked_at = %(now)s, looked_by = %(by)s
    from mine m
    where c.program_id = %(program)s and c.member_id = m.member_id and c.id = m.id
    returning m.member_id, m.order_id, m.id, m.last, m.supplier, m.currency, m.face_minor,
              null::text as code_state, m.attempt, m.key, m.asked_of, m.sku, m.their_id,
              m.first_asked_at, m.asked_at
"""


def claim_cases(
    tx: Transaction, program_id: int, askable: Sequence[Askable], tries: Tries, now: datetime, at_most: int
) -> list[CaseDue]:
    """Open cases that are due to be asked about, one of an account at most; noted as asked about now.

    Due is what nobody learned anything of: a new one at once, one that was asked about after as long again
    as three times its age then, and `tries.least`. Of whoever is forgotten nobody is asked.
    """
    rows = tx.execute(
        _CLAIM,
        {
            "program": program_id,
            "suppliers": [each.supplier for each in askable],
            "asked_of": [each.asked_of for each in askable],
            "finds": [each.finds for each in askable],
            "lasts": tries.lasts,
            "least": tries.least,
            "now": now,
            "most": at_most,
            "by": WORKER,
        },
        prepare=True,
    ).fetchall()
    return [
        CaseDue(member_id, order_id, case_id, last, Traced(*traced))
        for member_id, order_id, case_id, last, *traced in rows
    ]


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
    tx: Transaction, whose: tuple[int, int, int | None], mail: tuple[int, int, str], now: datetime
) -> None:
    """Put a mail into the outbox.

    `whose`: program, member, and the reward that it is about, if there is one; `mail`: its id, its event, its
    message.
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
