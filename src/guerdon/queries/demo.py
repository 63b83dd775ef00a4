"""What `./guerdon demo --check` reads: every figure from the rows themselves, none from a rollup.

Times are taken at commit (`pg_xact_commit_timestamp`), not at the moment a process meant to commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from guerdon.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of a wait, in milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one event, in the order in which it was decided."""

    external_id: str
    outcome: str
    decision: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a provider has of a message: what it calls it, and how far it got."""

    member_id: int
    message_id: int
    channel: str
    ref: str
    state: str


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """A consent that its address has yet to confirm; `id` is that of its row."""

    member_id: int
    id: int
    topic: str
    channel: str


def find_ready_reward(
    tx: Transaction, program_id: int, told_before: datetime, markets: Sequence[str] = ()
) -> tuple[int, int] | None:
    """A reward that waits to be chosen: (member, reward). Without `markets`, of any.

    Of a member who reads English, and who chose something before, if there is one. Told of some time ago:
    simulated customers who redeem do so at once, so nobody takes this one away. And no browser of theirs has
    a link of this member yet, so it opens in the next one.
    """
    row = tx.execute(
        """
        select r.member_id, r.id from rewards r
        join members m on m.program_id = r.program_id and m.member_id = r.member_id
        join messages t on t.program_id = r.program_id and t.member_id = r.member_id and t.reward_id = r.id
        where r.program_id = %(p)s and r.state = 'ready' and t.settled_at < %(before)s
          and (%(markets)s::text[] = '{}' or m.market = any(%(markets)s))
          and not exists (select from link_holders h
                          where h.program_id = r.program_id and h.member_id = r.member_id)
        order by m.language = 'en' desc,
                 exists (select from orders o
                         where o.program_id = r.program_id and o.member_id = r.member_id) desc,
                 r.value desc, r.issued_at
        limit 1
        """,
        {"p": program_id, "before": told_before, "markets": list(markets)},
    ).fetchone()
    return (row[0], row[1]) if row else None


def list_some_members(tx: Transaction, program_id: int, every: int, at_most: int) -> list[int]:
    """One member in so many, by a mark that they keep; who came first stands first, whoever comes later."""
    rows = tx.execute(
        """
        select member_id from members where program_id = %s and mod(member_id, %s) = 0
        order by enrolled_at, member_id limit %s
        """,
        (program_id, every, at_most),
    ).fetchall()
    return [row[0] for row in rows]


def list_members_of(tx: Transaction, program_id: int, market: str, location: str, at_most: int) -> list[int]:
    """Members of a market, those of a location first; who came first stands first."""
    rows = tx.execute(
        """
        select member_id from members
        where program_id = %s and market = %s
        order by location is not distinct from %s desc, enrolled_at, member_id limit %s
        """,
        (program_id, market, location, at_most),
    ).fetchall()
    return [row[0] for row in rows]


def list_busy_locations(tx: Transaction, program_id: int, at_most: int) -> list[str]:
    """The locations with most members, the largest first."""
    rows = tx.execute(
        """
        select location from members where program_id = %s and location <> ''
        group by location order by count(*) desc, location limit %s
        """,
        (program_id, at_most),
    ).fetchall()
    return [row[0] for row in rows]


def find_asked_consent(tx: Transaction, program_id: int) -> AskedConsent | None:
    """A consent that waits for its address to confirm it: the last one that was asked for."""
    row = tx.execute(
        """
        select member_id, id, topic, channel from consents
        where program_id = %s and what = 'asked' order by recorded_at desc, member_id limit 1
        """,
        (program_id,),
    ).fetchone()
    return AskedConsent(*row) if row else None


def find_earned_event(tx: Transaction, program_id: int) -> int | None:
    """An event from outside that earned something: the one whose decision has most to tell."""
    row = tx.execute(
        """
        select id from events where program_id = %s and source <> 'guerdon' and outcome = 'earned'
        order by length(decision::text) desc, id desc limit 1
        """,
        (program_id,),
    ).fetchone()
    return row[0] if row else None


def list_handed_over(tx: Transaction, program_id: int) -> list[HandedOver]:
    """All that providers have, once for each channel that a message went over."""
    rows = tx.execute(
        """
        select member_id, message_id, channel, provider_id, state from message_attempts
        where program_id = %s and state in ('sent', 'delivered', 'read') and provider_id is not null
        """,
        (program_id,),
    ).fetchall()
    return [HandedOver(*row) for row in rows]


def list_lying(tx: Transaction, program_id: int) -> list[tuple[int, int]]:
    """What lies in the app and was not taken back: (member, position)."""
    rows = tx.execute(
        "select member_id, position from inapp where program_id = %s and recalled_at is null", (program_id,)
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def load_counts(tx: Transaction, program_id: int) -> dict[str, int]:
    """How many of everything there is."""
    row = tx.execute(
        """
        select (select count(*) from event_keys where program_id = %(p)s),
               (select count(*) from inbox where program_id = %(p)s),
               (select count(*) from waiting where program_id = %(p)s),
               (select count(*) from quarantine where program_id = %(p)s),
               (select count(*) from rewards where program_id = %(p)s),
               (select coalesce(sum(value), 0)::bigint from rewards where program_id = %(p)s),
               (select count(*) from orders where program_id = %(p)s),
               (select count(*) from outbox where program_id = %(p)s),
               (select count(*) from messages where program_id = %(p)s
                  and state in ('sent', 'delivered', 'opened')),
               (select count(*) from messages where program_id = %(p)s
                  and state not in ('sent', 'delivered', 'opened')
                  and reason is distinct from 'reward:reversed'),
               (select count(*) from messages where program_id = %(p)s
                  and state not in ('sent', 'delivered', 'opened')
                  and reason = 'reward:reversed'),
               (select count(*) from rewards where program_id = %(p)s and reversed > 0),
               (select count(*) from messages where program_id = %(p)s and message = 'reward_taken_back'
                  and state in ('sent', 'delivered', 'opened'))
        """,
        {"p": program_id},
    ).fetchone()
    assert row
    names = (
        "keys",
        "inbox",
        "waiting",
        "quarantine",
        "rewards",
        "reward_value_minor",
        "orders",
        "outbox",
        "delivered",
        "undelivered",
        "untold",
        "taken_back",
        "told_taken_back",
    )
    return dict(zip(names, row, strict=True))


def load_intake_counts(tx: Transaction, program_id: int) -> dict[str, int]:
    """What the doors only counted: accepted, duplicate, ignored, rejected_forged, ..."""
    rows = tx.execute(
        "select what, sum(n)::bigint from intake_counts where program_id = %s group by what", (program_id,)
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def list_decided(tx: Transaction, program_id: int) -> list[Decided]:
    """All decided events from outside, in the order in which they were decided."""
    rows = tx.execute(
        """
        select external_id, outcome, decision::text from events
        where program_id = %s and source <> 'guerdon' order by decided_at, id
        """,
        (program_id,),
    ).fetchall()
    return [Decided(*row) for row in rows]


def list_set_apart(tx: Transaction, program_id: int) -> dict[str, str]:
    """Where events stand that were not decided: external id -> quarantine or wait."""
    rows = tx.execute(
        "select external_id from quarantine where program_id = %s and external_id is not null", (program_id,)
    ).fetchall()
    return dict.fromkeys((row[0] for row in rows), "quarantine")


def load_overspent(tx: Transaction, program_id: int) -> int:
    """What budgets paid beyond what they were given, in minor units, from the fold of transfers alone."""
    row = tx.execute(
        """
        with moved as (
          select to_account as name, amount from transfers
          where program_id = %(p)s and to_account like 'budget:%%'
          union all
          select from_account, -amount from transfers
          where program_id = %(p)s and from_account like 'budget:%%'
        ), left_in as (select name, sum(amount) as amount from moved group by name)
        select coalesce(sum(greatest(-amount, 0)), 0)::bigint from left_in
        """,
        {"p": program_id},
    ).fetchone()
    assert row
    return int(row[0])


def load_balance_sums(tx: Transaction, program_id: int) -> Mapping[str, int]:
    """The sum of all stored balances, by unit: zero each."""
    rows = tx.execute(
        "select unit, sum(posted + pending - debt)::bigint from accounts where program_id = %s group by unit",
        (program_id,),
    ).fetchall()
    return dict(rows)


def load_reward_delay(tx: Transaction, program_id: int) -> Percentiles | None:
    """From the event's acceptance to the commit of its reward.

    Not of events that came before their contact: how long those waited says when the contact was told of.
    """
    row = tx.execute(
        """
        select percentile_cont(array[0.5, 0.95, 0.99]) within group (order by
          extract(epoch from pg_xact_commit_timestamp(t.xmin) - e.recorded_at) * 1000)
        from events e
        join transfers t on t.program_id = e.program_id and t.member_id = e.member_id and t.event_id = e.id
        join members m on m.program_id = e.program_id and m.member_id = e.member_id
          and m.enrolled_at <= e.recorded_at
        where e.program_id = %s and e.outcome = 'earned'
        """,
        (program_id,),
    ).fetchone()
    return _percentiles(row)


def load_message_delay(tx: Transaction, program_id: int) -> Percentiles | None:
    """From the event's acceptance to the yes of a mail server or a push service.

    Not of events that came before their contact, and not of text messages: their end is when they arrived.
    """
    row = tx.execute(
        """
        select percentile_cont(array[0.5, 0.95, 0.99]) within group (order by
          extract(epoch from a.settled_at - e.recorded_at) * 1000)
        from message_attempts a
        join messages m on m.program_id = a.program_id and m.member_id = a.member_id and m.id = a.message_id
        join events e on e.program_id = m.program_id and e.member_id = m.member_id and e.id = m.event_id
        join members known on known.program_id = e.program_id and known.member_id = e.member_id
          and known.enrolled_at <= e.recorded_at
        where a.program_id = %s and a.channel in ('email', 'push') and a.state = 'sent'
        """,
        (program_id,),
    ).fetchone()
    return _percentiles(row)


def _percentiles(row: tuple[object, ...] | None) -> Percentiles | None:
    if row is None or not isinstance(row[0], list):
        return None
    return Percentiles(*(round(float(ms), 1) for ms in row[0]))
