"""Attempts as rows: whom an order was asked of, under which key, and what is known of it.

They are written in the commit before anybody is asked, so that a worker that dies afterwards leaves word of
what may have gone out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from guerdon.store.database import Transaction
from guerdon.store.orders.paid import doubt_outcomes

AttemptState = Literal["sent", "pending", "unknown", "done", "refused", "absent"]
# Of these nothing came, and everybody knows.
NOTHING_CAME = ("refused", "absent")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of an order that is not known to have come to nothing."""

    number: int
    supplier: str
    sku: str
    key: str
    state: AttemptState
    doubted: bool
    asks: int
    absences: int
    their_id: str | None
    first_asked_at: datetime
    asked_at: datetime
    # The kind of supplier and where it answered then.
    asked_of: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that is ours for a while: what was chosen, where it stands, and who was asked for it before.

    `open`: the attempt that may still come to something. `attempts`: how many there were, of which so many
    `counted` (who asks and is told no, or asks and hears nothing; not who has no money just now). `out`:
    suppliers that will never deliver it. `later`: those that would not just then. `withdrawn`: what pays for
    it is taken back, so that nobody is asked anew.
    """

    member_id: int
    order_id: int
    item_id: int | None
    item: str
    supplier: str
    state: str
    currency: str | None
    face_minor: int | None
    country: str
    chosen_at: datetime
    tries: int
    language: str
    open: Attempt | None
    attempts: int
    counted: int
    out: frozenset[str]
    later: frozenset[str]
    withdrawn: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """The member and the order."""
        return self.member_id, self.order_id


_DUE = """
    with begun as (
      select program_id, member_id, order_id, next_at, false as fresh from fulfillments
      where program_id = %(program)s and supplier = %(supplier)s and next_at <= %(now)s
        and coalesce(claimed_until, '-infinity') <= %(now)s
        and not %(only_reserved)s and state <> 'reserved'
      order by next_at, order_id limit %(most)s for no key update skip locked
    ),
    fresh as (
      select program_id, member_id, order_id, next_at, true as fresh from fulfillments n
      where program_id = %(program)s and supplier = %(supplier)s and next_at <= %(now)s
        and coalesce(claimed_until, '-infinity') <= %(now)s and state = 'reserved'
        -- What pays for it is taken back: it is canceled, and nobody is asked.
        and not exists (
          select from order_reversals r
          where r.program_id = n.program_id and r.member_id = n.member_id and r.order_id = n.order_id
            and r.settled_at is null)
      order by next_at, order_id limit %(most)s for no key update skip locked
    ),
    due as (
      select program_id, member_id, order_id from (select * from begun union all select * from fresh) e
      order by fresh = %(fresh_first)s desc, next_at, order_id limit %(most)s
    ),
    claimed as (
      update fulfillments f set fence = %(fence)s, claimed_until = %(until)s
      from due d
      where f.program_id = d.program_id and f.member_id = d.member_id and f.order_id = d.order_id
      returning f.*
    )
    select c.member_id, c.order_id, c.item_id, o.item, c.supplier, c.state, c.currency, c.face_minor,
           c.country, c.chosen_at, c.tries, m.language, a.attempt, a.supplier, a.sku, a.key, a.state,
           a.doubted, a.asks, a.absences, a.their_id, a.first_asked_at, a.asked_at, a.asked_of,
           coalesce(b.n, 0),
           coalesce(b.counted, 0), coalesce(b.gone, '{}'), coalesce(b.later, '{}'),
           exists (
             select from order_reversals r
             where r.program_id = c.program_id and r.member_id = c.member_id and r.order_id = c.order_id
               and r.settled_at is null) as withdrawn
    from claimed c
    join members m on m.program_id = c.program_id and m.member_id = c.member_id
    join orders o on o.program_id = c.program_id and o.member_id = c.member_id and o.id = c.order_id
    left join supplier_attempts a
      on a.program_id = c.program_id and a.member_id = c.member_id and a.order_id = c.order_id
      and a.state not in ('refused', 'absent')
    left join lateral (
      select max(attempt) as n,
             count(*) filter (where case when state = 'refused' then reason <> 'funds:again' else doubted end)
               as counted,
             array_agg(supplier) filter (where state = 'refused' and reason not like '%%:again') as gone,
             array_agg(supplier) filter (where state = 'refused' and reason like '%%:again') as later
      from supplier_attempts b
      where b.program_id = c.program_id and b.member_id = c.member_id and b.order_id = c.order_id
    ) b on true
    order by c.chosen_at, c.order_id
"""


def claim_due(
    tx: Transaction,
    lane: tuple[int, str],
    turn: tuple[UUID, datetime, datetime],
    at_most: int,
    *,
    only_reserved: bool = False,
    fresh_first: bool = False,
) -> list[Claimed]:
    """Take orders of a lane (program, supplier) whose time has come, for a turn: (fence, now, until).

    Those first that somebody was asked for, or those that nobody was: whoever has only one of the two asked
    keeps the other waiting for as long as there are enough of them.
    """
    fence, now, until = turn
    rows = tx.execute(
        _DUE,
        {
            "program": lane[0],
            "supplier": lane[1],
            "now": now,
            "only_reserved": only_reserved,
            "fresh_first": fresh_first,
            "most": at_most,
            "fence": fence,
            "until": until,
        },
    ).fetchall()
    return [_claimed(row) for row in rows]


def _claimed(row: tuple[Any, ...]) -> Claimed:
    attempt = Attempt(*row[12:24]) if row[12] is not None else None
    cells = [*row[:12], attempt, row[24], row[25], frozenset(row[26]), frozenset(row[27]), row[28]]
    return Claimed(*cells)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is about to be asked, as it is written down before."""

    member_id: int
    order_id: int
    attempt: int
    supplier: str
    asked_of: str
    sku: str
    key: str
    # Whether it is asked for (and not only asked about) this time.
    places: bool


def record_asking(tx: Transaction, program_id: int, asking: Sequence[Asking], now: datetime) -> None:
    """Write down whom we are about to ask, under which key; from now on something may have gone out."""
    tx.execute(
        """
        insert into supplier_attempts as a (program_id, member_id, order_id, attempt, supplier, asked_of, sku,
                                            key, state, doubted, asks, first_asked_at, asked_at)
        select %(program)s, n.*, 'sent', true, 1, %(now)s, %(now)s
        from unnest(%(members)s::bigint[], %(orders)s::bigint[], %(attempts)s::smallint[],
                    %(suppliers)s::text[], %(asked_of)s::text[], %(skus)s::text[], %(keys)s::text[]) as n
        on conflict (program_id, member_id, order_id, attempt) do update
        set doubted = true, asks = a.asks + 1, absences = 0, asked_at = %(now)s
        """,
        _columns(program_id, [one for one in asking if one.places], now),
    )
    tx.execute(
        """
        update fulfillments f
        set state = case when f.state = 'unknown' then 'unknown' else 'ordered' end, tries = f.tries + 1,
            ordered_at = coalesce(f.ordered_at, %(now)s)
        from unnest(%(members)s::bigint[], %(orders)s::bigint[]) as n (member_id, order_id)
        where f.program_id = %(program)s and f.member_id = n.member_id and f.order_id = n.order_id
        """,
        _columns(program_id, asking, now),
    )
    doubt_outcomes(tx, program_id, [(one.member_id, one.order_id) for one in asking])


def _columns(program_id: int, asking: Sequence[Asking], now: datetime) -> dict[str, Any]:
    return {
        "program": program_id,
        "now": now,
        "members": [one.member_id for one in asking],
        "orders": [one.order_id for one in asking],
        "attempts": [one.attempt for one in asking],
        "suppliers": [one.supplier for one in asking],
        "asked_of": [one.asked_of for one in asking],
        "skus": [one.sku for one in asking],
        "keys": [one.key for one in asking],
    }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to, by an answer."""

    state: AttemptState
    doubted: bool
    absences: int
    their_id: str | None
    said: bytes | None
    reason: str


def settle_attempt(
    tx: Transaction, program_id: int, place: tuple[int, int, int], outcome: Outcome, now: datetime
) -> bool:
    """Keep what an attempt (member, order, number) came to; False when that was known before."""
    settled = tx.execute(
        """
        update supplier_attempts
        set state = %s, doubted = %s, absences = %s, their_id = coalesce(%s, their_id), answered_at = %s,
            said = coalesce(%s, said), reason = %s
        where program_id = %s and member_id = %s and order_id = %s and attempt = %s
          and state not in ('done', 'refused', 'absent')
        """,
        (
            outcome.state,
            outcome.doubted,
            outcome.absences,
            outcome.their_id,
            now,
            outcome.said,
            outcome.reason,
            program_id,
            *place,
        ),
    )
    return settled.rowcount == 1


def is_open(tx: Transaction, program_id: int, place: tuple[int, int, int]) -> bool:
    """Whether an attempt (member, order, number) may still come to something."""
    row = tx.execute(
        """
        select from supplier_attempts
        where program_id = %s and member_id = %s and order_id = %s and attempt = %s
          and state not in ('done', 'refused', 'absent')
        """,
        (program_id, *place),
    ).fetchone()
    return row is not None


def has_open_attempt(tx: Transaction, program_id: int, key: tuple[int, int]) -> bool:
    """Whether any attempt of an order (member, order) may still come to something."""
    row = tx.execute(
        """
        select from supplier_attempts
        where program_id = %s and member_id = %s and order_id = %s
          and state not in ('done', 'refused', 'absent')
        """,
        (program_id, *key),
    ).fetchone()
    return row is not None


def note_late(
    tx: Transaction, program_id: int, place: tuple[int, int, int], their_id: str
) -> AttemptState | None:
    """Keep their number of what came of an attempt (member, order, number) too late; how the attempt stands.

    None: it is what was handed over.
    """
    row = tx.execute(
        """
        update supplier_attempts set their_id = coalesce(their_id, %s)
        where program_id = %s and member_id = %s and order_id = %s and attempt = %s
          and (state <> 'done' or their_id is null)
        returning state
        """,
        (their_id, program_id, *place),
    ).fetchone()
    return row[0] if row is not None else None


def close_attempts(
    tx: Transaction, program_id: int, orders: Sequence[tuple[int, int]], reason: str, now: datetime
) -> None:
    """Of orders (member, order) it is known that nothing came of what was asked: their attempts end so."""
    tx.execute(
        """
        update supplier_attempts a set state = 'absent', reason = %s, answered_at = %s
        from unnest(%s::bigint[], %s::bigint[]) as n (member_id, order_id)
        where a.program_id = %s and a.member_id = n.member_id and a.order_id = n.order_id
          and a.state not in ('done', 'refused', 'absent')
        """,
        (reason, now, [member for member, _ in orders], [order for _, order in orders], program_id),
    )
