"""Writing what happened to members' value: events of our own with their decisions, and every row they change.

A deed is one event about one member. Its transfers and draws are written as its effects say them, and the
balances are folded from the same effects, so a balance cannot move without the line that says why.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.ledger.chart import DEBT, FUNDING, MEMBERS_OWN, PENDING, PURSE
from guerdon.ledger.effects import Decision, Draw, Effect, Post, encode_decision
from guerdon.store.audit import record_batch
from guerdon.store.database import Transaction
from guerdon.store.pools import PoolKey, settle_pools

SOURCE = "guerdon"


@dataclass(frozen=True, slots=True)
class Deed:
    """One event of our own about one member. `data` is JSON: what was asked for."""

    member_id: int
    event_id: int
    type: str
    outcome: str
    external_id: str
    market: str
    location: str | None
    data: str
    effects: Sequence[Effect]


@dataclass(slots=True)
class Held:
    """What a deed sets aside (positive) or frees: of the purse of a unit, and of which lots."""

    unit: str
    amount: int
    lots: Mapping[int, int]


@dataclass(slots=True)
class Changes:
    """What deeds come to, folded from their effects: purses and pools by name and unit, lots by reward."""

    purses: dict[tuple[int, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    pools: dict[PoolKey, int] = field(default_factory=lambda: defaultdict(int))
    # (member, reward) -> taken and set aside.
    lots: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    # (member, reward) -> how much of what was taken went back to the pool that had paid.
    back: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    def fold(self, member_id: int, effects: Iterable[Effect], held: Held | None = None) -> None:
        """Add a deed's effects; a draw stands after its transfer."""
        to_pools: set[int] = set()
        for effect in effects:
            if isinstance(effect, Post):
                if effect.from_account == PURSE and _is_pool(effect.to_account):
                    to_pools.add(effect.id)
                self._move(member_id, effect.from_account, effect.unit, -effect.amount)
                self._move(member_id, effect.to_account, effect.unit, effect.amount)
            elif isinstance(effect, Draw):
                self.lots[member_id, effect.reward][0] += effect.amount
                if effect.post in to_pools:
                    self.back[member_id, effect.reward] += effect.amount
        if held is not None:
            self.purses[member_id, held.unit]["held"] += held.amount
            for reward_id, amount in held.lots.items():
                self.lots[member_id, reward_id][1] += amount

    def _move(self, member_id: int, account: str, unit: str, amount: int) -> None:
        if account not in MEMBERS_OWN:
            self.pools[account, unit] += amount
            return
        column = {PURSE: "posted", PENDING: "pending", DEBT: "debt"}[account]
        # What comes to the account of debts lessens the debt.
        self.purses[member_id, unit][column] += -amount if account == DEBT else amount


def _is_pool(account: str) -> bool:
    return account == FUNDING or account.startswith("budget:")


@dataclass(frozen=True, slots=True)
class Doing:
    """Who did something and when: the version that was live, and the words of the audit for it."""

    version: int
    at: datetime
    actor: str
    action: str
    subject: str = "events"
    reason: str = ""


def record_deeds(tx: Transaction, program_id: int, deeds: Sequence[Deed], doing: Doing) -> None:
    """Write events with their decisions, what these move and draw, and one audit row for all."""
    decisions = [encode_decision(Decision(deed.effects)) for deed in deeds]
    record_batch(
        tx,
        program_id,
        [(deed.event_id, decision) for deed, decision in zip(deeds, decisions, strict=True)],
        doing.at,
        (doing.actor, doing.action, doing.subject),
        doing.reason,
    )
    tx.execute(
        """
        insert into events (program_id, member_id, id, type, source, external_id, market, location, version,
                            outcome, data, decision, happened_at, recorded_at, decided_at)
        select %(program)s, m, i, t, %(source)s, x, k, l, %(version)s, o, d::json, e::json,
               %(at)s, %(at)s, %(at)s
        from unnest(%(members)s::bigint[], %(ids)s::bigint[], %(types)s::text[], %(outcomes)s::text[],
                    %(external_ids)s::text[], %(markets)s::text[], %(locations)s::text[], %(data)s::text[],
                    %(decisions)s::text[]) as n (m, i, t, o, x, k, l, d, e)
        """,
        {
            "program": program_id,
            "source": SOURCE,
            "version": doing.version,
            "at": doing.at,
            "members": [d.member_id for d in deeds],
            "ids": [d.event_id for d in deeds],
            "types": [d.type for d in deeds],
            "outcomes": [d.outcome for d in deeds],
            "external_ids": [d.external_id for d in deeds],
            "markets": [d.market for d in deeds],
            "locations": [d.location for d in deeds],
            "data": [d.data for d in deeds],
            "decisions": [decision.decode() for decision in decisions],
        },
    )
    posts = [(d, e) for d in deeds for e in d.effects if isinstance(e, Post)]
    if posts:
        _record_transfers(tx, program_id, posts, doing.at)
    draws = [(d.member_id, e) for d in deeds for e in d.effects if isinstance(e, Draw)]
    if draws:
        record_draws(tx, program_id, draws, doing.at)


def _record_transfers(
    tx: Transaction, program_id: int, posts: Sequence[tuple[Deed, Post]], at: datetime
) -> None:
    tx.execute(
        """
        insert into transfers (program_id, member_id, id, event_id, from_account, to_account, unit, amount,
                               happened_at, recorded_at)
        select %s, p.*, %s, %s
        from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
                    %s::bigint[]) as p
        """,
        (
            program_id,
            at,
            at,
            [d.member_id for d, _ in posts],
            [p.id for _, p in posts],
            [d.event_id for d, _ in posts],
            [p.from_account for _, p in posts],
            [p.to_account for _, p in posts],
            [p.unit for _, p in posts],
            [p.amount for _, p in posts],
        ),
    )


def record_draws(tx: Transaction, program_id: int, draws: Sequence[tuple[int, Draw]], at: datetime) -> None:
    """Write which lot each transfer took from, or gave back to: (member, draw)."""
    tx.execute(
        """
        insert into draws (program_id, member_id, transfer_id, reward_id, amount, recorded_at)
        select %s, d.*, %s from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) as d
        """,
        (
            program_id,
            at,
            [member_id for member_id, _ in draws],
            [d.post for _, d in draws],
            [d.reward for _, d in draws],
            [d.amount for _, d in draws],
        ),
    )


def settle_lots(
    tx: Transaction, program_id: int, lots: Mapping[tuple[int, int], Sequence[int]], ends: str, at: datetime
) -> None:
    """Take from lots and set aside: (member, reward) -> (taken, held). One that is empty by it `ends` so."""
    keys = sorted(key for key, (taken, held) in lots.items() if taken or held)
    if not keys:
        return
    settled = tx.execute(
        """
        update rewards r
        set remaining = r.remaining - c.taken, held = r.held + c.held,
            state = case when r.remaining - c.taken = 0 then %(ends)s else 'ready' end,
            redeemed_at = case when r.remaining - c.taken > 0 then null
                               when %(ends)s = 'redeemed' then %(at)s else r.redeemed_at end,
            -- What ended because its member was away has its end from then on.
            expires_at = case when %(ends)s = 'expired' then least(r.expires_at, %(at)s)
                              else r.expires_at end
        from unnest(%(members)s::bigint[], %(rewards)s::bigint[], %(taken)s::bigint[], %(held)s::bigint[])
          as c (member_id, id, taken, held)
        where r.program_id = %(program)s and r.member_id = c.member_id and r.id = c.id
        """,
        {
            "ends": ends,
            "at": at,
            "program": program_id,
            "members": [member for member, _ in keys],
            "rewards": [reward for _, reward in keys],
            "taken": [lots[key][0] for key in keys],
            "held": [lots[key][1] for key in keys],
        },
    )
    assert settled.rowcount == len(keys), "a lot is gone that was locked"


def settle_emptied(tx: Transaction, program_id: int, changes: Changes, at: datetime) -> None:
    """Change lots; one that is empty by it is redeemed, or taken back where the last went to its pool."""
    back = {lot: (taken, 0) for lot, taken in changes.back.items()}
    rest = {lot: (taken - changes.back.get(lot, 0), held) for lot, (taken, held) in changes.lots.items()}
    settle_lots(tx, program_id, rest, "redeemed", at)
    settle_lots(tx, program_id, back, "reversed", at)


def settle_purses(
    tx: Transaction,
    program_id: int,
    purses: Mapping[tuple[int, str], Mapping[str, int]],
    active_at: datetime | None = None,
) -> None:
    """Change members' purses: (member, unit) -> column -> change; `active_at` when members did it themselves.

    The table refuses what would overspend, or leave something to spend beside a debt.
    """
    keys = sorted(purses)
    if not keys:
        return
    settled = tx.execute(
        """
        update accounts a
        set posted = a.posted + c.posted, held = a.held + c.held, pending = a.pending + c.pending,
            debt = a.debt + c.debt, active_at = coalesce(%s, a.active_at)
        from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
          as c (member_id, unit, posted, held, pending, debt)
        where a.program_id = %s and a.member_id = c.member_id and a.name = %s and a.unit = c.unit
        """,
        (
            active_at,
            [member for member, _ in keys],
            [unit for _, unit in keys],
            *(
                [purses[key].get(column, 0) for key in keys]
                for column in ("posted", "held", "pending", "debt")
            ),
            program_id,
            PURSE,
        ),
    )
    assert settled.rowcount == len(keys), "a purse is gone that was locked"


def post_to_pools(tx: Transaction, program_id: int, pools: Mapping[PoolKey, int]) -> None:
    """Change pools, opening those that are new, and tell the screens. Comes last."""
    tx.execute("select pg_notify('guerdon_live', %s)", (str(program_id),))
    # What we take out of a pool, we or others had put in; if not, the table refuses it.
    settle_pools(tx, program_id, pools, held={}, lowest={})
