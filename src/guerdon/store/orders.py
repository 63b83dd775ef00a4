"""Writing a redemption: the reward used up, the order it becomes, the value that leaves, and the figures.

Every statement is guarded by the state it expects, and they stand in the order in which their rows are
locked: the member's own first, then a code, then the day's figures, and last the one account that every
redemption of a program touches, so that it is held for a moment only.
"""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from guerdon.ledger.chart import POOL_OWNER, PURSE
from guerdon.ledger.effects import Decision, Post, Redeem, encode_decision
from guerdon.rules.choice import Claim
from guerdon.store.database import Transaction
from guerdon.values.money import Money

# Waited as long as a person would: trying again at once only makes the queue longer.
TOO_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)

EVENT_TYPE = "reward.redeemed"
EVENT_SOURCE = "guerdon"


@dataclass(frozen=True, slots=True)
class Placing:
    """Who placed an order, for which reward, when and on what, and where its reward had been earned."""

    program_id: int
    member_id: int
    event_id: int
    version: int
    rule: str
    market: str
    location: str | None
    issued_at: datetime
    placed_at: datetime
    day: date
    earned_on: date
    device: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a reward came from: what its redemption is counted under."""

    market: str
    location: str | None
    happened_at: datetime
    issued_at: datetime


def load_claim(
    tx: Transaction, program_id: int, member_id: int, reward_id: int
) -> tuple[Claim, Origin] | None:
    """Lock a member's reward and say how it stands; None when there is no such reward of this member."""
    row = tx.execute(
        """
        select r.rule, r.unit, r.value, r.state, r.expires_at, m.market, coalesce(a.posted - a.held, 0),
               e.market, e.location, r.happened_at, r.issued_at, r.payer
        from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        join events e on e.program_id = r.program_id and e.member_id = r.member_id and e.id = r.event_id
        left join accounts a on a.program_id = r.program_id and a.member_id = r.member_id and a.name = %s
                            and a.unit = r.unit
        where r.program_id = %s and r.member_id = %s and r.id = %s
        for update of r
        """,
        (PURSE, program_id, member_id, reward_id),
    ).fetchone()
    if row is None:
        return None
    rule, unit, value, state, expires_at, market, spendable, *origin, payer = row
    claim = Claim(reward_id, rule, Money(value, unit), state, expires_at, market, spendable, payer)
    return claim, Origin(*origin)


def next_event_id(tx: Transaction) -> int:
    """The id of an event that we ourselves make."""
    row = tx.execute("select nextval('event_id_seq')").fetchone()
    assert row is not None
    return int(row[0])


def load_live_version(tx: Transaction, program_id: int, now: datetime) -> int:
    """The version of the program that is live."""
    row = tx.execute(
        "select coalesce(max(version), 1) from program_versions where program_id = %s and live_from <= %s",
        (program_id, now),
    ).fetchone()
    assert row is not None
    return int(row[0])


def post_from_purse(tx: Transaction, program_id: int, member_id: int, post: Post) -> bool:
    """Take an amount out of a member's purse; False, and nothing changed, when it does not hold so much."""
    taken = tx.execute(
        """
        update accounts set posted = posted - %(amount)s
        where program_id = %(program)s and member_id = %(member)s and name = %(name)s and unit = %(unit)s
          and posted - held >= %(amount)s
        """,
        {
            "amount": post.amount,
            "program": program_id,
            "member": member_id,
            "name": post.from_account,
            "unit": post.unit,
        },
    )
    return taken.rowcount == 1


def record_order(tx: Transaction, placing: Placing, redeem: Redeem) -> None:
    """Use the reward up and keep the order that it became."""
    used = tx.execute(
        """
        update rewards set state = 'redeemed', redeemed_at = %s, remaining = 0
        where program_id = %s and member_id = %s and id = %s and state = 'ready' and held = 0
        """,
        (placing.placed_at, placing.program_id, placing.member_id, redeem.reward),
    )
    assert used.rowcount == 1, "the reward was locked as ready and is not ready any more"
    tx.execute(
        """
        insert into orders (program_id, member_id, id, reward_id, item, unit, value, device, placed_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            placing.program_id,
            placing.member_id,
            redeem.order,
            redeem.reward,
            redeem.item,
            redeem.unit,
            redeem.value,
            placing.device,
            placing.placed_at,
        ),
    )


def record_redemption(tx: Transaction, placing: Placing, redeem: Redeem, post: Post) -> None:
    """Write the redemption as the event it is, with its decision, and the transfer that it made."""
    at = placing.placed_at
    decision = encode_decision(Decision((redeem, post))).decode()
    tx.execute(
        """
        insert into events (program_id, member_id, id, type, source, external_id, market, location, version,
                            outcome, data, decision, happened_at, recorded_at, decided_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s,
                'redeemed', json_build_object('item', %s::text), %s, %s, %s, %s)
        """,
        (
            placing.program_id,
            placing.member_id,
            placing.event_id,
            EVENT_TYPE,
            EVENT_SOURCE,
            str(redeem.order),
            placing.market,
            placing.location,
            placing.version,
            redeem.item,
            decision,
            at,
            at,
            at,
        ),
    )
    tx.execute(
        """
        insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,
                               happened_at, recorded_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            placing.program_id,
            placing.member_id,
            post.id,
            placing.event_id,
            post.from_account,
            post.to_account,
            post.unit,
            post.amount,
            at,
            at,
        ),
    )
    tx.execute(
        """
        insert into draws (program_id, member_id, transfer_id, reward_id, amount, recorded_at)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (placing.program_id, placing.member_id, post.id, redeem.reward, post.amount, at),
    )


def record_redeemed_figures(tx: Transaction, placing: Placing, redeem: Redeem, *, within_48h: bool) -> None:
    """Count the redemption beside the reward it used up: on the day and at the place of the reward's event.

    So whatever part of the program one looks at, no more can be redeemed of it than was given.
    """
    tx.execute(
        """
        insert into rollups as r (program_id, day, market, location, rule, unit,
                                  redeemed, redeemed_value, redeemed_phone, redeemed_48h)
        values (%s, %s, %s, %s, %s, %s, 1, %s, %s, %s)
        on conflict (program_id, day, market, location, rule, unit) do update
        set redeemed = r.redeemed + excluded.redeemed,
            redeemed_value = r.redeemed_value + excluded.redeemed_value,
            redeemed_phone = r.redeemed_phone + excluded.redeemed_phone,
            redeemed_48h = r.redeemed_48h + excluded.redeemed_48h
        """,
        (
            placing.program_id,
            placing.earned_on,
            placing.market,
            placing.location or "",
            placing.rule,
            redeem.unit,
            redeem.value,
            int(placing.device == "phone"),
            int(within_48h),
        ),
    )
    tx.execute(
        """
        insert into event_rollups as r (program_id, day, market, type, events) values (%s, %s, %s, %s, 1)
        on conflict (program_id, day, market, type) do update set events = r.events + excluded.events
        """,
        (placing.program_id, placing.day, placing.market, EVENT_TYPE),
    )


def post_to_spent(tx: Transaction, program_id: int, post: Post) -> None:
    """Let the amount arrive where spent value leaves the program, and tell the screens. Comes last."""
    tx.execute("select pg_notify('guerdon_live', %s)", (str(program_id),))
    tx.execute(
        """
        insert into accounts as a (program_id, member_id, name, unit, posted, bounded)
        values (%s, %s, %s, %s, %s, true)
        on conflict (program_id, member_id, name, unit) do update set posted = a.posted + excluded.posted
        """,
        (program_id, POOL_OWNER, post.to_account, post.unit, post.amount),
    )
