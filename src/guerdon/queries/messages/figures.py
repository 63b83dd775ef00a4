"""What became of messages in a span of days, counted once and shown by several dimensions; what waits now.

Counted are messages that ended in the span; one that goes over two channels is one, by the channel on which
it ended. What each channel did on the way is counted by its attempts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from guerdon.store.database import Transaction, see_by_sets
from guerdon.text.hindrances import counted_reason

By = Literal["channel", "market", "language", "message"]
BYS: tuple[By, ...] = get_args(By)
# What came to somebody's hands counts as sent, too, and what was opened as delivered.
_SENT, _DELIVERED = ("sent", "delivered", "opened"), ("delivered", "opened")


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant until just before another, of one market or of all."""

    since: datetime
    until: datetime
    market: str | None = None


@dataclass(slots=True)
class Counts:
    """What became of messages: by state, and what was withheld by reason. Times to be sent are in ms."""

    states: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    p50_ms: int | None = None
    p95_ms: int | None = None

    @property
    def number(self) -> int:
        """All that ended."""
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        """What left the house and was taken, whatever became of it then."""
        return self.of(*_SENT)

    @property
    def delivered(self) -> int:
        """What its provider said to have delivered."""
        return self.of(*_DELIVERED)

    def of(self, *states: str) -> int:
        """How many ended in one of these states."""
        return sum(self.states.get(state, 0) for state in states)


@dataclass(frozen=True, slots=True)
class Pile:
    """What waits for a channel: how many, of those due by now and in a provider's hands, and the oldest."""

    channel: str
    number: int
    due: int
    awaiting: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """A channel's account: until when it rests after failures, and since when it is shut, and why."""

    channel: str
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    shut_at: datetime | None
    reason: str


def load_figures(tx: Transaction, span: Span) -> Mapping[tuple[By | Literal["all"], str], Counts]:
    """What became of the messages of a span: of all (`("all", "")`), and by each dimension and key."""
    see_by_sets(tx)
    asked = {"since": span.since, "until": span.until, "market": span.market}
    rows = tx.execute(
        """
        select grouping(m.via), grouping(m.market), grouping(m.language), grouping(m.message),
               m.via, m.market, m.language, m.message, m.state, m.reason, count(*)
        from (
          select coalesce(o.via, o.channel) as via, b.market, o.language, o.message, o.state,
                 case when o.state = 'withheld' then o.reason end as reason
          from messages o
          join members b on b.program_id = o.program_id and b.member_id = o.member_id
          where o.program_id = (select this_program()) and o.settled_at >= %(since)s
            and o.settled_at < %(until)s and (%(market)s::text is null or b.market = %(market)s)
        ) m
        group by m.state, m.reason, grouping sets ((m.via), (m.market), (m.language), (m.message), ())
        """,
        asked,
    ).fetchall()
    found: dict[tuple[By | Literal["all"], str], Counts] = {("all", ""): Counts()}
    for row in rows:
        counts = found.setdefault(_key(row), Counts())
        state, reason, number = row[8:]
        counts.states[state] = counts.states.get(state, 0) + number
        if state == "withheld":
            counted = counted_reason(reason or "")
            counts.withheld[counted] = counts.withheld.get(counted, 0) + number
    for row in _times(tx, asked):
        counts = found.setdefault(_key(row), Counts())
        counts.p50_ms, counts.p95_ms = row[8:]
    return found


def _times(tx: Transaction, asked: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """How long messages waited until a channel took them, in the classes of the same dimensions.

    Those of broadcasts wait for their turns, as somebody wished.
    """
    return tx.execute(
        """
        select grouping(m.via), grouping(m.market), grouping(m.language), grouping(m.message),
               m.via, m.market, m.language, m.message,
               percentile_disc(0.5) within group (order by m.ms),
               percentile_disc(0.95) within group (order by m.ms)
        from (
          select coalesce(o.via, o.channel) as via, b.market, o.language, o.message,
                 (extract(epoch from o.settled_at - o.created_at) * 1000)::bigint as ms
          from messages o
          join members b on b.program_id = o.program_id and b.member_id = o.member_id
          where o.program_id = (select this_program()) and o.settled_at >= %(since)s
            and o.settled_at < %(until)s and (%(market)s::text is null or b.market = %(market)s)
            and o.state in ('sent', 'delivered', 'opened') and o.broadcast_id is null
        ) m
        group by grouping sets ((m.via), (m.market), (m.language), (m.message), ())
        """,
        asked,
    ).fetchall()


def _key(row: tuple[Any, ...]) -> tuple[By | Literal["all"], str]:
    """What a row of grouping sets is about: 0 stands where a column is grouped by."""
    for place, by in enumerate(BYS):
        if row[place] == 0:
            return by, str(row[4 + place] or "")
    return "all", ""


def count_attempts(tx: Transaction, span: Span) -> dict[str, Counts]:
    """What each channel did, by its attempts: also those after which another channel was tried."""
    see_by_sets(tx)
    rows = tx.execute(
        """
        select a.channel, a.state, case when a.state = 'withheld' then a.reason end, count(*)
        from message_attempts a
        join members b on b.program_id = a.program_id and b.member_id = a.member_id
        where a.program_id = (select this_program()) and a.settled_at >= %(since)s
          and a.settled_at < %(until)s and (%(market)s::text is null or b.market = %(market)s)
        group by 1, 2, 3
        """,
        {"since": span.since, "until": span.until, "market": span.market},
    ).fetchall()
    found: dict[str, Counts] = {}
    for channel, told, reason, number in rows:
        counts = found.setdefault(channel, Counts())
        # A provider says that it was read; messages call that opened.
        state = "opened" if told == "read" else told
        counts.states[state] = counts.states.get(state, 0) + number
        if state == "withheld":
            counted = counted_reason(reason or "")
            counts.withheld[counted] = counts.withheld.get(counted, 0) + number
    return found


def list_piles(tx: Transaction, now: datetime) -> list[Pile]:
    """What waits now, by the channel whose turn it is."""
    rows = tx.execute(
        """
        select coalesce(via, channel), count(*), count(*) filter (where next_at <= %(now)s and not awaits),
               count(*) filter (where awaits),
               -- What a broadcast tells waits since its turn.
               min(case when broadcast_id is null then created_at else least(next_at, %(now)s) end)
        from outbox where program_id = (select this_program())
        group by 1 order by 1
        """,
        {"now": now},
    ).fetchall()
    return [Pile(*row) for row in rows]


def list_health(tx: Transaction) -> list[Health]:
    """How each channel's account is doing; one that never had trouble may have no row."""
    rows = tx.execute(
        """
        select channel, failures, failing_since, rests_until, shut_at, reason from channel_lanes
        where program_id = (select this_program()) order by channel
        """
    ).fetchall()
    return [Health(*row) for row in rows]
